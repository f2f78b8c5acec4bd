package io.github.zsic.spring.boot.autoconfigure;

import java.util.Map;

import io.github.zsic.SwappableClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;

import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/**
 * Registers the classifiers of {@code zsic.classifiers}: each as a bean of its name,
 * which is injected only where a qualifier asks for it, and what manages it as a bean
 * named after its properties.
 */
class NamedClassifiersRegistrar implements ImportBeanDefinitionRegistrar {

	static final String PREFIX = "zsic.classifiers.";

	private final Environment environment;

	NamedClassifiersRegistrar(Environment environment) {
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

	// Methods of beans rather than lambdas: ahead-of-time processing writes them as code.
	private static void register(String name, BeanDefinitionRegistry registry) {
		String managedName = PREFIX + name;
		RootBeanDefinition managed = new RootBeanDefinition(ManagedClassifier.class);
		managed.setFactoryBeanName(ZsicAutoConfiguration.FACTORY_BEAN_NAME);
		managed.setFactoryMethodName("createNamed");
		managed.getConstructorArgumentValues().addIndexedArgumentValue(0, name);
		registry.registerBeanDefinition(managedName, managed);
		RootBeanDefinition classifier = new RootBeanDefinition(SwappableClassifier.class);
		classifier.setFactoryBeanName(managedName);
		classifier.setFactoryMethodName("start");
		classifier.setDefaultCandidate(false);
		// Its manager closes it.
		classifier.setDestroyMethodName("");
		registry.registerBeanDefinition(name, classifier);
	}

}
