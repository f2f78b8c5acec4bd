package io.github.zsic.spring.boot.autoconfigure;

import java.util.Map;

import io.github.zsic.CheckpointException;
import io.github.zsic.SwappableClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.util.StringUtils;

/**
 * Registers the classifiers of {@code zsic.classifiers}: each as a bean of its name,
 * which is injected only where a qualifier asks for it, and what manages it as a bean
 * named after its properties.
 */
class NamedClassifiersRegistrar implements ImportBeanDefinitionRegistrar {

	static final String PREFIX = "zsic.classifiers.";

	private final BeanFactory beanFactory;

	private final Environment environment;

	NamedClassifiersRegistrar(BeanFactory beanFactory, Environment environment) {
		this.beanFactory = beanFactory;
		this.environment = environment;
	}

	@Override
	public void registerBeanDefinitions(AnnotationMetadata metadata, BeanDefinitionRegistry registry) {
		// Only the names: values are bound, and faults reported, with all other
		// properties.
		Binder.get(this.environment)
			.bind("zsic.classifiers", Bindable.mapOf(String.class, Object.class))
			.orElse(Map.of())
			.keySet()
			.forEach((name) -> register(name, registry));
	}

	private void register(String name, BeanDefinitionRegistry registry) {
		String managedName = PREFIX + name;
		RootBeanDefinition managed = new RootBeanDefinition(ManagedClassifier.class, () -> create(name));
		registry.registerBeanDefinition(managedName, managed);
		RootBeanDefinition classifier = new RootBeanDefinition(SwappableClassifier.class,
				() -> this.beanFactory.getBean(managedName, ManagedClassifier.class).start());
		classifier.setDefaultCandidate(false);
		// Its manager closes it.
		classifier.setDestroyMethodName("");
		registry.registerBeanDefinition(name, classifier);
	}

	private ManagedClassifier create(String name) {
		ClassifierProperties properties = this.beanFactory.getBean(ZsicProperties.class).getClassifiers().get(name);
		if (properties == null || !StringUtils.hasText(properties.getCheckpoint())) {
			throw new CheckpointException("Classifier '" + name + "' has no checkpoint.",
					"Set '" + PREFIX + name + ".checkpoint', or remove the other properties of this classifier.");
		}
		return this.beanFactory.getBean(ClassifierFactory.class).create(name, properties);
	}

}
