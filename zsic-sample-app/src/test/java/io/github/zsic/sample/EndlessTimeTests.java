package io.github.zsic.sample;

import org.junit.jupiter.api.Test;

import org.springframework.test.context.TestPropertySource;

/**
 * Tests that times may be longer than a number of nanoseconds can tell.
 */
@TestPropertySource(properties = { "sample.request-timeout=100000000d", "sample.upload-timeout=100000000d",
		"spring.lifecycle.timeout-per-shutdown-phase=100000000d" })
class EndlessTimeTests extends HttpContract {

	@Test
	void requestsAreAnswered() {
		assertOk(post(new Form().picture("owl.png").field("labels", "owl, fox")));
		assertOk(postJson("{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [\"owl\"]}}".formatted(INPUTS)));
	}

}
