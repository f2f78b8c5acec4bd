package io.github.zsic.example.mvc;

import io.github.zsic.Classification;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;
import io.github.zsic.Prediction;
import io.github.zsic.test.FakeZeroShotClassifier;
import io.github.zsic.test.autoconfigure.AutoConfigureFakeClassifier;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.webmvc.test.autoconfigure.AutoConfigureMockMvc;
import org.springframework.http.HttpStatus;
import org.springframework.mock.web.MockMultipartFile;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;

import static org.assertj.core.api.Assertions.assertThat;

@SpringBootTest
@AutoConfigureMockMvc
@AutoConfigureFakeClassifier
class TriageControllerTests {

	@Autowired
	private MockMvcTester mvc;

	@Autowired
	private FakeZeroShotClassifier classifier;

	@Test
	void answersWithTheBestLabel() {
		this.classifier.answer((image, labels) -> Classification.of(new Prediction("owl", 0.8f)));
		assertThat(upload()).hasStatusOk().bodyText().isEqualTo("owl");
	}

	@Test
	void refusesWhatIsNoPicture() {
		this.classifier.answer((image, labels) -> {
			throw new InvalidImageException(Reason.UNSUPPORTED_FORMAT, "It is no picture.", "");
		});
		assertThat(upload()).hasStatus(HttpStatus.UNSUPPORTED_MEDIA_TYPE);
	}

	private MvcTestResult upload() {
		return this.mvc.post()
			.uri("/triage")
			.multipart()
			.file(new MockMultipartFile("picture", "owl.png", null, new byte[1]))
			.exchange();
	}

}
