package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

import io.github.zsic.CheckpointException;
import io.github.zsic.text.Tokenizer;

/**
 * Readers of the files of a checkpoint, for {@link FuzzTests} and for Jazzer
 * ({@code tools/fuzz/fuzz.sh}): whatever a file holds, the outcome is a result or a
 * {@link CheckpointException}.
 */
public enum CheckpointFuzz {

	SAFETENSORS {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.write(folder.resolve("model.safetensors"), content);
			mapAll(Weights.open(folder));
		}
	},

	TORCH {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.write(folder.resolve("pytorch_model.bin"), content);
			mapAll(Weights.open(folder));
		}
	},

	PICKLE {
		@Override
		void read(Path folder, byte[] content) {
			new TensorUnpickler("x.bin", content).load();
		}
	},

	INDEX {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Weights.shards(Files.write(folder.resolve("model.safetensors.index.json"), content));
		}
	},

	CONFIG {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.write(folder.resolve("config.json"), content);
			ModelConfig.read(folder);
		}
	},

	OPEN_CLIP {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.write(folder.resolve("open_clip_config.json"), content);
			ModelConfig.read(folder);
			ImageProcessing.read(folder, ModelConfig.OPEN_CLIP);
		}
	},

	PREPROCESSOR {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.write(folder.resolve("preprocessor_config.json"), content);
			for (String modelType : List.of("clip", "siglip", "siglip2", "align", "blip-2", "tipsv2")) {
				try {
					ImageProcessing.read(folder, modelType);
				}
				catch (CheckpointException ex) {
					// The next one may get further.
				}
			}
		}
	},

	TOKENIZER_CONFIG {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.write(folder.resolve("tokenizer_config.json"), content);
			TokenizerDeclaration declaration = TestTokenizers.declaration(folder, "clip");
			TokenizerSettings.of(declaration, TokenizerFile.read(TOKENIZER_FILE, declaration));
		}
	},

	ADDED_TOKENS {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.writeString(folder.resolve("tokenizer_config.json"), "{\"pad_token\": \"[PAD]\"}");
			TokenizerFile.read(Files.write(folder.resolve("tokenizer.json"), content),
					TestTokenizers.declaration(folder, "align"));
		}
	},

	TOKENIZER {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Path file = Files.write(folder.resolve("tokenizer.json"), content);
			try (Tokenizer tokenizer = TestTokenizers.load(file, 16, (text) -> text)) {
				tokenizer.encode("a photo of an owl");
			}
		}
	},

	VOCABULARY_CLIP {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.write(folder.resolve("vocab.json"), content);
			Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\na b\n");
			TestTokenizers.build(folder, "clip");
		}
	},

	VOCABULARY_BERT {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.write(folder.resolve("vocab.txt"), content);
			TestTokenizers.build(folder, "align");
		}
	},

	SENTENCEPIECE_SIGLIP {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.write(folder.resolve("spiece.model"), content);
			TestTokenizers.build(folder, "siglip");
		}
	},

	SENTENCEPIECE_ALTCLIP {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.write(folder.resolve("sentencepiece.bpe.model"), content);
			TestTokenizers.build(folder, "altclip");
		}
	},

	SENTENCEPIECE_TIPSV2 {
		@Override
		void read(Path folder, byte[] content) throws IOException {
			Files.write(folder.resolve("tokenizer.model"), content);
			TestTokenizers.build(folder, "tipsv2");
		}
	};

	private static final Path CHECKPOINTS = Path.of("src/test/resources/parity/checkpoints");

	private static final Path FORMATS = Path.of("src/test/resources/formats");

	private static final Path TOKENIZER_FILE = CHECKPOINTS.resolve("align/tokenizer.json");

	/** The reader that Jazzer is to try. */
	private static final CheckpointFuzz ASKED = valueOf(System.getProperty("zsic.fuzz.reader", "PICKLE"));

	private static final Path FOLDER = temporaryFolder();

	/**
	 * What Jazzer calls.
	 * @param content the content of a file
	 */
	public static void fuzzerTestOneInput(byte[] content) {
		try {
			ASKED.read(content);
		}
		catch (CheckpointException ex) {
			// As it should be.
		}
	}

	/**
	 * Reads a file.
	 * @throws CheckpointException if it cannot be used, as most
	 */
	void read(byte[] content) {
		Path folder = FOLDER.resolve(name());
		try {
			Files.createDirectories(folder);
			read(folder, content);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	abstract void read(Path folder, byte[] content) throws IOException;

	/**
	 * Good files, from which others are made.
	 */
	List<byte[]> seeds() throws IOException {
		List<Path> files = switch (this) {
			case SAFETENSORS -> List.of(CHECKPOINTS.resolve("blip/model.safetensors"));
			case TORCH, PICKLE -> List.of(FORMATS.resolve("bin/pytorch_model.bin"));
			case INDEX -> List.of(CHECKPOINTS.resolve("sharded/model.safetensors.index.json"));
			case CONFIG -> List.of(CHECKPOINTS.resolve("clipseg/config.json"),
					CHECKPOINTS.resolve("blip-2/config.json"), CHECKPOINTS.resolve("legacy-preprocessor/config.json"));
			case OPEN_CLIP -> List.of(FORMATS.resolve("open-clip/open_clip_config.json"));
			case PREPROCESSOR -> List.of(CHECKPOINTS.resolve("align/preprocessor_config.json"),
					CHECKPOINTS.resolve("siglip2-naflex/preprocessor_config.json"),
					CHECKPOINTS.resolve("legacy-preprocessor/preprocessor_config.json"));
			case TOKENIZER_CONFIG -> List.of(CHECKPOINTS.resolve("siglip/tokenizer_config.json"),
					CHECKPOINTS.resolve("blip/tokenizer_config.json"));
			case ADDED_TOKENS, TOKENIZER -> List.of(CHECKPOINTS.resolve("blip/tokenizer.json"),
					CHECKPOINTS.resolve("clipseg/tokenizer.json"), CHECKPOINTS.resolve("siglip/tokenizer.json"));
			case VOCABULARY_CLIP -> List.of();
			case VOCABULARY_BERT -> List.of(CHECKPOINTS.resolve("blip/vocab.txt"));
			case SENTENCEPIECE_SIGLIP -> List.of(CHECKPOINTS.resolve("siglip/spiece.model"));
			case SENTENCEPIECE_ALTCLIP -> List.of(CHECKPOINTS.resolve("altclip/sentencepiece.bpe.model"));
			case SENTENCEPIECE_TIPSV2 -> List.of(CHECKPOINTS.resolve("tipsv2/tokenizer.model"));
		};
		List<byte[]> seeds = new ArrayList<>();
		for (Path file : files) {
			seeds.add((this == PICKLE) ? pickle(file) : Files.readAllBytes(file));
		}
		if (this == VOCABULARY_CLIP) {
			seeds.add("{\"<|startoftext|>\": 0, \"<|endoftext|>\": 1, \"a\": 2, \"b\": 3, \"ab\": 4}"
				.getBytes(StandardCharsets.UTF_8));
		}
		return seeds;
	}

	private static byte[] pickle(Path file) throws IOException {
		try (ZipFile zip = new ZipFile(file.toFile())) {
			ZipEntry entry = zip.stream()
				.filter((each) -> each.getName().endsWith("/data.pkl"))
				.findFirst()
				.orElseThrow();
			return zip.getInputStream(entry).readAllBytes();
		}
	}

	/**
	 * Writes the good files into a folder.
	 */
	public static void main(String[] args) throws IOException {
		int number = 0;
		for (byte[] seed : ASKED.seeds()) {
			Files.write(Path.of(args[0]).resolve(ASKED.name() + "-" + number++), seed);
		}
	}

	/** As a model that needs just these tensors does. */
	private static void mapAll(Weights weights) {
		weights.shapes().keySet().forEach(weights::map);
	}

	private static Path temporaryFolder() {
		try {
			Path folder = Files.createTempDirectory("zsic-fuzz-");
			Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
			return folder;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void delete(Path folder) {
		try (var files = Files.walk(folder)) {
			files.sorted(Comparator.reverseOrder()).forEach((file) -> file.toFile().delete());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
