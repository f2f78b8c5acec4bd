package io.github.zsic.sample;

import java.util.Map;

import io.github.zsic.spring.boot.ClassifierDetails;
import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;

import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/**
 * Tells which checkpoint is configured, in the place where the starter tells more of the
 * one that runs, if it has made the classifier.
 */
@Component
@Order(0)
class CheckpointInfoContributor implements InfoContributor {

	private final ZsicProperties properties;

	CheckpointInfoContributor(ZsicProperties properties) {
		this.properties = properties;
	}

	@Override
	public void contribute(Info.Builder builder) {
		String checkpoint = this.properties.getCheckpoint();
		if (checkpoint != null) {
			builder.withDetail("zsic", Map.of("checkpoint", ClassifierDetails.checkpoint(checkpoint)));
		}
	}

}
