package io.github.zsic;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Classifies pictures with labels that are made up at run time.
 *
 * <pre>{@code
 * try (ZeroShotClassifier classifier = ZeroShotClassifier.builder().checkpoint("models/clip-vit-base-patch32").build()) {
 *     Classification result = classifier.classify(ImageInput.of(Path.of("owl.jpg")), "fox", "bear", "seagull", "owl");
 *     result.best();
 * }
 * }</pre>
 *
 * Scores are those of the Python pipeline
 * {@code pipeline("zero-shot-image-classification")} of Transformers on the same
 * checkpoint in float32. The same request gets the same scores to the last bit, from
 * whatever thread, for as long as the cache keeps the embeddings of its labels; a label
 * that is encoded anew, among others, may move a score by some millionths.
 * <p>
 * A classifier is thread-safe and meant to be shared: one for each checkpoint, for as
 * long as the program needs it. It owns the model's native memory until {@link #close()};
 * nothing it returns refers to that memory. Every method but {@code close} and
 * {@code model} throws {@link ClassifierClosedException} after {@code close}.
 */
public interface ZeroShotClassifier extends AutoCloseable {

	/**
	 * Starts a classifier.
	 * @return a builder
	 */
	static ZeroShotClassifierBuilder builder() {
		return new ZeroShotClassifierBuilder();
	}

	/**
	 * Scores labels for one picture with the classifier's own templates and scoring.
	 * @param image the picture
	 * @param labels the candidate labels; duplicates are kept; none for those that the
	 * classifier was built with
	 * @return the labels with their scores, best first
	 * @throws InvalidImageException if the picture cannot be read
	 * @throws InvalidLabelException if a label is blank or too long for the model
	 */
	default Classification classify(ImageInput image, String... labels) {
		return classify(image, Arrays.asList(labels));
	}

	/**
	 * Scores labels for one picture with the classifier's own templates and scoring.
	 * @param image the picture
	 * @param labels the candidate labels; duplicates are kept; none for those that the
	 * classifier was built with
	 * @return the labels with their scores, best first
	 * @throws InvalidImageException if the picture cannot be read
	 * @throws InvalidLabelException if a label is blank or too long for the model
	 */
	default Classification classify(ImageInput image, Collection<String> labels) {
		return classify(ClassificationRequest.builder().image(image).labels(labels).build()).get(0);
	}

	/**
	 * Scores a set of labels for one picture with the classifier's own scoring.
	 * @param image the picture
	 * @param labels the candidate labels
	 * @return the labels with their scores, best first
	 * @throws InvalidImageException if the picture cannot be read
	 * @throws InvalidLabelException if a label is too long for the model
	 */
	default Classification classify(ImageInput image, LabelSet labels) {
		return classify(ClassificationRequest.builder().image(image).labels(labels).build()).get(0);
	}

	/**
	 * Scores the labels of a request for each of its pictures. Several pictures are
	 * decoded and computed a few at a time, so there may be any number.
	 * @param request pictures, labels and how to score them
	 * @return one result for each picture, in the order of the request
	 * @throws InvalidImageException if one of the pictures cannot be read
	 * @throws InvalidLabelException if a template or label cannot be used
	 * @throws QueueFullException if the classifier is too busy to begin with it
	 * @throws java.util.concurrent.CancellationException if there are several pictures or
	 * many new labels, and the thread is interrupted while it waits for the engine; what
	 * has not been computed by then is given up
	 */
	List<Classification> classify(ClassificationRequest request);

	/**
	 * Prepares labels for many calls, with the classifier's own templates.
	 * @param labels the labels, at least one, none twice
	 * @return the set
	 * @throws InvalidLabelException if a label is blank, there twice, or too long for the
	 * model
	 */
	default LabelSet labels(String... labels) {
		return prepare(LabelSet.of(labels));
	}

	/**
	 * Prepares labels for many calls, with the classifier's own templates.
	 * @param labels the labels, at least one, none twice
	 * @return the set
	 * @throws InvalidLabelException if a label is blank, there twice, or too long for the
	 * model
	 */
	default LabelSet labels(Collection<String> labels) {
		return prepare(LabelSet.of(labels));
	}

	/**
	 * Prepares labels with prompts of their own for many calls.
	 * @param prompts for each label one or more prompts
	 * @return the set
	 * @throws InvalidLabelException if a label or prompt is blank or a prompt too long
	 * for the model
	 * @see LabelSet.Builder#labels(Map)
	 */
	default LabelSet labels(Map<String, ? extends Collection<String>> prompts) {
		return prepare(LabelSet.builder().labels(prompts).build());
	}

	/**
	 * Encodes the labels of a set, so that no call has to. What is computed is kept for
	 * as long as the set is referenced; preparing it again does nothing. A set need not
	 * be prepared: the first call does it then.
	 * @param labels the set
	 * @return the same set
	 * @throws InvalidLabelException if a label is too long for the model
	 */
	default LabelSet prepare(LabelSet labels) {
		return labels;
	}

	/**
	 * The same classifier, but with prompts for what is none of the labels, used as they
	 * are, such as {@code "a photo of something else"}. Its answer is empty if one of
	 * them fits a picture better than every label. A request with background prompts of
	 * its own overrides them.
	 * @param prompts the prompts, at least one
	 * @return a classifier on the same model; closing either closes both
	 * @throws InvalidLabelException if there is none or one is blank
	 * @see ClassificationRequest.Builder#background(String...)
	 */
	default ZeroShotClassifier withBackground(String... prompts) {
		return new BackgroundClassifier(this, Arrays.asList(prompts));
	}

	/**
	 * The image tower's embedding of a picture.
	 * @param image the picture
	 * @return a new array of {@link ModelInfo#dimension()} numbers with Euclidean norm 1;
	 * for BLIP-2, several of them, one behind the other, of which the nearest to a text
	 * decides
	 * @throws InvalidImageException if the picture cannot be read
	 * @throws QueueFullException if the classifier is too busy to begin with it
	 */
	float[] embedImage(ImageInput image);

	/**
	 * Embeddings of several pictures.
	 * @param images the pictures
	 * @return for each what {@link #embedImage(ImageInput)} returns, in their order
	 * @throws InvalidImageException if one of the pictures cannot be read
	 */
	default List<float[]> embedImages(Collection<ImageInput> images) {
		return images.stream().map(this::embedImage).toList();
	}

	/**
	 * The text tower's embedding of a text, which is used as it is, without a template.
	 * Its inner product with an image embedding is the cosine of {@link Scoring#COSINE}.
	 * @param text the text
	 * @return a new array of {@link ModelInfo#dimension()} numbers with Euclidean norm 1
	 * @throws InvalidLabelException if the text is blank or too long for the model
	 */
	float[] embedText(String text);

	/**
	 * Embeddings of several texts; those that are not in the label cache are computed
	 * together.
	 * @param texts the texts
	 * @return for each what {@link #embedText(String)} returns, in their order
	 * @throws InvalidLabelException if one of the texts is blank or too long for the
	 * model
	 */
	default List<float[]> embedTexts(Collection<String> texts) {
		return texts.stream().map(this::embedText).toList();
	}

	/**
	 * How many tokens the text tower reads for texts, special tokens included and padding
	 * not. Services that embed texts tell it.
	 * @param texts the texts
	 * @return the number of all together, 0 if the classifier has no tokenizer
	 * @throws InvalidLabelException if one of the texts is blank or too long for the
	 * model
	 */
	default int countTokens(Collection<String> texts) {
		return 0;
	}

	/**
	 * What this classifier runs.
	 * @return the same object for the life of the classifier, unless it is a
	 * {@link SwappableClassifier}
	 */
	ModelInfo model();

	/**
	 * Checks that the device computes right: a small model of the same architecture, in
	 * the same precision, whose embeddings are known from the reference, and a blank
	 * picture of which the model itself must make the same as when it was loaded. Takes a
	 * few calls' time. Loading does the same, so a model that fails it is never there.
	 * <p>
	 * Implementations that do not compute anything have nothing to check.
	 * @throws InferenceException if something else comes out; nobody should rely on the
	 * scores of this classifier then
	 */
	default void selfTest() {
	}

	/**
	 * What its label cache and its engine have to do.
	 * @return the numbers at this moment, those of {@link ClassifierStatistics#NONE} if
	 * it has neither
	 */
	default ClassifierStatistics statistics() {
		return ClassifierStatistics.NONE;
	}

	/**
	 * Waits for running calls, then frees the model. Calls that come meanwhile are
	 * refused. A second call does nothing.
	 */
	@Override
	void close();

}
