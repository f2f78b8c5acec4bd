package io.github.zsic.spring.boot.autoconfigure;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.Configuration;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

/**
 * The rules that Spring Boot keeps for its own auto-configuration modules.
 */
class ArchitectureTests {

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.importPackages("io.github.zsic.spring");

	@Test
	void autoConfigurationsArePublicAndFinal() {
		check(classes().that()
			.areAnnotatedWith(AutoConfiguration.class)
			.should()
			.bePublic()
			.andShould()
			.haveModifier(JavaModifier.FINAL));
	}

	@Test
	void autoConfigurationsHaveNoPublicMembers() {
		check(methods().that()
			.areDeclaredInClassesThat()
			.areAnnotatedWith(AutoConfiguration.class)
			.should()
			.notBePublic());
	}

	@Test
	void importedConfigurationsArePackagePrivate() {
		check(classes().that()
			.areAnnotatedWith(Configuration.class)
			.and()
			.areNotAnnotatedWith(AutoConfiguration.class)
			.should()
			.notBePublic());
	}

	@Test
	void beanMethodsDoNotReturnPrivateTypes() {
		check(methods().that()
			.areAnnotatedWith(Bean.class)
			.should()
			.haveRawReturnType(DescribedPredicate.not(DescribedPredicate.describe("private",
					(type) -> type.getModifiers().contains(JavaModifier.PRIVATE)))));
	}

	@Test
	void beanMethodsHaveNoConditionOnClass() {
		check(noMethods().that().areAnnotatedWith(Bean.class).should().beAnnotatedWith(ConditionalOnClass.class));
	}

	@Test
	void conditionOnMissingBeanDoesNotRepeatReturnType() {
		check(methods().that().areAnnotatedWith(ConditionalOnMissingBean.class).should(notNameOnlyItsReturnType()));
	}

	@Test
	void configurationPropertiesUseValue() {
		check(classes().that().areAnnotatedWith(ConfigurationProperties.class).should(notUsePrefixAttribute()));
	}

	@Test
	void conditionsAndFailureAnalyzersAreNotPublic() {
		check(classes().that()
			.areAssignableTo(Condition.class)
			.or()
			.areAssignableTo(FailureAnalyzer.class)
			.should()
			.notBePublic());
	}

	@Test
	void packagesAreFreeOfCycles() {
		check(slices().matching("io.github.zsic.spring.(**)").should().beFreeOfCycles());
	}

	@Test
	void onlyThePublicApiOfCoreIsUsed() {
		check(noClasses().should()
			.dependOnClassesThat()
			.resideInAnyPackage("ai.djl..", "io.github.zsic.checkpoint..", "io.github.zsic.engine..",
					"io.github.zsic.image..", "io.github.zsic.text.."));
	}

	private static void check(ArchRule rule) {
		rule.allowEmptyShould(true).check(CLASSES);
	}

	private static ArchCondition<JavaMethod> notNameOnlyItsReturnType() {
		return new ArchCondition<>("not name only its own return type") {

			@Override
			public void check(JavaMethod method, ConditionEvents events) {
				ConditionalOnMissingBean annotation = method.getAnnotationOfType(ConditionalOnMissingBean.class);
				Class<?>[] types = annotation.value();
				if (types.length == 1 && types[0].getName().equals(method.getRawReturnType().getName())) {
					events.add(SimpleConditionEvent.violated(method, method.getFullName() + " names its return type"));
				}
			}

		};
	}

	private static ArchCondition<JavaClass> notUsePrefixAttribute() {
		return new ArchCondition<>("use the value of @ConfigurationProperties") {

			@Override
			public void check(JavaClass type, ConditionEvents events) {
				if (!type.getAnnotationOfType(ConfigurationProperties.class).prefix().isEmpty()) {
					events.add(SimpleConditionEvent.violated(type, type.getName() + " uses 'prefix'"));
				}
			}

		};
	}

}
