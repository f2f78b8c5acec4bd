package io.github.zsic.spring.boot.autoconfigure;

import java.util.Map;

import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/**
 * Registers the classifiers of {@code zsic.classifiers}: each as a bean of its name,
 * which is injected only where a qualifier asks for it, and what manages it as a bean
 * named after its properties. Where the program has a classifier of that name, there is
 * no other.
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
			.stream()
			.filter((name) -> isWanted(name, registry))
			.forEach((name) -> register(name, registry));
	}

	/**
	 * Whether a classifier is to be registered: not where the program has its own one of
	 * that name.
	 */
	private boolean isWanted(String name, BeanDefinitionRegistry registry) {
		if (ManagedClassifier.MAIN.equals(name)) {
			throw new FailureAnalyzedException(
					"'" + PREFIX + name + "' is a name that health, endpoint and metrics have for the main classifier.",
					"Give this classifier another name. The main one is set by 'zsic.checkpoint'.");
		}
		if (!registry.containsBeanDefinition(name)) {
			return true;
		}
		if (!this.beanFactory.isTypeMatch(name, ZeroShotClassifier.class)
				|| ZsicAutoConfiguration.CLASSIFIER_BEAN_NAME.equals(name)) {
			throw new FailureAnalyzedException("'" + PREFIX + name + "' would be a bean of the name '" + name
					+ "', which another bean has already.", "Give this classifier another name.");
		}
		return false;
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
