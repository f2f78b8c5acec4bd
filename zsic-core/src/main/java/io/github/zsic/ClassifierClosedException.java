package io.github.zsic;

/**
 * A classifier was used after it was closed.
 */
public class ClassifierClosedException extends ZsicException {

	public ClassifierClosedException(String checkpoint) {
		super("The classifier for checkpoint '" + checkpoint + "' is closed.",
				"Build a new one, or keep this one open for as long as it is used.", null);
	}

}
