package io.github.zsic.sample;

import org.springframework.boot.servlet.autoconfigure.MultipartProperties;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.tomcat.autoconfigure.TomcatServerProperties;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.util.Assert;
import org.springframework.util.unit.DataSize;

/**
 * Has Tomcat answer with problems, too, as it refuses some requests, such as those with
 * malformed URLs, before any servlet sees them; and limits what it takes from clients.
 */
@Configuration(proxyBeanMethods = false)
class TomcatConfiguration {

	private static final DataSize MAXIMUM_UPLOADS = DataSize.ofMegabytes(256);

	@Bean
	@Order(Ordered.LOWEST_PRECEDENCE)
	static WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> problemReports() {
		return (factory) -> factory
			.addContextCustomizers((context) -> context.getParent().getPipeline().addValve(new ProblemReportValve()));
	}

	@Bean
	static Places places(TomcatServerProperties tomcat) {
		return new Places(tomcat.getThreads().getMax());
	}

	@Bean
	static UploadBudget uploadBudget(SampleProperties properties, MultipartProperties multipart) {
		DataSize maximum = properties.maximumUploads();
		if (maximum == null) {
			return new UploadBudget(Math.min(MAXIMUM_UPLOADS.toBytes(), Runtime.getRuntime().maxMemory() / 4));
		}
		Assert.state(maximum.toBytes() >= multipart.getMaxRequestSize().toBytes(),
				"'sample.maximum-uploads' must be at least 'spring.servlet.multipart.max-request-size'");
		return new UploadBudget(maximum.toBytes());
	}

	@Bean
	static WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> uploadLimits(Places places,
			UploadBudget budget, SampleProperties properties) {
		return (factory) -> factory.addEngineValves(new UploadLimitValve(places, budget, properties.uploadTimeout()));
	}

}
