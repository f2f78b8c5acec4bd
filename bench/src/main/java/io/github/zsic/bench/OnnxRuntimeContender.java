package io.github.zsic.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;

/**
 * ONNX Runtime with its defaults, on an export of the image tower.
 */
final class OnnxRuntimeContender implements Contender {

	private final OrtEnvironment environment = OrtEnvironment.getEnvironment();

	private final OrtSession session;

	private final int imageSize;

	OnnxRuntimeContender(Path file, int imageSize) throws OrtException {
		this.session = this.environment.createSession(file.toString());
		this.imageSize = imageSize;
	}

	@Override
	public Callable<?> prepare(Work work) {
		if (work.operation() != Work.Operation.IMAGE) {
			throw new UnsupportedOperationException();
		}
		int count = work.batch() * 3 * this.imageSize * this.imageSize;
		FloatBuffer pixels = ByteBuffer.allocateDirect(Float.BYTES * count)
			.order(ByteOrder.nativeOrder())
			.asFloatBuffer();
		Random random = new Random(7);
		for (int i = 0; i < count; i++) {
			pixels.put(i, 2 * random.nextFloat() - 1);
		}
		long[] shape = { work.batch(), 3, this.imageSize, this.imageSize };
		String input = this.session.getInputNames().iterator().next();
		return () -> {
			try (OnnxTensor tensor = OnnxTensor.createTensor(this.environment, pixels.duplicate(), shape);
					OrtSession.Result result = this.session.run(Map.of(input, tensor))) {
				return result.get(0).getValue();
			}
		};
	}

	@Override
	public void close() throws OrtException {
		this.session.close();
	}

}
