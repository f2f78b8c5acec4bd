package io.github.zsic.hub;

import java.util.Locale;

/**
 * Numbers of bytes for people, in powers of ten as the Hub's pages have them.
 */
public final class Sizes {

	private static final String[] UNITS = { "kB", "MB", "GB", "TB" };

	private Sizes() {
	}

	public static String format(long bytes) {
		if (bytes < 1000) {
			return bytes + " bytes";
		}
		double value = bytes / 1000.0;
		int unit = 0;
		while (value >= 999.95 && unit < UNITS.length - 1) {
			value /= 1000;
			unit++;
		}
		return String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
	}

}
