package io.github.zsic.spring.boot;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

import io.github.zsic.CheckpointException;
import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ClassifierClosedException;
import io.github.zsic.HubException;
import io.github.zsic.ImageInput;
import io.github.zsic.LabelSet;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.Precision;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.health.ZsicHealthIndicator;
import io.github.zsic.spring.boot.health.ZsicHealthIndicator.Thresholds;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

/**
 * Exchanges, refreshes and closings of a {@link ManagedClassifier} at any moment, under
 * load. With {@code -Dzsic.stress.checkpoint=classpath:zsic/emoji-clip} on real models;
 * {@code -Dzsic.stress.seed} chooses other moments.
 */
@Timeout(300)
class ManagedClassifierStressTests {

	private static final String CHECKPOINT = System.getProperty("zsic.stress.checkpoint", "");

	private static final long SEED = Long.getLong("zsic.stress.seed", 20261127);

	private static final int REPETITIONS = Integer.getInteger("zsic.stress.repetitions", 200);

	private static final int THREADS = 16;

	private static final int SWAPS = 50;

	private static final ImageInput OWL = ImageInput.of("owl.png", new ClassPathResource("owl.png")::getInputStream);

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final Queue<Model> models = new ConcurrentLinkedQueue<>();

	@AfterEach
	void stop() {
		this.executor.shutdownNow();
	}

	@Test
	void swapsUnderLoadWithSelfTestsAreNeverNoticed() throws Exception {
		ManagedClassifier managed = managed(Startup.EAGER, new Random(SEED));
		Thresholds thresholds = new Thresholds(Duration.ofMinutes(5), 1, Duration.ofMinutes(1), Duration.ofNanos(1));
		ZsicHealthIndicator health = new ZsicHealthIndicator(managed, thresholds);
		AtomicBoolean done = new AtomicBoolean();
		Queue<LabelSet> sets = new ConcurrentLinkedQueue<>();
		List<Future<?>> users = new ArrayList<>();
		for (int i = 0; i < THREADS; i++) {
			users.add(this.executor.submit(() -> {
				while (!done.get()) {
					if (sets.size() < 60) {
						sets.add(managed.classifier().labels("fox " + sets.size(), "owl"));
					}
					assertThat(managed.classifier().classify(OWL, "fox", "owl").predictions()).hasSize(2);
					LockSupport.parkNanos(50_000);
				}
			}));
		}
		users.add(this.executor.submit(() -> {
			while (!done.get()) {
				assertThat(managed.runSelfTestNow().failure()).isNull();
			}
		}));
		users.add(this.executor.submit(() -> {
			while (!done.get()) {
				Health told = health.health();
				assertThat(told.getStatus()).as(told.toString()).isEqualTo(Status.UP);
			}
		}));
		for (int swap = 1; swap <= SWAPS; swap++) {
			managed.swap(selection(swap));
			assertThat(managed.classifier().model().revision()).isEqualTo(selection(swap).revision());
		}
		done.set(true);
		for (Future<?> user : users) {
			user.get(60, TimeUnit.SECONDS);
		}
		assertThat(managed.classifier().calls(Duration.ofHours(1)).failures()).isZero();
		assertThat(managed.classifier().calls(Duration.ofHours(1)).rejections()).isZero();
		Model last = open().get(0);
		assertThat(sets).isNotEmpty().allMatch(last.prepared::contains);
		managed.close();
		assertThat(open()).isEmpty();
	}

	@Test
	void whateverComesAtWhateverMomentTheLastWishIsFulfilled() throws Exception {
		for (int i = 0; i < REPETITIONS; i++) {
			Random random = new Random(SEED + i);
			try {
				runOnce(random);
			}
			catch (Exception | AssertionError ex) {
				throw new AssertionError("repetition " + i, ex);
			}
		}
	}

	private void runOnce(Random random) throws Exception {
		ManagedClassifier managed = managed(Startup.values()[random.nextInt(3)], random);
		AtomicBoolean done = new AtomicBoolean();
		AtomicBoolean closing = new AtomicBoolean();
		Future<?> user = this.executor.submit(() -> {
			while (!done.get()) {
				try {
					managed.classifier().classify(OWL, "fox", "owl");
					managed.selfTest(Duration.ofNanos(1));
				}
				catch (ClassifierClosedException ex) {
					assertThat(closing).isTrue();
					return;
				}
				catch (ModelNotReadyException ex) {
					// Only if what was to be the first model is broken.
					assertThat(ex.getCause()).isInstanceOf(CheckpointException.class);
				}
			}
		});
		List<Future<?>> swaps = new ArrayList<>();
		int wishes = 1 + random.nextInt(4);
		for (int wish = 1; wish <= wishes; wish++) {
			pause(random);
			ModelSelection next = selection((random.nextInt(5) == 0) ? -wish : wish);
			if (random.nextBoolean()) {
				managed.refresh(next);
			}
			else {
				swaps.add(this.executor.submit(() -> swap(managed, next)));
			}
		}
		if (random.nextInt(3) > 0) {
			for (Future<?> swap : swaps) {
				swap.get(60, TimeUnit.SECONDS);
			}
			ModelSelection last = selection(1000);
			managed.refresh(last);
			await().pollInterval(Duration.ofMillis(1)).until(() -> managed.selection().equals(last));
			assertThat(managed.wanted()).isEqualTo(last);
			assertThat(managed.classifier().model().revision()).isEqualTo(last.revision());
		}
		else {
			pause(random);
		}
		closing.set(true);
		managed.close();
		done.set(true);
		user.get(60, TimeUnit.SECONDS);
		for (Future<?> swap : swaps) {
			swap.get(60, TimeUnit.SECONDS);
		}
		assertThat(open()).isEmpty();
		this.models.clear();
	}

	private static void swap(ManagedClassifier managed, ModelSelection next) {
		try {
			managed.swap(next);
		}
		catch (SwapRefusedException | ClassifierClosedException ex) {
			// Whoever asked is told.
		}
		catch (CheckpointException ex) {
			if (!isBroken(next)) {
				fail(ex);
			}
		}
	}

	private ManagedClassifier managed(Startup startup, Random random) {
		// A generator of its own: what other threads draw must not move the moments.
		Random loads = new Random(random.nextLong());
		ManagedClassifier managed = new ManagedClassifier("", selection(0), (selection, listener) -> {
			if (Thread.interrupted()) {
				throw new HubException(HubException.Reason.INTERRUPTED, "Interrupted.", "");
			}
			pause(loads);
			if (isBroken(selection)) {
				throw new CheckpointException("It is broken.", "Mend it.");
			}
			Model model = new Model(selection, real());
			this.models.add(model);
			return model;
		}, new ManagedClassifier.Settings(startup, Duration.ofSeconds(60), Duration.ofSeconds(60),
				random.nextInt(4) == 0 && startup != Startup.EAGER));
		managed.start();
		return managed;
	}

	private static ZeroShotClassifier real() {
		return CHECKPOINT.isEmpty() ? null : ZeroShotClassifier.builder().checkpoint(CHECKPOINT).device("cpu").build();
	}

	private List<Model> open() {
		return this.models.stream().filter((model) -> !model.closed).toList();
	}

	/** Up to a millisecond, mostly less; cut short by an interruption. */
	private static void pause(Random random) {
		LockSupport.parkNanos(1_000L << random.nextInt(11));
	}

	private static ModelSelection selection(int number) {
		return new ModelSelection("model", String.valueOf(number), "cpu", Precision.AUTO);
	}

	private static boolean isBroken(ModelSelection selection) {
		return selection.revision() != null && selection.revision().startsWith("-");
	}

	/**
	 * A model that answers with its number, or what a real one answers, and knows what
	 * was prepared for it.
	 */
	private static final class Model extends TestClassifier {

		private final Set<LabelSet> prepared = ConcurrentHashMap.newKeySet();

		private final ZeroShotClassifier real;

		Model(ModelSelection selection, ZeroShotClassifier real) {
			super(selection, (Integer.parseInt(selection.revision()) % 40) * 0.02f);
			this.real = real;
		}

		@Override
		public List<Classification> classify(ClassificationRequest request) {
			List<Classification> own = super.classify(request);
			return (this.real != null) ? this.real.classify(request) : own;
		}

		@Override
		public LabelSet prepare(LabelSet labels) {
			if (this.real != null) {
				this.real.prepare(labels);
			}
			if (this.closed) {
				throw new IllegalStateException("used after close");
			}
			this.prepared.add(labels);
			return labels;
		}

		@Override
		public void selfTest() {
			if (this.real != null) {
				this.real.selfTest();
			}
		}

		@Override
		public void close() {
			super.close();
			if (this.real != null) {
				this.real.close();
			}
		}

	}

}
