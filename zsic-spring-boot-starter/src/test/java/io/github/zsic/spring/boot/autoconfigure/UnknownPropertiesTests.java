package io.github.zsic.spring.boot.autoconfigure;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link UnknownProperties}.
 */
@ExtendWith(OutputCaptureExtension.class)
class UnknownPropertiesTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class));

	@ParameterizedTest
	@CsvSource({ "zsic.chekpoint, zsic.checkpoint", "zsic.checkpiont, zsic.checkpoint", "zsic.enable, zsic.enabled",
			"zsic.template[0], zsic.templates", "zsic.hub.tokn, zsic.hub.token",
			"zsic.hub.cache.dir, zsic.hub.cache-dir", "zsic.maximum-pixels, zsic.image.maximum-pixels",
			"zsic.token, zsic.hub.token", "zsic.classifiers.night.devcie, zsic.classifiers.night.device" })
	void asksForTheNearestName(String property, String meant, CapturedOutput output) {
		this.contextRunner
			.withPropertyValues("zsic.classifiers.night.checkpoint=models/x", "zsic.classifiers.night.startup=lazy",
					property + "=cpu")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains("Property '" + property + "'")
			.contains("is unknown and has no effect. Did you mean '" + meant + "'?");
	}

	@Test
	void warnsOfWhatIsNotInOurGroups(CapturedOutput output) {
		this.contextRunner.withPropertyValues("zsic.hub.proxy=proxy.example:3128").run((context) -> {
		});
		assertThat(output).contains("Property 'zsic.hub.proxy'").doesNotContain("Did you mean");
	}

	@ParameterizedTest
	@ValueSource(strings = { "zsic.hub.cacheDir=/x", "zsic.hub.cache_dir=/x", "zsic.labels[0]=owl",
			"zsic.classifiers.night.cache.maximum-size=1", "zsic.classifiers.night.labels[1]=owl",
			"zsic.sample.title=x", "zsic.cheese=brie", "zsic.test.chekpoint=x", "zsic.image.allow-urls=false",
			"zsic.swap.unload-first=true", "zsic.thresholds.owl=0.3", "zsic.thresholds[St. Owl]=0.3",
			"zsic.classifiers.night.thresholds.owl=0.3" })
	void keepsStillAboutOthers(String property, CapturedOutput output) {
		this.contextRunner
			.withPropertyValues("zsic.classifiers.night.checkpoint=models/x", "zsic.classifiers.night.startup=lazy",
					"zsic.classifiers.night.labels[0]=fox", property)
			.run((context) -> {
			});
		assertThat(output).doesNotContain("is unknown");
	}

	@Test
	void keepsStillAboutPropertiesOfTheProgram(CapturedOutput output) {
		this.contextRunner.withUserConfiguration(OtherConfiguration.class)
			.withPropertyValues("zsic.hub.proxy.host=x", "zsic.hub.proxy.tokn=y")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).doesNotContain("is unknown");
	}

	@Test
	void knowsVariablesOfTheSystem(CapturedOutput output) {
		variables(Map.of("ZSIC_HUB_CACHE_DIR", "/x", "ZSIC_HUB_CACHEDIR", "/x", "ZSIC_PORT_8080_TCP", "tcp://x",
				"ZSIC_BATCH_SERVICE_HOST", "10.0.0.1", "ZSIC_LABELS_0_", "owl"));
		assertThat(output).doesNotContain("is unknown");
		variables(Map.of("ZSIC_CHEKPOINT", "x"));
		assertThat(output).contains("Did you mean 'zsic.checkpoint'?");
	}

	private void variables(Map<String, Object> variables) {
		this.contextRunner.withInitializer((context) -> {
			context.getEnvironment()
				.getPropertySources()
				.replace("systemEnvironment", new SystemEnvironmentPropertySource("systemEnvironment", variables));
			ConfigurationPropertySources.attach(context.getEnvironment());
		}).run((context) -> assertThat(context).hasNotFailed());
	}

	@Configuration(proxyBeanMethods = false)
	@EnableConfigurationProperties(OtherProperties.class)
	static class OtherConfiguration {

	}

	@ConfigurationProperties("zsic.hub.proxy")
	record OtherProperties(String host) {

	}

}
