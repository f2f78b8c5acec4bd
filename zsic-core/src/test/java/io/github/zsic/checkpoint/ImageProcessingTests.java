package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.CheckpointException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;

class ImageProcessingTests {

	private static final String PREPROCESSOR = "preprocessor_config.json";

	private static final String PROCESSOR = "processor_config.json";

	@TempDir
	private Path folder;

	@Test
	void everyDefaultIsThatOfClip() throws IOException {
		assertThat(read("{}")).containsOnly(entry("do_resize", 1.0), entry("size.shortest_edge", 224.0),
				entry("resample", 3.0), entry("do_center_crop", 1.0), entry("crop_size.height", 224.0),
				entry("crop_size.width", 224.0), entry("do_rescale", 1.0), entry("rescale_factor", 1 / 255.0),
				entry("do_normalize", 1.0), entry("image_mean.0", 0.48145466), entry("image_mean.1", 0.4578275),
				entry("image_mean.2", 0.40821073), entry("image_std.0", 0.26862954), entry("image_std.1", 0.26130258),
				entry("image_std.2", 0.27577711));
	}

	@Test
	void defaultsOfSiglip() throws IOException {
		write(PREPROCESSOR, "{\"image_processor_type\": \"SiglipImageProcessor\"}");
		Map<String, Double> named = ImageProcessing.read(this.folder, "clip").numbers();
		assertThat(named).containsEntry("size.height", 224.0)
			.containsEntry("size.width", 224.0)
			.containsEntry("resample", 3.0)
			.containsEntry("do_center_crop", 0.0)
			.containsEntry("image_mean.0", 0.5)
			.containsEntry("image_std.2", 0.5)
			.doesNotContainKeys("size.shortest_edge", "crop_size.height", "patch_size");
		write(PREPROCESSOR, "{}");
		assertThat(ImageProcessing.read(this.folder, "siglip").numbers()).isEqualTo(named);
	}

	@Test
	void patchesOfNaflex() throws IOException {
		write(PREPROCESSOR, "{\"image_processor_type\": \"Siglip2ImageProcessorFast\", \"max_num_patches\": 1024}");
		assertThat(ImageProcessing.read(this.folder, "siglip2").numbers()).containsEntry("patch_size", 16.0)
			.containsEntry("max_num_patches", 1024.0)
			.containsEntry("resample", 2.0)
			.containsEntry("do_center_crop", 0.0)
			.doesNotContainKeys("size.height", "size.shortest_edge");
	}

	@Test
	void everySettingOfTodaysFormIsRead() throws IOException {
		assertThat(read("""
				{"image_processor_type": "CLIPImageProcessorFast", "do_resize": true, "size": {"shortest_edge": 336},
				"resample": 2, "do_center_crop": true, "crop_size": {"height": 300, "width": 310}, "do_rescale": true,
				"rescale_factor": 0.5, "do_normalize": true, "image_mean": [0, 0.5, 1], "image_std": [1, 2, -3],
				"do_convert_rgb": true, "unknown": {}}
				""")).containsOnly(entry("do_resize", 1.0), entry("size.shortest_edge", 336.0), entry("resample", 2.0),
				entry("do_center_crop", 1.0), entry("crop_size.height", 300.0), entry("crop_size.width", 310.0),
				entry("do_rescale", 1.0), entry("rescale_factor", 0.5), entry("do_normalize", 1.0),
				entry("image_mean.0", 0.0), entry("image_mean.1", 0.5), entry("image_mean.2", 1.0),
				entry("image_std.0", 1.0), entry("image_std.1", 2.0), entry("image_std.2", -3.0));
	}

	@Test
	void integersOfTheOldForm() throws IOException {
		assertThat(read("{\"feature_extractor_type\": \"CLIPFeatureExtractor\", \"size\": 336, \"crop_size\": 300}"))
			.containsEntry("size.shortest_edge", 336.0)
			.doesNotContainKeys("size.height", "size.width")
			.containsEntry("crop_size.height", 300.0)
			.containsEntry("crop_size.width", 300.0);
	}

	@Test
	void defaultToSquareMakesAnIntegerASquare() throws IOException {
		assertThat(read("{\"size\": 336, \"default_to_square\": true}")).containsEntry("size.height", 336.0)
			.containsEntry("size.width", 336.0)
			.doesNotContainKey("size.shortest_edge");
		assertThat(read("{\"size\": 336, \"default_to_square\": false}")).containsEntry("size.shortest_edge", 336.0);
	}

	@Test
	void sizesAsHeightAndWidthAndAsLists() throws IOException {
		assertThat(read("{\"size\": {\"height\": 10, \"width\": 20}, \"crop_size\": [30, 40]}"))
			.containsEntry("size.height", 10.0)
			.containsEntry("size.width", 20.0)
			.containsEntry("crop_size.height", 30.0)
			.containsEntry("crop_size.width", 40.0);
		assertThat(read("{\"size\": [10, 20]}")).containsEntry("size.height", 10.0).containsEntry("size.width", 20.0);
	}

	@ParameterizedTest
	@ValueSource(strings = { "null", "false" })
	void stepThatIsOffIsNotRead(String off) throws IOException {
		assertThat(read("""
				{"do_resize": OFF, "size": "x", "resample": "x", "do_center_crop": OFF, "crop_size": "x",
				"do_rescale": OFF, "rescale_factor": "x", "do_normalize": OFF, "image_mean": "x", "image_std": "x"}
				""".replace("OFF", off))).containsOnly(entry("do_resize", 0.0), entry("do_center_crop", 0.0),
				entry("do_rescale", 0.0), entry("do_normalize", 0.0));
	}

	@Test
	void nestedSettingsOfTheProcessorWin() throws IOException {
		write(PREPROCESSOR, "{\"size\": 100}");
		write(PROCESSOR, "{\"processor_class\": \"CLIPProcessor\", \"image_processor\": {\"size\": 50}}");
		assertThat(ImageProcessing.read(this.folder, "clip").numbers()).containsEntry("size.shortest_edge", 50.0);
		Files.delete(this.folder.resolve(PREPROCESSOR));
		assertThat(ImageProcessing.read(this.folder, "clip").numbers()).containsEntry("size.shortest_edge", 50.0);
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"size\": 50}", "{\"image_processor\": null}", "{\"image_processor\": 7}" })
	void processorWithoutNestedSettingsIsPassedOver(String json) throws IOException {
		write(PREPROCESSOR, "{\"size\": 100}");
		write(PROCESSOR, json);
		assertThat(ImageProcessing.read(this.folder, "clip").numbers()).containsEntry("size.shortest_edge", 100.0);
		Files.delete(this.folder.resolve(PREPROCESSOR));
		assertError("no 'preprocessor_config.json'");
	}

	@Test
	void missingOrMalformedFile() throws IOException {
		assertError("no 'preprocessor_config.json'");
		write(PREPROCESSOR, "[]");
		assertError("'preprocessor_config.json' is not valid JSON");
		write(PREPROCESSOR, "{}");
		write(PROCESSOR, "{");
		assertError("'processor_config.json' is not valid JSON");
	}

	@ParameterizedTest
	@ValueSource(strings = { "CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPImageProcessorPil",
			"CLIPFeatureExtractor" })
	void supportedTypes(String type) throws IOException {
		assertThat(read("{\"image_processor_type\": \"" + type + "\"}")).isEqualTo(read("{}"));
		assertThat(read("{\"feature_extractor_type\": \"" + type + "\"}")).isEqualTo(read("{}"));
	}

	@ParameterizedTest
	@CsvSource({ "image_processor_type, BitImageProcessor", "feature_extractor_type, DetrFeatureExtractor" })
	void unsupportedType(String member, String type) throws IOException {
		write(PREPROCESSOR, "{\"" + member + "\": \"" + type + "\"}");
		assertError("'" + type + "'", "CLIPImageProcessor");
	}

	/** The reference takes all of these. */
	@Test
	void otherFormsOfTheSameSetting() throws IOException {
		for (String json : new String[] { "{\"resample\": \"bicubic\"}", "{\"do_resize\": 1}", "{\"do_pad\": true}",
				"{\"pad_size\": 300}", "{\"size\": {\"shortest_edge\": 224, \"longest_edge\": null}}",
				"{\"size\": 224, \"default_to_square\": null}", "{\"crop_size\": [224, 224, 3]}" }) {
			assertThat(read(json)).as(json).isEqualTo(read("{}"));
		}
		assertThat(read("{\"image_mean\": 0.5, \"image_std\": [0.25]}"))
			.isEqualTo(read("{\"image_mean\": [0.5, 0.5, 0.5], \"image_std\": [0.25, 0.25, 0.25]}"));
		assertThat(read("{\"use_square_size\": true, \"size\": 96}"))
			.isEqualTo(read("{\"size\": {\"height\": 224, \"width\": 224}}"));
		assertThat(read("{\"resample\": \"nearest-exact\"}")).containsEntry("resample", 0.0);
		assertThat(read("{\"resample\": 1}")).containsEntry("resample", 1.0);
		assertThat(read("{\"rescale_factor\": -1}")).containsEntry("rescale_factor", -1.0);
	}

	@Test
	void sizesThatKeepTheAspect() throws IOException {
		assertThat(read("{\"size\": {\"shortest_edge\": 224, \"longest_edge\": 448}}"))
			.containsEntry("size.shortest_edge", 224.0)
			.containsEntry("size.longest_edge", 448.0)
			.doesNotContainKey("size.height");
		assertThat(read("{\"size\": {\"max_height\": 90, \"max_width\": 100}}")).containsEntry("size.max_height", 90.0)
			.containsEntry("size.max_width", 100.0)
			.doesNotContainKeys("size.height", "size.shortest_edge");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			do_resize      | []                         | true or false
			do_normalize   | "true"                     | true or false
			size           | null                       | whole numbers
			size           | "224"                      | whole numbers
			size           | 0                          | whole numbers
			size           | -1                         | whole numbers
			size           | 1.5                        | whole numbers
			size           | 1e18                       | whole numbers
			size           | 4097                       | whole numbers
			size           | {}                         | whole numbers
			size           | {"height": 224}            | whole numbers
			size           | {"width": 224}             | whole numbers
			size           | {"shortest_edge": "224"}   | whole numbers
			size           | {"shortest_edge": null}    | whole numbers
			size           | {"longest_edge": 224}      | whole numbers
			size           | {"shortest_edge": 224, "longest_edge": 0} | whole numbers
			size           | {"shortest_edge": 224, "height": 224} | max_height with max_width
			size           | {"shortest_edge": 224, "size_divisor": 2} | whole numbers
			size           | {"max_height": 224}        | whole numbers
			size           | {"min_pixels": 90, "max_pixels": 10000} | whole numbers
			size           | [224]                      | whole numbers
			size           | {"height": 224, "width": 224, "depth": 3} | whole numbers
			pad_size       | {"height": 300, "width": 300} | does not pad
			size           | [224, true]                | whole numbers
			crop_size      | null                       | whole numbers
			crop_size      | {"shortest_edge": 224}     | whole numbers
			crop_size      | NaN                        | whole numbers
			resample       | null                       | should be a number
			resample       | "cubic"                    | should be a number
			resample       | 4                          | 3 (bicubic)
			resample       | 2.5                        | 3 (bicubic)
			rescale_factor | null                       | should be a number
			rescale_factor | "1/255"                    | should be a number
			rescale_factor | 0                          | other than 0
			rescale_factor | 1e999                      | other than 0
			image_mean     | null                       | three numbers
			image_mean     | "0.5"                      | three numbers
			image_mean     | []                         | three numbers
			image_mean     | [0.5, 0.5]                 | three numbers
			image_mean     | [0.5, 0.5, 0.5, 0.5]       | three numbers
			image_mean     | [0.5, 0.5, null]           | three numbers
			image_mean     | [0.5, 0.5, "x"]            | three numbers
			image_mean     | [0.5, 0.5, 1e999]          | finite
			image_std      | [0.5, 0, 0.5]              | not 0
			""")
	void badValues(String member, String value, String finding) throws IOException {
		write(PREPROCESSOR, "{\"do_pad\": true, \"" + member + "\": " + value + "}");
		assertError("image processor settings have " + member, finding, PREPROCESSOR);
	}

	private Map<String, Double> read(String json) throws IOException {
		write(PREPROCESSOR, json);
		return ImageProcessing.read(this.folder, "clip").numbers();
	}

	private void write(String file, String json) throws IOException {
		Files.writeString(this.folder.resolve(file), json);
	}

	private void assertError(String... findings) {
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> ImageProcessing.read(this.folder, "clip"))
			.satisfies((ex) -> {
				assertThat(ex.getMessage()).contains(findings).doesNotContain(this.folder.toString());
				assertThat(ex.getAction()).isNotEmpty();
			});
	}

	@Test
	void pixelsAfterTheResize() {
		ImageProcessing crops = new ImageProcessing(
				Map.of("do_resize", 1.0, "size.shortest_edge", 10.0, "do_center_crop", 1.0));
		assertThat(crops.resizedPixels(1, 1000)).isEqualTo(1000);
		ImageProcessing keeps = new ImageProcessing(Map.of("do_resize", 1.0, "size.shortest_edge", 10.0));
		assertThat(keeps.resizedPixels(1, 1000)).isEqualTo(100_000);
		assertThat(keeps.resizedPixels(65_535, 1)).isEqualTo(6_553_500);
	}

}
