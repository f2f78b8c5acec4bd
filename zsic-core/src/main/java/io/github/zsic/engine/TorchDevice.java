package io.github.zsic.engine;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import ai.djl.engine.Engine;

import io.github.zsic.DeviceException;

/**
 * Where a model runs.
 *
 * @param name the name in PyTorch's notation: {@code cpu}, {@code cuda:0}, {@code mps}
 */
record TorchDevice(String name) {

	private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

	/**
	 * Finds a device.
	 * @param requested {@code auto}, {@code cpu}, {@code cuda}, {@code cuda:<n>} or
	 * {@code mps}
	 * @param engine the engine to ask what there is
	 * @throws DeviceException if the name is unknown or the device is not there
	 */
	static TorchDevice find(String requested, Engine engine) {
		int gpus = engine.getGpuCount();
		if ("auto".equals(requested)) {
			return new TorchDevice((gpus > 0) ? "cuda:0" : "cpu");
		}
		if ("cpu".equals(requested)) {
			return new TorchDevice("cpu");
		}
		if ("mps".equals(requested)) {
			if (!engine.hasCapability("MPS")) {
				throw new DeviceException("Device 'mps' is not there: this libtorch does not support it.",
						"Use device 'cpu', or a Mac with an Apple processor.");
			}
			return new TorchDevice("mps");
		}
		Matcher cuda = CUDA.matcher(requested);
		if (!cuda.matches()) {
			throw new DeviceException("There is no device named '" + requested + "'.",
					"Use 'auto', 'cpu', 'cuda', 'cuda:<number>' or 'mps'.");
		}
		int index = (cuda.group(1) != null) ? Integer.parseInt(cuda.group(1)) : 0;
		if (gpus == 0) {
			throw new DeviceException("Device '" + requested
					+ "' is not there: either the machine has no usable NVIDIA GPU, or this libtorch is the build for CPUs.",
					"Use device 'cpu', or run with a CUDA build of libtorch as the documentation of zsic tells.");
		}
		if (index >= gpus) {
			throw new DeviceException("Device '" + requested + "' is not there: the machine has " + gpus + " GPU(s).",
					"Use a number from 0 to " + (gpus - 1) + ".");
		}
		return new TorchDevice("cuda:" + index);
	}

}
