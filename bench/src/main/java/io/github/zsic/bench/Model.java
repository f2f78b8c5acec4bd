package io.github.zsic.bench;

import java.util.stream.Stream;

/**
 * A model that is measured, in a folder of its own.
 */
sealed interface Model permits ModelShape, OpenClipModel {

	/**
	 * Its name, which is also its folder and the beginning of the names of its groups.
	 */
	String id();

	/** The side of its pictures. */
	int imageSize();

	static Model of(String id) {
		return Stream.<Model>concat(Stream.of(ModelShape.values()), Stream.of(OpenClipModel.values()))
			.filter((model) -> model.id().equals(id))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("There is no model '" + id + "'"));
	}

}
