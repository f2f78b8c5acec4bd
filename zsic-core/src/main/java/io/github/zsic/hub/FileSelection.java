package io.github.zsic.hub;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import org.jspecify.annotations.Nullable;

import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;

/**
 * Which files of a repository a classifier needs. Weights are taken in one format only,
 * and nothing of other frameworks.
 *
 * @param settings the small files apart from the configuration, in the order in which to
 * fetch them
 * @param weights the weights, or the index that names the files they are in
 */
record FileSelection(List<String> settings, String weights) {

	private static final String CONFIG = "config.json";

	/** Of a repository in OpenCLIP's layout, which has the image processor in it. */
	private static final String OPEN_CLIP_CONFIG = "open_clip_config.json";

	/** Where sentence-transformers puts the configuration of a CLIP model. */
	private static final Pattern SENTENCE_TRANSFORMERS = Pattern.compile("[\\w.-]*CLIPModel/" + CONFIG);

	private static final List<String> PROCESSOR = List.of("preprocessor_config.json", "processor_config.json");

	private static final List<String> TOKENIZER_SETTINGS = List.of("tokenizer_config.json", "special_tokens_map.json",
			"added_tokens.json");

	private static final String TOKENIZER = "tokenizer.json";

	/** The class of the tokenizer may read it although there is a tokenizer. */
	private static final String SIGLIP_VOCABULARY = "spiece.model";

	/**
	 * What a tokenizer can be built from. All that is there: which one is used is decided
	 * where the class of the tokenizer is known.
	 */
	private static final List<List<String>> VOCABULARIES = List.of(List.of("vocab.json", "merges.txt"),
			List.of("vocab.txt"), List.of("sentencepiece.bpe.model"), List.of(SIGLIP_VOCABULARY),
			List.of("tokenizer.model"));

	private static final String INDEX_SUFFIX = ".index.json";

	private static final String SAFETENSORS_SUFFIX = ".safetensors";

	/** The first that is there, or has an index, as in the reference. */
	private static final List<String> WEIGHTS = List.of("model.safetensors", "pytorch_model.bin");

	private static final List<String> OPEN_CLIP_WEIGHTS = List.of("open_clip_model.safetensors",
			"open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin", "open_clip_pytorch_model.pth",
			"model.safetensors", "pytorch_model.bin", "pytorch_model.pth", "model.pth");

	/** What else may be weights of OpenCLIP. */
	private static final Pattern SAFETENSORS = Pattern.compile("[^/]+\\.safetensors");

	private static final Pattern TORCH_FILE = Pattern.compile("[^/]+\\.(bin|pth|pt)");

	/**
	 * Files that the reference asks for, too, and takes an answer for that they are not
	 * there.
	 */
	static final List<String> OPTIONAL = join(PROCESSOR, TOKENIZER_SETTINGS);

	/**
	 * The files that tell what kind of model it is.
	 * @param names the names of the files that there are
	 * @return one name, or two
	 * @throws HubException if there is none
	 */
	static List<String> configs(Set<String> names) {
		List<String> found = Stream.of(CONFIG, OPEN_CLIP_CONFIG).filter(names::contains).toList();
		if (!found.isEmpty()) {
			return found;
		}
		for (String name : names) {
			if (SENTENCE_TRANSFORMERS.matcher(name).matches()) {
				throw new HubException(Reason.FILE_NOT_FOUND,
						"The repository has no '" + CONFIG
								+ "', but is one of sentence-transformers, whose model is in '"
								+ name.substring(0, name.indexOf('/')) + "'.",
						"Download the repository, for example with 'hf download', and name that folder, "
								+ "or name the repository that the model was made of.");
			}
		}
		throw missing("'" + CONFIG + "'");
	}

	/**
	 * Chooses among files.
	 * @param names the names of the files that there are
	 * @param openClip whether OpenCLIP's files are the model's
	 * @return the choice
	 * @throws HubException if there is no choice
	 */
	static FileSelection of(Set<String> names, boolean openClip) {
		List<String> settings = new ArrayList<>();
		PROCESSOR.stream().filter(names::contains).forEach(settings::add);
		if (settings.isEmpty() && !names.contains(OPEN_CLIP_CONFIG)) {
			throw missing("'preprocessor_config.json', which tells how pictures become numbers");
		}
		TOKENIZER_SETTINGS.stream().filter(names::contains).forEach(settings::add);
		List<String> tokenizer = tokenizer(names);
		// OpenCLIP has a vocabulary of its own.
		if (tokenizer.isEmpty() && !openClip) {
			throw missing("'tokenizer.json', nor a vocabulary to build one from");
		}
		settings.addAll(tokenizer);
		String weights = weights(names, openClip);
		if (weights.endsWith(INDEX_SUFFIX)) {
			settings.add(weights);
		}
		return new FileSelection(List.copyOf(settings), weights);
	}

	private static String weights(Set<String> names, boolean openClip) {
		Optional<String> known = (openClip ? OPEN_CLIP_WEIGHTS : WEIGHTS).stream()
			.flatMap((name) -> Stream.of(name, name + INDEX_SUFFIX))
			.filter(names::contains)
			.findFirst();
		if (known.isPresent()) {
			return known.get();
		}
		if (openClip) {
			for (Pattern pattern : List.of(SAFETENSORS, TORCH_FILE)) {
				List<String> others = names.stream().filter(pattern.asMatchPredicate()).sorted().toList();
				if (others.size() > 1) {
					throw new HubException(Reason.FILE_NOT_FOUND,
							"The repository has several files that may hold the weights, such as '" + others.get(0)
									+ "' and '" + others.get(1) + "'.",
							"Download the one you want with '" + OPEN_CLIP_CONFIG
									+ "' and the tokenizer, if there is one, into a folder, and name that.");
				}
				if (!others.isEmpty()) {
					return others.get(0);
				}
			}
			throw missing("weights of OpenCLIP, such as 'open_clip_model.safetensors'");
		}
		throw missing("'model.safetensors' or 'pytorch_model.bin', in one file or sharded");
	}

	private static List<String> tokenizer(Set<String> names) {
		if (names.contains(TOKENIZER)) {
			return names.contains(SIGLIP_VOCABULARY) ? List.of(TOKENIZER, SIGLIP_VOCABULARY) : List.of(TOKENIZER);
		}
		return VOCABULARIES.stream().filter(names::containsAll).flatMap(List::stream).toList();
	}

	/**
	 * The files that hold the weights.
	 * @param folder a folder that holds the settings
	 * @param names the names of the files that there are
	 * @return one file, or several
	 * @throws HubException if the index is none, or names files that there are not
	 */
	List<String> weightFiles(Path folder, Set<String> names) {
		if (!this.weights.endsWith(INDEX_SUFFIX)) {
			return List.of(this.weights);
		}
		String suffix = this.weights.endsWith(SAFETENSORS_SUFFIX + INDEX_SUFFIX) ? SAFETENSORS_SUFFIX : ".bin";
		Set<String> shards = new TreeSet<>();
		try (Reader reader = Files.newBufferedReader(folder.resolve(this.weights))) {
			for (JsonElement shard : JsonParser.parseReader(reader)
				.getAsJsonObject()
				.getAsJsonObject("weight_map")
				.asMap()
				.values()) {
				shards.add(shard.getAsString());
			}
		}
		catch (IOException | JsonParseException | IllegalStateException | NullPointerException | ClassCastException
				| UnsupportedOperationException ex) {
			throw damaged("is no index of weights", ex);
		}
		if (shards.isEmpty()) {
			throw damaged("names no file", null);
		}
		for (String shard : shards) {
			if (!RepositoryNames.isSafePath(shard) || !shard.endsWith(suffix)) {
				throw damaged("names '" + shard + "', which is no file of weights", null);
			}
			if (!names.contains(shard)) {
				throw missing("'" + shard + "', which '" + this.weights + "' names");
			}
		}
		return List.copyOf(shards);
	}

	private HubException damaged(String finding, @Nullable Exception cause) {
		return new HubException(Reason.FILE_NOT_FOUND, "'" + this.weights + "' " + finding + ".",
				"Choose another revision or another repository.", cause);
	}

	static HubException missing(String what) {
		return new HubException(Reason.FILE_NOT_FOUND, "The repository has no " + what + ".",
				"Choose a repository that has been saved with Transformers, or another revision of this one.");
	}

	private static List<String> join(List<String> first, List<String> second) {
		List<String> all = new ArrayList<>(first);
		all.addAll(second);
		return List.copyOf(all);
	}

}
