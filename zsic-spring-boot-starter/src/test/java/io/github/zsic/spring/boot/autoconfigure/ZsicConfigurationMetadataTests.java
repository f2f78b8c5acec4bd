package io.github.zsic.spring.boot.autoconfigure;

import java.beans.PropertyDescriptor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

import org.springframework.beans.BeanUtils;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what an IDE shows of the properties.
 */
class ZsicConfigurationMetadataTests {

	private static final String TABLE_BEGIN = "<!-- Made of the configuration metadata by ZsicConfigurationMetadataTests. -->\n";

	private static final String TABLE_END = "<!-- End of the table. -->";

	private final JsonObject metadata = readMetadata();

	@Test
	void listsEveryProperty() {
		List<String> names = new ArrayList<>();
		this.metadata.getAsJsonArray("properties").forEach((property) -> names.add(text(property, "name")));
		assertThat(names).containsExactlyInAnyOrder("management.health.zsic.enabled", "management.info.zsic.enabled",
				"management.endpoint.zsic.access", "management.endpoint.zsic.cache.time-to-live", "zsic.classifiers",
				"zsic.enabled", "zsic.checkpoint", "zsic.revision", "zsic.hub.endpoint", "zsic.hub.token",
				"zsic.hub.cache-dir", "zsic.hub.offline", "zsic.hub.connect-timeout", "zsic.hub.read-timeout",
				"zsic.device", "zsic.precision", "zsic.templates", "zsic.scoring", "zsic.labels", "zsic.temperature",
				"zsic.top", "zsic.threshold", "zsic.thresholds", "zsic.truncate", "zsic.cache.persistent-dir",
				"zsic.text-canonicalization", "zsic.cache.maximum-size", "zsic.cache.expire-after-access",
				"zsic.image.maximum-pixels", "zsic.image.maximum-bytes", "zsic.image.maximum-decode-time",
				"zsic.image.allow-urls", "zsic.image.url-timeout", "zsic.image.libheif", "zsic.engine.threads",
				"zsic.engine.intra-op-threads", "zsic.batch.maximum-size", "zsic.batch.maximum-delay",
				"zsic.batch.queue-capacity", "zsic.batch.queue-timeout", "zsic.startup", "zsic.maximum-wait",
				"zsic.maximum-prompts", "zsic.health.window", "zsic.health.failure-threshold",
				"zsic.health.maximum-call-time", "zsic.health.self-test-interval", "zsic.swap.unload-first",
				"zsic.swap.pictures", "zsic.swap.minimum-accuracy", "zsic.web.problem-details");
	}

	@Test
	void everyPropertyHasTypeAndDescription() {
		assertThat(this.metadata.getAsJsonArray("properties")).isNotEmpty().allSatisfy((property) -> {
			assertThat(text(property, "type")).isNotBlank();
			assertThat(text(property, "description")).as(text(property, "name"))
				.endsWith(".")
				.doesNotStartWith("The ")
				.doesNotStartWith("A ");
		});
	}

	@Test
	void everyHintBelongsToAProperty() {
		List<String> names = new ArrayList<>();
		this.metadata.getAsJsonArray("properties").forEach((property) -> names.add(text(property, "name")));
		assertThat(this.metadata.getAsJsonArray("hints")).isNotEmpty()
			.allSatisfy((hint) -> assertThat(names).contains(text(hint, "name")));
	}

	/** With {@code -Dzsic.update-docs=true} this test writes it. */
	@Test
	void theDocumentationHasTheTableOfProperties() throws IOException {
		Path file = Path.of("..", "docs", "spring-boot.md");
		String page = Files.readString(file);
		int begin = page.indexOf(TABLE_BEGIN) + TABLE_BEGIN.length();
		int end = page.indexOf(TABLE_END);
		if (Boolean.getBoolean("zsic.update-docs")) {
			Files.writeString(file, page.substring(0, begin) + table() + page.substring(end));
		}
		else {
			assertThat(page.substring(begin, end)).as("table in docs/spring-boot.md").isEqualTo(table());
		}
	}

	@Test
	void theDocumentationTellsWhatEachClassifierHasForItself() throws IOException {
		String page = Files.readString(Path.of("..", "docs", "spring-boot.md"));
		int end = page.indexOf(" are each classifier's own");
		String list = page.substring(page.lastIndexOf('\n', end) + 1, end);
		List<String> own = new ArrayList<>();
		for (PropertyDescriptor property : BeanUtils.getPropertyDescriptors(ClassifierProperties.class)) {
			if (property.getReadMethod().getDeclaringClass() == ClassifierProperties.class) {
				own.add(DataObjectPropertyName.toDashedForm(property.getName()));
			}
		}
		assertThat(list.replace(" and ", ",").replaceAll("[` ]|\\.\\*", "").split(","))
			.containsExactlyInAnyOrderElementsOf(own);
	}

	private String table() {
		StringBuilder table = new StringBuilder("| property | default | |\n| --- | --- | --- |\n");
		for (JsonElement property : this.metadata.getAsJsonArray("properties")) {
			JsonElement value = property.getAsJsonObject().get("defaultValue");
			table.append("| `%s` | %s | %s |\n".formatted(text(property, "name"), (value != null)
					? "`" + (value.isJsonArray() ? value.getAsJsonArray().get(0) : value).getAsString() + "`" : "",
					text(property, "description")));
		}
		return table.toString();
	}

	private static String text(JsonElement element, String member) {
		JsonElement value = element.getAsJsonObject().get(member);
		return (value != null) ? value.getAsString() : "";
	}

	private static JsonObject readMetadata() {
		try {
			// Other jars on the class path have a file of this name, too.
			Path classes = Path.of(ZsicProperties.class.getProtectionDomain().getCodeSource().getLocation().toURI());
			return JsonParser
				.parseString(Files.readString(classes.resolve("META-INF/spring-configuration-metadata.json")))
				.getAsJsonObject();
		}
		catch (IOException | URISyntaxException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
