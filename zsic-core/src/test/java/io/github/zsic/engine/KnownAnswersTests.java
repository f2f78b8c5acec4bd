package io.github.zsic.engine;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.zsic.Precision;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * On this machine every architecture comes to the known answers with the fast kernels, in
 * every precision that the processor has.
 */
class KnownAnswersTests {

	@ParameterizedTest
	@EnumSource
	void everyArchitectureComesToThem(Architecture architecture) {
		TorchDevice device = new TorchDevice("cpu");
		TorchRuntime.engine();
		EngineThreads threads = EngineThreads.share(1, 0, device);
		try {
			for (Precision precision : new Precision[] { Precision.FLOAT32, Precision.BFLOAT16, Precision.INT8 }) {
				threads.callAside(() -> {
					VerifiedProgram verified = VerifiedProgram.of(architecture, device, precision);
					try (Program program = verified.program()) {
						assertThat(verified.finding()).isEmpty();
						assertThat(verified.precision())
							.isEqualTo(program.supports(precision) ? precision : Precision.FLOAT32);
					}
					return true;
				});
			}
		}
		finally {
			threads.close();
		}
	}

}
