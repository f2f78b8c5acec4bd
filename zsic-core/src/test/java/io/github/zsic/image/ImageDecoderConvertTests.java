package io.github.zsic.image;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;

import io.github.zsic.InvalidImageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * {@link ImageDecoder#convert}: the samples of every kind of {@link BufferedImage}.
 */
class ImageDecoderConvertTests {

	private final ImageDecoder decoder = new ImageDecoder(10_000, 10_000);

	@ParameterizedTest
	@ValueSource(ints = { BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_INT_ARGB_PRE,
			BufferedImage.TYPE_INT_BGR, BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_4BYTE_ABGR,
			BufferedImage.TYPE_4BYTE_ABGR_PRE })
	void trueColour(int type) {
		BufferedImage image = colours(type);
		assertThat(this.decoder.convert("picture", image).pixels()).containsExactly(expectedColours(0, 0, 7, 5));
	}

	@ParameterizedTest
	@ValueSource(ints = { BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_BGR, BufferedImage.TYPE_3BYTE_BGR })
	void partOfAnother(int type) {
		BufferedImage image = colours(type).getSubimage(2, 1, 3, 4);
		assertThat(this.decoder.convert("picture", image).pixels()).containsExactly(expectedColours(2, 1, 3, 4));
	}

	@Test
	void transparentColoursStay() {
		BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
		image.setRGB(0, 0, 0x00102030);
		assertThat(this.decoder.convert("picture", image).pixels()).containsExactly(0x10, 0x20, 0x30);
	}

	@Test
	void premultipliedColoursAreDivided() {
		BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_4BYTE_ABGR_PRE);
		image.getRaster().setPixel(0, 0, new int[] { 50, 25, 0, 100 });
		assertThat(this.decoder.convert("picture", image).pixels()).containsExactly(127, 63, 0);
	}

	@Test
	void greyIsNotColourManaged() {
		BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
		image.getRaster().setSample(0, 0, 0, 100);
		assertThat(image.getRGB(0, 0) & 0xFF).isNotEqualTo(100);
		assertThat(this.decoder.convert("picture", image).pixels()).containsExactly(100, 100, 100);
	}

	@Test
	void deepGreyLosesItsLowerBits() {
		BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
		image.getRaster().setSample(0, 0, 0, 0x64FF);
		assertThat(this.decoder.convert("picture", image).pixels()).containsExactly(100, 100, 100);
	}

	@Test
	void fewBits() {
		BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_565_RGB);
		image.getRaster().setPixel(0, 0, new int[] { 31, 63, 16 });
		assertThat(this.decoder.convert("picture", image).pixels()).containsExactly(255, 255, 131);
	}

	@ParameterizedTest
	@ValueSource(ints = { BufferedImage.TYPE_BYTE_INDEXED, BufferedImage.TYPE_BYTE_BINARY })
	void palette(int type) {
		BufferedImage image = new BufferedImage(9, 2, type);
		image.setRGB(8, 1, 0xFFFFFFFF);
		byte[] pixels = this.decoder.convert("picture", image).pixels();
		assertThat(pixels).startsWith(0, 0, 0).endsWith(255, 255, 255).hasSize(54);
	}

	@Test
	void profileIsIgnored() {
		ComponentColorModel model = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_LINEAR_RGB), false,
				false, Transparency.OPAQUE, DataBuffer.TYPE_BYTE);
		WritableRaster raster = model.createCompatibleWritableRaster(1, 1);
		raster.setPixel(0, 0, new int[] { 10, 20, 30 });
		BufferedImage image = new BufferedImage(model, raster, false, null);
		assertThat(this.decoder.convert("picture", image).pixels()).containsExactly(10, 20, 30);
	}

	@Test
	void samplesThatAreNoColoursAreConverted() {
		ComponentColorModel model = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_CIEXYZ), false, false,
				Transparency.OPAQUE, DataBuffer.TYPE_BYTE);
		BufferedImage image = new BufferedImage(model, model.createCompatibleWritableRaster(1, 1), false, null);
		assertThat(this.decoder.convert("picture", image).pixels()).containsExactly(0, 0, 0);
	}

	@Test
	void tooLarge() {
		assertThatExceptionOfType(InvalidImageException.class)
			.isThrownBy(
					() -> this.decoder.convert("picture", new BufferedImage(101, 100, BufferedImage.TYPE_BYTE_BINARY)))
			.withMessageStartingWith("The picture 'picture' has 101 x 100 pixels");
	}

	private static BufferedImage colours(int type) {
		BufferedImage image = new BufferedImage(7, 5, type);
		for (int y = 0; y < 5; y++) {
			for (int x = 0; x < 7; x++) {
				image.setRGB(x, y, 0xFF000000 | (30 * x) << 16 | (40 * y) << 8 | (200 + x + y));
			}
		}
		return image;
	}

	private static int[] expectedColours(int left, int top, int width, int height) {
		int[] expected = new int[3 * width * height];
		int i = 0;
		for (int y = top; y < top + height; y++) {
			for (int x = left; x < left + width; x++) {
				expected[i++] = (byte) (30 * x);
				expected[i++] = (byte) (40 * y);
				expected[i++] = (byte) (200 + x + y);
			}
		}
		return expected;
	}

}
