package io.github.zsic.test;

import java.util.List;
import java.util.Map;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ClassifierClosedException;
import io.github.zsic.ImageInput;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.LabelSet;
import io.github.zsic.Prediction;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

/**
 * Tests for {@link FakeZeroShotClassifier}.
 */
class FakeZeroShotClassifierTests {

	private static final ImageInput OWL = ImageInput.of("owl.jpg", new byte[0]);

	@Test
	void choosesFirstLabel() {
		Classification result = FakeZeroShotClassifier.choosingFirst().classify(OWL, "fox", "owl", "bear");
		assertThat(result.best()).isEqualTo(new Prediction("fox", 0.9f));
		assertThat(result.predictions()).extracting(Prediction::label).containsExactly("fox", "owl", "bear");
		assertThat(result.predictions().stream().mapToDouble(Prediction::score).sum()).isCloseTo(1, within(1e-6));
	}

	@Test
	void choosesByRule() {
		FakeZeroShotClassifier classifier = FakeZeroShotClassifier
			.choosing((image, labels) -> image.description().contains("owl") ? "owl" : labels.get(0));
		assertThat(classifier.classify(OWL, "fox", "owl").best().label()).isEqualTo("owl");
		assertThat(classifier.classify(ImageInput.of(new byte[0]), "fox", "owl").best().label()).isEqualTo("fox");
		assertThat(classifier.classify(OWL, "owl").best().score()).isEqualTo(1);
	}

	@Test
	void refusesARuleThatChoosesAnotherLabel() {
		FakeZeroShotClassifier classifier = FakeZeroShotClassifier.choosing((image, labels) -> "cat");
		assertThatIllegalArgumentException().isThrownBy(() -> classifier.classify(OWL, "fox", "owl"))
			.withMessageContaining("'cat', which is none of [fox, owl]");
	}

	@Test
	void answersOrFailsByRule() {
		FakeZeroShotClassifier classifier = FakeZeroShotClassifier
			.answering((image, labels) -> Classification.of(new Prediction("owl", 0.2f), new Prediction("fox", 0.7f)));
		assertThat(classifier.classify(OWL, "owl", "fox").predictions()).containsExactly(new Prediction("fox", 0.7f),
				new Prediction("owl", 0.2f));
		classifier.answer((image, labels) -> {
			throw new InvalidImageException(Reason.DAMAGED, "It is damaged.", "");
		});
		assertThatExceptionOfType(InvalidImageException.class).isThrownBy(() -> classifier.classify(OWL, "owl"));
	}

	@Test
	void keepsTheLimitsOfARequestAndTheLabelsOfEachPicture() {
		FakeZeroShotClassifier classifier = FakeZeroShotClassifier.choosingFirst();
		ClassificationRequest request = ClassificationRequest.builder()
			.image(OWL)
			.image(OWL, LabelSet.of("cat", "dog"))
			.labels("fox", "owl", "bear")
			.top(2)
			.threshold(0.08f)
			.build();
		List<Classification> results = classifier.classify(request);
		assertThat(results.get(0).predictions()).extracting(Prediction::label).containsExactly("fox");
		assertThat(results.get(1).predictions()).extracting(Prediction::label).containsExactly("cat", "dog");
		assertThat(results.get(0).model()).isEqualTo(classifier.model());
		assertThat(classifier.requests()).containsExactly(request);
		classifier.clearRequests();
		assertThat(classifier.requests()).isEmpty();
		ClassificationRequest strict = ClassificationRequest.builder()
			.image(OWL)
			.labels("fox", "owl", "bear")
			.thresholds(Map.of("fox", 0.95f))
			.build();
		assertThat(classifier.classify(strict).get(0).predictions()).extracting(Prediction::label)
			.containsExactly("owl", "bear");
	}

	@Test
	void refusesWhatAClassifierRefuses() {
		FakeZeroShotClassifier classifier = FakeZeroShotClassifier.choosingFirst();
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> classifier.classify(OWL, " "));
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> classifier.classify(OWL));
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> classifier.embedText(" "));
		classifier.close();
		assertThatExceptionOfType(ClassifierClosedException.class).isThrownBy(() -> classifier.classify(OWL, "owl"));
		assertThatExceptionOfType(ClassifierClosedException.class).isThrownBy(() -> classifier.embedText("owl"));
	}

	@Test
	void embedsTheSameAlike() {
		FakeZeroShotClassifier classifier = FakeZeroShotClassifier.choosingFirst();
		float[] owl = classifier.embedText("owl");
		assertThat(owl).hasSize(classifier.model().dimension())
			.isEqualTo(FakeZeroShotClassifier.choosingFirst().embedText("owl"))
			.isNotEqualTo(classifier.embedText("fox"))
			.isNotEqualTo(classifier.embedImage(ImageInput.of("owl", new byte[0])));
		double norm = 0;
		for (float number : owl) {
			norm += number * number;
		}
		assertThat(norm).isCloseTo(1, within(1e-6));
	}

}
