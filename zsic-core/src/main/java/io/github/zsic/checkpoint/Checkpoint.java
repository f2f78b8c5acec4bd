package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import io.github.zsic.CheckpointException;

/**
 * An opened checkpoint: a folder in the layout that Hugging Face Transformers writes, its
 * small files read and checked, its weights ready to be mapped.
 * <p>
 * Immutable and thread-safe. {@link #close()} deletes the copies of files that came out
 * of a jar, and a tokenizer that was built; a model that was loaded no longer needs them.
 */
public final class Checkpoint implements AutoCloseable {

	private static final String CLASSPATH_PREFIX = "classpath:";

	private static final String FILE_PREFIX = "file:";

	private static final String TOKENIZER_FILE = "tokenizer.json";

	private static final List<String> SMALL_FILES = List.of(ModelConfig.FILE, ModelConfig.OPEN_CLIP_FILE,
			ImageProcessing.FILE, ImageProcessing.COMBINED_FILE, TOKENIZER_FILE, TokenizerSettings.FILE,
			TokenizerDeclaration.SPECIAL_TOKENS_FILE, TokenizerDeclaration.ADDED_TOKENS_FILE);

	private final String location;

	private final Path folder;

	/** Copies and files that were built, deleted when this is closed. */
	private final @Nullable Path temporary;

	private final ModelConfig config;

	private final ImageProcessing imageProcessing;

	private final Path tokenizerFile;

	private final TokenizerDefinition tokenizer;

	private final TokenizerSettings tokenizerSettings;

	private final Weights weights;

	private Checkpoint(String location, Path folder, ModelConfig config, ImageProcessing imageProcessing,
			Path tokenizerFile, TokenizerDefinition tokenizer, TokenizerSettings tokenizerSettings, Weights weights,
			@Nullable Path temporary) {
		this.location = location;
		this.folder = folder;
		this.config = config;
		this.imageProcessing = imageProcessing;
		this.tokenizerFile = tokenizerFile;
		this.tokenizer = tokenizer;
		this.tokenizerSettings = tokenizerSettings;
		this.weights = weights;
		this.temporary = temporary;
	}

	/**
	 * Opens a checkpoint.
	 * @param location a folder as a path or {@code file:} URL, or a class path folder as
	 * {@code classpath:some/folder}; of a folder of sentence-transformers the one below
	 * it with the CLIP model is opened
	 * @param check sees the configuration before anything else is looked for: that a
	 * model is of the wrong kind says more than that a file is missing
	 * @return the checkpoint, to be closed by the caller
	 * @throws CheckpointException if there is none, or it is incomplete or damaged; like
	 * every exception of this package it leaves naming the location to the caller
	 */
	public static Checkpoint open(String location, Consumer<ModelConfig> check) {
		Path temporary = null;
		boolean complete = false;
		try {
			Path folder = location.startsWith(CLASSPATH_PREFIX) ? classpathFolder(location) : existingFolder(location);
			if (folder == null) {
				temporary = copyFromClasspath(location);
				folder = temporary;
			}
			folder = SentenceTransformers.resolve(folder);
			ModelConfig config = ModelConfig.read(folder);
			check.accept(config);
			Path files = folder;
			requireTokenizer(config, (name) -> Files.exists(files.resolve(name)));
			ImageProcessing imageProcessing = ImageProcessing.read(folder, config.modelType());
			TokenizerDeclaration declaration = TokenizerDeclaration.read(folder, config);
			Path tokenizer = folder.resolve(TOKENIZER_FILE);
			TokenizerDefinition.Encoder encoder = null;
			String built = null;
			if (OpenClipTokenizer.isBuiltIn(config)) {
				built = OpenClipTokenizer.build();
				declaration = TokenizerDeclaration.none();
			}
			else if (!Files.exists(tokenizer) || VocabularyTokenizer.isPreferred(folder, declaration)) {
				declaration = VocabularyTokenizer.choose(folder, declaration);
				built = VocabularyTokenizer.build(folder, declaration);
				encoder = VocabularyTokenizer.encoder(folder, declaration);
				declaration = declaration.built();
			}
			if (built != null) {
				temporary = (temporary != null) ? temporary : temporaryFolder();
				tokenizer = Files.writeString(temporary.resolve(TOKENIZER_FILE), built);
			}
			TokenizerDefinition definition = TokenizerFile.read(tokenizer, declaration)
				.with(encoder)
				.with(OpenClipTokenizer.cleaning(config), OpenClipTokenizer.stripsSeparator(config));
			Checkpoint checkpoint = new Checkpoint(location, folder, config, imageProcessing, tokenizer, definition,
					TokenizerSettings.of(declaration, definition), Weights.open(folder), temporary);
			complete = true;
			return checkpoint;
		}
		catch (IOException ex) {
			throw new CheckpointException(
					"Its tokenizer cannot be written to a temporary folder: " + Json.reason(ex) + ".",
					"Make room in, or give access to, the folder that the system property java.io.tmpdir names.", ex);
		}
		finally {
			if (!complete && temporary != null) {
				delete(temporary);
			}
		}
	}

	/**
	 * Checks whether a checkpoint in OpenCLIP's layout has the tokenizer that it names,
	 * which may be another repository's.
	 * @param config its configuration
	 * @param exists which files the checkpoint has
	 * @throws CheckpointException if it has none
	 */
	public static void requireTokenizer(ModelConfig config, Predicate<String> exists) {
		String name = config.strings().getOrDefault(OpenClipTokenizer.NAME, "");
		if (ModelConfig.OPEN_CLIP.equals(config.modelType()) && !name.isEmpty() && !exists.test(TOKENIZER_FILE)
				&& VocabularyTokenizer.FILES.stream().noneMatch(exists)) {
			throw new CheckpointException(
					"'" + ModelConfig.OPEN_CLIP_FILE + "' names the tokenizer '" + TokenizerFile.abbreviate(name)
							+ "' (hf_tokenizer_name), of which no file is there.",
					"Download the checkpoint, put '" + TOKENIZER_FILE + "' and '" + TokenizerSettings.FILE
							+ "' of that tokenizer beside it, and name the folder.");
		}
	}

	private static Path existingFolder(String location) {
		Path folder;
		try {
			folder = location.startsWith(FILE_PREFIX) ? fileUrl(location) : Paths.get(location);
		}
		catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException ex) {
			throw new CheckpointException("It is neither a path nor a file: URL: " + ex.getMessage() + ".",
					"Name a folder, or a class path folder as classpath:some/folder.", ex);
		}
		if (Files.isDirectory(folder)) {
			return folder;
		}
		if (Files.exists(folder)) {
			throw new CheckpointException("It is a file.",
					"Name the folder that holds " + ModelConfig.FILE + ", the tokenizer and the weights, or "
							+ ModelConfig.OPEN_CLIP_FILE + " and weights of OpenCLIP.");
		}
		throw new CheckpointException("There is no such folder (looked for '" + folder.toAbsolutePath() + "').",
				"Check the path. A repository of the Hugging Face Hub is named with its owner, "
						+ "as in 'openai/clip-vit-base-patch32'.");
	}

	private static Path fileUrl(String location) throws URISyntaxException {
		String path = location.substring(FILE_PREFIX.length());
		// As Spring does, file:relative/folder is allowed, which is no hierarchical URI.
		return path.startsWith("/") ? Paths.get(new URI(location.replace(" ", "%20"))) : Paths.get(path);
	}

	private static String resourceName(String location) {
		String name = location.substring(CLASSPATH_PREFIX.length());
		while (name.startsWith("/")) {
			name = name.substring(1);
		}
		return name.endsWith("/") ? name : name + "/";
	}

	private static @Nullable URL resource(String name) {
		ClassLoader context = Thread.currentThread().getContextClassLoader();
		URL url = (context != null) ? context.getResource(name) : null;
		return (url != null) ? url : Checkpoint.class.getClassLoader().getResource(name);
	}

	/** A class path folder that is a real folder is used in place. */
	private static @Nullable Path classpathFolder(String location) {
		URL config = resource(resourceName(location) + ModelConfig.FILE);
		if (config == null) {
			config = resource(resourceName(location) + ModelConfig.OPEN_CLIP_FILE);
		}
		if (config == null) {
			throw new CheckpointException(
					"There is no '" + resourceName(location) + ModelConfig.FILE + "' on the class path.",
					"Check the name, and that the jar with the checkpoint is a dependency. Of a folder of "
							+ "sentence-transformers name the one below it, such as 0_CLIPModel.");
		}
		try {
			return "file".equals(config.getProtocol()) ? Paths.get(config.toURI()).getParent() : null;
		}
		catch (URISyntaxException ex) {
			throw new CheckpointException("Its URL '" + config + "' is malformed.", "Move the class path folder.", ex);
		}
	}

	private static Path copyFromClasspath(String location) {
		String name = resourceName(location);
		Path folder = null;
		boolean complete = false;
		try {
			folder = temporaryFolder();
			for (String file : SMALL_FILES) {
				copy(name + file, folder.resolve(file));
			}
			for (String file : VocabularyTokenizer.FILES) {
				copy(name + file, folder.resolve(file));
			}
			copyWeights(name, folder);
			complete = true;
			return folder;
		}
		catch (IOException ex) {
			throw new CheckpointException(
					"It could not be copied from the class path to a temporary folder: " + Json.reason(ex) + ".",
					"Make room in, or give access to, the folder that the system property java.io.tmpdir names.", ex);
		}
		finally {
			if (folder != null && !complete) {
				delete(folder);
			}
		}
	}

	private static Path temporaryFolder() throws IOException {
		return Files.createTempDirectory("zsic-checkpoint-");
	}

	private static void copyWeights(String name, Path folder) throws IOException {
		boolean openClip = ModelConfig.isOpenClip(folder, (file) -> resource(name + file) != null);
		Set<String> names = openClip ? filesOfJar(name) : new HashSet<>();
		for (String known : Weights.files(openClip)) {
			Stream.of(known, known + Weights.INDEX_SUFFIX)
				.filter((file) -> resource(name + file) != null)
				.forEach(names::add);
		}
		String chosen = Weights.choose(openClip, names);
		Path file = folder.resolve(chosen);
		copy(name + chosen, file);
		if (chosen.endsWith(Weights.INDEX_SUFFIX)) {
			for (String shard : Weights.shards(file).keySet()) {
				copy(name + shard, folder.resolve(shard));
			}
		}
	}

	/** What lies beside OpenCLIP's configuration; only a jar tells. */
	private static Set<String> filesOfJar(String name) throws IOException {
		Set<String> files = new HashSet<>();
		URL config = resource(name + ModelConfig.OPEN_CLIP_FILE);
		if (config != null && config.openConnection() instanceof JarURLConnection connection) {
			connection.setUseCaches(false);
			try (JarFile jar = connection.getJarFile()) {
				String entry = connection.getEntryName();
				int folder = entry.length() - ModelConfig.OPEN_CLIP_FILE.length();
				jar.stream()
					.map(JarEntry::getName)
					.filter((other) -> other.startsWith(entry.substring(0, folder)) && other.indexOf('/', folder) < 0)
					.forEach((other) -> files.add(other.substring(folder)));
			}
		}
		return files;
	}

	private static boolean copy(String resource, Path target) throws IOException {
		URL url = resource(resource);
		if (url == null) {
			return false;
		}
		URLConnection connection = url.openConnection();
		// The cache would keep the jar open for the life of the JVM.
		connection.setUseCaches(false);
		try (InputStream in = connection.getInputStream()) {
			Files.copy(in, target);
		}
		return true;
	}

	private static void delete(Path folder) {
		try (Stream<Path> files = Files.walk(folder)) {
			for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
				Files.delete(file);
			}
		}
		catch (IOException ex) {
			// Windows refuses while a mapping is alive; the JVM tries again when it ends.
			folder.toFile().deleteOnExit();
			try (Stream<Path> files = Files.walk(folder)) {
				files.filter((file) -> !file.equals(folder)).forEach((file) -> file.toFile().deleteOnExit());
			}
			catch (IOException ignored) {
				ex.addSuppressed(ignored);
			}
		}
	}

	/**
	 * The location.
	 * @return what {@link #open} was called with
	 */
	public String location() {
		return this.location;
	}

	public ModelConfig config() {
		return this.config;
	}

	public ImageProcessing imageProcessing() {
		return this.imageProcessing;
	}

	/**
	 * The file of the tokenizer. It is a stranger's: the {@code tokenizers} library gets
	 * {@link #tokenizer()}.
	 * @return an existing file
	 */
	public Path tokenizerFile() {
		return this.tokenizerFile;
	}

	/**
	 * The tokenizer in the format of the {@code tokenizers} library, checked.
	 * @return what the file says
	 */
	public TokenizerDefinition tokenizer() {
		return this.tokenizer;
	}

	public TokenizerSettings tokenizerSettings() {
		return this.tokenizerSettings;
	}

	public Weights weights() {
		return this.weights;
	}

	/**
	 * What tells this checkpoint from every other one that has no revision. Reads all of
	 * it: names, sizes and dates of files may be the same for other weights.
	 * @return the SHA-256 of its files, in hexadecimal digits
	 */
	public String contentHash() {
		List<Path> files = new ArrayList<>();
		for (String name : SMALL_FILES) {
			Path file = this.folder.resolve(name);
			if (Files.exists(file) && !name.equals(TOKENIZER_FILE)) {
				files.add(file);
			}
		}
		files.add(this.tokenizerFile);
		files.addAll(this.weights.files());
		try {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			byte[] block = new byte[1 << 20];
			for (Path file : files) {
				digest.update((file.getFileName() + " " + Files.size(file) + "\n").getBytes(StandardCharsets.UTF_8));
				try (InputStream in = Files.newInputStream(file)) {
					for (int count = in.read(block); count >= 0; count = in.read(block)) {
						digest.update(block, 0, count);
					}
				}
			}
			return HexFormat.of().formatHex(digest.digest());
		}
		catch (IOException ex) {
			throw new CheckpointException("Its files cannot be read: " + Json.reason(ex) + ".",
					"Check the files and their permissions.", ex);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every JVM has SHA-256", ex);
		}
	}

	@Override
	public void close() {
		if (this.temporary != null) {
			delete(this.temporary);
		}
	}

}
