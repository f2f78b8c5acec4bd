package io.github.zsic.spring.boot.autoconfigure;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

/**
 * Matches when {@code zsic.checkpoint} has a text. A property condition would take an
 * empty value, as in {@code ZSIC_CHECKPOINT=}, for a checkpoint.
 */
class OnCheckpointCondition extends SpringBootCondition {

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition("checkpoint");
		String checkpoint = context.getEnvironment().getProperty("zsic.checkpoint");
		if (StringUtils.hasText(checkpoint)) {
			return ConditionOutcome.match(message.because("property 'zsic.checkpoint' is set"));
		}
		return ConditionOutcome.noMatch(message.because("property 'zsic.checkpoint' is not set"));
	}

}
