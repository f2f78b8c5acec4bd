package io.github.zsic.sample;

import io.github.zsic.sample.command.FolderCommand;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Zero-shot image classification as a web page and an HTTP API, or on the command line.
 */
@SpringBootApplication
@ConfigurationPropertiesScan
public class SampleApplication {

	public static void main(String[] args) {
		if (FolderCommand.isMeantBy(args)) {
			System.exit(FolderCommand.run(args));
		}
		ConfigurableApplicationContext context = SpringApplication.run(SampleApplication.class, args);
		Shutdown.limit(context.getEnvironment());
	}

}
