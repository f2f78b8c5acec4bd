package io.github.zsic.bench;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Everything that is measured, in groups that can be run each by itself.
 */
final class Plan {

	static final String ROOFLINE = "roofline";

	static final String BASELINE = "transformers float32";

	static final List<String> ZSIC = List.of("zsic float32", "zsic bfloat16", "zsic int8");

	static final List<String> TRANSFORMERS = List.of(BASELINE, "transformers bfloat16");

	static final List<String> ONNX_RUNTIME = List.of("onnxruntime float32", "onnxruntime int8");

	static final String DJL = "djl float32";

	static final String OPEN_CLIP = "open_clip float32";

	private Plan() {
	}

	/**
	 * All groups in the order in which they run.
	 * @param quick whether to leave out what takes long
	 * @return the groups
	 */
	static List<Group> groups(boolean quick) {
		List<Group> groups = new ArrayList<>();
		groups.add(roofline(quick));
		groups.add(latency(ModelShape.VIT_B_32, quick ? 3 : 7));
		groups.add(labels(quick));
		groups.add(tower(quick));
		groups.add(callers(quick));
		groups.add(pictures(quick));
		groups.add(neighbour(quick));
		groups.add(start(ModelShape.VIT_B_32, quick ? 1 : 3));
		groups.add(largeTower(quick));
		if (!quick) {
			groups.add(latency(ModelShape.VIT_L_14, 3));
			groups.add(start(ModelShape.VIT_L_14, 2));
			groups.add(so400mTower());
			groups.add(latency(ModelShape.SO400M, 2));
			groups.add(start(ModelShape.SO400M, 1));
		}
		for (OpenClipModel model : OpenClipModel.values()) {
			groups.add(openClipTower(model, quick));
			groups.add(openClipStart(model));
		}
		return groups;
	}

	private static Group roofline(boolean quick) {
		List<Entry> entries = new ArrayList<>();
		for (String contender : List.of("mkl float32", "onednn float32", "onednn bfloat16", "onednn int8")) {
			entries.add(new Entry(contender, Work.matrices(2048)));
			entries.add(new Entry(contender, Work.matrices(4096)));
		}
		return new Group(ROOFLINE, null, entries, 0.5, quick ? 2 : 4);
	}

	private static Group latency(ModelShape model, int rounds) {
		List<Entry> entries = new ArrayList<>();
		List<String> contenders = concat(ZSIC, TRANSFORMERS);
		if (!model.siglip()) {
			contenders.add(DJL);
		}
		contenders.forEach((contender) -> entries.add(new Entry(contender, Work.classify(Pictures.SMALL, 4))));
		return new Group(model.id() + "/latency", model, entries, 0.6, rounds);
	}

	private static Group labels(boolean quick) {
		List<Entry> entries = new ArrayList<>();
		for (int count : quick ? List.of(1, 4, 100) : List.of(1, 4, 100, 1000)) {
			concat(ZSIC, TRANSFORMERS)
				.forEach((contender) -> entries.add(new Entry(contender, Work.classify(Pictures.SMALL, count))));
		}
		entries.add(new Entry(DJL, Work.classify(Pictures.SMALL, 100)));
		if (!quick) {
			for (String contender : ZSIC) {
				entries.add(new Entry(contender, Work.classify(Pictures.SMALL, 1000).withFreshLabels()));
			}
			// To encode them takes two minutes in float32, the default, and half of one
			// here.
			entries.add(new Entry("zsic float32", Work.classify(Pictures.SMALL, 20_000)));
			entries.add(new Entry("zsic int8", Work.classify(Pictures.SMALL, 20_000)));
		}
		return new Group("vit-b-32/labels", ModelShape.VIT_B_32, entries, 0.4, quick ? 2 : 3);
	}

	private static Group tower(boolean quick) {
		List<Entry> entries = new ArrayList<>();
		for (int batch : quick ? List.of(1, 8) : List.of(1, 8, 32)) {
			concat(ZSIC, TRANSFORMERS, ONNX_RUNTIME)
				.forEach((contender) -> entries.add(new Entry(contender, Work.image(batch))));
		}
		return new Group("vit-b-32/tower", ModelShape.VIT_B_32, entries, 0.5, quick ? 3 : 5);
	}

	private static Group callers(boolean quick) {
		List<Entry> entries = new ArrayList<>();
		for (int callers : List.of(1, 16)) {
			for (String contender : concat(ZSIC, TRANSFORMERS)) {
				entries.add(new Entry(contender, Work.classify(Pictures.SMALL, 4).withCallers(callers)));
			}
			for (String contender : ONNX_RUNTIME) {
				entries.add(new Entry(contender, Work.image(1).withCallers(callers)));
			}
		}
		return new Group("vit-b-32/callers", ModelShape.VIT_B_32, entries, quick ? 1 : 1.5, quick ? 2 : 4);
	}

	private static Group pictures(boolean quick) {
		List<Entry> entries = new ArrayList<>();
		for (String picture : List.of(Pictures.SMALL, Pictures.LARGE)) {
			concat(ZSIC, TRANSFORMERS)
				.forEach((contender) -> entries.add(new Entry(contender, Work.classify(picture, 4))));
		}
		entries.add(new Entry(DJL, Work.classify(Pictures.LARGE, 4)));
		return new Group("vit-b-32/pictures", ModelShape.VIT_B_32, entries, 0.6, quick ? 2 : 4);
	}

	private static Group neighbour(boolean quick) {
		List<Entry> entries = new ArrayList<>();
		for (int callers : List.of(1, 16)) {
			for (boolean busy : List.of(false, true)) {
				for (String contender : concat(ZSIC, List.of(BASELINE))) {
					entries.add(new Entry(contender, Work.classify(Pictures.SMALL, 4).withCallers(callers), busy));
				}
				entries.add(new Entry(ONNX_RUNTIME.get(0), Work.image(1).withCallers(callers), busy));
			}
		}
		return new Group("vit-b-32/neighbour", ModelShape.VIT_B_32, entries, quick ? 0.7 : 1, quick ? 2 : 4);
	}

	private static Group largeTower(boolean quick) {
		List<Entry> entries = new ArrayList<>();
		for (int batch : quick ? List.of(4) : List.of(1, 4)) {
			concat(ZSIC, TRANSFORMERS, ONNX_RUNTIME)
				.forEach((contender) -> entries.add(new Entry(contender, Work.image(batch))));
		}
		return new Group("vit-l-14/tower", ModelShape.VIT_L_14, entries, 0.4, quick ? 2 : 3);
	}

	private static Group so400mTower() {
		List<Entry> entries = new ArrayList<>();
		concat(ZSIC, TRANSFORMERS, ONNX_RUNTIME)
			.forEach((contender) -> entries.add(new Entry(contender, Work.image(1))));
		return new Group("so400m/tower", ModelShape.SO400M, entries, 0.4, 2);
	}

	private static Group start(ModelShape model, int rounds) {
		List<Entry> entries = new ArrayList<>();
		List<String> contenders = concat(ZSIC, TRANSFORMERS);
		if (!model.siglip()) {
			contenders.add(DJL);
		}
		for (String contender : contenders) {
			entries.add(new Entry(contender, Work.classify(Pictures.SMALL, 4)));
		}
		return new Group(model.id() + Group.START, model, entries, 0, rounds);
	}

	private static Group openClipTower(OpenClipModel model, boolean quick) {
		List<Entry> entries = new ArrayList<>();
		for (int batch : quick ? List.of(1, 4) : List.of(1, 4, 8)) {
			concat(ZSIC, List.of(OPEN_CLIP))
				.forEach((contender) -> entries.add(new Entry(contender, Work.image(batch))));
		}
		return new Group(model.id() + "/tower", model, entries, 0.4, quick ? 1 : 2);
	}

	private static Group openClipStart(OpenClipModel model) {
		List<Entry> entries = concat(ZSIC, List.of(OPEN_CLIP)).stream()
			.map((contender) -> new Entry(contender, Work.classify(Pictures.SMALL, 4)))
			.toList();
		return new Group(model.id() + Group.START, model, entries, 0, 1);
	}

	@SafeVarargs
	private static List<String> concat(List<String>... lists) {
		List<String> result = new ArrayList<>();
		for (List<String> list : lists) {
			result.addAll(list);
		}
		return result;
	}

	/**
	 * Works whose contenders take turns.
	 *
	 * @param name the name, after the model's if it has one
	 * @param model the model that all of them run, {@code null} for none
	 * @param entries who does what
	 * @param seconds how long a turn is
	 * @param rounds how many turns each entry has, after one that does not count
	 */
	record Group(String name, @Nullable Model model, List<Entry> entries, double seconds, int rounds) {

		static final String START = "/start";

		/** Whether what counts are the starts of processes. */
		boolean measuresStart() {
			return this.name.endsWith(START);
		}

		/** Whom all others are compared with. */
		String baseline() {
			return (this.model instanceof OpenClipModel) ? OPEN_CLIP : BASELINE;
		}

	}

	/**
	 * One contender at one work.
	 *
	 * @param contender the name of the contender and its type of numbers
	 * @param work the work
	 * @param busy whether other processes keep half of the cores busy
	 */
	record Entry(String contender, Work work, boolean busy) {

		Entry(String contender, Work work) {
			this(contender, work, false);
		}

	}

}
