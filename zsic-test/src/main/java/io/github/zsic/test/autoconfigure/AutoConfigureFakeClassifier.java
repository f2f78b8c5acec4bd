package io.github.zsic.test.autoconfigure;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import io.github.zsic.test.FakeZeroShotClassifier;

import org.springframework.context.annotation.Import;

/**
 * On the class of a test with a Spring Boot application, beside {@code @SpringBootTest},
 * puts a {@link FakeZeroShotClassifier} in the place of each auto-configured classifier,
 * or makes one if {@code zsic.checkpoint} is not set. No model is loaded or downloaded. A
 * test gets the fake by its type, those of {@code zsic.classifiers} with a qualifier.
 * <p>
 * The fakes {@linkplain FakeZeroShotClassifier#choosingFirst() choose the first label}
 * until a test {@linkplain FakeZeroShotClassifier#answer gives them another rule}; tests
 * that share a context share its fakes. Health, endpoint and metrics of the classifiers
 * stay and tell that there is no model. A {@code ZeroShotClassifier} that the program or
 * the test defines itself stays as it is.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@Import(FakeClassifierPostProcessor.class)
public @interface AutoConfigureFakeClassifier {

}
