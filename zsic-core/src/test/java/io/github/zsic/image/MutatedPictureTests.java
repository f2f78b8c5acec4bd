package io.github.zsic.image;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.zsic.InvalidImageException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link ImageDecoder} on damaged pictures against what Pillow makes of them
 * ({@code tools/golden/mutations.py}). What Pillow refuses, zsic may decode:
 * docs/pictures.md tells where, and what the differences below are.
 */
class MutatedPictureTests {

	/** By their places in the file. */
	private static final Set<Integer> DELIBERATE = Set.of(
			// JPEG: numbers beyond all samples, which libjpeg-turbo's kernels cut to 16
			// bits on the way.
			33, 63, 72, 73, 74, 100, 114, 115, 116, 324, 374, 389, 426, 430, 437, 475,
			// Progressive JPEG without its last scans, which libjpeg smooths.
			365, 407,
			// PNG with a broken chunk before its data; BMP whose offset is in its header,
			// and whose offset is behind its pixels' beginning.
			598, 780, 856);

	@Test
	void decodesWhatPillowDecodes() throws IOException {
		ImageDecoder decoder = new ImageDecoder(1_000_000, 1_000_000);
		Map<Integer, String> differences = new TreeMap<>();
		int same = 0;
		int place = 0;
		for (JsonElement element : read()) {
			JsonObject example = element.getAsJsonObject();
			byte[] file = Base64.getDecoder().decode(example.get("file").getAsString());
			String name = example.get("name").getAsString();
			try {
				RgbImage image = decoder.decode("picture", file);
				if (example.has("sha256")) {
					String size = image.width() + "x" + image.height();
					if (size.equals(example.get("size").getAsString())
							&& sha256(image.pixels()).equals(example.get("sha256").getAsString())) {
						same++;
					}
					else {
						differences.put(place, name + ": other pixels");
					}
				}
			}
			catch (InvalidImageException ex) {
				if (example.has("sha256")) {
					differences.put(place, name + ": " + ex.getMessage());
				}
			}
			place++;
		}
		assertThat(same).isGreaterThan(650);
		assertThat(differences).containsOnlyKeys(DELIBERATE);
	}

	private static Iterable<JsonElement> read() throws IOException {
		try (Reader json = new InputStreamReader(
				new GZIPInputStream(Files.newInputStream(Path.of("src/test/resources/image/mutations.json.gz"))),
				StandardCharsets.UTF_8)) {
			return JsonParser.parseReader(json).getAsJsonArray();
		}
	}

	private static String sha256(byte[] bytes) {
		try {
			return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
