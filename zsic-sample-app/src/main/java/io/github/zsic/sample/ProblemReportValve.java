package io.github.zsic.sample;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/**
 * Reports an error without a page of HTML.
 */
class ProblemReportValve extends ErrorReportValve {

	@Override
	protected void report(Request request, Response response, Throwable throwable) {
		int code = ofClient(response.getStatus());
		if (code < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
			return;
		}
		try {
			answer(response, code, Problems.defaultDetail(code), Map.of());
		}
		catch (IOException ex) {
			// The client is gone.
		}
	}

	/** A method or version that nobody knows is the client's fault. */
	private static int ofClient(int code) {
		return (code == 501) ? 405 : (code == 505) ? 400 : code;
	}

	/**
	 * Answers with a problem where there is no Spring MVC to do it.
	 * @param response the response, of which nothing is written yet
	 * @param code the status
	 * @param detail what is wrong, in letters that need no escaping
	 * @param headers further headers
	 */
	static void answer(Response response, int code, String detail, Map<String, String> headers) throws IOException {
		HttpStatus status = HttpStatus.resolve(code);
		String title = (status != null) ? status.getReasonPhrase() : "Error";
		response.setStatus(code);
		response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
		response.setCharacterEncoding(StandardCharsets.UTF_8.name());
		response.setHeader(Problems.ERROR_MESSAGE_HEADER, detail);
		headers.forEach(response::setHeader);
		SecurityHeadersFilter.HEADERS.forEach(response::setHeader);
		Writer writer = response.getReporter();
		if (writer != null) {
			writer.write("{\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\",\"error\":\"%s\"}".formatted(title, code,
					detail, detail));
			response.finishResponse();
		}
	}

}
