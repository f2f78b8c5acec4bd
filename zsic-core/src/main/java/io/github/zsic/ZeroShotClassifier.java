package io.github.zsic;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;

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
	 * decoded and computed a few at a time, so there may be any number. If one fails, all
	 * fail; {@link #classifyEach classifyEach} goes on.
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
	 * Scores labels for one picture while no thread waits for it.
	 * @param image the picture
	 * @param labels the candidate labels; duplicates are kept; none for those that the
	 * classifier was built with
	 * @return the labels with their scores, best first, when they are there
	 * @throws InvalidLabelException if a label is blank
	 * @see #classifyAsync(ClassificationRequest)
	 */
	default CompletableFuture<Classification> classifyAsync(ImageInput image, String... labels) {
		return classifyAsync(image, Arrays.asList(labels));
	}

	/**
	 * Scores labels for one picture while no thread waits for it.
	 * @param image the picture
	 * @param labels the candidate labels; duplicates are kept; none for those that the
	 * classifier was built with
	 * @return the labels with their scores, best first, when they are there
	 * @throws InvalidLabelException if a label is blank
	 * @see #classifyAsync(ClassificationRequest)
	 */
	default CompletableFuture<Classification> classifyAsync(ImageInput image, Collection<String> labels) {
		return classifyAsync(ClassificationRequest.builder().image(image).labels(labels).build())
			.thenApply((results) -> results.get(0));
	}

	/**
	 * Scores a set of labels for one picture while no thread waits for it.
	 * @param image the picture
	 * @param labels the candidate labels
	 * @return the labels with their scores, best first, when they are there
	 * @see #classifyAsync(ClassificationRequest)
	 */
	default CompletableFuture<Classification> classifyAsync(ImageInput image, LabelSet labels) {
		return classifyAsync(ClassificationRequest.builder().image(image).labels(labels).build())
			.thenApply((results) -> results.get(0));
	}

	/**
	 * Scores the labels of a request for each of its pictures, as
	 * {@link #classify(ClassificationRequest)} does, and returns at once. The future
	 * fails with what that method throws, a full queue and a closed classifier included.
	 * <p>
	 * A request with one picture takes a thread only while its picture is read and
	 * decoded; while it waits for its turn and is computed it has none. One with several
	 * pictures takes a thread until it ends; {@link #classifyEach classifyEach} does not.
	 * Stages that depend on the future run in a thread of zsic that has nothing else to
	 * do, or in the thread that adds them. They may block, and may close the classifier.
	 * <p>
	 * Cancelling the future, or a stage that depends on it, gives up what has not begun:
	 * the place in the queue is free again. A picture that is being read, decoded or
	 * computed goes on to the end of that.
	 * @param request pictures, labels and how to score them
	 * @return one result for each picture, in the order of the request, when all are
	 * there
	 * @implSpec The default calls {@link #classify(ClassificationRequest)} in another
	 * thread, which is interrupted if the future is cancelled.
	 */
	default CompletableFuture<List<Classification>> classifyAsync(ClassificationRequest request) {
		return AsyncCall.run(() -> classify(request));
	}

	/**
	 * Scores labels for any number of pictures, one after the other.
	 * @param images the pictures
	 * @param labels the candidate labels; duplicates are kept; none for those that the
	 * classifier was built with
	 * @return for each picture its classification or failure, to be closed by the caller
	 * @throws InvalidLabelException if a label is blank
	 * @see #classifyEach(Stream, Consumer)
	 */
	default Stream<ClassificationOutcome> classifyEach(Stream<ImageInput> images, String... labels) {
		return classifyEach(images, (request) -> request.labels(labels));
	}

	/**
	 * Scores a set of labels for any number of pictures, one after the other.
	 * @param images the pictures
	 * @param labels the candidate labels
	 * @return for each picture its classification or failure, to be closed by the caller
	 * @see #classifyEach(Stream, Consumer)
	 */
	default Stream<ClassificationOutcome> classifyEach(Stream<ImageInput> images, LabelSet labels) {
		return classifyEach(images, (request) -> request.labels(labels));
	}

	/**
	 * Scores labels for any number of pictures, which need not be there at the same time.
	 *
	 * <pre>{@code
	 * try (Stream<ClassificationOutcome> outcomes = classifier.classifyEach(files.map(ImageInput::of),
	 *         (request) -> request.labels("fox", "owl").top(1))) {
	 *     outcomes.forEach((outcome) -> …);
	 * }
	 * }</pre>
	 *
	 * The results come in the order of the pictures. A picture that cannot be read, or
	 * fails in the engine, has its {@linkplain ClassificationOutcome#failure() failure}
	 * in its place, and the others go on. What is not about one picture ends the stream
	 * with its exception: labels that cannot be used, a classifier that is closed, a
	 * model that is not there.
	 * <p>
	 * The stream is lazy and sequential. Pictures are taken from their stream by the
	 * thread that asks for results, and only a few, twice as many as the engine computes
	 * at once, are ahead of the result that was asked for last. At most four of them are
	 * read at the same time, in threads of zsic. They wait for room in the queue, beside
	 * other calls, and are never refused.
	 * <p>
	 * Closing the stream gives up what is under way and closes the stream of pictures.
	 * Between results it holds nothing: one that is forgotten keeps no thread and no
	 * place in the queue, and neither closing a classifier nor exchanging a model waits
	 * for it. Each picture is a call of its own, of one model from its beginning to its
	 * end; if a {@link SwappableClassifier} exchanges its model, later pictures have the
	 * new one, as {@link Classification#model()} tells.
	 * @param images the pictures
	 * @param request sets the labels and how to score them, but no pictures
	 * @return for each picture its classification or failure, to be closed by the caller;
	 * throws {@link java.util.concurrent.CancellationException} if the thread that asks
	 * for results is interrupted, or another thread closes the stream meanwhile
	 * @throws InvalidLabelException if a label is blank
	 * @throws IllegalArgumentException if the request has pictures
	 */
	default Stream<ClassificationOutcome> classifyEach(Stream<ImageInput> images,
			Consumer<ClassificationRequest.Builder> request) {
		ClassificationRequest.Builder builder = ClassificationRequest.builder();
		request.accept(builder);
		return ClassificationStream.of(this, images, builder.buildForStream());
	}

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
	 * The texts that its label cache holds, labels in their templates, those first that
	 * are used most. Together they are what the label cache of another model needs before
	 * that takes over.
	 * @param maximum how many to return at most
	 * @return the texts at this moment, none if it has no label cache
	 */
	default List<String> cachedTexts(int maximum) {
		return List.of();
	}

	/**
	 * Waits for running calls, then frees the model. Calls that come meanwhile are
	 * refused. A second call does nothing.
	 */
	@Override
	void close();

}
