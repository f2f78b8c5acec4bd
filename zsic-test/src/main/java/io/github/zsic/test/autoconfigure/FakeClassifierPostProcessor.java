package io.github.zsic.test.autoconfigure;

import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.test.FakeZeroShotClassifier;

import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;

/**
 * Replaces the classifiers that get a model by fakes. What manages a model stays, and
 * does nothing, as nobody starts it.
 */
class FakeClassifierPostProcessor implements BeanFactoryPostProcessor {

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory factory) {
		BeanDefinitionRegistry registry = (BeanDefinitionRegistry) factory;
		for (String name : factory.getBeanNamesForType(SwappableClassifier.class, true, false)) {
			BeanDefinition original = factory.getMergedBeanDefinition(name);
			RootBeanDefinition fake = fake();
			fake.setPrimary(original.isPrimary());
			fake.setFallback(original.isFallback());
			if (original instanceof AbstractBeanDefinition definition) {
				fake.setDefaultCandidate(definition.isDefaultCandidate());
				fake.copyQualifiersFrom(definition);
			}
			registry.removeBeanDefinition(name);
			registry.registerBeanDefinition(name, fake);
		}
		if (factory.getBeanNamesForType(ZeroShotClassifier.class, true, false).length == 0) {
			registry.registerBeanDefinition("zeroShotClassifier", fake());
		}
	}

	private static RootBeanDefinition fake() {
		RootBeanDefinition definition = new RootBeanDefinition(FakeZeroShotClassifier.class);
		definition.setFactoryMethodName("choosingFirst");
		return definition;
	}

}
