package io.github.zsic.evaluation;

import java.nio.file.Path;

/**
 * A picture whose label is known.
 *
 * @param file the file
 * @param name what reports call it: its path in the folder, with slashes
 * @param label the position of its label, or {@link #NONE}
 */
record LabelledPicture(Path file, String name, int label) {

	/** The position of what is none of the labels. */
	static final int NONE = -1;

}
