package io.github.zsic.engine;

import java.io.IOException;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.util.Utils;
import com.sun.jna.Function;
import com.sun.jna.Platform;
import org.jspecify.annotations.Nullable;

import io.github.zsic.DeviceException;

/**
 * Starts DJL's PyTorch engine, once for the JVM.
 */
final class TorchRuntime {

	/**
	 * How often a thread of GNU's OpenMP looks for the others, some 100 microseconds,
	 * before it sleeps. That is enough for what lies between the parallel sections of a
	 * model; by default it does so for milliseconds, and where another process has one of
	 * the cores, it takes that time from the thread that it waits for.
	 */
	private static final String SPINS = "5000";

	private static final String OFFLINE = "ai.djl.offline";

	private static @Nullable Engine engine;

	private TorchRuntime() {
	}

	/**
	 * The engine, started on first use with settings that fit a library: no telemetry, no
	 * download of native libraries, nor of a CUDA build of the tokenizers library, which
	 * has nothing to gain from one, and threads that do not wait for each other in a
	 * loop. Whoever sets these variables or system properties is obeyed.
	 * @throws DeviceException if the native library cannot be loaded
	 */
	static synchronized Engine engine() {
		if (engine == null) {
			engine = start();
		}
		return engine;
	}

	private static Engine start() {
		setDefault("OPT_OUT_TRACKING", "true");
		setDefault("RUST_FLAVOR", "cpu");
		limitSpinning();
		requireInstructions();
		NativeLibraries.verify();
		boolean chosen = System.getenv("DJL_OFFLINE") != null || System.getProperty(OFFLINE) != null
				|| System.getProperty("offline") != null;
		if (!chosen) {
			System.setProperty(OFFLINE, "true");
		}
		try {
			return Engine.getEngine("PyTorch");
		}
		catch (EngineException | UnsatisfiedLinkError ex) {
			if (isRefusedDownload(ex)) {
				throw missing(ex);
			}
			Throwable cause = ex.getCause();
			String reason = ex.getMessage() + ((cause != null) ? " (" + cause + ")" : "");
			throw new DeviceException(DeviceException.Reason.MACHINE,
					"The PyTorch native library cannot be loaded: " + reason + ".",
					"Add ai.djl.pytorch:pytorch-native-cpu with the classifier of this platform (linux-x86_64, "
							+ "linux-aarch64, osx-aarch64 or win-x86_64) to the class path. If it is there, let DJL_CACHE_DIR "
							+ "name a folder that can be written, where it is unpacked to. Alpine Linux is not supported: "
							+ "libtorch needs glibc.",
					ex);
		}
		finally {
			if (!chosen) {
				// What else of this program uses DJL makes its own choice.
				System.clearProperty(OFFLINE);
			}
		}
	}

	private static boolean isRefusedDownload(Throwable failure) {
		for (Throwable each = failure; each != null; each = each.getCause()) {
			if (each instanceof IOException && String.valueOf(each.getMessage()).startsWith("Offline mode")) {
				return true;
			}
		}
		return false;
	}

	private static DeviceException missing(Throwable cause) {
		ai.djl.util.Platform platform = ai.djl.util.Platform.detectPlatform("pytorch");
		return new DeviceException(DeviceException.Reason.MACHINE,
				"The PyTorch native library for this platform (" + platform.getClassifier()
						+ ") is not on the class path, and downloading it is switched off.",
				"Add ai.djl.pytorch:pytorch-native-cpu:" + platform.getVersion().replaceFirst("-.*", "")
						+ " with the classifier " + platform.getClassifier()
						+ " to the dependencies. To have DJL download it, which verifies nothing of it, set the environment "
						+ "variable DJL_OFFLINE or the system property ai.djl.offline to false.",
				cause);
	}

	/**
	 * The native part of DJL would end the JVM on its first use of an instruction that is
	 * not there.
	 */
	private static void requireInstructions() {
		if (Platform.isLinux() && "aarch64".equals(System.getProperty("os.arch"))
				&& Processor.here().lacks("atomics")) {
			throw new DeviceException(DeviceException.Reason.MACHINE,
					"This processor (" + Processor.here().name() + ") lacks the atomic instructions of Armv8.1, "
							+ "without which the PyTorch native library for 64-bit Arm does not run.",
					"Use a newer processor: not a Cortex-A53, A57 or A72 (Raspberry Pi 4 and earlier, Graviton1), but "
							+ "Raspberry Pi 5, Graviton2 and what came later.");
		}
	}

	/**
	 * The library reads its settings from the process's environment, once, when it is
	 * loaded. Java cannot change that, C can.
	 */
	private static void limitSpinning() {
		if (Platform.isLinux() && System.getenv("GOMP_SPINCOUNT") == null && System.getenv("OMP_WAIT_POLICY") == null) {
			Function.getFunction("c", "setenv").invokeInt(new Object[] { "GOMP_SPINCOUNT", SPINS, 0 });
		}
	}

	private static void setDefault(String name, String value) {
		if (Utils.getEnvOrSystemProperty(name) == null) {
			System.setProperty(name, value);
		}
	}

}
