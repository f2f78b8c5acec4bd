package io.github.zsic.engine;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;

import ai.djl.util.ClassLoaderUtils;
import ai.djl.util.Platform;
import ai.djl.util.Utils;
import com.sun.jna.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.zsic.DeviceException;

/**
 * Looks at the folder that DJL unpacks native libraries to, before DJL loads from it
 * whatever it finds there: that nobody else can put something into it, and that what is
 * in it is what the jars on the class path have.
 * <p>
 * Why: docs/decisions/0008.
 */
final class NativeLibraries {

	private static final Logger logger = LoggerFactory.getLogger(NativeLibraries.class);

	/** What DJL takes for a library and loads, whoever put it there. */
	private static final Pattern LIBRARY = Pattern.compile(".*\\.(so(\\.\\d+)*|dll|dylib)");

	/** Says that whoever can write to the folder may do so. */
	private static final String TRUST = "ZSIC_TRUST_NATIVE_FOLDER";

	private static final int GROUP_MAY_WRITE = 020;

	private static final int OTHERS_MAY_WRITE = 02;

	/** Files in such a folder can be renamed and deleted by their owner only. */
	private static final int STICKY = 01000;

	private static final int BUFFER = 1024 * 1024;

	private final Path cache;

	private final boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("unix");

	/** Root may write anywhere, and is trusted. */
	private final int user = this.posix ? Function.getFunction("c", "geteuid").invokeInt(new Object[0]) : 0;

	/** Whether others have a way into the folder, so that contents are compared. */
	private boolean shared;

	NativeLibraries(Path cache) {
		this.cache = cache;
	}

	/**
	 * Looks at what DJL is going to load.
	 * @throws DeviceException if it must not be loaded
	 */
	static void verify() {
		try {
			Path cache = Utils.getEngineCacheDir();
			if (!exists(cache)) {
				return;
			}
			NativeLibraries libraries = new NativeLibraries(cache.toRealPath());
			libraries.requireOwnFolder();
			libraries.verifyTorch();
			libraries.verifyTokenizers();
		}
		catch (IOException ex) {
			throw new DeviceException(DeviceException.Reason.MACHINE,
					"The native libraries cannot be unpacked or verified: " + ex + ".",
					"Let DJL_CACHE_DIR name a folder that can be read and written.", ex);
		}
	}

	/** Makes the folder, if it can be made, so that it can be looked at. */
	private static boolean exists(Path cache) {
		try {
			Files.createDirectories(cache);
			return true;
		}
		catch (IOException ex) {
			// Then nothing is loaded from it. DJL tells if it needs the folder.
			logger.debug("Cannot make the folder '{}' for native libraries", cache, ex);
			return false;
		}
	}

	/**
	 * Nobody but this user and root may be able to exchange the folder, or anything above
	 * it.
	 */
	private void requireOwnFolder() throws IOException {
		if (!this.posix) {
			return;
		}
		Path below = this.cache;
		for (Path folder = this.cache.getParent(); folder != null; folder = folder.getParent()) {
			int mode = mode(folder);
			boolean sticky = (mode & STICKY) != 0;
			if ((mode & OTHERS_MAY_WRITE) != 0 && !sticky) {
				refuse(below, "anybody can replace it, as anybody may write to '" + folder + "'");
			}
			if ((mode & OTHERS_MAY_WRITE) != 0 && !isOurs(below)) {
				refuse(below, "it belongs to another user");
			}
			this.shared |= ((mode & GROUP_MAY_WRITE) != 0 && !(sticky && isOurs(below))) || !isOurs(folder);
			below = folder;
		}
		requireOwn(this.cache);
	}

	private void requireOwn(Path path) throws IOException {
		if (!this.posix) {
			return;
		}
		int mode = mode(path);
		if ((mode & OTHERS_MAY_WRITE) != 0) {
			refuse(path, "anybody may write to it");
		}
		this.shared |= (mode & GROUP_MAY_WRITE) != 0 || !isOurs(path);
	}

	private boolean isOurs(Path path) throws IOException {
		int owner = (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
		return owner == this.user || owner == 0;
	}

	private static int mode(Path path) throws IOException {
		return (Integer) Files.getAttribute(path, "unix:mode");
	}

	private void refuse(Path path, String finding) {
		if (!Boolean.parseBoolean(Utils.getEnvOrSystemProperty(TRUST))) {
			throw new DeviceException(DeviceException.Reason.MACHINE,
					"Native libraries are not loaded from '" + path + "': " + finding
							+ ", so that they may be somebody else's.",
					"Take the permission away (chmod go-w), or let DJL_CACHE_DIR name a folder that only this user can "
							+ "write to. Where there is no other user, as in a container, set the environment variable or "
							+ "system property " + TRUST + " to true.");
		}
		this.shared = true;
	}

	private void verifyTorch() throws IOException {
		if (Utils.getEnvOrSystemProperty("PYTORCH_LIBRARY_PATH") != null) {
			// Whoever names a folder vouches for it.
			return;
		}
		Platform platform = Platform.detectPlatform("pytorch");
		String version = Utils.getEnvOrSystemProperty("PYTORCH_VERSION");
		boolean bundled = !platform.isPlaceholder()
				&& (version == null || version.isEmpty() || platform.getVersion().startsWith(version));
		Path folder = this.cache.resolve("pytorch");
		if (!bundled) {
			verifyDownloaded(folder);
			return;
		}
		String flavor = platform.getFlavor();
		String classifier = platform.getClassifier();
		Map<String, String> resources = new LinkedHashMap<>();
		for (String library : platform.getLibraries()) {
			resources.put(library, "pytorch/" + flavor + "/" + classifier + "/" + library);
		}
		String jni = System.mapLibraryName("djl_torch");
		resources.put(platform.getApiVersion() + "-" + jni, "jnilib/" + classifier + "/" + flavor + "/" + jni);
		verify(folder, platform.getVersion() + "-" + flavor + "-" + classifier, resources, true);
	}

	/** There is nothing to compare it with. */
	private void verifyDownloaded(Path folder) throws IOException {
		if (!Files.isDirectory(folder)) {
			return;
		}
		try (Stream<Path> files = Files.walk(folder)) {
			for (Path file : (Iterable<Path>) files::iterator) {
				requireOwn(file);
			}
		}
		if (this.shared) {
			refuse(folder,
					"others than this user can write to it, and there is no jar on the class path to compare with "
							+ "what was downloaded");
		}
		logger.info("The PyTorch native library is not on the class path: what was downloaded to '{}' is not verified",
				folder);
	}

	private void verifyTokenizers() throws IOException {
		if (Utils.getEnvOrSystemProperty("RUST_LIBRARY_PATH") != null) {
			return;
		}
		Platform platform = Platform.detectPlatform("tokenizers");
		String flavor = Utils.getEnvOrSystemProperty("RUST_FLAVOR", "cpu");
		String classifier = platform.getClassifier();
		Map<String, String> resources = new LinkedHashMap<>();
		for (String library : List.of(System.mapLibraryName("tokenizers"), "libwinpthread-1.dll", "libgcc_s_seh-1.dll",
				"libstdc++-6.dll")) {
			resources.put(library, "native/lib/" + classifier + "/" + flavor + "/" + library);
		}
		verify(this.cache.resolve("tokenizers"), platform.getVersion() + "-" + flavor + "-" + classifier, resources,
				false);
	}

	/**
	 * Compares what is there. What is not, DJL unpacks.
	 * @param parent the folder of the engine
	 * @param name the name of the folder with the libraries
	 * @param resources the resource for each library
	 * @param all whether libraries of other names are loaded, too
	 */
	private void verify(Path parent, String name, Map<String, String> resources, boolean all) throws IOException {
		Path folder = parent.resolve(name);
		if (Files.isDirectory(parent)) {
			requireOwn(parent);
		}
		if (!Files.isDirectory(folder)) {
			return;
		}
		try (Stream<Path> paths = Files.walk(folder)) {
			for (Path path : (Iterable<Path>) paths::iterator) {
				requireOwn(path);
				String file = path.getFileName().toString();
				if (Files.isDirectory(path) || !LIBRARY.matcher(file).matches()) {
					continue;
				}
				String resource = resources.get(file);
				if (resource != null) {
					compare(path, resource);
				}
				else if (all) {
					throw wrong(path, "is not one of the libraries that belong there");
				}
			}
		}
	}

	private void compare(Path file, String resource) throws IOException {
		URL url = ClassLoaderUtils.getResource(resource);
		if (url == null) {
			throw wrong(file, "is not in a jar on the class path, as '" + resource + "' would be");
		}
		URLConnection connection = url.openConnection();
		JarEntry entry = (connection instanceof JarURLConnection jar) ? jar.getJarEntry() : null;
		boolean equal;
		if (!this.shared && entry != null && entry.getSize() >= 0 && entry.getCrc() >= 0) {
			equal = Files.size(file) == entry.getSize() && checksum(file) == entry.getCrc();
		}
		else {
			equal = hasSameContents(file, connection);
		}
		if (!equal) {
			throw wrong(file, "has other contents than the jar on the class path");
		}
	}

	private static long checksum(Path file) throws IOException {
		CRC32 checksum = new CRC32();
		byte[] buffer = new byte[BUFFER];
		try (InputStream in = Files.newInputStream(file)) {
			for (int count = in.read(buffer); count != -1; count = in.read(buffer)) {
				checksum.update(buffer, 0, count);
			}
		}
		return checksum.getValue();
	}

	private static boolean hasSameContents(Path file, URLConnection resource) throws IOException {
		try (InputStream expected = new BufferedInputStream(resource.getInputStream(), BUFFER);
				InputStream actual = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
			byte[] one = new byte[BUFFER];
			byte[] other = new byte[BUFFER];
			while (true) {
				int count = expected.readNBytes(one, 0, BUFFER);
				if (actual.readNBytes(other, 0, BUFFER) != count || !Arrays.equals(one, 0, count, other, 0, count)) {
					return false;
				}
				if (count == 0) {
					return true;
				}
			}
		}
	}

	private static DeviceException wrong(Path file, String finding) {
		return new DeviceException(DeviceException.Reason.MACHINE,
				"The native library '" + file + "' is not loaded: it " + finding + ".", "Delete the folder '"
						+ file.getParent() + "', which is unpacked again, and find out who or what changed it.");
	}

}
