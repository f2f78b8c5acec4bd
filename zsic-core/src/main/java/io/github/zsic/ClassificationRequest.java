package io.github.zsic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.zsic.text.Template;
import io.github.zsic.text.Texts;

/**
 * One or more pictures, the labels to choose from, and how to score them. What is not set
 * is taken from the classifier. Immutable and thread-safe.
 */
public final class ClassificationRequest {

	private static final float MINIMUM_TEMPERATURE = 1e-6f;

	private static final float MAXIMUM_TEMPERATURE = 1e6f;

	private final List<ImageInput> images;

	/** For each picture its own labels, or {@code null} for those of all. */
	private final List<@Nullable LabelSet> ownLabels;

	private final @Nullable LabelSet labels;

	private final List<String> templates;

	private final List<String> background;

	private final @Nullable Scoring scoring;

	private final @Nullable Float temperature;

	private final @Nullable Integer top;

	private final @Nullable Float threshold;

	private final Map<String, Float> thresholds;

	/** What the picture is one of, if it is one of many. */
	private final @Nullable ClassificationStream stream;

	private ClassificationRequest(Builder builder) {
		this.images = List.copyOf(builder.images);
		this.ownLabels = new ArrayList<>(builder.ownLabels);
		this.labels = builder.buildLabels();
		this.templates = List.copyOf(builder.templates);
		this.background = List.copyOf(builder.background);
		this.scoring = builder.scoring;
		this.temperature = builder.temperature;
		this.top = builder.top;
		this.threshold = builder.threshold;
		this.thresholds = Map.copyOf(builder.thresholds);
		this.stream = null;
	}

	private ClassificationRequest(ClassificationRequest request, List<ImageInput> images,
			List<@Nullable LabelSet> ownLabels, List<String> background, @Nullable ClassificationStream stream) {
		this.images = images;
		this.ownLabels = ownLabels;
		this.labels = request.labels;
		this.templates = request.templates;
		this.background = background;
		this.scoring = request.scoring;
		this.temperature = request.temperature;
		this.top = request.top;
		this.threshold = request.threshold;
		this.thresholds = request.thresholds;
		this.stream = stream;
	}

	/**
	 * Starts a request.
	 * @return an empty builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	/** The same request with other background prompts. */
	ClassificationRequest withBackground(List<String> background) {
		return new ClassificationRequest(this, this.images, this.ownLabels, background, this.stream);
	}

	/** The same request for one of the pictures of a stream. */
	ClassificationRequest forPicture(ImageInput image, ClassificationStream stream) {
		return new ClassificationRequest(this, List.of(image), Collections.singletonList(null), this.background,
				stream);
	}

	/** What the only picture is one of, {@code null} if it is not one of many. */
	@Nullable ClassificationStream stream() {
		return this.stream;
	}

	public List<ImageInput> images() {
		return this.images;
	}

	/**
	 * The labels for all pictures that have none of their own.
	 * @return the labels, empty for the classifier's own
	 */
	public List<String> labels() {
		return (this.labels != null) ? this.labels.labels() : List.of();
	}

	/**
	 * The labels for one picture.
	 * @param image the position of the picture in {@link #images()}
	 * @return the labels, empty for the classifier's own
	 */
	public List<String> labels(int image) {
		LabelSet set = labelSet(image);
		return (set != null) ? set.labels() : List.of();
	}

	/** The labels for one picture, {@code null} for the classifier's own. */
	@Nullable LabelSet labelSet(int image) {
		LabelSet own = this.ownLabels.get(image);
		return (own != null) ? own : this.labels;
	}

	/**
	 * The hypothesis templates.
	 * @return the templates, empty for those of the label set or the classifier
	 */
	public List<String> templates() {
		return this.templates;
	}

	/**
	 * The prompts for what is none of the labels.
	 * @return the prompts, empty for none
	 */
	public List<String> background() {
		return this.background;
	}

	/**
	 * The scoring.
	 * @return the scoring, {@code null} for the classifier's own
	 */
	public @Nullable Scoring scoring() {
		return this.scoring;
	}

	/**
	 * The temperature.
	 * @return a positive number, {@code null} for the classifier's own or the model's
	 */
	public @Nullable Float temperature() {
		return this.temperature;
	}

	/**
	 * How many predictions are returned at most.
	 * @return a positive number, {@link Integer#MAX_VALUE} if the request has no limit,
	 * so that the classifier's own holds
	 */
	public int top() {
		return topOr(Integer.MAX_VALUE);
	}

	int topOr(int other) {
		return (this.top != null) ? this.top : other;
	}

	/**
	 * The lowest score that is returned.
	 * @return a score, negative infinity if the request has none, so that the
	 * classifier's own holds
	 */
	public float threshold() {
		return (this.threshold != null) ? this.threshold : Float.NEGATIVE_INFINITY;
	}

	/**
	 * The lowest score of each label that has one of its own.
	 * @return scores by label, empty if the request has none
	 */
	public Map<String, Float> thresholds() {
		return this.thresholds;
	}

	/**
	 * The lowest score that is returned of a label: its own, or else that of all.
	 * @param label the label
	 * @return a score, negative infinity if the request has neither, so that the
	 * classifier's own holds
	 */
	public float threshold(String label) {
		return this.thresholds.getOrDefault(label, threshold());
	}

	boolean hasThreshold() {
		return this.threshold != null;
	}

	static int requireTop(int top) {
		if (top < 1) {
			throw new IllegalArgumentException("'top' must be at least 1, not " + top);
		}
		return top;
	}

	static float requireThreshold(float threshold) {
		if (Float.isNaN(threshold)) {
			throw new IllegalArgumentException("'threshold' must be a number");
		}
		return threshold;
	}

	static Map<String, Float> requireThresholds(Map<String, Float> thresholds) {
		thresholds.forEach((label, threshold) -> {
			if (threshold == null || Float.isNaN(threshold)) {
				throw new IllegalArgumentException(
						"'thresholds' must be numbers, but that of '" + Texts.abbreviate(label) + "' is " + threshold);
			}
		});
		return thresholds;
	}

	static float requireTemperature(float temperature) {
		if (!(temperature >= MINIMUM_TEMPERATURE && temperature <= MAXIMUM_TEMPERATURE)) {
			throw new IllegalArgumentException("'temperature' must be a number from " + MINIMUM_TEMPERATURE + " to "
					+ MAXIMUM_TEMPERATURE + ", not " + temperature);
		}
		return temperature;
	}

	static Collection<String> requireBackground(Collection<String> prompts) {
		int position = 1;
		for (String prompt : prompts) {
			if (prompt == null || prompt.isBlank()) {
				throw new InvalidLabelException("Background prompt " + position + " is blank.", "Leave it out.");
			}
			position++;
		}
		return prompts;
	}

	/**
	 * Builds a {@link ClassificationRequest}.
	 */
	public static final class Builder {

		private final List<ImageInput> images = new ArrayList<>();

		private final List<@Nullable LabelSet> ownLabels = new ArrayList<>();

		private final LabelSet.Builder labels = LabelSet.builder();

		private @Nullable LabelSet labelSet;

		private final List<String> templates = new ArrayList<>();

		private final List<String> background = new ArrayList<>();

		private @Nullable Scoring scoring;

		private @Nullable Float temperature;

		private @Nullable Integer top;

		private @Nullable Float threshold;

		private final Map<String, Float> thresholds = new HashMap<>();

		private Builder() {
		}

		/**
		 * Adds a picture.
		 * @param image the picture
		 * @return this builder
		 */
		public Builder image(ImageInput image) {
			this.images.add(image);
			this.ownLabels.add(null);
			return this;
		}

		/**
		 * Adds a picture with labels of its own.
		 * @param image the picture
		 * @param labels what to choose from for this picture
		 * @return this builder
		 */
		public Builder image(ImageInput image, LabelSet labels) {
			this.images.add(image);
			this.ownLabels.add(labels);
			return this;
		}

		/**
		 * Adds pictures; the result has one {@link Classification} for each, in this
		 * order.
		 * @param images the pictures
		 * @return this builder
		 */
		public Builder images(Collection<ImageInput> images) {
			images.forEach(this::image);
			return this;
		}

		/**
		 * Adds candidate labels. Duplicates are kept.
		 * @param labels the labels
		 * @return this builder
		 * @throws InvalidLabelException if one is blank
		 */
		public Builder labels(String... labels) {
			return labels(Arrays.asList(labels));
		}

		/**
		 * Adds candidate labels. Duplicates are kept.
		 * @param labels the labels
		 * @return this builder
		 * @throws InvalidLabelException if one is blank
		 */
		public Builder labels(Collection<String> labels) {
			this.labels.labels(labels);
			return this;
		}

		/**
		 * Adds candidate labels with prompts of their own instead of the templates.
		 * @param prompts for each label one or more prompts
		 * @return this builder
		 * @throws InvalidLabelException if a label or prompt is blank, or a label has
		 * none
		 * @see LabelSet.Builder#labels(Map)
		 */
		public Builder labels(Map<String, ? extends Collection<String>> prompts) {
			this.labels.labels(prompts);
			return this;
		}

		/**
		 * Sets the candidate labels. Without any labels, those of the classifier are
		 * used.
		 * @param labels the set, which cannot be mixed with other labels
		 * @return this builder
		 */
		public Builder labels(LabelSet labels) {
			this.labelSet = labels;
			return this;
		}

		/**
		 * Adds hypothesis templates with {@code {}} or {@code {0}} where the label goes,
		 * such as {@code "This is a photo of {}."}; {@code {{} and {@code }}} stand for
		 * single braces. With several, a label's embedding is the normalised mean of its
		 * normalised prompt embeddings (Radford et al. 2021, "Learning Transferable
		 * Visual Models From Natural Language Supervision", section 3.1.4).
		 * {@code "photo"} and {@code "drawing"} stand for ensembles that zsic brings
		 * along.
		 * @param templates the templates, or names of ensembles
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
		 * Adds prompts for what is none of the labels, such as
		 * {@code "a photo of something else"}, used as they are. They compete with the
		 * labels: they take part in softmax, and a label that scores lower than the best
		 * of them is left out of the answer, which is empty if all do.
		 * @param prompts the prompts
		 * @return this builder
		 * @throws InvalidLabelException if one is blank
		 */
		public Builder background(String... prompts) {
			return background(Arrays.asList(prompts));
		}

		/**
		 * Adds prompts for what is none of the labels.
		 * @param prompts the prompts
		 * @return this builder
		 * @throws InvalidLabelException if one is blank
		 * @see #background(String...)
		 */
		public Builder background(Collection<String> prompts) {
			this.background.addAll(requireBackground(prompts));
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
		 * Sets the temperature by which cosines are divided to get logits, in place of
		 * the model's own, which is 0.01 for CLIP. A lower one makes the scores more
		 * extreme, a higher one more alike; their order stays. The bias of a model that
		 * has one stays as well. No effect on {@link Scoring#COSINE}.
		 * @param temperature a number from 1e-6 to 1e6
		 * @return this builder
		 */
		public Builder temperature(float temperature) {
			this.temperature = requireTemperature(temperature);
			return this;
		}

		/**
		 * Limits the predictions to the best ones. Scores do not change: softmax is still
		 * over all labels.
		 * @param top how many, at least 1
		 * @return this builder
		 */
		public Builder top(int top) {
			this.top = requireTop(top);
			return this;
		}

		/**
		 * Leaves out predictions with a lower score, all of them if none reaches it. It
		 * takes the place of all thresholds of the classifier, those of single labels
		 * included.
		 * @param threshold the lowest score to return, in the range of the scoring
		 * @return this builder
		 */
		public Builder threshold(float threshold) {
			this.threshold = requireThreshold(threshold);
			return this;
		}

		/**
		 * Gives labels a threshold of their own, in place of any other. Labels are not
		 * replaced by the next best: with {@link #top(int) top(1)} the answer is empty if
		 * the best label does not reach its threshold, whatever the second one reaches.
		 * @param thresholds for each label the lowest score to return; labels that the
		 * request has not got do not matter
		 * @return this builder
		 */
		public Builder thresholds(Map<String, Float> thresholds) {
			this.thresholds.putAll(requireThresholds(thresholds));
			return this;
		}

		private @Nullable LabelSet buildLabels() {
			LabelSet set = this.labelSet;
			if (set != null && !this.labels.isEmpty()) {
				throw new InvalidLabelException("The request has both a label set and other labels.",
						"Pass one of the two, or make one set of all.");
			}
			if (set == null) {
				set = this.labels.isEmpty() ? null : this.labels.buildForOneCall();
			}
			if (this.templates.isEmpty()) {
				return set;
			}
			if (this.labelSet != null || this.ownLabels.stream().anyMatch((own) -> own != null)) {
				throw new InvalidTemplateException("The request has templates, but its label set has its own.",
						"Give the templates to the label set.");
			}
			List<Template> parsed = Template.parseAll(this.templates);
			return (set != null) ? set.withTemplates(parsed) : null;
		}

		/**
		 * Builds the request.
		 * @return the request
		 * @throws InvalidImageException if there is no picture
		 * @throws InvalidLabelException if there are labels beside a label set
		 * @throws InvalidTemplateException if a template cannot be used
		 */
		public ClassificationRequest build() {
			if (this.images.isEmpty()) {
				throw new InvalidImageException(InvalidImageException.Reason.UNREADABLE, "The request has no image.",
						"Pass at least one.");
			}
			return new ClassificationRequest(this);
		}

		/** For pictures that come one by one. */
		ClassificationRequest buildForStream() {
			if (!this.images.isEmpty()) {
				throw new IllegalArgumentException(
						"The request has images, but its images are those of the stream: do not add others");
			}
			return new ClassificationRequest(this);
		}

	}

}
