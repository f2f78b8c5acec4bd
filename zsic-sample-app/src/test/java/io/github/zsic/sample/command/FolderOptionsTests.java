package io.github.zsic.sample.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.zsic.Scoring;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What the command understands.
 */
class FolderOptionsTests {

	@TempDir
	private Path folder;

	@Test
	void readsAll() throws IOException {
		Path labels = Files.writeString(this.folder.resolve("labels.txt"), "\uFEFFa, b\r\n\r\n  # Möwe \r\nfox");
		FolderOptions options = FolderOptions.parse("--classify=" + this.folder, "--labels=owl, brown ", "--labels=cat",
				"--labels-file=" + labels, "--template=a photo of {}, cut", "--template={}", "--scoring=Sigmoid",
				"--top=3", "--threshold=-1.5e-1", "--output=out.CSV", "--recursive", "--restart", "--parallel=2",
				"--zsic.device=cpu", "--debug");
		assertThat(options.folder()).isEqualTo(this.folder);
		assertThat(options.labels()).containsExactly("owl, brown", "cat", "a, b", "# Möwe", "fox");
		assertThat(options.templates()).containsExactly("a photo of {}, cut", "{}");
		assertThat(options.scoring()).isEqualTo(Scoring.SIGMOID);
		assertThat(options.columns()).isEqualTo(3);
		assertThat(options.threshold()).isEqualTo(-0.15f);
		assertThat(options.output()).isEqualTo(Path.of("out.CSV"));
		assertThat(options.format()).isEqualTo(Format.CSV);
		assertThat(options.recursive()).isTrue();
		assertThat(options.restart()).isTrue();
		assertThat(options.parallel()).isEqualTo(2);
		assertThat(options.properties()).containsExactly("--zsic.device=cpu", "--debug");
	}

	@Test
	void hasDefaults() {
		FolderOptions options = FolderOptions.parse("--classify=" + this.folder, "--labels=owl,fox");
		assertThat(options.templates()).isEmpty();
		assertThat(options.scoring()).isNull();
		assertThat(options.columns()).isEqualTo(2);
		assertThat(options.threshold()).isEqualTo(Float.NEGATIVE_INFINITY);
		assertThat(options.output()).isNull();
		assertThat(options.format()).isEqualTo(Format.CSV);
		assertThat(options.recursive()).isFalse();
		assertThat(options.restart()).isFalse();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					--clasify=x                  | There is no option '--clasify'. Did you mean '--classify'?
					--lables=x                   | There is no option '--lables'. Did you mean '--labels'?
					--label=x                    | There is no option '--label'. Did you mean '--labels'?
					--verbose                    | There is no option '--verbose'. --help lists them.
					--server.port=8080           | There is no option '--server.port'.
					-labels=x                    | '-labels=x' is no option.
					owl.png                      | 'owl.png' is no option. Options are written as --name=value
					--                           | '--' is no option.
					--labels                     | '--labels' has no value; write --labels=…
					--output=                    | '--output' has no value; write --output=…
					--labels=,                   | There are no labels
					--labels=[owl,cat]           | '--labels' is in brackets, but is not a JSON list of strings
					--template=['a {}','b {}']   | '--template' is in brackets, but is not a JSON list of strings
					--top=0                      | '--top' is a whole number, 1 or more, not '0'.
					--top=many                   | '--top' is a whole number, 1 or more, not 'many'.
					--parallel=-1                | '--parallel' is a whole number
					--threshold=high             | '--threshold' is a number such as 0.5, not 'high'.
					--threshold=NaN              | '--threshold' is a number
					--scoring=best               | '--scoring' is one of [auto, softmax, sigmoid, cosine, logits], not 'best'.
					--output=x.txt               | The name of the file 'x.txt' ends in neither .csv nor .jsonl
					--format=xml                 | '--format' is csv or jsonl, not 'xml'.
					--recursive=perhaps          | '--recursive' is true or false, not 'perhaps'.
					--restart=1                  | '--restart' is true or false
					--labels-file=/none/such.txt | There is no file '/none/such.txt'.
					--output=/none/such.csv      | There is no folder '/none' to write '/none/such.csv' to; make it first.
					--output=r.csv --format=jsonl | The name of the file 'r.csv' says csv, but '--format' says jsonl; leave out
					--format=jsonl --byte-order-mark | '--byte-order-mark' is for CSV
					--parallel=1025              | '--parallel' is at most 1024, not '1025'.
					-Dserver.port=0              | '-Dserver.port=0' is no option. Options are written as --name=value; those of the JVM
					--labels=M\uFFFDwe           | '--labels' has characters that do not belong to the system's locale
					""")
	void tellsWhatIsWrong(String argument, String message) {
		List<String> arguments = new ArrayList<>(List.of("--classify=" + this.folder));
		if (!argument.startsWith("--labels=")) {
			arguments.add("--labels=owl");
		}
		arguments.addAll(List.of(argument.replace("\\uFFFD", "\uFFFD").split(" (?=--)")));
		assertUsage(message, arguments.toArray(String[]::new));
	}

	@Test
	void tellsWhatIsMissing() throws IOException {
		Path file = Files.createFile(this.folder.resolve("owl.png"));
		assertUsage("'--classify=FOLDER' is missing.", "--labels=owl");
		assertUsage("There are no labels", "--classify=" + this.folder);
		assertUsage("There is no folder '" + this.folder + "/none'.", "--classify=" + this.folder + "/none",
				"--labels=owl");
		assertUsage("is a file; '--classify' takes the folder", "--classify=" + file, "--labels=owl");
		assertUsage("is a folder; '--output' takes a file.", "--classify=" + this.folder, "--labels=owl",
				"--format=csv", "--output=" + this.folder);
		assertUsage("'--top' must be given only once.", "--classify=" + this.folder, "--labels=owl", "--top=1",
				"--top=2");
		Path latin = Files.write(this.folder.resolve("labels.txt"), "Möwe".getBytes(StandardCharsets.ISO_8859_1));
		assertUsage("is not in UTF-8", "--classify=" + this.folder, "--labels-file=" + latin);
	}

	@Test
	void leavesPropertiesToTheWebApplication() {
		assertThat(FolderOptions.areMeantBy()).isFalse();
		assertThat(FolderOptions.areMeantBy("--server.port=0", "--zsic.device=cpu", "--debug")).isFalse();
		assertThat(FolderOptions.areMeantBy("--server.port=0", "x")).isTrue();
		assertThat(FolderOptions.areMeantBy("-Dserver.port=0")).isTrue();
		assertThat(FolderOptions.areMeantBy("--server.port=0", "--classify=.")).isTrue();
		assertThat(FolderOptions.areMeantBy("--clasify=.")).isTrue();
		assertThat(FolderOptions.areMeantBy("--help")).isTrue();
		assertThat(FolderOptions.areMeantBy("-h")).isTrue();
	}

	private static void assertUsage(String message, String... arguments) {
		assertThatExceptionOfType(CommandException.class).isThrownBy(() -> FolderOptions.parse(arguments))
			.satisfies((ex) -> {
				assertThat(ex.getMessage()).contains(message).doesNotContain("\n");
				assertThat(ex.exitCode()).isEqualTo(2);
			});
	}

}
