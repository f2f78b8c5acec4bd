package io.github.zsic.bench;

import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;

import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.LabelSet;
import io.github.zsic.Precision;
import io.github.zsic.ZeroShotClassifier;

/**
 * zsic, through its public API.
 */
final class ZsicContender implements Contender {

	private static final int IMAGE_TOWER_LABELS = 4;

	private final ZeroShotClassifier classifier;

	private final Path folder;

	private final int imageSize;

	private final AtomicLong fresh = new AtomicLong();

	/**
	 * Loads a checkpoint.
	 * @param folder where pictures and labels are
	 * @param checkpoint the checkpoint
	 * @param precision such as {@code int8}
	 * @param imageSize the side of the pictures that the model takes
	 */
	ZsicContender(Path folder, String checkpoint, String precision, int imageSize) {
		this.folder = folder;
		this.imageSize = imageSize;
		this.classifier = ZeroShotClassifier.builder()
			.checkpoint(checkpoint)
			.precision(Precision.valueOf(precision.toUpperCase(Locale.ROOT)))
			.build();
	}

	@Override
	public Callable<?> prepare(Work work) throws Exception {
		List<String> labels = labels(
				(work.operation() == Work.Operation.CLASSIFY) ? work.labels() : IMAGE_TOWER_LABELS);
		return switch (work.operation()) {
			case CLASSIFY -> classify(work, labels);
			case IMAGE -> {
				BufferedImage picture = Pictures.draw(this.imageSize, this.imageSize);
				ClassificationRequest request = ClassificationRequest.builder()
					.images(Collections.nCopies(work.batch(), ImageInput.of(picture)))
					.labels(this.classifier.labels(labels))
					.build();
				yield () -> this.classifier.classify(request);
			}
			case MATRICES -> throw new UnsupportedOperationException();
		};
	}

	/** No more than are needed, so that reading them is no work for the compiler. */
	private List<String> labels(int count) throws IOException {
		try (BufferedReader reader = Files.newBufferedReader(this.folder.resolve(Pictures.LABELS))) {
			List<String> labels = new ArrayList<>();
			while (labels.size() < count) {
				labels.add(Objects.requireNonNull(reader.readLine()));
			}
			return labels;
		}
	}

	private Callable<?> classify(Work work, List<String> labels) throws Exception {
		ImageInput picture = ImageInput.of(Files.readAllBytes(this.folder.resolve(work.picture())));
		if (!work.fresh()) {
			LabelSet prepared = this.classifier.labels(labels);
			return () -> this.classifier.classify(picture, prepared);
		}
		return () -> {
			long turn = this.fresh.incrementAndGet();
			return this.classifier.classify(picture, labels.stream().map((label) -> label + " " + turn).toList());
		};
	}

	@Override
	public void close() {
		this.classifier.close();
	}

}
