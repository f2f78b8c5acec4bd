package io.github.zsic;

import org.jspecify.annotations.Nullable;

/**
 * The requested device, or the native library that drives it, is not there.
 */
public class DeviceException extends ZsicException {

	public DeviceException(String description, String action) {
		this(description, action, null);
	}

	public DeviceException(String description, String action, @Nullable Throwable cause) {
		super(description, action, cause);
	}

}
