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
	 * The name of a file in the folder, with slashes between its parts. No two files have
	 * the same.
	 */
	String name(Path file) {
		return name(this.root.toUri().relativize(file.toUri()).getRawPath());
	}

	/**
	 * A name from the relative URI of a file.
	 * <p>
	 * On Linux a name is bytes, which {@link Path#toString()} decodes by the locale, with
	 * losses if that is not UTF-8. A name that is no Unicode stays a URI. It begins with
	 * {@code ./}, as no other name does.
	 */
	static String name(String uri) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		for (int i = 0; i < uri.length(); i++) {
			char character = uri.charAt(i);
			if (character == '%') {
				bytes.write(Integer.parseInt(uri, i + 1, i + 3, 16));
				i += 2;
			}
			else {
				// Windows leaves letters as they are, halves of surrogate pairs included.
				write(bytes, uri.codePointAt(i));
				i += Character.charCount(uri.codePointAt(i)) - 1;
			}
		}
		try {
			return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
		}
		catch (CharacterCodingException ex) {
			return "./" + encode(bytes.toByteArray());
		}
	}

	/**
	 * As UTF-8 does, but for half of a surrogate pair, too, which that has no bytes for.
	 */
	private static void write(ByteArrayOutputStream bytes, int codePoint) {
		if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
			bytes.write(0xE0 | codePoint >> 12);
			bytes.write(0x80 | codePoint >> 6 & 0x3F);
			bytes.write(0x80 | codePoint & 0x3F);
		}
		else {
			bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
		}
	}

	private static String encode(byte[] name) {
		StringBuilder encoded = new StringBuilder();
		for (byte value : name) {
			char character = (char) (value & 0xFF);
			boolean plain = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
					|| (character >= '0' && character <= '9') || "/-._~".indexOf(character) >= 0;
			encoded.append(plain ? String.valueOf(character) : String.format(Locale.ROOT, "%%%02X", (int) character));
		}
		return encoded.toString();
	}

}
