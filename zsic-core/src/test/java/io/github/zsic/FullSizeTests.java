package io.github.zsic;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Checkpoints of full size, in the folder that the system property names, which
 * {@code tools/golden/full_size.py} fills.
 */
@EnabledOnOs(OS.LINUX)
@EnabledIfSystemProperty(named = "zsic.full-size", matches = ".+")
class FullSizeTests {

	@ParameterizedTest
	@ValueSource(strings = { "clip-vit-large-patch14-336", "siglip-so400m-patch14-384" })
	void residentMemoryIsLittleMoreThanTheWeights(String name) throws IOException {
		Path checkpoint = Path.of(System.getProperty("zsic.full-size")).resolve(name);
		long weights = Files.size(checkpoint.resolve("model.safetensors")) / 1024;
		long before = ResidentMemory.kilobytes();
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder().checkpoint(checkpoint.toString()).build()) {
			assertThat(classifier.classify(ImageInput.of(TestCheckpoints.picture("landscape.png")), "fox", "owl")
				.predictions()).hasSize(2);
			long used = ResidentMemory.kilobytes() - before;
			System.out.printf("%s: %d MB of weights, %d MB resident%n", name, weights / 1024, used / 1024);
			assertThat(used).isLessThan(weights * 13 / 10 + 500 * 1024);
		}
	}

}
