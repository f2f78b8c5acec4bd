package io.github.zsic.spring.boot.autoconfigure.cloud;

import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * {@link EnableAutoConfiguration Auto-configuration} that exchanges models when Spring
 * Cloud changes the properties that choose them.
 */
@AutoConfiguration(after = ZsicAutoConfiguration.class)
@ConditionalOnClass({ ZeroShotClassifier.class, EnvironmentChangeEvent.class })
@ConditionalOnBean(ManagedClassifier.class)
public final class ZsicRefreshAutoConfiguration {

	@Bean
	RefreshListener zsicRefreshListener(ObjectProvider<ManagedClassifier> classifiers, Environment environment) {
		return new RefreshListener(classifiers, environment);
	}

}
