package io.github.zsic.example.webflux;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;

/**
 * Classifies pictures that are uploaded, on WebFlux.
 */
@SpringBootApplication
public class ReactiveTriageApplication {

	public static void main(String[] args) {
		// Said, as Spring MVC is on the class path of the other example, too.
		new SpringApplicationBuilder(ReactiveTriageApplication.class).web(WebApplicationType.REACTIVE).run(args);
	}

}
