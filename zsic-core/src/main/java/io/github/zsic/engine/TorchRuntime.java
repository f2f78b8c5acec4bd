package io.github.zsic.engine;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.util.Utils;

import io.github.zsic.DeviceException;

/**
 * Starts DJL's PyTorch engine, once for the JVM.
 */
final class TorchRuntime {

	private TorchRuntime() {
	}

	/**
	 * The engine, started on first use with settings that fit a library: no telemetry,
	 * and no attempt to fetch a CUDA build of the tokenizers library, which has nothing
	 * to gain from one. Whoever sets these variables or system properties is obeyed.
	 * @throws DeviceException if the native library cannot be loaded
	 */
	static Engine engine() {
		setDefault("OPT_OUT_TRACKING", "true");
		setDefault("RUST_FLAVOR", "cpu");
		try {
			return Engine.getEngine("PyTorch");
		}
		catch (EngineException | UnsatisfiedLinkError ex) {
			Throwable cause = ex.getCause();
			String reason = ex.getMessage() + ((cause != null) ? " (" + cause + ")" : "");
			throw new DeviceException("The PyTorch native library cannot be loaded: " + reason + ".",
					"Add ai.djl.pytorch:pytorch-native-cpu with the classifier of this platform (linux-x86_64, "
							+ "linux-aarch64, osx-aarch64 or win-x86_64) to the class path. If it is there, let DJL_CACHE_DIR "
							+ "name a folder that can be written, where it is unpacked to. Alpine Linux is not supported: "
							+ "libtorch needs glibc.",
					ex);
		}
	}

	private static void setDefault(String name, String value) {
		if (Utils.getEnvOrSystemProperty(name) == null) {
			System.setProperty(name, value);
		}
	}

}
