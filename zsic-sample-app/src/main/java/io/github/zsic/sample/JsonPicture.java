package io.github.zsic.sample;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;

import io.github.zsic.spring.boot.ImageFetcher;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * A picture in a JSON body.
 *
 * @param bytes the encoded picture, empty if there is a URL
 * @param url the URL of the picture, {@code null} if the body has the picture itself
 */
record JsonPicture(byte[] bytes, @Nullable String url) {

	/**
	 * Takes a picture from a string: base64, a data URL, or another URL.
	 * @param text the string
	 * @param path where the string is, for messages
	 * @throws org.springframework.web.server.ResponseStatusException if it is neither
	 */
	static JsonPicture of(String text, String path) {
		return ImageFetcher.isUrl(text) ? new JsonPicture(new byte[0], text.strip())
				: new JsonPicture(decode(text, path), null);
	}

	/**
	 * Gets the picture, which may take as long as another server takes.
	 * @param path where the string was, for messages
	 * @param fetcher fetches pictures, {@code null} where that is not allowed
	 * @param request the request, on whose share of the uploads it goes
	 */
	byte[] load(String path, @Nullable ImageFetcher fetcher, HttpServletRequest request) throws IOException {
		if (this.url == null) {
			return this.bytes;
		}
		if (fetcher == null) {
			throw Problems.badRequest("'" + path + "' is a URL; send the picture itself, in base64.");
		}
		byte[] image = fetcher.fetch(this.url, Places.client(request));
		UploadBudget.of(request).add(image.length);
		return image;
	}

	private static byte[] decode(String text, String path) {
		int start = 0;
		if (text.regionMatches(true, 0, "data:", 0, 5)) {
			start = text.indexOf(',') + 1;
			if (!isPicture(text.substring(5, Math.max(start, 5)).toLowerCase(Locale.ROOT))) {
				throw Problems.badRequest("'" + path + "' is a data URL, but not one of a picture in base64.");
			}
		}
		byte[] characters = text.getBytes(StandardCharsets.ISO_8859_1);
		int length = 0;
		for (int i = start; i < characters.length; i++) {
			byte character = characters[i];
			if (character != ' ' && character != '\n' && character != '\r' && character != '\t') {
				characters[length++] = character;
			}
		}
		if (length == 0) {
			throw Problems.badRequest("'" + path + "' is empty; it must be a picture in base64.");
		}
		try {
			return Base64.getDecoder().decode(ByteBuffer.wrap(characters, 0, length)).array();
		}
		catch (IllegalArgumentException ex) {
			throw Problems.badRequest("'" + path + "' is not valid base64; send the picture in the standard alphabet "
					+ "(A-Z, a-z, 0-9, +, /) with padding.");
		}
	}

	/**
	 * Whether a data URL may be one of a picture. Who has no type for it leaves that out,
	 * or sends that of any bytes; the bytes themselves tell what they are.
	 */
	private static boolean isPicture(String prefix) {
		int end = prefix.indexOf(';');
		String type = prefix.substring(0, Math.max(end, 0));
		return prefix.endsWith(";base64,")
				&& (type.isEmpty() || type.startsWith("image/") || type.equals("application/octet-stream"));
	}

}
