package io.github.zsic.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs the sources of a program into an archive that {@code torch::jit::load} reads: a
 * zip with the sources as text and a pickle of the module object, here with empty
 * attributes (torch/csrc/jit/docs/serialization.md). No Python and no conversion is
 * involved.
 */
final class TorchScriptArchive {

	private static final String ROOT = "program/";

	/** The dictionaries among the attributes that model.py declares. */
	private static final List<String> DICTIONARIES = List.of("config", "names", "processing", "stored", "weights",
			"layers", "fused", "looked_at", "differences", "wrong");

	/** Those that are strings. */
	private static final List<String> STRINGS = List.of("device", "precision");

	/** The others, which are false. */
	private static final List<String> FLAGS = List.of("training", "checked");

	/**
	 * What was packed before, by its roles. Packing takes longer than all the rest of
	 * this, and every load of a model does it twice or more.
	 */
	private static final Map<Map<String, String>, Map<String, byte[]>> PACKED = new ConcurrentHashMap<>();

	private TorchScriptArchive() {
	}

	/**
	 * Writes an archive.
	 * @param roles the sources that take the places of others: see {@link ProgramSource}
	 * @param target the file to write
	 * @throws IOException if it cannot be written
	 */
	static void write(Map<String, String> roles, Path target) throws IOException {
		Map<String, byte[]> sources = PACKED.get(roles);
		if (sources == null) {
			sources = pack(program(roles));
			PACKED.put(Map.copyOf(roles), sources);
		}
		try (OutputStream out = Files.newOutputStream(target); ZipOutputStream zip = new ZipOutputStream(out)) {
			put(zip, "data.pkl", module());
			for (Map.Entry<String, byte[]> source : sources.entrySet()) {
				put(zip, "code/__torch__/zsic/" + source.getKey() + ".py", source.getValue());
			}
			put(zip, "constants.pkl", new byte[] { (byte) 0x80, 2, ')', '.' });
			put(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
			put(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
		}
	}

	private static Map<String, byte[]> pack(Map<String, ProgramSource> program) {
		Map<String, byte[]> sources = new TreeMap<>();
		program.forEach((name, source) -> sources.put(name, source.packed(program).getBytes(StandardCharsets.UTF_8)));
		return sources;
	}

	/** {@code model.py}, and whatever the sources import, by their names. */
	private static Map<String, ProgramSource> program(Map<String, String> roles) throws IOException {
		Map<String, ProgramSource> program = new TreeMap<>();
		Deque<String> missing = new ArrayDeque<>(Set.of("model"));
		while (!missing.isEmpty()) {
			String name = missing.pop();
			if (!program.containsKey(name)) {
				ProgramSource source = new ProgramSource(name, read(name + ".py"), roles);
				program.put(name, source);
				missing.addAll(source.imports());
			}
		}
		return program;
	}

	private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
		zip.putNextEntry(new ZipEntry(ROOT + name));
		zip.write(content);
		zip.closeEntry();
	}

	private static String read(String source) throws IOException {
		try (InputStream in = TorchScriptArchive.class.getResourceAsStream(source)) {
			if (in == null) {
				throw new IOException("zsic-core lacks its own resource " + source);
			}
			return new String(in.readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	/** A pickle, protocol 2, of an instance of the class in model.py. */
	private static byte[] module() {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		out.writeBytes(new byte[] { (byte) 0x80, 2 });
		out.writeBytes("c__torch__.zsic.model\nModel\n".getBytes(StandardCharsets.US_ASCII));
		out.writeBytes(")\u0081}(".getBytes(StandardCharsets.ISO_8859_1));
		for (String name : FLAGS) {
			writeString(out, name);
			out.write(0x89);
		}
		for (String name : DICTIONARIES) {
			writeString(out, name);
			out.write('}');
		}
		for (String name : STRINGS) {
			writeString(out, name);
			writeString(out, "");
		}
		out.writeBytes("ub.".getBytes(StandardCharsets.US_ASCII));
		return out.toByteArray();
	}

	private static void writeString(ByteArrayOutputStream out, String value) {
		byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
		out.write('X');
		out.writeBytes(new byte[] { (byte) bytes.length, 0, 0, 0 });
		out.writeBytes(bytes);
	}

}
