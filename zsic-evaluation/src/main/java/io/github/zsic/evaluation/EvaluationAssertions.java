package io.github.zsic.evaluation;

import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;

import io.github.zsic.ZeroShotClassifier;
import org.assertj.core.api.AbstractAssert;

/**
 * Assertions for tests and builds, which need AssertJ:
 *
 * <pre>{@code
 * assertThatClassifier(classifier).on(Path.of("src/test/pictures")).hasTop1Above(0.9).hasRecallAbove("owl", 0.8);
 * }</pre>
 *
 * A failure names the most frequent mistakes.
 */
public final class EvaluationAssertions {

	private EvaluationAssertions() {
	}

	/**
	 * Starts assertions on a classifier.
	 * @param classifier the classifier
	 * @return what to evaluate it on
	 */
	public static ClassifierAssert assertThatClassifier(ZeroShotClassifier classifier) {
		return new ClassifierAssert(classifier);
	}

	/**
	 * Starts assertions on a result.
	 * @param result the result
	 * @return its assertions
	 */
	public static EvaluationAssert assertThat(EvaluationResult result) {
		return new EvaluationAssert(result);
	}

	/**
	 * A classifier that is about to be evaluated.
	 */
	public static final class ClassifierAssert {

		private final ZeroShotClassifier classifier;

		private ClassifierAssert(ZeroShotClassifier classifier) {
			this.classifier = classifier;
		}

		/**
		 * Evaluates the classifier.
		 * @param folder a folder as {@link LabelledPictures#in(Path)} takes it
		 * @return assertions on the result
		 */
		public EvaluationAssert on(Path folder) {
			return on(LabelledPictures.in(folder));
		}

		/**
		 * Evaluates the classifier.
		 * @param pictures the pictures
		 * @return assertions on the result
		 */
		public EvaluationAssert on(LabelledPictures pictures) {
			return new EvaluationAssert(Evaluation.of(this.classifier, pictures));
		}

	}

	/**
	 * Assertions on a result. Limits are shares from 0 to 1, which a figure must exceed.
	 */
	public static final class EvaluationAssert extends AbstractAssert<EvaluationAssert, EvaluationResult> {

		private EvaluationAssert(EvaluationResult actual) {
			super(actual, EvaluationAssert.class);
		}

		/**
		 * Checks {@link EvaluationResult#top1()}.
		 * @param limit a share
		 * @return this object
		 */
		public EvaluationAssert hasTop1Above(double limit) {
			return check("top-1", this.actual.top1().value(), limit);
		}

		/**
		 * Checks {@link EvaluationResult#top5()}.
		 * @param limit a share
		 * @return this object
		 */
		public EvaluationAssert hasTop5Above(double limit) {
			return check("top-5", this.actual.top5().value(), limit);
		}

		/**
		 * Checks {@link EvaluationResult#meanRecall()}.
		 * @param limit a share
		 * @return this object
		 */
		public EvaluationAssert hasMeanRecallAbove(double limit) {
			return check("mean recall", this.actual.meanRecall().value(), limit);
		}

		/**
		 * Checks the recall of a label.
		 * @param label the label
		 * @param limit a share
		 * @return this object
		 */
		public EvaluationAssert hasRecallAbove(String label, double limit) {
			return check("recall of '" + label + "'", this.actual.label(label).recall(), limit);
		}

		/**
		 * Checks the precision of a label.
		 * @param label the label
		 * @param limit a share
		 * @return this object
		 */
		public EvaluationAssert hasPrecisionAbove(String label, double limit) {
			return check("precision of '" + label + "'", this.actual.label(label).precision(), limit);
		}

		/**
		 * Checks that every picture was evaluated.
		 * @return this object
		 */
		public EvaluationAssert hasReadAllPictures() {
			if (this.actual.unreadableCount() > 0) {
				failWithMessage("%,d pictures could not be read. The first: %s", this.actual.unreadableCount(),
						this.actual.unreadable().get(0).reason());
			}
			return this;
		}

		private EvaluationAssert check(String figure, double value, double limit) {
			if (!(value > limit)) {
				failWithMessage("The %s of %,d pictures should be above %s but is %s.%s", figure, this.actual.count(),
						String.valueOf(limit), String.format(Locale.ROOT, "%.4f", value), mistakes());
			}
			return this;
		}

		private String mistakes() {
			return this.actual.pairs()
				.stream()
				.map((pair) -> String.format(Locale.ROOT, "%n  '%s' taken for '%s': %,d, such as %s", pair.label(),
						pair.answer(), pair.count(),
						pair.examples().stream().map(EvaluationResult.Example::name).collect(Collectors.joining(", "))))
				.collect(Collectors.joining());
		}

	}

}
