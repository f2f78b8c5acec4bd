package io.github.zsic.text;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Ready ensembles of templates, by name. That an ensemble is better than one template is
 * from Radford et al. 2021, section 3.1.4; these are written for zsic.
 */
final class Ensembles {

	private static final Map<String, List<String>> TEMPLATES = new TreeMap<>(Map.of("photo",
			List.of("a photo of a {}.", "a photo of the {}.", "a close-up photo of a {}.",
					"a photo of a {} in its usual place.", "a bright photo of a {}.", "a dark photo of a {}.",
					"a blurry photo of a {}.", "a black and white photo of a {}.", "a photo of a small {}.",
					"a photo of a large {}.", "a photo that shows part of a {}.", "a snapshot of a {}."),
			"drawing",
			List.of("a drawing of a {}.", "a drawing of the {}.", "a picture of a {}.", "a sketch of a {}.",
					"an illustration of a {}.", "a cartoon of a {}.", "an icon of a {}.", "a simple drawing of a {}.",
					"a clip art of a {}.", "an emoji of a {}.", "a painting of a {}.", "a symbol for {}.")));

	private Ensembles() {
	}

	static Set<String> names() {
		return TEMPLATES.keySet();
	}

	/**
	 * The templates that a name stands for, or what else was given.
	 */
	static List<String> expand(String template) {
		return TEMPLATES.getOrDefault(template.strip().toLowerCase(Locale.ROOT), List.of(template));
	}

}
