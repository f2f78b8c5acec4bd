package io.github.zsic.hub;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The hash that the Hub names as ETag: SHA-256 of large files, and the SHA-1 that git
 * gives to a blob of small ones.
 */
final class ContentHash {

	private static final Pattern ETAG = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

	private final String expected;

	private final long size;

	private final MessageDigest digest;

	ContentHash(String etag, long size) {
		this.expected = etag;
		this.size = size;
		try {
			this.digest = MessageDigest.getInstance((etag.length() == 40) ? "SHA-1" : "SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every JVM has SHA-1 and SHA-256", ex);
		}
		reset();
	}

	static boolean isHash(String etag) {
		return ETAG.matcher(etag).matches();
	}

	void reset() {
		this.digest.reset();
		if (this.expected.length() == 40) {
			this.digest.update(("blob " + this.size + "\0").getBytes(StandardCharsets.US_ASCII));
		}
	}

	void update(ByteBuffer content) {
		this.digest.update(content);
	}

	/** Whether what was seen is the content; starts from the beginning again. */
	boolean matches() {
		boolean matches = HexFormat.of().formatHex(this.digest.digest()).equals(this.expected);
		reset();
		return matches;
	}

}
