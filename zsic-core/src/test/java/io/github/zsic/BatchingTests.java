package io.github.zsic;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Several pictures and several callers at once, through the public API.
 */
@Timeout(120)
class BatchingTests {

	private static final List<String> PICTURES = List.of("landscape.png", "portrait.png", "tiny.png", "wide.png",
			"grey.png", "rgba.png", "photo.jpg", "orientation-6.jpg");

	private static final String[] LABELS = { "fox", "bear", "seagull", "owl" };

	/** Also where pictures of different shapes have different numbers of patches. */
	@ParameterizedTest
	@ValueSource(strings = { "quickgelu-legacy-eos", "siglip", "siglip2-fixed", "siglip2-naflex", "tipsv2",
			"tipsv2-gated", "blip", "blip-2", "altclip", "chinese-clip", "clipseg", "metaclip-2", "align",
			"../../open-clip/clipa", "../../open-clip/siglip", "../../open-clip/eva02", "../../open-clip/convnext",
			"../../open-clip/resnet" })
	void picturesOfOneRequestHaveTheBitsOfSingleOnes(String checkpoint) {
		// A batch is as large as it can be.
		try (ZeroShotClassifier classifier = builder(checkpoint).batchMaximumDelay(Duration.ofMillis(500)).build();
				ZeroShotClassifier alone = builder(checkpoint).build()) {
			List<Classification> together = classifier.classify(request(24));
			assertThat(together).hasSize(24);
			assertThat(together).anySatisfy((result) -> assertThat(result.timings().batchSize()).isEqualTo(8));
			for (int i = 0; i < 24; i++) {
				assertThat(together.get(i).predictions()).isEqualTo(alone.classify(picture(i), LABELS).predictions());
			}
		}
	}

	@Test
	void refusesCallsBeyondTheCapacity() throws Exception {
		CountDownLatch opened = new CountDownLatch(1);
		CountDownLatch proceed = new CountDownLatch(1);
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try (ZeroShotClassifier classifier = builder("quickgelu-legacy-eos").queueCapacity(1).build()) {
			Future<Classification> first = executor.submit(() -> classifier.classify(ImageInput.of("slow", () -> {
				opened.countDown();
				await(proceed);
				return Files.newInputStream(TestCheckpoints.picture("tiny.png"));
			}), LABELS));
			opened.await();
			assertThat(classifier.statistics().queuePlaces()).isOne();
			assertThat(classifier.statistics().queueCapacity()).isOne();
			assertThatExceptionOfType(QueueFullException.class)
				.isThrownBy(() -> classifier.classify(picture(0), LABELS))
				.withMessageContaining("all 1 places")
				.withMessageContaining("Try again");
			assertThatExceptionOfType(QueueFullException.class).isThrownBy(() -> classifier.embedImage(picture(0)));
			assertThat(classifier.embedText("fox")).isNotEmpty();
			proceed.countDown();
			assertThat(first.get().predictions()).hasSize(LABELS.length);
			assertThat(classifier.classify(picture(0), LABELS).predictions()).hasSize(LABELS.length);
			assertThat(classifier.statistics().queuePlaces()).isZero();
		}
		finally {
			executor.shutdownNow();
		}
	}

	/** Pictures that take long to decode do not make others wait for long. */
	@Test
	void refusesCallsThatWouldWaitTooLongForTheirDecoding() throws Exception {
		int cores = Runtime.getRuntime().availableProcessors();
		CountDownLatch decoding = new CountDownLatch(cores);
		CountDownLatch proceed = new CountDownLatch(1);
		CustomImageDecoder slow = (bytes) -> {
			if (bytes.length == 4) {
				decoding.countDown();
				await(proceed);
				return new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
			}
			return null;
		};
		ExecutorService executor = Executors.newFixedThreadPool(cores);
		try (ZeroShotClassifier classifier = builder("quickgelu-legacy-eos").imageDecoders(List.of(slow))
			.queueTimeout(Duration.ofMillis(100))
			.build(); ZeroShotClassifier patient = builder("quickgelu-legacy-eos").build()) {
			List<Future<Classification>> first = new ArrayList<>();
			for (int i = 0; i < cores; i++) {
				first.add(executor.submit(() -> classifier.classify(ImageInput.of(new byte[4]), LABELS)));
			}
			decoding.await();
			assertThatExceptionOfType(QueueFullException.class)
				.isThrownBy(() -> classifier.classify(picture(0), LABELS))
				.withMessageContaining("within 100 ms")
				.withMessageContaining("Try again");
			assertThat(classifier.statistics().queuePlaces()).isEqualTo(cores);
			Future<Classification> waiting = Executors.newSingleThreadExecutor()
				.submit(() -> patient.classify(picture(0), LABELS));
			// Several have threads of their own.
			assertThat(classifier.classify(request(3))).hasSize(3);
			proceed.countDown();
			for (Future<Classification> call : first) {
				assertThat(call.get().predictions()).hasSize(LABELS.length);
			}
			assertThat(waiting.get().predictions()).hasSize(LABELS.length);
			assertThat(classifier.classify(picture(0), LABELS).predictions()).hasSize(LABELS.length);
		}
		finally {
			executor.shutdownNow();
		}
	}

	@Test
	void anUnreadablePictureEndsItsRequestAndNoOther() throws Exception {
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try (ZeroShotClassifier classifier = builder("quickgelu-legacy-eos").build()) {
			List<Classification> expected = classifier.classify(request(40));
			Future<List<Classification>> other = executor.submit(() -> classifier.classify(request(40)));
			ClassificationRequest bad = ClassificationRequest.builder()
				.images(List.of(picture(0), picture(1), ImageInput.of(new byte[] { 1, 2, 3 }), picture(2)))
				.labels(LABELS)
				.build();
			for (int i = 0; i < 20; i++) {
				assertThatExceptionOfType(InvalidImageException.class).isThrownBy(() -> classifier.classify(bad));
			}
			assertThat(predictions(other.get())).isEqualTo(predictions(expected));
			assertThat(classifier.statistics().queuePlaces()).isZero();
		}
		finally {
			executor.shutdownNow();
		}
	}

	@Test
	void classifiersShareTheEngineAndCloseByThemselves() throws Exception {
		try (ZeroShotClassifier staying = builder("siglip").build()) {
			List<Prediction> expected = staying.classify(picture(0), LABELS).predictions();
			for (int i = 0; i < 5; i++) {
				try (ZeroShotClassifier leaving = builder("quickgelu-legacy-eos").build()) {
					assertThat(leaving.classify(picture(0), LABELS).predictions()).hasSize(LABELS.length);
					assertThat(engineThreads()).isBetween(1, staying.statistics().engineThreads());
				}
				assertThat(staying.classify(picture(0), LABELS).predictions()).isEqualTo(expected);
			}
		}
		// Its last words may take a moment.
		while (engineThreads() > 0) {
			Thread.sleep(1);
		}
	}

	@Test
	void anInterruptedCallEnds() throws Exception {
		try (ZeroShotClassifier classifier = builder("quickgelu-legacy-eos").build()) {
			AtomicInteger opened = new AtomicInteger();
			List<ImageInput> pictures = new ArrayList<>();
			byte[] picture = Files.readAllBytes(TestCheckpoints.picture("photo.jpg"));
			for (int i = 0; i < 5000; i++) {
				pictures.add(ImageInput.of("photo", () -> {
					opened.incrementAndGet();
					return new ByteArrayInputStream(picture);
				}));
			}
			ClassificationRequest request = ClassificationRequest.builder().images(pictures).labels(LABELS).build();
			Throwable[] outcome = new Throwable[1];
			Thread caller = new Thread(() -> {
				try {
					classifier.classify(request);
				}
				catch (CancellationException ex) {
					outcome[0] = ex;
				}
			});
			caller.start();
			while (opened.get() < 20) {
				Thread.sleep(1);
			}
			caller.interrupt();
			caller.join();
			assertThat(outcome[0]).isNotNull();
			assertThat(opened.get()).isLessThan(5000);
			assertThat(classifier.statistics().queuePlaces()).isZero();
			assertThat(classifier.classify(picture(0), LABELS).predictions()).hasSize(LABELS.length);
		}
	}

	@Test
	void closingLetsWaitingCallsFinish() throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(8);
		try {
			for (int repetition = 0; repetition < 5; repetition++) {
				ZeroShotClassifier classifier = builder("quickgelu-legacy-eos").build();
				CountDownLatch begun = new CountDownLatch(8);
				List<Future<Integer>> calls = new ArrayList<>();
				for (int i = 0; i < 8; i++) {
					calls.add(executor.submit(() -> {
						int done = 0;
						try {
							while (true) {
								done += classifier.classify(request(5)).size();
								begun.countDown();
							}
						}
						catch (ClassifierClosedException ex) {
							return done;
						}
					}));
				}
				begun.await();
				classifier.close();
				for (Future<Integer> call : calls) {
					assertThat(call.get()).isPositive();
				}
			}
		}
		finally {
			executor.shutdownNow();
		}
	}

	private static int engineThreads() {
		return (int) Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("zsic-engine-") && thread.isAlive())
			.count();
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static List<List<Prediction>> predictions(List<Classification> results) {
		return results.stream().map(Classification::predictions).toList();
	}

	private static ZeroShotClassifierBuilder builder(String checkpoint) {
		return ZeroShotClassifier.builder()

			.checkpoint(TestCheckpoints.checkpoint(checkpoint).toString());
	}

	private static ImageInput picture(int number) {
		return ImageInput.of(TestCheckpoints.picture(PICTURES.get(number % PICTURES.size())));
	}

	private static ClassificationRequest request(int pictures) {
		List<ImageInput> images = new ArrayList<>();
		for (int i = 0; i < pictures; i++) {
			images.add(picture(i));
		}
		return ClassificationRequest.builder().images(images).labels(LABELS).build();
	}

}
