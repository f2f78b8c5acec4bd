package io.github.zsic.example.mvc;

import io.github.zsic.ImageInput;
import io.github.zsic.ZeroShotClassifier;

import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

@RestController
class TriageController {

	private final ZeroShotClassifier classifier;

	TriageController(ZeroShotClassifier classifier) {
		this.classifier = classifier;
	}

	@PostMapping("/triage")
	String triage(@RequestParam MultipartFile picture) {
		ImageInput image = ImageInput.of(picture.getOriginalFilename(), picture::getInputStream);
		return this.classifier.classify(image, "fox", "bear", "seagull", "owl").best().label();
	}

}
