package io.github.zsic.engine;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

import io.github.zsic.Precision;
import io.github.zsic.checkpoint.ImageProcessing;
import io.github.zsic.checkpoint.ModelConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link OwnResize} against the resize by libtorch, where that has the filter.
 */
class OwnResizeTests {

	private static final Program program = Program.compile(new Blueprint(Architecture.CLIP, null),
			TorchDevice.find("cpu", TorchRuntime.engine()));

	@AfterAll
	static void close() {
		program.close();
	}

	@ParameterizedTest
	@CsvSource({ "451, 300, 64, 96, 0", "451, 300, 64, 96, 2", "451, 300, 64, 96, 3", "30, 40, 300, 451, 0",
			"30, 40, 300, 451, 2", "30, 40, 300, 451, 3", "101, 77, 77, 50, 0", "101, 77, 77, 50, 3",
			"64, 64, 128, 128, 0", "10, 10, 66, 66, 0", "451, 300, 58, 88, 0", "199, 87, 66, 151, 0", "1, 1, 5, 7, 3",
			"1031, 769, 224, 224, 0", "769, 1031, 223, 225, 2" })
	void sameAsLibtorch(int width, int height, int newHeight, int newWidth, int resample) {
		ImageProcessing processing = processing(resample,
				Map.of("size.height", (double) newHeight, "size.width", (double) newWidth));
		program.configure(new ModelConfig("", Map.of(), Map.of()), processing, Map.of(), Precision.FLOAT32);
		DualEncoder.Picture picture = picture(width, height);
		DualEncoder.Picture resized = new OwnResize(processing).resize(picture);
		DualEncoder.Picture expected = program.resize(picture);
		assertThat(resized.width()).isEqualTo(expected.width()).isEqualTo(newWidth);
		assertThat(resized.height()).isEqualTo(expected.height()).isEqualTo(newHeight);
		assertThat(Arrays.mismatch(resized.rgb(), expected.rgb())).isEqualTo(-1);
	}

	@Test
	void narrowPictureByLanczosIsThatOfTheWhole() {
		ImageProcessing processing = processing(Resampling.LANCZOS, Map.of("size.shortest_edge", 224.0,
				"do_center_crop", 1.0, "crop_size.height", 224.0, "crop_size.width", 224.0));
		DualEncoder.Picture picture = picture(3000, 10);
		DualEncoder.Picture center = new NarrowPictures(processing).reduce(picture);
		assertThat(center.width()).isEqualTo(224);
		DualEncoder.Picture whole = new OwnResize(processing).resize(picture);
		int left = (whole.width() - 224) / 2;
		for (int y = 0; y < 224; y++) {
			int from = 3 * (y * whole.width() + left);
			assertThat(Arrays.equals(center.rgb(), 3 * 224 * y, 3 * 224 * (y + 1), whole.rgb(), from, from + 3 * 224))
				.isTrue();
		}
	}

	@ParameterizedTest
	@CsvSource({ "451, 300, 67, 100", "300, 451, 100, 67", "100, 67, 67, 100", "90, 90, 90, 90", "95, 90, 90, 95",
			"10, 10, 90, 90", "10, 1000, 100, 1", "100000, 1, 1, 100" })
	void longestEdge(int width, int height, int newHeight, int newWidth) {
		assertThat(new OwnResize(processing(3, Map.of("size.shortest_edge", 90.0, "size.longest_edge", 100.0)))
			.size(height, width)).containsExactly(newHeight, newWidth);
	}

	@ParameterizedTest
	@CsvSource({ "451, 300, 66, 100", "300, 451, 90, 59", "10, 10, 90, 90", "100000, 1, 1, 100" })
	void maximumHeightAndWidth(int width, int height, int newHeight, int newWidth) {
		assertThat(new OwnResize(processing(3, Map.of("size.max_height", 90.0, "size.max_width", 100.0))).size(height,
				width))
			.containsExactly(newHeight, newWidth);
	}

	private static DualEncoder.Picture picture(int width, int height) {
		byte[] rgb = new byte[3 * width * height];
		new Random(5).nextBytes(rgb);
		return new DualEncoder.Picture(rgb, width, height);
	}

	private static ImageProcessing processing(int resample, Map<String, Double> more) {
		Map<String, Double> numbers = new HashMap<>(more);
		numbers.put("do_resize", 1.0);
		numbers.put("resample", (double) resample);
		return new ImageProcessing(numbers);
	}

}
