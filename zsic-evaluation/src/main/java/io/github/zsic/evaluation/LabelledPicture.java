package io.github.zsic.evaluation;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * A picture whose label is known.
 *
 * @param file the file
 * @param name what reports call it: its path in the folder, with slashes
 * @param label the position of its label, or {@link #NONE}
 * @param embedding what a model made of it, {@code null} to ask the model
 */
record LabelledPicture(Path file, String name, int label, float @Nullable [] embedding) {

	/** The position of what is none of the labels. */
	static final int NONE = -1;

	LabelledPicture(Path file, String name, int label) {
		this(file, name, label, null);
	}

	LabelledPicture withEmbedding(float[] embedding) {
		return new LabelledPicture(this.file, this.name, this.label, embedding);
	}

}
