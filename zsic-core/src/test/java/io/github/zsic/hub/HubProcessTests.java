package io.github.zsic.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import io.github.zsic.hub.HubServer.Content;
import io.github.zsic.hub.HubServer.Fault;
import io.github.zsic.hub.HubServer.Request;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What needs a JVM of its own: one that is killed, several at once, a small heap, a full
 * disk.
 */
@Timeout(120)
class HubProcessTests {

	@TempDir
	private Path folder;

	private HubFixture hub;

	private final List<Process> processes = new ArrayList<>();

	@BeforeEach
	void start() {
		this.hub = new HubFixture(this.folder.resolve("hub"));
	}

	@AfterEach
	void stop() {
		this.processes.forEach(Process::destroyForcibly);
		this.hub.close();
	}

	@Test
	void killedJvmLeavesNothingThatIsTakenForAFile() throws Exception {
		this.hub.server.fail(1, Request::forStorage, Fault.trickle(50_000, 500));
		Process process = program(List.of(), "");
		Path incomplete = Path.of(this.hub.blob("model.safetensors") + ".zsic.incomplete");
		long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
		while (!(Files.exists(incomplete) && Files.size(incomplete) >= 50_000)) {
			assertThat(System.nanoTime()).isLessThan(deadline);
			assertThat(process.isAlive()).isTrue();
			process.waitFor(5, TimeUnit.MILLISECONDS);
		}
		process.destroyForcibly().waitFor();
		assertThat(this.hub.blob("model.safetensors")).doesNotExist();
		assertThat(this.hub.cacheContents().keySet()).noneMatch((name) -> name.endsWith("/model.safetensors"));
		assertThat(this.hub.storage().resolve("refs")).doesNotExist();
		long left = Files.size(incomplete);
		this.hub.assertComplete(this.hub.download());
		List<Request> requests = this.hub.server.requests().stream().filter(Request::forStorage).toList();
		assertThat(requests).hasSize(2);
		assertThat(requests.get(1).range()).isEqualTo("bytes=" + left + "-");
	}

	@Test
	void twoJvmsDownloadOnce() throws Exception {
		this.hub.server.fail(1, Request::forStorage, Fault.trickle(50_000, 200));
		List<Process> both = List.of(program(List.of(), ""), program(List.of(), ""), program(List.of(), ""));
		for (Process process : both) {
			assertThat(output(process)).isEqualTo(this.hub.download().folder().toString());
			assertThat(process.exitValue()).isZero();
		}
		this.hub.assertComplete(this.hub.download());
		assertThat(this.hub.server.contentRequests()).hasSize(HubFixture.NEEDED.size());
	}

	@Test
	void fileLargerThanTheHeap() throws Exception {
		Map<String, Content> files = HubFixture.files();
		long size = (2L << 30) + 5;
		files.put("model.safetensors",
				Content.zeros(size, "68bdfcb656af3067b8110b5cc839b4e12b180ef11e86011b8df4a709fe2c2f67"));
		this.hub.repository().push("main", files);
		Process process = program(List.of("-Xmx64m"), "");
		Path snapshot = Path.of(output(process));
		assertThat(process.exitValue()).isZero();
		assertThat(Files.size(snapshot.resolve("model.safetensors"))).isEqualTo(size);
	}

	/** A limit on the size of files is the full disk that needs no superuser. */
	@Test
	@DisabledOnOs(OS.WINDOWS)
	void fullDisk() throws Exception {
		Process process = program(List.of("-XX:-UsePerfData"), "ulimit -f 200; ");
		assertThat(output(process)).startsWith("NO_SPACE: There is no space left")
			.contains("'" + this.hub.cacheDir + "'", "Make room for", "HF_HUB_CACHE");
		assertThat(process.exitValue()).isOne();
		assertThat(this.hub.blob("model.safetensors")).doesNotExist();
		// With room again, it goes on where it was.
		this.hub.assertComplete(this.hub.download());
		assertThat(this.hub.server.requests().stream().filter(Request::forStorage).toList().get(1).range()).isNotNull();
	}

	private Process program(List<String> options, String before) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(options);
		command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", System.getProperty("java.class.path"),
				HubProgram.class.getName(), this.hub.server.endpoint(), this.hub.cacheDir.toString(), HubFixture.ID));
		if (!before.isEmpty()) {
			command = List.of("sh", "-c", before + "exec '" + String.join("' '", command) + "'");
		}
		Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
		this.processes.add(process);
		return process;
	}

	private static String output(Process process) throws IOException, InterruptedException {
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		process.waitFor();
		return output.lines()
			.filter((line) -> !line.matches("(?:DEBUG|INFO|WARN|ERROR|TRACE) .*"))
			.reduce((first, second) -> second)
			.orElse("");
	}

}
