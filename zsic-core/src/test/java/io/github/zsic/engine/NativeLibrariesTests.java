package io.github.zsic.engine;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import ai.djl.util.Utils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Which native libraries are loaded, and from where, each in a JVM of its own.
 */
@Timeout(120)
@DisabledOnOs(OS.WINDOWS)
class NativeLibrariesTests {

	private static final String TRUST = "-DZSIC_TRUST_NATIVE_FOLDER=true";

	@TempDir
	private Path folder;

	private Path cache;

	/** Unpacks what the tests copy. */
	@BeforeAll
	static void unpack() throws IOException, InterruptedException {
		assertThat(run(Utils.getEngineCacheDir(), List.of(), (entry) -> true)).startsWith("Loaded");
	}

	@BeforeEach
	void copyCache() throws IOException {
		Path source = Utils.getEngineCacheDir();
		this.cache = this.folder.resolve("parent").resolve("cache");
		try (Stream<Path> files = Files.walk(source)) {
			for (Path file : (Iterable<Path>) files::iterator) {
				Path target = this.cache.resolve(source.relativize(file).toString());
				if (Files.isDirectory(file)) {
					Files.createDirectories(target);
				}
				else {
					link(file, target);
				}
			}
		}
	}

	/** Most of it is large, and none of it is changed but by replacing it. */
	private static void link(Path file, Path target) throws IOException {
		try {
			Files.createLink(target, file);
		}
		catch (IOException | UnsupportedOperationException ex) {
			Files.copy(file, target);
		}
	}

	@Test
	void whatTheJarsHaveIsLoaded() throws Exception {
		assertThat(run()).isEqualTo("Loaded, then offline is null");
	}

	@ParameterizedTest
	@ValueSource(strings = { "libc10", "libtorch", "djl_torch", "libgomp", "tokenizers" })
	void changedLibraryIsRefused(String name) throws Exception {
		Path library = library(name);
		byte[] bytes = Files.readAllBytes(library);
		bytes[bytes.length / 2] ^= 1;
		replace(library, bytes);
		assertThat(run()).startsWith("Refused: The native library '" + library + "' is not loaded")
			.contains("other contents", "Delete the folder '" + library.getParent() + "'");
	}

	@Test
	void shortenedLibraryIsRefused() throws Exception {
		Path library = library("libc10");
		byte[] bytes = Files.readAllBytes(library);
		replace(library, Arrays.copyOf(bytes, bytes.length / 2));
		assertThat(run()).contains("other contents");
		assertThat(run(TRUST)).contains("other contents");
	}

	@ParameterizedTest
	@ValueSource(strings = { "sub/libevil.so", "libdjl_torch.so", "libaaa.so.1" })
	void libraryThatDoesNotBelongThereIsRefused(String name) throws Exception {
		Path library = library("libc10").resolveSibling(name);
		Files.createDirectories(library.getParent());
		Files.write(library, new byte[9]);
		assertThat(run()).startsWith("Refused: The native library '" + library + "' is not loaded")
			.contains("not one of the libraries that belong there");
	}

	@Test
	void otherFilesDoNotMatter() throws Exception {
		Files.write(library("libc10").resolveSibling("jni123tmp"), new byte[9]);
		Files.write(this.cache.resolve("README"), new byte[9]);
		assertThat(run()).startsWith("Loaded");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "pytorch", ".." })
	void folderThatAnybodyMayWriteToIsRefused(String name) throws Exception {
		Path open = this.cache.resolve(name).normalize();
		Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
		assertThat(run()).startsWith("Refused: Native libraries are not loaded from")
			.contains("anybody", "DJL_CACHE_DIR", "ZSIC_TRUST_NATIVE_FOLDER");
		assertThat(run(TRUST)).startsWith("Loaded");
	}

	@Test
	void fileThatAnybodyMayWriteToIsRefused() throws Exception {
		Path library = library("libc10");
		replace(library, Files.readAllBytes(library));
		Files.setPosixFilePermissions(library, PosixFilePermissions.fromString("rw-rw-rw-"));
		assertThat(run()).contains("'" + library + "': anybody may write to it");
	}

	/** As the folder for temporary files, where the first to come makes the folder. */
	@Test
	void folderOfSomebodyElseAmongThoseOfAllIsRefused() throws Exception {
		assumeThat(Files.getAttribute(this.folder, "unix:uid")).as("who may give files away").isEqualTo(0);
		Files.setAttribute(this.cache.getParent(), "unix:mode", 01777);
		assertThat(run()).startsWith("Loaded");
		Files.setAttribute(this.cache, "unix:uid", 54321);
		assertThat(run()).contains("it belongs to another user");
	}

	/** All bytes are compared then. */
	@Test
	void folderOfGroupIsCompared() throws Exception {
		Files.setPosixFilePermissions(this.cache, PosixFilePermissions.fromString("rwxrwxr-x"));
		assertThat(run()).startsWith("Loaded");
		Path library = library("libc10");
		byte[] bytes = Files.readAllBytes(library);
		bytes[100] ^= 1;
		replace(library, bytes);
		assertThat(run()).contains("other contents");
	}

	@Test
	void emptyCacheIsFilled() throws Exception {
		Path empty = this.folder.resolve("some/new/folder");
		assertThat(run(empty, List.of(), (entry) -> true)).startsWith("Loaded");
		assertThat(run(empty, List.of(), (entry) -> true)).startsWith("Loaded");
	}

	@Test
	void nothingIsDownloadedUnlessAllowed() throws Exception {
		AtomicInteger connections = new AtomicInteger();
		try (ServerSocket proxy = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
			Thread acceptor = new Thread(() -> {
				try {
					while (true) {
						proxy.accept().close();
						connections.incrementAndGet();
					}
				}
				catch (IOException ex) {
					// The test is over.
				}
			});
			acceptor.setDaemon(true);
			acceptor.start();
			Path empty = this.folder.resolve("empty");
			List<String> options = List.of("-Dhttps.proxyHost=127.0.0.1", "-Dhttps.proxyPort=" + proxy.getLocalPort());
			assertThat(run(empty, options, NativeLibrariesTests::isNoLibrary)).startsWith("Refused")
				.contains("is not on the class path", "ai.djl.pytorch:pytorch-native-cpu:2.7.1 with the classifier ",
						"ai.djl.offline");
			assertThat(connections).hasValue(0);
			List<String> allowed = new ArrayList<>(options);
			allowed.add("-Dai.djl.offline=false");
			assertThat(run(empty, allowed, NativeLibrariesTests::isNoLibrary)).startsWith("Refused");
			assertThat(connections).hasPositiveValue();
		}
	}

	@Test
	void whatWasDownloadedIsLoadedFromOwnFolderOnly() throws Exception {
		Path library = library("libc10");
		Path downloaded = library.getParent()
			.resolveSibling(library.getParent().getFileName().toString().replaceFirst("-\\d+-cpu-", "-cpu-"));
		Files.move(library.getParent(), downloaded);
		assertThat(run(this.cache, List.of(), NativeLibrariesTests::isNoLibrary)).startsWith("Loaded");
		Files.setPosixFilePermissions(this.cache, PosixFilePermissions.fromString("rwxrwxr-x"));
		assertThat(run(this.cache, List.of(), NativeLibrariesTests::isNoLibrary)).startsWith("Refused")
			.contains("no jar on the class path");
	}

	private static boolean isNoLibrary(String classPathEntry) {
		return !classPathEntry.contains("pytorch-native-cpu");
	}

	private Path library(String name) throws IOException {
		String platform = ai.djl.util.Platform.detectPlatform("pytorch").getClassifier();
		try (Stream<Path> files = Files.walk(this.cache)) {
			return files.filter((file) -> file.getParent().getFileName().toString().endsWith("-cpu-" + platform))
				.filter((file) -> file.getFileName().toString().contains(name))
				.sorted()
				.findFirst()
				.orElseThrow();
		}
	}

	/** The file itself is a link to what others use. */
	private static void replace(Path file, byte[] contents) throws IOException {
		Files.delete(file);
		Files.write(file, contents);
	}

	private String run(String... options) throws IOException, InterruptedException {
		return run(this.cache, List.of(options), (entry) -> true);
	}

	private static String run(Path cache, List<String> options, Predicate<String> classPath)
			throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m"));
		command.addAll(options);
		command.addAll(List.of("-cp",
				Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
					.filter(classPath)
					.collect(Collectors.joining(File.pathSeparator)),
				NativeLibrariesProgram.class.getName()));
		ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
		builder.environment().put("DJL_CACHE_DIR", cache.toString());
		builder.environment().keySet().removeAll(List.of("DJL_OFFLINE", "ENGINE_CACHE_DIR", "PYTORCH_LIBRARY_PATH"));
		Process process = builder.start();
		try {
			String output = new String(process.getInputStream().readAllBytes());
			assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
			return output.lines()
				.filter((line) -> line.startsWith("Loaded") || line.startsWith("Refused"))
				.findFirst()
				.orElse(output);
		}
		finally {
			process.destroyForcibly();
		}
	}

}
