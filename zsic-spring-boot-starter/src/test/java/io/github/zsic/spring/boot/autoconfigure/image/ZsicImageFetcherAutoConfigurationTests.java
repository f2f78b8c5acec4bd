package io.github.zsic.spring.boot.autoconfigure.image;

import java.time.Duration;

import io.github.zsic.spring.boot.ImageFetcher;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import org.apache.hc.client5.http.classic.HttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.InetAddressFilter;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ZsicImageFetcherAutoConfiguration}.
 */
class ZsicImageFetcherAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicImageFetcherAutoConfiguration.class));

	@Test
	void urlsAreOffByDefault() {
		this.contextRunner.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ImageFetcher.class));
	}

	@Test
	void fetcherIsThereWhenUrlsAreAllowed() {
		this.contextRunner.withPropertyValues("zsic.image.allow-urls=true")
			.run((context) -> assertThat(context).hasSingleBean(ImageFetcher.class));
		this.contextRunner.withPropertyValues("zsic.image.allow-urls=true", "zsic.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ImageFetcher.class));
	}

	@Test
	void backsOffForFetcherOfTheProgram() {
		ImageFetcher own = new ImageFetcher(InetAddressFilter.of("10.0.0.0/8"), 1, Duration.ofSeconds(1));
		this.contextRunner.withPropertyValues("zsic.image.allow-urls=true")
			.withBean("own", ImageFetcher.class, () -> own)
			.run((context) -> assertThat(context.getBean(ImageFetcher.class)).isSameAs(own));
	}

	@ParameterizedTest
	@ValueSource(classes = { HttpClient.class, InetAddressFilter.class })
	void tellsThatClientIsMissing(Class<?> missing) {
		this.contextRunner.withClassLoader(new FilteredClassLoader(missing))
			.run((context) -> assertThat(context).hasNotFailed());
		this.contextRunner.withClassLoader(new FilteredClassLoader(missing))
			.withPropertyValues("zsic.image.allow-urls=true")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'zsic.image.allow-urls' is on"));
	}

}
