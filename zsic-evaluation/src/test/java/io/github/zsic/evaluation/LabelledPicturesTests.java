package io.github.zsic.evaluation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Folders and CSV files with labels.
 */
class LabelledPicturesTests {

	@TempDir
	private Path folder;

	@Test
	void subfoldersAreLabels() throws IOException {
		file("owl/1.png");
		file("owl/old/deep/2.PNG");
		file("owl/.hidden.png");
		file("grey_bear/3 %41.jpg");
		file("_none/4.png");
		file(".git/5.png");
		file("notes.txt");
		Files.createDirectory(this.folder.resolve("empty"));
		LabelledPictures pictures = LabelledPictures.in(this.folder);
		assertThat(pictures.labels()).containsExactly("empty", "grey_bear", "owl");
		assertThat(pictures.count()).isEqualTo(4);
		assertThat(describe(pictures)).containsExactlyInAnyOrder("2 owl/1.png", "2 owl/old/deep/2.PNG",
				"1 grey_bear/3 %41.jpg", "-1 _none/4.png");
	}

	@Test
	@DisabledOnOs(OS.WINDOWS)
	void linksAreFollowedOnce() throws IOException {
		file("elsewhere.d/1.png");
		Files.move(this.folder.resolve("elsewhere.d"), this.folder.resolve(".elsewhere"));
		Files.createSymbolicLink(this.folder.resolve("owl"), Path.of(".elsewhere"));
		file("bear/2.png");
		Files.createSymbolicLink(this.folder.resolve("bear/loop"), Path.of(".."));
		Files.createSymbolicLink(this.folder.resolve("bear/gone.png"), Path.of("nowhere"));
		Files.createSymbolicLink(this.folder.resolve("bear/3.png"), Path.of("2.png"));
		assertThat(describe(LabelledPictures.in(this.folder))).containsExactlyInAnyOrder("1 owl/1.png", "0 bear/2.png",
				"0 bear/3.png", "0 bear/gone.png");
	}

	@Test
	void aFolderThatVanishesIsUnreadable() throws IOException {
		file("owl/1.png");
		Files.createDirectory(this.folder.resolve("bear"));
		LabelledPictures pictures = LabelledPictures.in(this.folder);
		Files.delete(this.folder.resolve("bear"));
		assertThat(describe(pictures)).containsExactly("0 bear", "1 owl/1.png");
	}

	@Test
	void foldersThatAreNone() throws IOException {
		assertRefused(() -> LabelledPictures.in(this.folder.resolve("missing")), "cannot be read: it does not exist.");
		Path file = file("1.png");
		assertRefused(() -> LabelledPictures.in(file), "cannot be read: it is no folder.");
		assertRefused(() -> LabelledPictures.in(this.folder),
				"has no subfolders. Make one for each label, with the label as its name, and move the pictures into them.");
		file("owl/1.png");
		assertRefused(() -> LabelledPictures.in(this.folder), "has only one label, 'owl'.");
		file("_none/1.png");
		assertRefused(() -> LabelledPictures.in(this.folder), "has only one label, 'owl'.");
		file("bear/1.png");
		assertThatNoException().isThrownBy(() -> LabelledPictures.in(this.folder));
	}

	@Test
	void csvNamesFilesAndLabels() throws IOException {
		LabelledPictures pictures = csv("\uFEFFlabel,size,file\r\n"
				+ "owl,1,1.png\r\n\r\nbear,2,\"sub/\"\"2\"\", of\n3.png\"\r\nM\u00f6we,3,4.png\r\n_none,4,5.png");
		assertThat(pictures.labels()).containsExactly("M\u00f6we", "bear", "owl");
		assertThat(pictures.count()).isEqualTo(4);
		assertThat(describe(pictures)).containsExactly("2 1.png", "1 sub/\"2\", of\n3.png", "0 4.png", "-1 5.png");
		try (Stream<LabelledPicture> stream = pictures.pictures()) {
			assertThat(stream.findFirst().orElseThrow().file()).isEqualTo(this.folder.resolve("1.png"));
		}
	}

	@Test
	@DisabledOnOs(OS.WINDOWS)
	void namesDoNotDependOnTheLocale() throws IOException {
		LabelledPictures pictures = csv("file,label\nM\u00f6we%20.png,owl\nx:/M\u00f6we.png,bear\n");
		try (Stream<LabelledPicture> stream = pictures.pictures()) {
			assertThat(stream.map((picture) -> picture.file().toUri().getRawPath()).toList())
				.containsExactly(path("M%C3%B6we%2520.png"), path("x:/M%C3%B6we.png"));
		}
	}

	private String path(String name) {
		return this.folder.toUri().getRawPath() + name;
	}

	@Test
	void csvFilesThatAreNone() throws IOException {
		assertRefused(() -> LabelledPictures.csv(this.folder.resolve("missing.csv"), this.folder),
				"cannot be read: it does not exist. Name a CSV file in UTF-8 whose first line is file,label.");
		assertRefused(() -> csv(""), "does not name the columns 'file' and 'label'.");
		assertRefused(() -> csv("1.png,owl\n2.png,bear\n"), "does not name the columns 'file' and 'label'.");
		assertRefused(() -> csv("file,label\n1.png,owl\n2.png\n"), "Line 3 of ", " has no file or no label.");
		assertRefused(() -> csv("file,label\n1.png,owl\n2.png, \n"), "Line 3 of ", " has no file or no label.");
		assertRefused(() -> csv("file,label\n1.png,owl\n2.png,\"bear\n"), "Line 3 of ", " a quote that does not end.");
		assertRefused(() -> csv("file,label\n1.png,owl\n"), "has only one label, 'owl'.");
		assertRefused(() -> csv("file,label\n"), "has no label.");
		assertRefused(() -> csv("file,label\n\0.png,owl\n"), "Line 2 of ", " has a file that cannot be: ");
		Path latin = this.folder.resolve("latin.csv");
		Files.write(latin, "file,label\n1.png,M\u00f6we\n".getBytes(StandardCharsets.ISO_8859_1));
		assertRefused(() -> LabelledPictures.csv(latin, this.folder), "cannot be read: it is not in UTF-8.");
	}

	private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String... parts) {
		assertThatExceptionOfType(EvaluationException.class).isThrownBy(call)
			.satisfies((ex) -> assertThat(ex.getMessage()).contains(parts));
	}

	private LabelledPictures csv(String text) throws IOException {
		return LabelledPictures.csv(Files.writeString(this.folder.resolve("labels.csv"), text), this.folder);
	}

	private Path file(String name) throws IOException {
		Path file = this.folder.resolve(name);
		Files.createDirectories(file.getParent());
		return Files.createFile(file);
	}

	private static List<String> describe(LabelledPictures pictures) {
		try (Stream<LabelledPicture> stream = pictures.pictures()) {
			return stream.map((picture) -> picture.label() + " " + picture.name()).toList();
		}
	}

}
