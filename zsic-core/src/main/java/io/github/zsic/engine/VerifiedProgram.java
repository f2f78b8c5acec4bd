package io.github.zsic.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.zsic.DeviceException;
import io.github.zsic.InferenceException;
import io.github.zsic.Precision;

/**
 * A program that comes to known answers on the device at hand. Where the fast one does
 * not, the plain one takes its place; where that does not either, there is none.
 * <p>
 * Why: docs/decisions/0006.
 *
 * @param program the program, to be closed by whoever gets this
 * @param precision what it computes in
 * @param answers the known answers
 * @param finding why it is the plain program, empty where it is the fast one
 */
record VerifiedProgram(Program program, Precision precision, KnownAnswers answers, String finding) {

	private static final Logger logger = LoggerFactory.getLogger(VerifiedProgram.class);

	/**
	 * Compiles a program and tries it out.
	 * @param blueprint what the program is put together from
	 * @param device the device
	 * @param requested what to compute in; float32 where the processor has no
	 * instructions for it, which is no error: the same model just runs slower
	 * @throws DeviceException if the device computes wrong results whatever is tried
	 */
	static VerifiedProgram of(Blueprint blueprint, TorchDevice device, Precision requested) {
		KnownAnswers answers = KnownAnswers.of(blueprint);
		Program fast = Program.compile(blueprint, device);
		boolean passed = false;
		try {
			Precision precision = requested;
			if (!fast.supports(requested)) {
				logger.warn("This processor has no instructions for precision '{}': using float32", requested);
				precision = Precision.FLOAT32;
			}
			try {
				answers.verify(fast, precision);
				passed = true;
				return new VerifiedProgram(fast, precision, answers, "");
			}
			catch (InferenceException ex) {
				if (!fast.isPacking()) {
					throw refusal(fast, precision, ex.getDescription());
				}
				String finding = "Processor '%s' computes wrong results in %s: %s.".formatted(Processor.here().name(),
						precision, ex.getDescription());
				logger.warn("{} zsic uses plain operators in float32 instead: right, but slower.", finding);
				return plain(fast, answers, finding);
			}
		}
		finally {
			if (!passed) {
				fast.close();
			}
		}
	}

	private static VerifiedProgram plain(Program fast, KnownAnswers answers, String finding) {
		Program plain = fast.plain();
		boolean passed = false;
		try {
			answers.verify(plain, Precision.FLOAT32);
			passed = true;
			return new VerifiedProgram(plain, Precision.FLOAT32, answers, finding);
		}
		catch (InferenceException ex) {
			throw refusal(plain, Precision.FLOAT32, ex.getDescription());
		}
		finally {
			if (!passed) {
				plain.close();
			}
		}
	}

	/**
	 * Says that a machine cannot run a model.
	 * @param finding what came out wrong, without a full stop
	 */
	static DeviceException refusal(Program program, Precision precision, String finding) {
		return new DeviceException(DeviceException.Reason.PRECISION,
				"Device '%s' of this machine (%s) computes wrong results in %s: %s. A model would give wrong scores, so it is not served."
					.formatted(program.device().name(), Processor.here().name(), precision, finding),
				"Use another precision or device, or another machine; docs/platforms.md lists what was tested and how to tell more.");
	}

	/**
	 * Tells once, in the log, which products of a model came out wrong.
	 * @param wrong the shapes of the products, each with its difference
	 * @return what plain operators compute instead, for people
	 */
	List<String> fallbacks(Map<String, Double> wrong) {
		List<String> all = new ArrayList<>();
		if (!this.finding.isEmpty()) {
			all.add(this.finding);
		}
		wrong.forEach((product, share) -> all.add("%s (off by %.2g)".formatted(product, share)));
		if (!wrong.isEmpty()) {
			logger.warn(
					"Processor '{}' computes packed products wrong: {}. zsic computes these layers with plain operators in float32 "
							+ "instead: right, but slower.",
					Processor.here().name(), String.join(", ", all));
		}
		return List.copyOf(all);
	}

}
