package io.github.zsic.spring.boot.autoconfigure.image;

import io.github.zsic.spring.boot.ImageFetcher;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;
import org.apache.hc.client5.http.classic.HttpClient;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.http.client.InetAddressFilter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for {@link ImageFetcher}.
 */
@AutoConfiguration(after = ZsicAutoConfiguration.class)
@ConditionalOnBean(ZsicProperties.class)
@ConditionalOnBooleanProperty("zsic.image.allow-urls")
public final class ZsicImageFetcherAutoConfiguration {

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HttpClient.class, InetAddressFilter.class })
	static class FetcherConfiguration {

		@Bean
		@ConditionalOnMissingBean
		ImageFetcher zsicImageFetcher(ZsicProperties properties) {
			ZsicProperties.Image image = properties.getImage();
			return new ImageFetcher(ImageFetcher.publicAddresses(), image.getMaximumBytes().toBytes(),
					image.getUrlTimeout());
		}

	}

	/**
	 * Without a client, silence would look as if the property had no effect.
	 */
	@Configuration(proxyBeanMethods = false)
	@Conditional(NoClientCondition.class)
	static class NoClientConfiguration {

		NoClientConfiguration() {
			throw new FailureAnalyzedException(
					"Property 'zsic.image.allow-urls' is on, but there is no HTTP client on the class path.",
					"Add 'org.springframework.boot:spring-boot-http-client' and "
							+ "'org.apache.httpcomponents.client5:httpclient5', or remove the property.");
		}

	}

	static class NoClientCondition extends NoneNestedConditions {

		NoClientCondition() {
			super(ConfigurationPhase.PARSE_CONFIGURATION);
		}

		@ConditionalOnClass({ HttpClient.class, InetAddressFilter.class })
		static class Client {

		}

	}

}
