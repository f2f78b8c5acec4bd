package io.github.zsic.bench;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/**
 * Pictures and labels to work on.
 */
final class Pictures {

	static final String SMALL = "small.png";

	static final String LARGE = "12-megapixel.jpg";

	static final String LABELS = "labels.txt";

	private static final String[] ADJECTIVES = ("red green blue yellow black white brown orange purple pink grey dark "
			+ "bright light small big old young new wet dry happy sad wild calm fast slow tall short round flat soft hard "
			+ "warm cold clean dirty empty full broken shiny rusty wooden golden silver striped spotted sleeping running "
			+ "flying")
		.split(" ");

	private static final String[] NOUNS = ("cat dog fox bear seagull owl bird horse cow sheep fish snake frog butterfly "
			+ "bee car bus train truck bicycle motorcycle airplane boat ship apple banana pizza cake sandwich bottle cup "
			+ "person man woman child crowd mountain river lake beach desert sunset sky city bridge tower church castle "
			+ "school kitchen bedroom office chair table lamp computer keyboard phone book clock guitar piano circle "
			+ "square triangle tree flower leaf rock cloud star moon sun house door window roof wall road street garden "
			+ "park forest field farm barn fence gate path hat coat shoe shirt ring watch bag box basket ball duck")
		.split(" ");

	private static final String[] PLACES = { "", " at night", " in the snow", " on a table" };

	private Pictures() {
	}

	/**
	 * Writes the large picture unless it is there.
	 * @param folder where to
	 */
	static void writeLarge(Path folder) throws IOException {
		if (!Files.exists(folder.resolve(LARGE))) {
			writeJpeg(draw(4000, 3000), folder.resolve(LARGE));
		}
	}

	/**
	 * Writes the small picture and the labels, unless they are there.
	 * @param folder where to
	 */
	static void writeSmall(Path folder) throws IOException {
		Files.createDirectories(folder);
		if (!Files.exists(folder.resolve(SMALL))) {
			ImageIO.write(draw(451, 300), "png", folder.resolve(SMALL).toFile());
		}
		if (!Files.exists(folder.resolve(LABELS))) {
			List<String> labels = new ArrayList<>();
			for (String place : PLACES) {
				for (String adjective : ADJECTIVES) {
					for (String noun : NOUNS) {
						labels.add("a " + adjective + " " + noun + place);
					}
				}
			}
			Files.write(folder.resolve(LABELS), labels);
		}
	}

	/**
	 * Noise of several scales, which takes a decoder about as long as a photograph does.
	 */
	static BufferedImage draw(int width, int height) {
		Random random = new Random(7);
		float[][][] octaves = new float[5][][];
		for (int octave = 0; octave < octaves.length; octave++) {
			int cell = cell(octave);
			octaves[octave] = new float[3 * (height / cell + 2)][width / cell + 2];
			for (float[] row : octaves[octave]) {
				for (int x = 0; x < row.length; x++) {
					row[x] = (random.nextFloat() - 0.5f) * (float) Math.pow(0.45, octaves.length - 1 - octave);
				}
			}
		}
		BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
		for (int y = 0; y < height; y++) {
			for (int x = 0; x < width; x++) {
				int rgb = 0;
				for (int channel = 0; channel < 3; channel++) {
					float value = 0.5f;
					for (int octave = 0; octave < octaves.length; octave++) {
						value += sample(octaves[octave], channel, x, y, cell(octave));
					}
					rgb = rgb << 8 | Math.round(255 * Math.min(1, Math.max(0, value)));
				}
				image.setRGB(x, y, rgb);
			}
		}
		return image;
	}

	private static int cell(int octave) {
		return 2 << (2 * octave);
	}

	private static float sample(float[][] noise, int channel, int x, int y, int cell) {
		int rows = noise.length / 3;
		int row = y / cell;
		int column = x / cell;
		float down = (y % cell) / (float) cell;
		float right = (x % cell) / (float) cell;
		float[] top = noise[channel * rows + row];
		float[] bottom = noise[channel * rows + row + 1];
		return (top[column] * (1 - right) + top[column + 1] * right) * (1 - down)
				+ (bottom[column] * (1 - right) + bottom[column + 1] * right) * down;
	}

	private static void writeJpeg(BufferedImage image, Path file) throws IOException {
		ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
		try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
			writer.setOutput(out);
			ImageWriteParam parameters = writer.getDefaultWriteParam();
			parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
			parameters.setCompressionQuality(0.9f);
			writer.write(null, new IIOImage(image, null, null), parameters);
		}
		finally {
			writer.dispose();
		}
	}

}
