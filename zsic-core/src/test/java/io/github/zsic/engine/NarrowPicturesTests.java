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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link NarrowPictures} against the resize of the whole picture by libtorch.
 */
class NarrowPicturesTests {

	private static final Program program = Program.compile(new Blueprint(Architecture.CLIP, null),
			TorchDevice.find("cpu", TorchRuntime.engine()));

	@AfterAll
	static void close() {
		program.close();
	}

	@ParameterizedTest
	@CsvSource({ "3000, 10, 224, 224, 3", "3001, 7, 224, 224, 3", "7, 3001, 224, 224, 3", "1, 100, 224, 224, 3",
			"100, 1, 224, 224, 3", "20000, 300, 224, 224, 3", "301, 20011, 224, 224, 3", "3000, 10, 224, 224, 2",
			"20000, 300, 256, 224, 2", "7, 3001, 256, 225, 2", "3000, 11, 224, 224, 0", "13, 9001, 224, 224, 0",
			"9000, 20, 224, 256, 3", "20, 9000, 224, 300, 2", "224, 20000, 224, 224, 3", "112, 20000, 224, 224, 0",
			"10007, 225, 224, 224, 3", "223, 10007, 336, 336, 3" })
	void centerIsThatOfTheWhole(int width, int height, int side, int crop, int resample) {
		ImageProcessing processing = processing(side, crop, resample);
		program.configure(new ModelConfig("", Map.of(), Map.of()), processing, Map.of(), Precision.FLOAT32);
		byte[] rgb = new byte[3 * width * height];
		new Random(3).nextBytes(rgb);
		DualEncoder.Picture picture = new DualEncoder.Picture(rgb, width, height);
		DualEncoder.Picture center = new NarrowPictures(processing).reduce(picture);
		assertThat(Math.min(center.width(), center.height())).isEqualTo(side);
		assertThat(Math.max(center.width(), center.height())).isEqualTo(Math.max(side, crop));
		DualEncoder.Picture whole = program.resize(picture);
		assertThat(whole.width() * whole.height()).isGreaterThan(1 << 20);
		int left = (whole.width() - crop) / 2 - (center.width() - crop) / 2;
		int top = (whole.height() - crop) / 2 - (center.height() - crop) / 2;
		byte[] expected = new byte[center.rgb().length];
		for (int y = 0; y < center.height(); y++) {
			int row = (whole.width() > whole.height()) ? y : y + top;
			int column = (whole.width() > whole.height()) ? left : 0;
			System.arraycopy(whole.rgb(), 3 * (row * whole.width() + column), expected, 3 * y * center.width(),
					3 * center.width());
		}
		assertThat(Arrays.mismatch(center.rgb(), expected)).isEqualTo(-1);
	}

	@Test
	void ordinaryPicturesAreLeftAsTheyAre() {
		DualEncoder.Picture picture = new DualEncoder.Picture(new byte[3 * 4000 * 300], 4000, 300);
		assertThat(new NarrowPictures(processing(224, 224, 3)).reduce(picture)).isSameAs(picture);
	}

	/** The whole would have billions of pixels. */
	@ParameterizedTest
	@CsvSource({ "1, 20000000, 3", "20000000, 1, 3", "20000000, 1, 2", "1, 20000000, 0", "3, 9000000, 3",
			"1, 20000000, 1", "20000000, 1, 1" })
	@Timeout(20)
	void longestPictures(int width, int height, int resample) {
		DualEncoder.Picture picture = new DualEncoder.Picture(new byte[3 * width * height], width, height);
		DualEncoder.Picture center = new NarrowPictures(processing(224, 224, resample)).reduce(picture);
		assertThat(center.width()).isEqualTo(224);
		assertThat(center.height()).isEqualTo(224);
	}

	/** In the other order, which rounds and cuts elsewhere; noise is the worst case. */
	@ParameterizedTest
	@CsvSource({ "1, 300000, 224, 3, 0", "7, 100000, 384, 3, 2", "20, 40000, 224, 2, 1", "3, 50000, 384, 0, 0" })
	void wholeIsThatOfLibtorch(int width, int height, int side, int resample, int levels) {
		Map<String, Double> numbers = Map.of("do_resize", 1.0, "size.height", (double) side, "size.width",
				(double) side, "resample", (double) resample);
		ImageProcessing processing = new ImageProcessing(numbers);
		program.configure(new ModelConfig("", Map.of(), Map.of()), processing, Map.of(), Precision.FLOAT32);
		byte[] rgb = new byte[3 * width * height];
		new Random(4).nextBytes(rgb);
		DualEncoder.Picture picture = new DualEncoder.Picture(rgb, width, height);
		DualEncoder.Picture small = new NarrowPictures(processing).reduce(picture);
		assertThat(small.width()).isEqualTo(side);
		assertThat(small.height()).isEqualTo(side);
		byte[] expected = program.resize(picture).rgb();
		int largest = 0;
		for (int i = 0; i < expected.length; i++) {
			largest = Math.max(largest, Math.abs((expected[i] & 0xFF) - (small.rgb()[i] & 0xFF)));
		}
		assertThat(largest).isLessThanOrEqualTo(levels);
	}

	/** What the model makes of the result must be the result. */
	@ParameterizedTest
	@CsvSource({ "1, 4000000", "2, 2000000", "5, 900000", "15, 700000", "3, 600001" })
	void patchesStayAsTheyAre(int width, int height) {
		ImageProcessing processing = new ImageProcessing(
				Map.of("do_resize", 1.0, "patch_size", 16.0, "max_num_patches", 256.0, "resample", 2.0));
		DualEncoder.Picture small = new NarrowPictures(processing)
			.reduce(new DualEncoder.Picture(new byte[3 * width * height], width, height));
		assertThat((long) small.width() * small.height()).isLessThanOrEqualTo(256 * 256);
		assertThat(new OwnResize(processing).size(small.height(), small.width())).containsExactly(small.height(),
				small.width());
	}

	private static ImageProcessing processing(int side, int crop, int resample) {
		Map<String, Double> numbers = new HashMap<>();
		numbers.put("do_resize", 1.0);
		numbers.put("size.shortest_edge", (double) side);
		numbers.put("resample", (double) resample);
		numbers.put("do_center_crop", 1.0);
		numbers.put("crop_size.height", (double) crop);
		numbers.put("crop_size.width", (double) crop);
		return new ImageProcessing(numbers);
	}

}
