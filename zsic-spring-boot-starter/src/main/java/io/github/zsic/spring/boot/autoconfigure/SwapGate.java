package io.github.zsic.spring.boot.autoconfigure;

import java.nio.file.Path;
import java.util.Locale;

import io.github.zsic.CheckpointException;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.evaluation.Evaluation;
import io.github.zsic.evaluation.EvaluationResult;
import io.github.zsic.evaluation.LabelledPictures;
import io.github.zsic.spring.boot.SwapRefusedException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Keeps models away that are not good enough on pictures whose labels are known.
 */
final class SwapGate {

	private static final Log logger = LogFactory.getLog(SwapGate.class);

	private final LabelledPictures pictures;

	private final String folder;

	private final double minimum;

	private SwapGate(String folder, double minimum) {
		this.pictures = LabelledPictures.in(Path.of(folder));
		this.folder = folder;
		this.minimum = minimum;
	}

	/**
	 * Makes one of properties.
	 * @return {@code null} if there is no minimum
	 * @throws io.github.zsic.ZsicException if they cannot be used
	 */
	static @Nullable SwapGate of(ZsicProperties.Swap swap) {
		Double minimum = swap.getMinimumAccuracy();
		String folder = swap.getPictures();
		if (minimum == null) {
			return null;
		}
		if (!StringUtils.hasText(folder)) {
			throw new SwapRefusedException("'zsic.swap.minimum-accuracy' is set, but 'zsic.swap.pictures' is not.",
					"Name a folder that has one subfolder with pictures for each label.");
		}
		if (!ClassUtils.isPresent("io.github.zsic.evaluation.Evaluation", null)) {
			throw new SwapRefusedException(
					"'zsic.swap.minimum-accuracy' is set, but zsic-evaluation is not on the class path.",
					"Add 'io.github.zsic:zsic-evaluation' to the application.");
		}
		return new SwapGate(folder, minimum);
	}

	/**
	 * Evaluates a model.
	 * @throws CheckpointException if it is not good enough
	 */
	void requireGoodEnough(ZeroShotClassifier model) {
		EvaluationResult result = Evaluation.of(model, this.pictures);
		String finding = String.format(Locale.ROOT,
				"Checkpoint '%s' names the right label for %.4f of %d pictures in '%s'", model.model().checkpoint(),
				result.top1().value(), result.count(), this.folder);
		if (result.unreadableCount() > 0) {
			logger.warn(result.unreadableCount() + " pictures in '" + this.folder + "' could not be read. The first: "
					+ result.unreadable().get(0).reason());
		}
		if (result.top1().value() < this.minimum) {
			throw new CheckpointException(finding + "; at least " + this.minimum + " must be.",
					"Choose a better one, or lower 'zsic.swap.minimum-accuracy'.");
		}
		logger.info(finding);
	}

}
