package io.github.zsic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * One or more pictures, the labels to choose from, and how to score them. What is not set
 * is taken from the classifier. Immutable and thread-safe.
 */
public final class ClassificationRequest {

	private final List<ImageInput> images;

	private final List<String> labels;

	private final List<String> templates;

	private final @Nullable Scoring scoring;

	private final int top;

	private final float threshold;

	private ClassificationRequest(Builder builder) {
		if (builder.images.isEmpty()) {
			throw new InvalidImageException(InvalidImageException.Reason.UNREADABLE, "The request has no image.",
					"Pass at least one.");
		}
		if (builder.labels.isEmpty()) {
			throw new InvalidLabelException("The request has no labels.", "Pass at least one label.");
		}
		this.images = List.copyOf(builder.images);
		this.labels = List.copyOf(builder.labels);
		this.templates = List.copyOf(builder.templates);
		this.scoring = builder.scoring;
		this.top = builder.top;
		this.threshold = builder.threshold;
	}

	/**
	 * Starts a request.
	 * @return an empty builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	public List<ImageInput> images() {
		return this.images;
	}

	public List<String> labels() {
		return this.labels;
	}

	/**
	 * The hypothesis templates.
	 * @return the templates, empty for the classifier's own
	 */
	public List<String> templates() {
		return this.templates;
	}

	/**
	 * The scoring.
	 * @return the scoring, {@code null} for the classifier's own
	 */
	public @Nullable Scoring scoring() {
		return this.scoring;
	}

	/**
	 * How many predictions are returned at most.
	 * @return a positive number
	 */
	public int top() {
		return this.top;
	}

	/**
	 * The lowest score that is returned.
	 * @return a score, negative infinity to return all
	 */
	public float threshold() {
		return this.threshold;
	}

	/**
	 * Builds a {@link ClassificationRequest}.
	 */
	public static final class Builder {

		private final List<ImageInput> images = new ArrayList<>();

		private final List<String> labels = new ArrayList<>();

		private final List<String> templates = new ArrayList<>();

		private @Nullable Scoring scoring;

		private int top = Integer.MAX_VALUE;

		private float threshold = Float.NEGATIVE_INFINITY;

		private Builder() {
		}

		/**
		 * Adds a picture.
		 * @param image the picture
		 * @return this builder
		 */
		public Builder image(ImageInput image) {
			this.images.add(image);
			return this;
		}

		/**
		 * Adds pictures; the result has one {@link Classification} for each, in this
		 * order.
		 * @param images the pictures
		 * @return this builder
		 */
		public Builder images(Collection<ImageInput> images) {
			this.images.addAll(images);
			return this;
		}

		/**
		 * Adds candidate labels. Duplicates are kept.
		 * @param labels the labels
		 * @return this builder
		 */
		public Builder labels(String... labels) {
			return labels(Arrays.asList(labels));
		}

		/**
		 * Adds candidate labels. Duplicates are kept.
		 * @param labels the labels
		 * @return this builder
		 */
		public Builder labels(Collection<String> labels) {
			for (String label : labels) {
				if (label == null || label.isBlank()) {
					throw new InvalidLabelException("Label " + (this.labels.size() + 1) + " is blank.",
							"Leave it out, or give it a name.");
				}
				this.labels.add(label);
			}
			return this;
		}

		/**
		 * Adds hypothesis templates with {@code {}} where the label goes, such as
		 * {@code "This is a photo of {}."}; {@code {{} and {@code }}} stand for single
		 * braces. With several, a label's embedding is the normalised mean of its
		 * normalised prompt embeddings (Radford et al. 2021, "Learning Transferable
		 * Visual Models From Natural Language Supervision", section 3.1.4).
		 * @param templates the templates
		 * @return this builder
		 */
		public Builder templates(String... templates) {
			return templates(Arrays.asList(templates));
		}

		/**
		 * Adds hypothesis templates.
		 * @param templates the templates
		 * @return this builder
		 * @see #templates(String...)
		 */
		public Builder templates(Collection<String> templates) {
			this.templates.addAll(templates);
			return this;
		}

		/**
		 * Sets the scoring.
		 * @param scoring the scoring
		 * @return this builder
		 */
		public Builder scoring(Scoring scoring) {
			this.scoring = scoring;
			return this;
		}

		/**
		 * Limits the predictions to the best ones. Scores do not change: softmax is still
		 * over all labels.
		 * @param top how many, at least 1
		 * @return this builder
		 */
		public Builder top(int top) {
			if (top < 1) {
				throw new IllegalArgumentException("'top' must be at least 1, not " + top);
			}
			this.top = top;
			return this;
		}

		/**
		 * Leaves out predictions with a lower score.
		 * @param threshold the lowest score to return, in the range of the scoring
		 * @return this builder
		 */
		public Builder threshold(float threshold) {
			if (Float.isNaN(threshold)) {
				throw new IllegalArgumentException("'threshold' must be a number");
			}
			this.threshold = threshold;
			return this;
		}

		/**
		 * Builds the request.
		 * @return the request
		 * @throws InvalidImageException if there is no picture
		 * @throws InvalidLabelException if there is no label
		 */
		public ClassificationRequest build() {
			return new ClassificationRequest(this);
		}

	}

}
