package io.github.zsic.sample;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;

import org.springframework.boot.servlet.autoconfigure.MultipartProperties;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.util.Assert;

/**
 * Has Tomcat answer with problems, too, as it refuses some requests, such as those with
 * malformed URLs, before any servlet sees them; and limits what it takes from clients.
 */
@Configuration(proxyBeanMethods = false)
class TomcatConfiguration {

	@Bean
	@Order(Ordered.LOWEST_PRECEDENCE)
	static WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> problemReports() {
		return (factory) -> factory
			.addContextCustomizers((context) -> context.getParent().getPipeline().addValve(new ProblemReportValve()));
	}

	@Bean
	static UploadBudget uploadBudget(SampleProperties properties, MultipartProperties multipart) {
		long maximum = properties.maximumUploads().toBytes();
		Assert.state(maximum >= multipart.getMaxRequestSize().toBytes(),
				"'sample.maximum-uploads' must be at least 'spring.servlet.multipart.max-request-size'");
		return new UploadBudget(maximum);
	}

	@Bean
	static WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> uploadLimits(UploadBudget budget,
			SampleProperties properties) {
		return (factory) -> factory.addEngineValves(new UploadLimitValve(budget, properties.uploadTimeout()));
	}

	/**
	 * Reports an error without a page of HTML.
	 */
	static class ProblemReportValve extends ErrorReportValve {

		@Override
		protected void report(Request request, Response response, Throwable throwable) {
			int code = ofClient(response.getStatus());
			if (code < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
				return;
			}
			HttpStatus status = HttpStatus.resolve(code);
			String title = (status != null) ? status.getReasonPhrase() : "Error";
			String detail = Problems.defaultDetail(code);
			try {
				response.setStatus(code);
				response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
				response.setCharacterEncoding(StandardCharsets.UTF_8.name());
				response.setHeader(Problems.ERROR_MESSAGE_HEADER, detail);
				SecurityHeadersFilter.HEADERS.forEach(response::setHeader);
				Writer writer = response.getReporter();
				if (writer != null) {
					writer.write("{\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\",\"error\":\"%s\"}".formatted(title,
							code, detail, detail));
					response.finishResponse();
				}
			}
			catch (IOException ex) {
				// The client is gone.
			}
		}

		/** A method or version that nobody knows is the client's fault. */
		private static int ofClient(int code) {
			return (code == 501) ? 405 : (code == 505) ? 400 : code;
		}

	}

}
