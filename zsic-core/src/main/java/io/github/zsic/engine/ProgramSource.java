package io.github.zsic.engine;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * A source of a program, which is plain Python, and what libtorch's importer takes of it.
 * Python finds by itself what a file imports; the importer knows {@code torch},
 * {@code ops} and whole names, such as {@code __torch__.zsic.layers.linear}. So imports
 * are left out, and names are written in full. Every line keeps its number, which is what
 * libtorch reports.
 */
final class ProgramSource {

	/** Where the importer looks for sources. */
	static final String PACKAGE = "__torch__.zsic.";

	/**
	 * What the file is for, strings and comments, imports, definitions, names with their
	 * members, and commas at the end of a list, which the importer does not take.
	 */
	private static final Pattern TOKEN = Pattern.compile("(?<purpose>\\A\"\"\"(?s:.*?)\"\"\")"
			+ "|(?<text>\"\"\"(?s:.*?)\"\"\"|\"(?:[^\"\\\\\n]|\\\\.)*+\"|'(?:[^'\\\\\n]|\\\\.)*+'|#.*)"
			+ "|(?m:^)(?:from (?<from>[\\w.]+) )?import (?<imported>\\([^)]*\\)|[^\n(#]*)"
			+ "|(?m:^)(?:def|class) (?<defined>\\w+)"
			+ "|(?<![\\w.]|def )(?<name>[A-Za-z_]\\w*(?:\\.[A-Za-z_]\\w*)*)(?<call>\\()?"
			+ "|(?<comma>,(?=\\s*\n\\s*[)\\]}]))");

	/**
	 * Names of Python's torch that the importer has otherwise: types are numbers there.
	 */
	private static final Map<String, String> TORCH = Map.ofEntries(Map.entry("torch.uint8", "0"),
			Map.entry("torch.int8", "1"), Map.entry("torch.int16", "2"), Map.entry("torch.int32", "3"),
			Map.entry("torch.int64", "4"), Map.entry("torch.float16", "5"), Map.entry("torch.float32", "6"),
			Map.entry("torch.float64", "7"), Map.entry("torch.bool", "11"), Map.entry("torch.bfloat16", "15"),
			Map.entry("torch.dtype", "int"), Map.entry("torch.device", "Device"));

	/** Modules whose functions the importer has in another. */
	private static final Map<String, String> FOREIGN = Map.of("F", "torch", "math", "torch", "torch.ops", "ops");

	private final String name;

	private final String source;

	/** The files that this one imports, by the names that it has for them. */
	private final Map<String, String> modules = new LinkedHashMap<>();

	/** The files of the functions and classes that this one imports, by their names. */
	private final Map<String, String> members = new HashMap<>();

	private final Set<String> definitions = new HashSet<>();

	/**
	 * Reads a source.
	 * @param name the name of its file, without the ending
	 * @param source what is in it
	 * @param roles the files to take for modules that are imported under another name
	 * than their own, as by {@code from . import plain as kernels}, by that name; if one
	 * is not there, it is the file that Python imports
	 */
	ProgramSource(String name, String source, Map<String, String> roles) {
		this.name = name;
		this.source = source;
		Matcher token = TOKEN.matcher(source);
		while (token.find()) {
			String from = token.group("from");
			if (token.group("defined") != null) {
				this.definitions.add(token.group("defined"));
			}
			else if (from != null && from.startsWith(".")) {
				for (String each : token.group("imported").replaceAll("#.*|[()]", "").split(",")) {
					String[] words = each.trim().split("\\s+");
					String known = words[words.length - 1];
					if (from.equals(".") && !known.isEmpty()) {
						this.modules.put(known, roles.getOrDefault(known, words[0]));
					}
					else if (!known.isEmpty()) {
						this.members.put(known, from.substring(1));
					}
				}
			}
		}
	}

	/** The names of the files that this one needs. */
	Set<String> imports() {
		Set<String> all = new HashSet<>(this.modules.values());
		all.addAll(this.members.values());
		return all;
	}

	/**
	 * What libtorch's importer takes.
	 * @param program all sources of the program, by their names
	 * @return the source, line by line
	 * @throws IllegalStateException if it uses what another does not have
	 */
	String packed(Map<String, ProgramSource> program) {
		StringBuilder result = new StringBuilder(this.source.length() * 3 / 2);
		Matcher token = TOKEN.matcher(this.source);
		int end = 0;
		while (token.find()) {
			String replacement = token.group();
			if (token.group("purpose") != null || token.group("imported") != null) {
				replacement = replacement.replaceAll("[^\n]", "");
			}
			else if (token.group("comma") != null) {
				replacement = "";
			}
			else if (token.group("name") != null) {
				String call = (token.group("call") != null) ? "(" : "";
				replacement = fullName(token.group("name"), !call.isEmpty(), token.start(), program) + call;
			}
			result.append(this.source, end, token.start()).append(replacement);
			end = token.end();
		}
		return result.append(this.source, end, this.source.length()).toString();
	}

	private String fullName(String used, boolean called, int position, Map<String, ProgramSource> program) {
		int dot = used.lastIndexOf('.');
		String module = (dot > 0) ? this.modules.get(used.substring(0, dot)) : this.name;
		boolean known = dot > 0 || (called || Character.isUpperCase(used.charAt(0)))
				&& (this.definitions.contains(used) || this.members.containsKey(used));
		if (module != null && known) {
			String member = used.substring(dot + 1);
			String owner = owner(module, member, program);
			if (owner == null) {
				long line = 1
						+ this.source.substring(0, position).chars().filter((character) -> character == '\n').count();
				throw new IllegalStateException(
						"%s.py, line %d: %s.py has no '%s'".formatted(this.name, line, module, member));
			}
			return PACKAGE + owner + "." + member;
		}
		if (TORCH.containsKey(used) && !called) {
			return TORCH.get(used);
		}
		for (Map.Entry<String, String> foreign : FOREIGN.entrySet()) {
			if (used.startsWith(foreign.getKey() + ".")) {
				return foreign.getValue() + used.substring(foreign.getKey().length());
			}
		}
		return used;
	}

	/** The file that defines a member of a module, which may have imported it. */
	private static @Nullable String owner(String module, String member, Map<String, ProgramSource> program) {
		ProgramSource source = Objects.requireNonNull(program.get(module), module);
		if (source.definitions.contains(member)) {
			return module;
		}
		String imported = source.members.get(member);
		return (imported != null) ? owner(imported, member, program) : null;
	}

}
