package io.github.zsic;

import org.jspecify.annotations.Nullable;

/**
 * The requested device, or what it takes to run on it, is not there: the native library,
 * a folder for temporary files.
 */
public class DeviceException extends ZsicException {

	public DeviceException(String description, String action) {
		this(description, action, null);
	}

	public DeviceException(String description, String action, @Nullable Throwable cause) {
		super(description, action, cause);
	}

}
