package io.github.zsic.example.webflux;

import io.github.zsic.ImageInput;
import io.github.zsic.ZeroShotClassifier;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.codec.multipart.FilePart;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestPart;
import org.springframework.web.bind.annotation.RestController;

@RestController
class ReactiveTriageController {

	private final ZeroShotClassifier classifier;

	ReactiveTriageController(ZeroShotClassifier classifier) {
		this.classifier = classifier;
	}

	@PostMapping("/triage")
	Mono<String> triage(@RequestPart FilePart picture) {
		return DataBufferUtils.join(picture.content())
			.map(ReactiveTriageController::bytes)
			// A call waits for the engine, which no thread of the event loop may do.
			.publishOn(Schedulers.boundedElastic())
			.map((bytes) -> triage(ImageInput.of(picture.filename(), bytes)));
	}

	private String triage(ImageInput image) {
		return this.classifier.classify(image, "fox", "bear", "seagull", "owl").best().label();
	}

	private static byte[] bytes(DataBuffer buffer) {
		byte[] bytes = new byte[buffer.readableByteCount()];
		buffer.read(bytes);
		DataBufferUtils.release(buffer);
		return bytes;
	}

}
