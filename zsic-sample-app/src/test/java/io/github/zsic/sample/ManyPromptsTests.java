package io.github.zsic.sample;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many clients send as many prompts as they may. Together these need far more memory than
 * the application has, and a heap that is full ends the process: the tokenizers library
 * aborts it.
 */
@Timeout(240)
class ManyPromptsTests {

	private static final int CLIENTS = 40;

	@TempDir
	private Path folder;

	@Test
	void callsWithManyPromptsTakeTurns() throws Exception {
		byte[] owl = new ClassPathResource("static/examples/owl.png").getContentAsByteArray();
		HttpClient client = HttpClient.newHttpClient();
		try (ApplicationProcess application = ApplicationProcess.start(this.folder.resolve("log"), "192m",
				"--sample.request-timeout=10s")) {
			int port = application.port();
			List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
			for (int i = 0; i < CLIENTS; i++) {
				answers.add(client.sendAsync(request(port, manyPrompts(owl, i)), BodyHandlers.ofString()));
			}
			HttpContract.Form few = new HttpContract.Form().file("image", "owl.png", owl).field("labels", "fox, owl");
			while (answers.stream().anyMatch((answer) -> !answer.isDone())) {
				assertThat(client.send(request(port, few), BodyHandlers.ofString()).statusCode()).as(application::log)
					.isEqualTo(200);
			}
			assertThat(application.isAlive()).isTrue();
			assertThat(answers).extracting((answer) -> answer.join().statusCode()).isSubsetOf(200, 503);
		}
	}

	private static HttpContract.Form manyPrompts(byte[] owl, int client) {
		HttpContract.Form form = new HttpContract.Form().file("image", "owl.png", owl);
		for (int i = 0; i < 1000; i++) {
			form.field("labels", "thing %d of client %d".formatted(i, client));
		}
		for (int i = 0; i < 20; i++) {
			form.field("template", "template " + i + " of {}");
		}
		return form;
	}

	private static HttpRequest request(int port, HttpContract.Form form) {
		return HttpRequest.newBuilder(URI.create("http://localhost:" + port + HttpContract.CLASSIFY))
			.header("Content-Type", form.contentType())
			.POST(BodyPublishers.ofByteArray(form.body()))
			.build();
	}

}
