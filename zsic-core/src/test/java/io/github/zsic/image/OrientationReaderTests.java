package io.github.zsic.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link OrientationReader} against what Pillow finds
 * ({@code tools/golden/orientations.py}).
 */
class OrientationReaderTests {

	@Test
	void findsWhatPillowFinds() throws IOException {
		String json = Files.readString(Path.of("src/test/resources/image/orientations.json"));
		List<String> differences = new ArrayList<>();
		int turned = 0;
		for (JsonElement element : JsonParser.parseString(json).getAsJsonArray()) {
			JsonObject example = element.getAsJsonObject();
			String file = example.get("file").getAsString();
			int expected = example.get("orientation").getAsInt();
			int found = OrientationReader.read(Base64.getDecoder().decode(file)).ordinal() + 1;
			turned += (expected > 1) ? 1 : 0;
			if (expected > 0 && found != expected) {
				differences.add("%d instead of %d: %s".formatted(found, expected, file));
			}
		}
		assertThat(turned).isGreaterThan(400);
		assertThat(differences).isEmpty();
	}

	/** Whatever is missing, there is an answer. */
	@Test
	void everyPart() throws IOException {
		for (String file : List.of("orientation-6.jpg", "orientation-6.png", "orientation-6.tif", "orientation-6.webp",
				"orientation-raw-profile.png", "orientation-xmp.png")) {
			byte[] content = ImageDecoderReferenceTests.read(file);
			for (int length = 0; length < content.length; length++) {
				assertThat(OrientationReader.read(Arrays.copyOf(content, length))).isNotNull();
			}
		}
	}

}
