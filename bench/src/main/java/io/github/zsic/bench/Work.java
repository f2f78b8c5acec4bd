package io.github.zsic.bench;

import java.util.Locale;

/**
 * What is timed. Goes to the contenders as JSON.
 *
 * @param operation what to do
 * @param picture the file of the picture to classify, empty for other operations
 * @param labels how many candidate labels
 * @param fresh whether they are new in every call, so that no cache of them helps
 * @param batch how many pictures a call has; for matrices their side
 * @param callers how many threads call at the same time
 */
record Work(Operation operation, String picture, int labels, boolean fresh, int batch, int callers) {

	static Work classify(String picture, int labels) {
		return new Work(Operation.CLASSIFY, picture, labels, false, 1, 1);
	}

	static Work image(int batch) {
		return new Work(Operation.IMAGE, "", 0, false, batch, 1);
	}

	static Work matrices(int side) {
		return new Work(Operation.MATRICES, "", 0, false, side, 1);
	}

	Work withFreshLabels() {
		return new Work(this.operation, this.picture, this.labels, true, this.batch, this.callers);
	}

	Work withCallers(int callers) {
		return new Work(this.operation, this.picture, this.labels, this.fresh, this.batch, callers);
	}

	int pictures() {
		return (this.operation == Operation.MATRICES) ? 1 : this.batch;
	}

	@Override
	public String toString() {
		String calls = (this.callers > 1) ? ", " + this.callers + " callers" : "";
		return switch (this.operation) {
			case CLASSIFY -> this.picture + ", " + String.format(Locale.ROOT, "%,d", this.labels)
					+ (this.fresh ? " new" : "") + ((this.labels == 1) ? " label" : " labels") + calls;
			case IMAGE -> "image tower, batch " + this.batch + calls;
			case MATRICES -> this.batch + " x " + this.batch;
		};
	}

	enum Operation {

		/** From an encoded picture to scores. */
		CLASSIFY,

		/**
		 * From pixels to embeddings: decoded pictures of the model's size for zsic,
		 * normalized numbers for the others.
		 */
		IMAGE,

		/** The product of two square matrices. */
		MATRICES

	}

}
