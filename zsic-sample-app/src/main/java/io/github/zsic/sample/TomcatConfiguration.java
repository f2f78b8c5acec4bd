package io.github.zsic.sample;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;

import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/**
 * Has Tomcat answer with problems, too. It refuses some requests, such as those with
 * malformed URLs, before any servlet sees them.
 */
@Configuration(proxyBeanMethods = false)
class TomcatConfiguration {

	@Bean
	@Order(Ordered.LOWEST_PRECEDENCE)
	static WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> problemReports() {
		return (factory) -> factory
			.addContextCustomizers((context) -> context.getParent().getPipeline().addValve(new ProblemReportValve()));
	}

	/**
	 * Reports an error without a page of HTML.
	 */
	static class ProblemReportValve extends ErrorReportValve {

		@Override
		protected void report(Request request, Response response, Throwable throwable) {
			int code = response.getStatus();
			if (code < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
				return;
			}
			HttpStatus status = HttpStatus.resolve(code);
			String title = (status != null) ? status.getReasonPhrase() : "Error";
			String detail = Problems.defaultDetail(code);
			try {
				response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
				response.setCharacterEncoding(StandardCharsets.UTF_8.name());
				response.setHeader(Problems.ERROR_MESSAGE_HEADER, detail);
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

	}

}
