package io.github.zsic.spring.boot.autoconfigure.endpoint;

import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;
import io.github.zsic.spring.boot.endpoint.ZsicEndpoint;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for {@link ZsicEndpoint}.
 */
@AutoConfiguration(after = ZsicAutoConfiguration.class)
@ConditionalOnClass({ ZeroShotClassifier.class, ConditionalOnAvailableEndpoint.class })
@ConditionalOnBean(ManagedClassifier.class)
@ConditionalOnAvailableEndpoint(ZsicEndpoint.class)
public final class ZsicEndpointAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ZsicEndpoint zsicEndpoint(ObjectProvider<ManagedClassifier> classifiers, ZsicProperties properties) {
		return new ZsicEndpoint(classifiers.stream().toList(), properties.getHealth().getWindow());
	}

}
