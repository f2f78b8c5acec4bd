package io.github.zsic;

import org.jspecify.annotations.Nullable;

/**
 * The requested device, or what it takes to run on it, is not there: the native library,
 * a folder for temporary files.
 */
public class DeviceException extends ZsicException {

	private final Reason reason;

	public DeviceException(String description, String action) {
		this(description, action, null);
	}

	public DeviceException(String description, String action, @Nullable Throwable cause) {
		this(Reason.DEVICE, description, action, cause);
	}

	public DeviceException(Reason reason, String description, String action) {
		this(reason, description, action, null);
	}

	public DeviceException(Reason reason, String description, String action, @Nullable Throwable cause) {
		super(description, action, cause);
		this.reason = reason;
	}

	/**
	 * What is missing.
	 * @return the reason
	 */
	public Reason getReason() {
		return this.reason;
	}

	/**
	 * What is missing.
	 */
	public enum Reason {

		/**
		 * The device.
		 */
		DEVICE,

		/**
		 * The device is there, but does not compute in the precision, or computes wrong
		 * results in it.
		 */
		PRECISION,

		/**
		 * The machine lacks what every device needs: the native library, a folder for it
		 * or for temporary files, instructions of the processor.
		 */
		MACHINE

	}

}
