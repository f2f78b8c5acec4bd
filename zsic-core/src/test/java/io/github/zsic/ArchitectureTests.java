package io.github.zsic;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which package may know which.
 */
class ArchitectureTests {

	private static final String ROOT = "io.github.zsic";

	private static final JavaClasses classes = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.importPackages(ROOT);

	@ParameterizedTest
	@CsvSource({ "hub, checkpoint image text engine", "checkpoint, hub image text engine",
			"image, hub checkpoint text engine", "text, hub checkpoint image engine", "engine, hub image text" })
	void packagesDoNotKnowEachOther(String name, String others) {
		String[] forbidden = List.of(others.split(" "))
			.stream()
			.map((other) -> ROOT + "." + other + "..")
			.toArray(String[]::new);
		// There may be no such package yet.
		check(noClasses().that()
			.resideInAPackage(ROOT + "." + name + "..")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage(forbidden)
			.allowEmptyShould(true));
	}

	@Test
	void packagesExist() {
		assertThat(classes.stream().map(JavaClass::getPackageName)).contains(ROOT, ROOT + ".hub", ROOT + ".checkpoint",
				ROOT + ".image", ROOT + ".text", ROOT + ".engine");
	}

	@Test
	void subpackagesUseLittleOfTheRoot() {
		DescribedPredicate<JavaClass> shared = DescribedPredicate.describe(
				"exceptions, Scoring, Precision or the download listener",
				(type) -> type.isAssignableTo(ZsicException.class) || type.isEquivalentTo(Scoring.class)
						|| type.isEquivalentTo(Precision.class)
						|| type.isEquivalentTo(InvalidImageException.Reason.class)
						|| type.isEquivalentTo(HubException.Reason.class)
						|| type.isEquivalentTo(DeviceException.Reason.class)
						|| type.isEquivalentTo(DownloadListener.class) || type.isEquivalentTo(DownloadProgress.class)
						|| type.isEquivalentTo(DownloadProgress.File.class));
		check(noClasses().that()
			.resideInAPackage(ROOT + ".*..")
			.should()
			.dependOnClassesThat(resideInAPackage(ROOT).and(DescribedPredicate.not(shared))));
	}

	@Test
	void publicTypesOfTheRootShowNoTypeOfASubpackage() {
		ArchCondition<JavaClass> hideSubpackages = new ArchCondition<>("show only types of the root") {
			@Override
			public void check(JavaClass type, ConditionEvents events) {
				for (JavaCodeUnit method : type.getCodeUnits()) {
					if (method.getModifiers().contains(JavaModifier.PUBLIC)
							|| method.getModifiers().contains(JavaModifier.PROTECTED)) {
						Set<String> shown = new TreeSet<>();
						shown.add(method.getReturnType().toErasure().getName());
						method.getParameterTypes()
							.forEach((parameter) -> parameter.getAllInvolvedRawTypes()
								.forEach((raw) -> shown.add(raw.getName())));
						method.getReturnType().getAllInvolvedRawTypes().forEach((raw) -> shown.add(raw.getName()));
						shown.removeIf((name) -> !name.matches("io\\.github\\.zsic\\.[a-z].*|ai\\.djl\\..*"));
						events.add(new SimpleConditionEvent(method, shown.isEmpty(),
								method.getFullName() + " shows " + shown));
					}
				}
			}
		};
		check(classes().that().resideInAPackage(ROOT).and().arePublic().should(hideSubpackages));
	}

	@Test
	void neitherSpringNorJackson() {
		check(noClasses().should()
			.dependOnClassesThat()
			.resideInAnyPackage("org.springframework..", "com.fasterxml..", "tools.jackson.."));
	}

	@Test
	void librariesStayInTheirPackages() {
		only(resideInAPackage("ai.djl.."), "engine", "text");
		only(resideInAPackage(Caffeine.class.getPackageName() + ".."), "text");
		only(resideInAPackage("com.google.gson.."), "checkpoint", "hub");
		only(resideInAnyPackage("javax.imageio..", "com.twelvemonkeys.."), "image");
	}

	private static void only(DescribedPredicate<JavaClass> library, String... packages) {
		String[] allowed = List.of(packages).stream().map((name) -> ROOT + "." + name + "..").toArray(String[]::new);
		check(noClasses().that().resideOutsideOfPackages(allowed).should().dependOnClassesThat(library));
		assertThat(classes.stream()
			.flatMap((type) -> type.getDirectDependenciesFromSelf().stream())
			.anyMatch((dependency) -> library.test(dependency.getTargetClass()))).as("use of " + library).isTrue();
	}

	@Test
	void everyPackageIsNullMarked() {
		Collection<JavaPackage> packages = classes.getPackage(ROOT).getSubpackagesInTree();
		assertThat(packages).hasSizeGreaterThanOrEqualTo(4);
		assertThat(classes.getPackage(ROOT).isAnnotatedWith(NullMarked.class)).isTrue();
		assertThat(packages)
			.allSatisfy((each) -> assertThat(each.isAnnotatedWith(NullMarked.class)).as(each.getName()).isTrue());
	}

	@Test
	void caseConversionsNameTheirLocale() {
		check(noClasses().should()
			.callMethod(String.class, "toLowerCase")
			.orShould()
			.callMethod(String.class, "toUpperCase"));
	}

	@Test
	void onlyTheProgramPrints() {
		check(noClasses().that()
			// A bar is drawn on the terminal, which is the standard error.
			.doNotBelongToAnyOf(Prefetch.class, DownloadBar.class)
			.should()
			.accessField(System.class, "out")
			.orShould()
			.accessField(System.class, "err")
			.orShould()
			.callMethod(Throwable.class, "printStackTrace"));
	}

	private static void check(ArchRule rule) {
		rule.check(classes);
	}

}
