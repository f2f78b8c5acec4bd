package io.github.zsic.spring.boot.autoconfigure;

import java.util.Arrays;

import io.github.zsic.CheckpointException;
import io.github.zsic.DeviceException;
import io.github.zsic.HubException;
import io.github.zsic.ImageInput;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.InvalidTemplateException;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.ZsicException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for what a program prints when it cannot start, of which
 * {@link ZsicFailureAnalyzer} is a part.
 */
@ExtendWith(OutputCaptureExtension.class)
class FailureReportTests {

	@Test
	void classifierWithoutCheckpoint(CapturedOutput output) {
		run(InjectingConfiguration.class);
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("method bestLabel in")
			.contains("required a bean of type 'io.github.zsic.ZeroShotClassifier'")
			.contains("property 'zsic.checkpoint' is not set")
			.contains("Set 'zsic.checkpoint' to a repository of the Hugging Face Hub")
			.contains("or to the folder of a checkpoint");
	}

	@Test
	void classifierWithEmptyCheckpoint(CapturedOutput output) {
		run(InjectingConfiguration.class, "zsic.checkpoint=");
		assertThat(output).contains("property 'zsic.checkpoint' is not set");
	}

	@Test
	void otherMissingBeanIsReportedByBoot(CapturedOutput output) {
		run(OtherInjectingConfiguration.class);
		assertThat(output).contains("APPLICATION FAILED TO START").doesNotContain("zsic.checkpoint");
	}

	@Test
	void classifierOfDisabledAutoConfiguration(CapturedOutput output) {
		run(InjectingConfiguration.class, "zsic.enabled=false");
		assertThat(output).contains("APPLICATION FAILED TO START").contains("property 'zsic.enabled' is false");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			zsic.device                     | gpu            | must be auto, cpu, cuda, cuda:<number> or mps
			zsic.device                     | cuda:x         | must be auto, cpu, cuda, cuda:<number> or mps
			zsic.hub.endpoint               | hub.example    | must be an http: or https: URL
			zsic.hub.endpoint               | file:///tmp    | must be an http: or https: URL
			zsic.hub.offline                | maybe          | Boolean
			zsic.hub.connect-timeout        | 0s             | must be more than 0
			zsic.hub.read-timeout           | -1s            | must be more than 0
			zsic.scoring                    | best           | SOFTMAX
			zsic.templates                  | ``             | in YAML one that begins with a brace must be in quotes
			zsic.templates[0]               | ``             | in YAML one that begins with a brace must be in quotes
			zsic.templates[0]               | a photo        | must have '{}' where the label goes
			zsic.templates                  | a {}, a photo  | templates[0]=
			zsic.templates[0]               | a {name}       | must have '{}' where the label goes
			zsic.templates                  | ["a {}", "b {}"] | must be separated by commas, without brackets
			zsic.labels                     | ["owl", "cat"] | must be separated by commas, without brackets
			zsic.labels                     | ['owl']        | must be separated by commas, without brackets
			zsic.temperature                | 0              | must be a number from 1e-6 to 1e6
			zsic.temperature                | cold           | Float
			zsic.top                        | 0              | must be more than 0
			zsic.threshold                  | NaN            | must be a number
			zsic.thresholds.owl             | NaN            | must have a number for each label
			zsic.thresholds[night bird]     | high           | Float
			zsic.truncate                   | perhaps        | boolean
			zsic.cache.maximum-size         | -1             | must be 0 or more
			zsic.cache.expire-after-access  | -1s            | must be more than 0
			zsic.cache.expire-after-access  | soon           | Duration
			zsic.image.maximum-pixels       | 0              | must be at least 64
			zsic.image.maximum-pixels       | 63             | must be at least 64
			zsic.image.maximum-bytes        | -1MB           | must be more than 0
			zsic.image.maximum-bytes        | big            | DataSize
			zsic.engine.threads             | -1             | must be 0 or more
			zsic.engine.intra-op-threads    | -1             | must be 0 or more
			zsic.startup                    | never          | BACKGROUND
			zsic.maximum-wait               | -1s            | must be 0 or more
			zsic.maximum-prompts            | 0              | must be more than 0
			zsic.batch.queue-timeout        | 0s             | must be more than 0
			zsic.swap.minimum-accuracy      | 60             | must be a number from 0 to 1
			zsic.swap.minimum-accuracy      | NaN            | must be a number from 0 to 1
			zsic.health.window              | 0s             | must be more than 0
			zsic.health.failure-threshold   | 0              | must be more than 0
			zsic.health.maximum-call-time   | 0s             | must be more than 0
			zsic.health.self-test-interval  | 0s             | must be more than 0
			""")
	void invalidProperty(String property, String value, String reason, CapturedOutput output) {
		run(EmptyConfiguration.class, property + "=" + value);
		String name = property.replace("[0]", "").replaceFirst("thresholds.+", "thresholds");
		assertThat(output).contains("APPLICATION FAILED TO START").contains(name).contains(value).contains(reason);
	}

	@Test
	void precisionThatTheDeviceHasNot(CapturedOutput output) {
		run(EmptyConfiguration.class, "zsic.checkpoint=classpath:zsic/emoji-clip", "zsic.device=cpu",
				"zsic.precision=float16");
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("Precision 'float16' is for GPUs")
			.contains("Property: zsic.precision")
			.contains("Value: \"float16\"")
			.doesNotContain("Property: zsic.device");
	}

	@Test
	void reportsDescriptionAndActionWithProperty() {
		FailureAnalysis analysis = analyze(new CheckpointException("There is no folder 'x'.", "Download it."),
				ZsicAutoConfiguration.MANAGED_CLASSIFIER_BEAN_NAME);
		assertThat(analysis.getDescription()).startsWith("There is no folder 'x'.")
			.contains("Property: zsic.checkpoint")
			.contains("Value: \"models/x\"");
		assertThat(analysis.getAction()).isEqualTo("Download it.");
	}

	@Test
	void namesPropertyByKindOfFailure() {
		String name = ZsicAutoConfiguration.MANAGED_CLASSIFIER_BEAN_NAME;
		assertThat(analyze(new DeviceException("No GPU.", "Use the CPU."), name).getDescription())
			.contains("Property: zsic.device");
		assertThat(analyze(new DeviceException(DeviceException.Reason.PRECISION, "No float16.", "Use float32."), name)
			.getDescription()).contains("Property: zsic.precision");
		assertThat(analyze(new DeviceException(DeviceException.Reason.MACHINE, "No library.", "Add it."), name)
			.getDescription()).isEqualTo("No library.");
		assertThat(analyze(new InvalidTemplateException("Bad template.", ""), name).getDescription())
			.contains("Property: zsic.templates");
		assertThat(analyze(new InvalidLabelException("Bad label.", ""), name).getDescription())
			.contains("Property: zsic.labels");
	}

	@ParameterizedTest
	@CsvSource({ "REVISION_NOT_FOUND, zsic.revision", "TOKEN_REFUSED, zsic.hub.token", "UNAVAILABLE, zsic.hub.endpoint",
			"NOT_A_HUB, zsic.hub.endpoint", "NO_SPACE, zsic.hub.cache-dir", "CACHE_NOT_WRITABLE, zsic.hub.cache-dir",
			"OFFLINE, zsic.hub.offline", "GATED, zsic.checkpoint", "REPOSITORY_NOT_FOUND, zsic.checkpoint",
			"FILE_NOT_FOUND, zsic.checkpoint", "CHECKSUM_MISMATCH, zsic.checkpoint", "RATE_LIMITED, zsic.checkpoint",
			"DISABLED, zsic.checkpoint", "INVALID_SETTING, zsic.checkpoint", "INTERRUPTED, zsic.checkpoint" })
	void namesPropertyByReasonOfTheHub(HubException.Reason reason, String property) {
		HubException failure = new HubException(reason, "It failed.", "Mend it.");
		String name = ZsicAutoConfiguration.MANAGED_CLASSIFIER_BEAN_NAME;
		assertThat(analyze(failure, name).getDescription()).contains("Property: zsic.checkpoint");
		MockEnvironment environment = new MockEnvironment().withProperty("zsic.checkpoint", "acme/owl")
			.withProperty("zsic.revision", "the-value")
			.withProperty("zsic.hub.token", "hf_secret")
			.withProperty("zsic.hub.endpoint", "the-value")
			.withProperty("zsic.hub.cache-dir", "the-value")
			.withProperty("zsic.hub.offline", "the-value");
		FailureAnalysis analysis = new ZsicFailureAnalyzer(environment)
			.analyze(new BeanCreationException(name, "failed", failure));
		assertThat(analysis).isNotNull();
		assertThat(analysis.getDescription()).startsWith("It failed.")
			.contains("Property: " + property)
			.contains("Value: \"" + (property.equals("zsic.checkpoint") ? "acme/owl"
					: property.equals("zsic.hub.token") ? "******" : "the-value"))
			.doesNotContain("hf_secret");
		assertThat(analysis.getAction()).isEqualTo("Mend it.");
	}

	@Test
	void doesNotBlameAPropertyForWhatTheProgramDid() {
		FailureAnalysis analysis = analyze(new InvalidLabelException("Label 1 is blank.", "Leave it out."), "warmUp");
		assertThat(analysis.getDescription()).isEqualTo("Label 1 is blank.");
	}

	@Test
	void reportsExceptionOfAProgramsOwnBean(CapturedOutput output) {
		run(FailingConfiguration.class);
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("Description:")
			.contains("There is no GPU.")
			.contains("Action:")
			.contains("Set the device to cpu.")
			.doesNotContain("Property:");
	}

	private static FailureAnalysis analyze(ZsicException cause, String beanName) {
		MockEnvironment environment = new MockEnvironment().withProperty("zsic.checkpoint", "models/x");
		FailureAnalysis analysis = new ZsicFailureAnalyzer(environment)
			.analyze(new BeanCreationException(beanName, "failed", cause));
		assertThat(analysis).isNotNull();
		return analysis;
	}

	private static void run(Class<?> configuration, String... properties) {
		SpringApplication application = new SpringApplicationBuilder(configuration).web(WebApplicationType.NONE)
			.properties("spring.main.banner-mode=off")
			.build();
		String[] arguments = Arrays.stream(properties).map("--"::concat).toArray(String[]::new);
		assertThatException().isThrownBy(() -> application.run(arguments).close());
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class EmptyConfiguration {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class InjectingConfiguration {

		@Bean
		String bestLabel(ZeroShotClassifier classifier) {
			return "none";
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class OtherInjectingConfiguration {

		@Bean
		String bestLabel(ImageInput image) {
			return "none";
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class FailingConfiguration {

		@Bean
		ZeroShotClassifier ownClassifier() {
			throw new DeviceException("There is no GPU.", "Set the device to cpu.");
		}

	}

}
