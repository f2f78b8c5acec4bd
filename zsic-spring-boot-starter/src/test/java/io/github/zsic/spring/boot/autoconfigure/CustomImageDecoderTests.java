package io.github.zsic.spring.boot.autoconfigure;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

import javax.imageio.ImageIO;

import io.github.zsic.CustomImageDecoder;
import io.github.zsic.HeifImageDecoder;
import io.github.zsic.ImageInput;
import io.github.zsic.InvalidImageException;
import io.github.zsic.ZeroShotClassifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A program's own format: a picture behind a line of text.
 */
class CustomImageDecoderTests {

	private static final String HEAD = "OWL/1\n";

	/** 8 x 8 red pixels. */
	private static final String AVIF = """
			AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAA\
			AAAAAAAAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAKAAAAChpaW5mAAAAAAAB\
			AAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAACAAAAAgAAAAQcG\
			l4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAA\
			MG1kYXQSAAoIGAi/aICGg0IyGheHh4YhhJJJJlAAAABIVDZhrGfm9luV7RoQ""";

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class))
		.withPropertyValues("zsic.checkpoint=classpath:zsic/emoji-clip")
		.withBean("owls", CustomImageDecoder.class, () -> (bytes) -> {
			if (!new String(bytes, StandardCharsets.ISO_8859_1).startsWith(HEAD)) {
				return null;
			}
			if (bytes.length == HEAD.length()) {
				throw new IOException("there is nothing behind its head");
			}
			return ImageIO.read(new ByteArrayInputStream(bytes, HEAD.length(), bytes.length - HEAD.length()));
		});

	@Test
	void decodesWhatItKnowsAndLeavesTheRest() {
		this.contextRunner.run((context) -> {
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			byte[] png = new ClassPathResource("owl.png").getContentAsByteArray();
			byte[] own = new byte[HEAD.length() + png.length];
			System.arraycopy(HEAD.getBytes(StandardCharsets.ISO_8859_1), 0, own, 0, HEAD.length());
			System.arraycopy(png, 0, own, HEAD.length(), png.length);
			float[] expected = classifier.embedImage(ImageInput.of(png));
			assertThat(classifier.embedImage(ImageInput.of(own))).isEqualTo(expected);
		});
	}

	@Test
	void tellsWhatIsDamaged() {
		this.contextRunner.run((context) -> assertThatExceptionOfType(InvalidImageException.class)
			.isThrownBy(() -> context.getBean(ZeroShotClassifier.class)
				.embedImage(ImageInput.of(HEAD.getBytes(StandardCharsets.ISO_8859_1))))
			.withMessageContaining("there is nothing behind its head")
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(InvalidImageException.Reason.DAMAGED)));
	}

	/** Where libheif is installed; elsewhere the start warns and goes on. */
	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void libheifIsUsedOnlyWhenAskedFor(CapturedOutput output) {
		byte[] avif = Base64.getDecoder().decode(AVIF);
		this.contextRunner.run((context) -> assertThatExceptionOfType(InvalidImageException.class)
			.isThrownBy(() -> context.getBean(ZeroShotClassifier.class).embedImage(ImageInput.of(avif)))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(InvalidImageException.Reason.UNSUPPORTED_FORMAT)));
		assertThat(output).doesNotContain("libheif");
		this.contextRunner.withPropertyValues("zsic.image.libheif=true").run((context) -> {
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			if (HeifImageDecoder.find(1).isPresent()) {
				assertThat(classifier.embedImage(ImageInput.of(avif))).isNotEmpty();
			}
			else {
				assertThat(output).contains("Property 'zsic.image.libheif' is on, but libheif is not installed");
			}
		});
	}

}
