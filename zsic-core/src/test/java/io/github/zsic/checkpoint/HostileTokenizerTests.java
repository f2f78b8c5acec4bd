package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.CheckpointException;
import io.github.zsic.TestCheckpoints;
import io.github.zsic.ZeroShotClassifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tokenizers that were made to harm. Most of them end the process when the
 * {@code tokenizers} library sees them, or when it sees a certain text afterwards.
 */
class HostileTokenizerTests {

	@TempDir
	private Path folder;

	static Stream<Attack> attacks() {
		List<Attack> attacks = new ArrayList<>();
		// Searches that go back too often.
		for (String expression : List.of("(a+)+$", "(a|a)*b", "(?:a|a)(?:a|a)(?:a|a)b", "a?a?a?a?a?a?a?", "a*a*a*b",
				"[a-z]+[a-z]+b", "x{1,900}", "(a)\\\\1", "(?=a)a", "\\\\s*\\\\n", "x++", "(?~a)", "x*", "|a", "",
				"[[:alpha:]]", "[a&&b]", "(?i)a", "^a", "\\\\G")) {
			attacks.add(new Attack("Split by " + expression, "clipseg", (json) -> json.add("pre_tokenizer", parse(
					"{\"type\":\"Split\",\"pattern\":{\"Regex\":\"%s\"},\"behavior\":\"Isolated\",\"invert\":false}"
						.formatted(expression))),
					"its pre_tokenizer 'Split' cannot be searched for"));
			attacks.add(new Attack("Replace of " + expression, "siglip",
					(json) -> json.getAsJsonObject("normalizer")
						.getAsJsonArray("normalizers")
						.add(parse("{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"%s\"},\"content\":\"\"}"
							.formatted(expression))),
					"its normalizer 'Replace' cannot be searched for"));
		}
		attacks.add(new Attack("text without an end", "clipseg", (json) -> json.add("normalizer", replace("", "x")),
				"its normalizer 'Replace' cannot be searched for"));
		// Texts that grow.
		attacks.add(new Attack("a long replacement", "clipseg",
				(json) -> json.add("normalizer", replace("a", "a".repeat(50_000_000))),
				"its normalizer 'Replace' has a 'content' of 50000000 characters"));
		attacks.add(new Attack("replacements of replacements", "clipseg", (json) -> {
			JsonArray steps = new JsonArray();
			for (int i = 0; i < 30; i++) {
				steps.add(replace("a", "aa"));
			}
			JsonObject sequence = new JsonObject();
			sequence.addProperty("type", "Sequence");
			sequence.add("normalizers", steps);
			json.add("normalizer", sequence);
		}, "its normalizer can make a text more than 64 times as long"));
		attacks.add(new Attack("a long prefix", "clipseg",
				(json) -> json.add("normalizer",
						parse("{\"type\":\"Prepend\",\"prepend\":\"%s\"}".formatted("x".repeat(1000)))),
				"its normalizer 'Prepend' has a 'prepend' of 1000 characters"));
		attacks.add(new Attack("bytes of bytes", "clipseg", (json) -> {
			JsonArray steps = json.getAsJsonObject("pre_tokenizer").getAsJsonArray("pretokenizers");
			for (int i = 0; i < 25; i++) {
				steps.add(steps.get(1).deepCopy());
			}
		}, "its pre_tokenizer has 'ByteLevel' twice"));
		// Added tokens.
		attacks.add(added("a token of 50 MB", (token) -> token.addProperty("content", "x".repeat(50_000_000)),
				"its added token has a 'content' of 50000000 characters"));
		attacks.add(added("a token with a large id", (token) -> token.addProperty("id", 4294967296L),
				"its added token has an impossible id"));
		attacks
			.add(added("a token without flags", (token) -> token.remove("lstrip"), "its added token has no 'lstrip'"));
		attacks.add(new Attack("very many tokens", "clipseg", (json) -> {
			JsonArray tokens = json.getAsJsonArray("added_tokens");
			for (int i = 0; i < 20_000; i++) {
				JsonObject token = tokens.get(0).getAsJsonObject().deepCopy();
				token.addProperty("content", "token " + i);
				tokens.add(token);
			}
		}, "it has more than 10000 'added_tokens'"));
		attacks.add(new Attack("a token of which nothing is left", "siglip", (json) -> {
			JsonObject token = json.getAsJsonArray("added_tokens").get(0).getAsJsonObject().deepCopy();
			token.addProperty("content", "!");
			token.addProperty("normalized", true);
			json.getAsJsonArray("added_tokens").add(token);
		}, "its normalizer leaves nothing of the added token '!'"));
		// Special tokens around the text.
		attacks.add(template("a text that is not there", "[{'Sequence':{'id':'B','type_id':0}}]",
				"has a 'single' with another text than 'A'"));
		attacks.add(template("no text", "[]", "has a 'single' without the text"));
		attacks.add(template("a token that is not there",
				"[{'SpecialToken':{'id':'none','type_id':0}},{'Sequence':{'id':'A','type_id':0}}]",
				"has no special token 'none'"));
		attacks.add(template("the text twice",
				"[{'Sequence':{'id':'A','type_id':0}},{'Sequence':{'id':'A','type_id':0}}]", "repeats the text"));
		attacks.add(template(
				"very many tokens", "[{'Sequence':{'id':'A','type_id':0}}"
						+ ",{'SpecialToken':{'id':'[SEP]','type_id':0}}".repeat(1000) + "]",
				"adds more than 16 special tokens"));
		attacks.add(new Attack("a special token of unequal parts", "align",
				(json) -> json.getAsJsonObject("post_processor")
					.getAsJsonObject("special_tokens")
					.getAsJsonObject("[SEP]")
					.add("tokens", new JsonArray()),
				"has no id for each part of '[SEP]'"));
		// Models.
		attacks.add(model("a prefix longer than a merge", "clipseg",
				(model) -> model.addProperty("continuing_subword_prefix", "#".repeat(10)),
				"its model has a 'continuing_subword_prefix'"));
		attacks
			.add(model("chance", "clipseg", (model) -> model.addProperty("dropout", 0.5), "its model has 'dropout'"));
		attacks.add(model("a merge of three", "clipseg",
				(model) -> model.getAsJsonArray("merges").set(0, parse("[\"a\",\"b\",\"c\"]")), "is not valid JSON"));
		attacks.add(model("a merge of what is not there", "clipseg",
				(model) -> model.getAsJsonArray("merges").set(0, parse("[\"a\",\"nowhere\"]")), "nowhere"));
		attacks.add(model("ids that are none", "clipseg",
				(model) -> model.getAsJsonObject("vocab").addProperty("owl", 4294967296L), "impossible number"));
		attacks.add(model("negative ids", "clipseg", (model) -> model.getAsJsonObject("vocab").addProperty("owl", -1),
				"its model has an impossible id for 'owl'"));
		attacks.add(model("another model", "clipseg", (model) -> model.addProperty("type", "WordGuess"),
				"its model is of the type \"WordGuess\""));
		attacks.add(model("long words", "align", (model) -> model.addProperty("max_input_chars_per_word", 2147483647),
				"its model has a 'max_input_chars_per_word' that is not from 1 to 200"));
		attacks.add(model("a long prefix", "align",
				(model) -> model.addProperty("continuing_subword_prefix", "#".repeat(100_000)),
				"its model has an impossible 'continuing_subword_prefix'"));
		attacks.add(model("a score without an end", "siglip",
				(model) -> model.getAsJsonArray("vocab").get(5).getAsJsonArray().set(1, parse("1e999")),
				"it has the impossible number"));
		attacks.add(model("a piece of megabytes", "siglip",
				(model) -> model.getAsJsonArray("vocab").add(parse("[\"%s\",0]".formatted("x".repeat(2_000_000)))),
				"its model has a token of 2000000 characters"));
		attacks.add(model("pieces that have nothing in common", "siglip", (model) -> {
			Random random = new Random(7);
			for (int i = 0; i < 100_000; i++) {
				String piece = random.ints(100, 'a', 'z')
					.collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
					.toString();
				model.getAsJsonArray("vocab").add(parse("[\"%s\",0]".formatted(piece)));
			}
		}, "its model has pieces of more than 8388608 bytes that do not begin like others"));
		attacks.add(model("an unknown piece beyond the last", "siglip",
				(model) -> model.addProperty("unk_id", 1_000_000), "its model has an impossible 'unk_id'"));
		attacks.add(model("no pieces", "siglip", (model) -> model.add("vocab", new JsonArray()),
				"its model has no pieces"));
		// What no tokenizer has.
		attacks.add(new Attack("another component", "clipseg",
				(json) -> json.add("pre_tokenizer", parse("{\"type\":\"FixedLength\",\"length\":0}")),
				"its pre_tokenizer is or has a 'FixedLength'"));
		attacks.add(new Attack("deep nesting", "clipseg", (json) -> {
			JsonElement nested = json.get("pre_tokenizer");
			for (int i = 0; i < 15; i++) {
				nested = parse("{\"type\":\"Sequence\",\"pretokenizers\":[%s]}".formatted(nested));
			}
			json.add("pre_tokenizer", nested);
		}, "it is nested too deeply"));
		attacks.add(new Attack("very many values", "clipseg", (json) -> {
			JsonArray values = new JsonArray();
			for (int i = 0; i < 300_000; i++) {
				values.add(0);
			}
			json.add("padding", values);
		}, "it has more than 200000 values"));
		return attacks.stream();
	}

	private static Attack added(String name, Consumer<JsonObject> edit, String finding) {
		return new Attack(name, "clipseg",
				(json) -> edit.accept(json.getAsJsonArray("added_tokens").get(0).getAsJsonObject()), finding);
	}

	private static Attack template(String name, String single, String finding) {
		return new Attack("template: " + name, "align",
				(json) -> json.getAsJsonObject("post_processor").add("single", parse(single.replace('\'', '"'))),
				"its post_processor 'TemplateProcessing' " + finding);
	}

	private static Attack model(String name, String checkpoint, Consumer<JsonObject> edit, String finding) {
		return new Attack("model: " + name, checkpoint, (json) -> edit.accept(json.getAsJsonObject("model")), finding);
	}

	private static JsonElement replace(String text, String content) {
		JsonObject pattern = new JsonObject();
		pattern.addProperty("String", text);
		JsonObject replace = new JsonObject();
		replace.addProperty("type", "Replace");
		replace.add("pattern", pattern);
		replace.addProperty("content", content);
		return replace;
	}

	private static JsonElement parse(String json) {
		return JsonParser.parseString(json);
	}

	@ParameterizedTest
	@MethodSource("attacks")
	void areRefused(Attack attack) throws IOException {
		Path checkpoint = TestCheckpoints.copy(attack.checkpoint, this.folder.resolve("checkpoint"));
		// Another class would not look at all of it.
		edit(checkpoint.resolve("tokenizer_config.json"),
				(json) -> json.addProperty("tokenizer_class", "PreTrainedTokenizerFast"));
		edit(checkpoint.resolve("tokenizer.json"), attack.edit);
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> ZeroShotClassifier.builder().checkpoint(checkpoint.toString()).build())
			.withMessageContaining("'tokenizer.json' cannot be used: ")
			.withMessageContaining(attack.finding)
			.satisfies((ex) -> assertThat(ex.getMessage()).hasSizeLessThan(2000));
	}

	/** Whatever the file says of what its class decides, the library does not see it. */
	@ParameterizedTest
	@MethodSource("attacks")
	void withAClassOfTheirOwnAreRefusedOrHarmless(Attack attack) throws IOException {
		Path checkpoint = TestCheckpoints.copy(attack.checkpoint, this.folder.resolve("checkpoint"));
		edit(checkpoint.resolve("tokenizer.json"), attack.edit);
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder().checkpoint(checkpoint.toString()).build()) {
			assertThat(classifier.embedText("a photo of an owl")).isNotEmpty();
		}
		catch (CheckpointException ex) {
			assertThat(ex).hasMessageContaining("'tokenizer.json' cannot ");
		}
	}

	/** What is a wish of the file, and not obeyed, need not be possible. */
	@Test
	void whatIsNotUsedDoesNoHarm() throws IOException {
		Path checkpoint = TestCheckpoints.copy("clipseg", this.folder.resolve("checkpoint"));
		edit(checkpoint.resolve("tokenizer.json"), (json) -> {
			json.add("padding",
					parse("""
							{"strategy": {"Fixed": 1000000000}, "direction": "Right", "pad_to_multiple_of": 999999999, "pad_id": 0,
							"pad_type_id": 0, "pad_token": "!"}"""));
			json.add("truncation", parse("""
					{"direction": "Left", "max_length": 1, "strategy": "LongestFirst", "stride": 1000000000}"""));
			json.add("decoder",
					parse("{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"(a+)+$\"}, \"content\": \"\"}"));
			json.add("something", parse("[".repeat(150) + "]".repeat(150)));
		});
		assertThatCode(() -> ZeroShotClassifier.builder().checkpoint(checkpoint.toString()).build().close())
			.doesNotThrowAnyException();
	}

	/**
	 * Why all of it: the process is gone, and no exception was there to catch. When this
	 * fails, a newer release of the library may have become better.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "Split by (a+)+$", "template: a text that is not there",
			"model: a prefix longer than a merge", "a token of which nothing is left" })
	void theLibraryEndsTheProcess(String name) throws Exception {
		Attack attack = attacks().filter((each) -> each.name.equals(name)).findFirst().orElseThrow();
		Path file = Files.copy(TestCheckpoints.checkpoint(attack.checkpoint).resolve("tokenizer.json"),
				this.folder.resolve("tokenizer.json"));
		edit(file, attack.edit);
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-XX:-CreateCoredumpOnCrash", "-cp", System.getProperty("java.class.path"),
				TokenizerProgram.class.getName(), file.toString(), "a".repeat(40) + "!")
			.directory(this.folder.toFile())
			.redirectErrorStream(true)
			.start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(output).isNotZero();
		assertThat(output).contains("panicked at").doesNotContain("EXCEPTION");
	}

	private static void edit(Path file, Consumer<JsonObject> edit) throws IOException {
		JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
		edit.accept(json);
		Files.writeString(file, json.toString());
	}

	private record Attack(String name, String checkpoint, Consumer<JsonObject> edit, String finding) {

		@Override
		public String toString() {
			return this.name;
		}

	}

}
