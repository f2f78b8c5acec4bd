package io.github.zsic.sample.command;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The pictures of a folder, by the extensions of their names, and in the order of these.
 *
 * @param root the folder, without symbolic links
 * @param pictures the files
 * @param others how many other files there are
 * @param unreadable the folders that cannot be read
 */
record PictureFiles(Path root, List<Path> pictures, int others, List<Path> unreadable) {

	/** Also formats that cannot be decoded, so that their files are reported. */
	private static final Set<String> EXTENSIONS = Set.of("jpg", "jpeg", "jpe", "jfif", "png", "gif", "webp", "bmp",
			"dib", "tif", "tiff", "heic", "heif", "avif", "jp2", "jxl");

	static PictureFiles in(Path folder, boolean recursive) throws IOException {
		Path root = folder.toRealPath();
		List<Path> pictures = new ArrayList<>();
		List<Path> unreadable = new ArrayList<>();
		int[] others = { 0 };
		Files.walkFileTree(root, EnumSet.noneOf(FileVisitOption.class), recursive ? Integer.MAX_VALUE : 1,
				new SimpleFileVisitor<>() {

					@Override
					public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
						return (isHidden(directory) && !directory.equals(root)) ? FileVisitResult.SKIP_SUBTREE
								: FileVisitResult.CONTINUE;
					}

					@Override
					public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
						if (isFile(file, attributes) && !isHidden(file)) {
							if (EXTENSIONS.contains(extension(file))) {
								pictures.add(file);
							}
							else {
								others[0]++;
							}
						}
						return FileVisitResult.CONTINUE;
					}

					@Override
					public FileVisitResult visitFileFailed(Path file, IOException ex) throws IOException {
						if (file.equals(root)) {
							throw ex;
						}
						unreadable.add(file);
						return FileVisitResult.CONTINUE;
					}

					@Override
					public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException ex) {
						if (ex != null) {
							unreadable.add(directory);
						}
						return FileVisitResult.CONTINUE;
					}

				});
		Collections.sort(pictures);
		return new PictureFiles(root, pictures, others[0], unreadable);
	}

	/** A link that leads nowhere is reported as a picture that is not there. */
	private static boolean isFile(Path file, BasicFileAttributes attributes) {
		return attributes.isRegularFile()
				|| (attributes.isSymbolicLink() && (Files.isRegularFile(file) || !Files.exists(file)));
	}

	private static boolean isHidden(Path file) {
		return String.valueOf(file.getFileName()).startsWith(".");
	}

	private static String extension(Path file) {
		String name = String.valueOf(file.getFileName());
		return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
	}

	/**
	 * The name of a file in the folder, with slashes between its parts.
	 * <p>
	 * On Linux a name is bytes, which {@link Path#toString()} decodes by the locale, with
	 * losses if that is not UTF-8. Bytes that are no UTF-8 stay in percent-encoding.
	 */
	String name(Path file) {
		String encoded = this.root.toUri().relativize(file.toUri()).getRawPath();
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		for (int i = 0; i < encoded.length(); i++) {
			if (encoded.charAt(i) == '%') {
				bytes.write(Integer.parseInt(encoded, i + 1, i + 3, 16));
				i += 2;
			}
			else {
				bytes.write(encoded.charAt(i));
			}
		}
		try {
			return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
		}
		catch (CharacterCodingException ex) {
			return encoded;
		}
	}

}
