package io.github.zsic.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.translator.ZeroShotImageClassificationTranslator;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.modality.cv.VisionLanguageInput;
import ai.djl.modality.cv.transform.CenterCrop;
import ai.djl.modality.cv.transform.Normalize;
import ai.djl.modality.cv.transform.Resize;
import ai.djl.modality.cv.transform.ToTensor;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;

/**
 * DJL's own translator on a traced model.
 */
final class DjlContender implements Contender {

	private static final float[] HALF = { 0.5f, 0.5f, 0.5f };

	private final Path folder;

	private final ZooModel<VisionLanguageInput, Classifications> model;

	private final Predictor<VisionLanguageInput, Classifications> predictor;

	/** The graph executor optimizes for each thread by itself. */
	private final ExecutorService thread = Executors.newSingleThreadExecutor();

	DjlContender(Path folder, Path checkpoint, int imageSize) throws Exception {
		this.folder = folder;
		ZeroShotImageClassificationTranslator translator = ZeroShotImageClassificationTranslator
			.builder(HuggingFaceTokenizer.newInstance(checkpoint.resolve("tokenizer.json")))
			.addTransform(new Resize(imageSize, imageSize, Image.Interpolation.BICUBIC))
			.addTransform(new CenterCrop(imageSize, imageSize))
			.addTransform(new ToTensor())
			.addTransform(new Normalize(HALF, HALF))
			.build();
		this.model = Criteria.builder()
			.setTypes(VisionLanguageInput.class, Classifications.class)
			.optEngine("PyTorch")
			.optModelPath(checkpoint.resolve("traced.pt"))
			.optTranslator(translator)
			.build()
			.loadModel();
		this.predictor = this.model.newPredictor();
	}

	@Override
	public Callable<?> prepare(Work work) throws Exception {
		if (work.operation() != Work.Operation.CLASSIFY || work.callers() > 1) {
			throw new UnsupportedOperationException();
		}
		Path picture = this.folder.resolve(work.picture());
		String[] labels = Files.readAllLines(this.folder.resolve(Pictures.LABELS))
			.subList(0, work.labels())
			.toArray(String[]::new);
		return () -> this.thread
			.submit(() -> this.predictor
				.predict(new VisionLanguageInput(ImageFactory.getInstance().fromFile(picture), labels)))
			.get();
	}

	@Override
	public void close() {
		this.thread.shutdown();
		this.predictor.close();
		this.model.close();
	}

}
