package io.github.zsic.spring.boot.autoconfigure;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import javax.imageio.ImageIO;

import io.github.zsic.Classification;
import io.github.zsic.ClassifierClosedException;
import io.github.zsic.ImageInput;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.ModelInfo;
import io.github.zsic.Prediction;
import io.github.zsic.Scoring;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ModelDecorator;
import io.github.zsic.spring.boot.ZeroShotClassifierBuilderCustomizer;
import io.github.zsic.hub.HubServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.ConfigDataApplicationContextInitializer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.Resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

/**
 * Tests for {@link ZsicAutoConfiguration} on the bundled checkpoint.
 */
@ExtendWith(OutputCaptureExtension.class)
class ZsicAutoConfigurationIntegrationTests {

	private static final Path CHECKPOINT = Path.of("../zsic-emoji-clip/src/main/resources/zsic/emoji-clip");

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class));

	@Test
	void classifiesResource() {
		this.contextRunner.withPropertyValues("zsic.checkpoint=" + CHECKPOINT, "zsic.device=cpu").run((context) -> {
			assertThat(context).hasNotFailed().hasSingleBean(ZeroShotClassifier.class);
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			Resource resource = new ByteArrayResource(picture());
			Classification result = classifier.classify(ImageInput.of(resource.getFilename(), resource::getInputStream),
					"fox", "owl", "seagull");
			assertThat(result.predictions()).extracting(Prediction::label)
				.containsExactlyInAnyOrder("fox", "owl", "seagull");
			assertThat(result.predictions().stream().mapToDouble(Prediction::score).sum()).isCloseTo(1, within(1e-5));
			assertThat(classifier.model().checkpoint()).isEqualTo(CHECKPOINT.toString());
			assertThat(classifier.model().device()).isEqualTo("cpu");
		});
	}

	@Test
	void loadsFileUrl() {
		this.contextRunner.withPropertyValues("zsic.checkpoint=" + CHECKPOINT.toUri(), "zsic.device=cpu")
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(ZeroShotClassifier.class));
	}

	@Test
	void passesProperties() {
		this.contextRunner
			.withPropertyValues("zsic.checkpoint=" + CHECKPOINT, "zsic.device=cpu", "zsic.scoring=cosine",
					"zsic.templates[0]=a {}, drawn", "zsic.image.maximum-pixels=4096")
			.run((context) -> {
				ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
				assertThat(classifier.model().scoring()).isNotEqualTo(Scoring.AUTO);
				float[] image = classifier.embedImage(ImageInput.of(picture()));
				float[] text = classifier.embedText("a fox, drawn");
				float cosine = 0;
				for (int i = 0; i < image.length; i++) {
					cosine += image[i] * text[i];
				}
				Prediction prediction = classifier.classify(ImageInput.of(picture()), "fox").best();
				assertThat(prediction.score()).isCloseTo(cosine, within(1e-4f));
			});
	}

	@Test
	void labelsHaveThresholdsOfTheirOwn(@TempDir Path folder, CapturedOutput output) throws IOException {
		Path file = Files.writeString(folder.resolve("application.yml"), """
				zsic:
				  checkpoint: classpath:zsic/emoji-clip
				  device: cpu
				  labels: [Night bird, St. Owl, fox]
				  threshold: 2
				  thresholds:
				    "[St. Owl]": 0
				    night bird: 0
				""");
		this.contextRunner.withInitializer(new ConfigDataApplicationContextInitializer())
			.withSystemProperties("spring.config.location=" + file.toUri())
			.run((context) -> {
				ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
				assertThat(classifier.classify(ImageInput.of(picture())).predictions()).extracting(Prediction::label)
					.containsExactly("St. Owl");
				assertThat(output).contains("Property 'zsic.thresholds' has the label 'nightbird', which is none of "
						+ "'labels'. A label of more than lower-case letters, digits and dashes is put in brackets");
			});
	}

	@Test
	void labelsOfPropertiesAreEncodedAtStartAndFoundAgainByTheNext(@TempDir Path folder) throws IOException {
		Path file = Files.writeString(folder.resolve("labels.txt"), "\uFEFFfox\n\n  owl \r\nsea, gull\n");
		ApplicationContextRunner runner = this.contextRunner.withPropertyValues("zsic.checkpoint=" + CHECKPOINT,
				"zsic.device=cpu", "zsic.labels[0]=bear", "zsic.labels[1]=" + file.toUri(), "zsic.templates=drawing",
				"zsic.cache.persistent-dir=" + folder.resolve("texts"));
		List<Prediction> predictions = new ArrayList<>();
		runner.run((context) -> {
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			long encoded = classifier.statistics().encodedTexts();
			// Twelve templates, and two labels of the self-test.
			assertThat(encoded).isEqualTo(4 * 12 + 2);
			predictions.addAll(classifier.classify(ImageInput.of(picture())).predictions());
			assertThat(predictions).extracting(Prediction::label)
				.containsExactlyInAnyOrder("bear", "fox", "owl", "sea, gull");
			assertThat(classifier.statistics().encodedTexts()).isEqualTo(encoded);
		});
		runner.run((context) -> {
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			assertThat(classifier.classify(ImageInput.of(picture())).predictions()).isEqualTo(predictions);
			assertThat(classifier.statistics().encodedTexts()).isZero();
		});
	}

	@Test
	void labelsThatCannotBeUsedStopTheStart() {
		for (String labels : List.of("owl,owl", "classpath:nowhere.txt", "owl," + "very ".repeat(100))) {
			this.contextRunner
				.withPropertyValues("zsic.checkpoint=" + CHECKPOINT, "zsic.device=cpu", "zsic.labels=" + labels)
				.run((context) -> assertThat(context).hasFailed()
					.getFailure()
					.rootCause()
					.isInstanceOf(InvalidLabelException.class));
		}
	}

	@Test
	void extensionBeansAreUsedForEveryModel() {
		List<String> decorated = new ArrayList<>();
		this.contextRunner.withPropertyValues("zsic.checkpoint=" + CHECKPOINT, "zsic.device=cpu")
			.withBean(ZeroShotClassifierBuilderCustomizer.class, () -> (builder) -> builder.scoring(Scoring.LOGITS))
			.withBean(ModelDecorator.class, () -> (name, model) -> {
				decorated.add(name + " " + model.model().modelType());
				return model;
			})
			.run((context) -> {
				ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
				assertThat(decorated).containsExactly("default clip");
				assertThat(classifier.classify(ImageInput.of(picture()), "fox").best().score()).isNotEqualTo(1);
			});
	}

	@Test
	void closesWithContext() {
		ZeroShotClassifier[] classifier = new ZeroShotClassifier[1];
		this.contextRunner.withPropertyValues("zsic.checkpoint=" + CHECKPOINT, "zsic.device=cpu")
			.run((context) -> classifier[0] = context.getBean(ZeroShotClassifier.class));
		assertThatExceptionOfType(ClassifierClosedException.class)
			.isThrownBy(() -> classifier[0].classify(ImageInput.of(picture()), "fox"));
	}

	/** A crash would end the JVM of the tests. */
	@Test
	void contextMayBeClosedWhileCallsRun() throws Exception {
		byte[] picture = picture();
		ExecutorService executor = Executors.newFixedThreadPool(4);
		try {
			for (int repetition = 0; repetition < Integer.getInteger("zsic.test.closings", 5); repetition++) {
				List<Future<?>> callers = new ArrayList<>();
				CountDownLatch running = new CountDownLatch(4);
				this.contextRunner.withPropertyValues("zsic.checkpoint=" + CHECKPOINT, "zsic.device=cpu")
					.run((context) -> {
						ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
						for (int i = 0; i < 4; i++) {
							callers.add(executor.submit(() -> classifyUntilClosed(classifier, picture, running)));
						}
						running.await();
					});
				for (Future<?> caller : callers) {
					caller.get();
				}
			}
		}
		finally {
			executor.shutdownNow();
		}
	}

	private static void classifyUntilClosed(ZeroShotClassifier classifier, byte[] picture, CountDownLatch running) {
		try {
			while (true) {
				assertThat(classifier.classify(ImageInput.of(picture), "fox", "owl").predictions()).hasSize(2);
				running.countDown();
			}
		}
		catch (ClassifierClosedException ex) {
			assertThat(running.getCount()).isZero();
		}
	}

	@Test
	void downloadsFromTheHub(@TempDir Path cacheDir) {
		try (HubServer server = HubServer.start()) {
			server.acceptToken("hf_x");
			String commit = server.repository("acme/emoji-clip").setPrivate().push("v1", CHECKPOINT);
			ApplicationContextRunner runner = this.contextRunner.withPropertyValues("zsic.checkpoint=acme/emoji-clip",
					"zsic.revision=v1", "zsic.hub.endpoint=" + server.endpoint(), "zsic.hub.token=hf_x",
					"zsic.hub.cache-dir=" + cacheDir, "zsic.hub.offline=false", "zsic.device=cpu");
			runner.run((context) -> {
				assertThat(context).hasNotFailed();
				ModelInfo model = context.getBean(ZeroShotClassifier.class).model();
				assertThat(model.checkpoint()).isEqualTo("acme/emoji-clip");
				assertThat(model.revision()).isEqualTo(commit);
			});
			assertThat(server.contentRequests()).isNotEmpty();
			server.forgetRequests();
			runner.run((context) -> assertThat(context).hasSingleBean(ZeroShotClassifier.class));
			assertThat(server.contentRequests()).isEmpty();
			server.forgetRequests();
			runner.withPropertyValues("zsic.hub.offline=true")
				.run((context) -> assertThat(context).hasSingleBean(ZeroShotClassifier.class));
			assertThat(server.requests()).isEmpty();
		}
	}

	@Test
	void reportsWhatTheHubSays(CapturedOutput output, @TempDir Path cacheDir) {
		try (HubServer server = HubServer.start()) {
			server.repository("acme/gated-clip").setGated(false).push("main", CHECKPOINT);
			SpringApplication application = new SpringApplicationBuilder(EmptyConfiguration.class)
				.web(WebApplicationType.NONE)
				.build();
			assertThatException().isThrownBy(
					() -> application
						.run("--zsic.checkpoint=acme/gated-clip", "--zsic.hub.endpoint=" + server.endpoint(),
								"--zsic.hub.cache-dir=" + cacheDir, "--zsic.hub.offline=false")
						.close());
			assertThat(output).contains("APPLICATION FAILED TO START")
				.contains("Checkpoint 'acme/gated-clip' cannot be used. The repository is gated")
				.contains("Property: zsic.checkpoint")
				.contains("Accept the licence at " + server.endpoint() + "/acme/gated-clip");
		}
	}

	@Test
	void reportsMissingFolder(CapturedOutput output, @TempDir Path folder) {
		String checkpoint = folder.resolve("no-such-folder").toString();
		SpringApplication application = new SpringApplicationBuilder(EmptyConfiguration.class)
			.web(WebApplicationType.NONE)
			.build();
		assertThatException()
			.isThrownBy(() -> application.run("--zsic.checkpoint=" + checkpoint, "--zsic.device=cpu").close());
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("no-such-folder")
			.contains("Property: zsic.checkpoint")
			.contains("Value: \"" + checkpoint + "\"")
			.contains("Action:");
	}

	private static byte[] picture() throws IOException {
		BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
		Graphics2D graphics = image.createGraphics();
		graphics.setColor(Color.ORANGE);
		graphics.fillOval(8, 8, 48, 48);
		graphics.dispose();
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		ImageIO.write(image, "png", bytes);
		return bytes.toByteArray();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class EmptyConfiguration {

	}

}
