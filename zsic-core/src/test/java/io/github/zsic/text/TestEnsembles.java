package io.github.zsic.text;

import java.util.List;

/**
 * What the name of an ensemble stands for.
 */
public final class TestEnsembles {

	private TestEnsembles() {
	}

	public static List<String> templates(String name) {
		return Ensembles.expand(name);
	}

}
