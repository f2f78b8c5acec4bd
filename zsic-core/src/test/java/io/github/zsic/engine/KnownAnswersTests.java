package io.github.zsic.engine;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.zsic.Precision;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * On this machine every architecture comes to the known answers with the fast kernels, in
 * every precision that the processor has.
 */
class KnownAnswersTests {

	@ParameterizedTest
	@MethodSource
	void everyProgramComesToThem(Blueprint blueprint) {
		TorchDevice device = new TorchDevice("cpu");
		TorchRuntime.engine();
		EngineThreads threads = EngineThreads.share(1, 0, device);
		try {
			for (Precision precision : new Precision[] { Precision.FLOAT32, Precision.BFLOAT16, Precision.INT8 }) {
				threads.callAside(() -> {
					VerifiedProgram verified = VerifiedProgram.of(blueprint, device, precision);
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

	static List<Blueprint> everyProgramComesToThem() {
		List<Blueprint> all = new ArrayList<>();
		for (Architecture architecture : Architecture.values()) {
			if (architecture != Architecture.OPEN_CLIP) {
				all.add(new Blueprint(architecture, null));
			}
		}
		for (OpenClipTowers.Pictures pictures : OpenClipTowers.Pictures.values()) {
			for (OpenClipTowers.Texts texts : OpenClipTowers.Texts.values()) {
				all.add(new Blueprint(Architecture.OPEN_CLIP, new OpenClipTowers(pictures, texts)));
			}
		}
		return all;
	}

}
