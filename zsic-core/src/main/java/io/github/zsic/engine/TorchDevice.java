package io.github.zsic.engine;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import ai.djl.engine.Engine;
import ai.djl.util.cuda.CudaUtils;

import io.github.zsic.DeviceException;
import io.github.zsic.Precision;

/**
 * Where a model runs.
 *
 * @param name the name in PyTorch's notation: {@code cpu}, {@code cuda:0}, {@code mps}
 */
record TorchDevice(String name) {

	/** From this compute capability on, GPUs have bfloat16. */
	private static final int AMPERE = 80;

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

	boolean isGpu() {
		return !"cpu".equals(this.name);
	}

	/**
	 * Finds out what to compute in, as far as the kind of device decides it.
	 * @param requested what the user asks for
	 * @return the precision, not {@link Precision#AUTO}
	 * @throws DeviceException if the device does not have it
	 */
	Precision resolve(Precision requested) {
		boolean cuda = this.name.startsWith("cuda");
		if (requested == Precision.AUTO) {
			return cuda ? (hasBfloat16() ? Precision.BFLOAT16 : Precision.FLOAT16) : Precision.FLOAT32;
		}
		if (requested == Precision.FLOAT16 && !isGpu()) {
			throw new DeviceException(DeviceException.Reason.PRECISION,
					"Precision 'float16' is for GPUs, and the device is 'cpu'.",
					"Use 'float32', 'bfloat16' or 'int8'.");
		}
		if (requested == Precision.INT8 && isGpu()) {
			throw new DeviceException(DeviceException.Reason.PRECISION,
					"Precision 'int8' is for CPUs, and the device is '" + this.name + "'.",
					"Use 'auto', or device 'cpu'.");
		}
		if (requested == Precision.BFLOAT16 && isGpu() && !(cuda && hasBfloat16())) {
			throw new DeviceException(DeviceException.Reason.PRECISION, "Device '" + this.name + "' has no bfloat16.",
					"Use 'float16'.");
		}
		return requested;
	}

	private boolean hasBfloat16() {
		int index = Integer.parseInt(this.name.substring("cuda:".length()));
		return Integer.parseInt(CudaUtils.getComputeCapability(index)) >= AMPERE;
	}

}
