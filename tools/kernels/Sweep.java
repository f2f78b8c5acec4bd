package io.github.zsic.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;

/**
 * Compares packed products with plain ones over many shapes, on this machine. sweep.sh
 * beside this file compiles and starts it, in the package of what it packs with; sweep.py
 * is what it runs.
 */
public final class Sweep {

	/** Widths of published checkpoints: hidden, three times that, inner, projections. */
	private static final int[] PUBLISHED = { 384, 512, 640, 768, 896, 1024, 1152, 1280, 1408, 1536, 1664, 1792, 2048,
			2304, 2560, 2730, 3072, 3456, 3840, 4096, 4224, 4304, 5120, 6144, 6656, 8192 };

	private static final int[] INPUTS = { 24, 64, 100, 588, 768 };

	private static final int[] FEW_ROWS = { 1, 2, 3, 7, 16, 33, 50, 64, 77, 81, 130, 197, 257, 400 };

	private static final Map<String, Double> BOUNDS = Map.of("float32", 5e-5, "bfloat16", 1e-2, "int8", 5e-5);

	private final PtSymbolBlock program;

	private final int block;

	private int products;

	private int wrong;

	private Sweep(PtSymbolBlock program, int block) {
		this.program = program;
		this.block = block;
	}

	public static void main(String[] arguments) throws Exception {
		Map<String, String> options = new LinkedHashMap<>(Map.of("--widths", "quick", "--rows", "few", "--block", "64",
				"--threads", "0", "--precision", "float32,bfloat16,int8", "--convolutions", "yes", "--program", "tools/kernels/sweep.py"));
		for (int i = 0; i < arguments.length; i += 2) {
			if (!options.containsKey(arguments[i]) || i + 1 == arguments.length) {
				System.err.println("Options, each with a value: " + options);
				System.exit(2);
			}
			options.put(arguments[i], arguments[i + 1]);
		}
		Path folder = Files.createTempDirectory("sweep-");
		Engine engine = Engine.getEngine("PyTorch");
		JniUtils.getNumThreads();
		if (!options.get("--threads").equals("0")) {
			JniUtils.setNumThreads(Integer.parseInt(options.get("--threads")));
		}
		JniUtils.setGraphExecutorOptimize(false);
		try (Model model = Model.newInstance("sweep", Device.cpu(), engine.getEngineName())) {
			pack(Path.of(options.get("--program")), folder.resolve("sweep.pt"));
			model.load(folder, "sweep.pt", Map.of("mapLocation", "true"));
			Sweep sweep = new Sweep((PtSymbolBlock) model.getBlock(), Integer.parseInt(options.get("--block")));
			for (String precision : options.get("--precision").split(",")) {
				sweep.run(precision, widths(options.get("--widths")), rows(options.get("--rows")));
			}
			System.out.printf("%d products, %d wrong%n", sweep.products, sweep.wrong);
			if (options.get("--convolutions").equals("yes")) {
				sweep.convolutions();
			}
			System.exit((sweep.wrong > 0) ? 1 : 0);
		}
	}

	private static int[] widths(String choice) {
		return switch (choice) {
			case "quick" -> IntStream.concat(IntStream.rangeClosed(1, 32).map((i) -> 16 * i), IntStream.of(4304)).toArray();
			case "published" -> PUBLISHED;
			case "all" -> IntStream.concat(IntStream.rangeClosed(16, 512), IntStream.of(PUBLISHED)).toArray();
			default -> IntStream.of(Integer.parseInt(choice)).toArray();
		};
	}

	private static int[] rows(String choice) {
		return switch (choice) {
			case "few" -> FEW_ROWS;
			case "all" -> IntStream.rangeClosed(1, 400).toArray();
			default -> IntStream.of(Integer.parseInt(choice)).toArray();
		};
	}

	private void run(String precision, int[] widths, int[] rows) {
		IValue name = IValue.from(precision);
		if (!IValueUtils.runMethod(this.program, "supports", name).toBoolean()) {
			System.out.println(precision + ": this processor has no instructions for it");
			return;
		}
		// Those in use: sums are fused in float32 only.
		List<String> operations = switch (precision) {
			case "float32" -> List.of("none", "add", "gelu", "gelu_pytorch_tanh", "silu", "relu");
			case "int8" -> List.of("none");
			default -> List.of("none", "gelu", "gelu_pytorch_tanh", "silu", "relu");
		};
		for (String operation : operations) {
			double largest = 0;
			for (int outputs : widths) {
				for (int inputs : INPUTS) {
					largest = Math.max(largest, compare(precision, operation, outputs, inputs, rows));
				}
			}
			System.out.printf("%s, %s: largest difference %.2g of the largest number%n", precision, operation, largest);
		}
	}

	/** The largest difference; prints those that are too large. */
	private double compare(String precision, String operation, int outputs, int inputs, int[] rows) {
		double largest = 0;
		List<String> found = new ArrayList<>();
		for (int i = 0; i < rows.length; i++) {
			IValue result = IValueUtils.runMethod(this.program, "difference", IValue.from((long) outputs),
					IValue.from((long) inputs), IValue.from((long) rows[i]), IValue.from(precision),
					IValue.from(operation), IValue.from((long) this.block));
			double difference = result.toDouble();
			result.close();
			this.products++;
			largest = Math.max(largest, difference);
			if (!(difference <= BOUNDS.get(precision))) {
				this.wrong++;
				found.add("%d rows %.2g".formatted(rows[i], difference));
			}
		}
		if (!found.isEmpty()) {
			System.out.printf("WRONG %s, %s, %d outputs of %d inputs: %s%n", precision, operation, outputs, inputs,
					found);
		}
		return largest;
	}

	/** Those of the colours, of all channels, and of each by itself, once and twice. */
	private void convolutions() {
		int before = this.wrong;
		int count = 0;
		double largest = 0;
		for (int kernel : new int[] { 1, 3, 5, 7 }) {
			for (int stride : new int[] { 1, 2 }) {
				for (int side : new int[] { 1, 2, 3, 4, 7, 8, 9, 14, 16, 32, 56 }) {
					for (int channels : new int[] { 4, 8, 12, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 96, 112, 144, 160, 176, 256, 320 }) {
						int[][] shapes = { { channels, 3, 1 }, { channels, channels, 1 }, { 2 * channels, channels, 1 },
								{ channels, 2 * channels, 1 }, { channels, channels, channels },
								{ 2 * channels, channels, channels } };
						for (int[] shape : shapes) {
							// In double the large ones take minutes.
							if ((long) shape[0] * shape[1] / shape[2] * kernel * kernel * side * side > 60_000_000) {
								continue;
							}
							count++;
							IValue result = IValueUtils.runMethod(this.program, "convolution", IValue.from((long) shape[0]),
									IValue.from((long) shape[1]), IValue.from((long) shape[2]), IValue.from((long) side),
									IValue.from((long) kernel), IValue.from((long) stride));
							double difference = result.toDouble();
							result.close();
							largest = Math.max(largest, difference);
							if (!(difference <= BOUNDS.get("float32"))) {
								this.wrong++;
								System.out.printf("WRONG convolution of %d x %d, stride %d, %d results of %d channels in %d groups, side %d: %.2g%n",
										kernel, kernel, stride, shape[0], shape[1], shape[2], side, difference);
							}
						}
					}
				}
			}
		}
		System.out.printf("convolutions: largest difference %.2g of the largest number%n", largest);
		System.out.printf("%d convolutions, %d wrong%n", count, this.wrong - before);
	}

	/** As TorchScriptArchive. */
	private static void pack(Path source, Path target) throws IOException {
		try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(target))) {
			ByteArrayOutputStream object = new ByteArrayOutputStream();
			object.writeBytes(new byte[] { (byte) 0x80, 2 });
			object.writeBytes("c__torch__.zsic.sweep\nSweep\n)\u0081}(X".getBytes(StandardCharsets.ISO_8859_1));
			object.writeBytes(new byte[] { 8, 0, 0, 0 });
			object.writeBytes("training\u0089ub.".getBytes(StandardCharsets.ISO_8859_1));
			put(zip, "data.pkl", object.toByteArray());
			Map<String, ProgramSource> program = new LinkedHashMap<>();
			program.put("sweep", new ProgramSource("sweep", Files.readString(source), Map.of()));
			for (String name : List.of("onednn", "convolutions")) {
				try (InputStream kernels = Sweep.class.getResourceAsStream(name + ".py")) {
					String text = new String(kernels.readAllBytes(), StandardCharsets.UTF_8);
					program.put(name, new ProgramSource(name, text, Map.of()));
				}
			}
			for (Map.Entry<String, ProgramSource> each : program.entrySet()) {
				put(zip, "code/__torch__/zsic/" + each.getKey() + ".py",
						each.getValue().packed(program).getBytes(StandardCharsets.UTF_8));
			}
			put(zip, "constants.pkl", new byte[] { (byte) 0x80, 2, ')', '.' });
			put(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
			put(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
		}
	}

	private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
		zip.putNextEntry(new ZipEntry("sweep/" + name));
		zip.write(content);
		zip.closeEntry();
	}

}
