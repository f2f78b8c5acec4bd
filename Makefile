# Short names for what people do most; CONTRIBUTING.md tells more.
MVN ?= mvn

help:
	@echo 'make run      the sample application, on http://localhost:8080'
	@echo 'make test     everything that a change must pass'
	@echo 'make format   white space of Java sources'
	@echo 'make lint     shell scripts, Python, the page, workflows'
	@echo 'make bundle   what would be released, and a check of it'

run:
	$(MVN) -q -pl zsic-sample-app -am spring-boot:run

test:
	$(MVN) -B verify

format:
	$(MVN) -q io.spring.javaformat:spring-javaformat-maven-plugin:apply

lint:
	tools/lint.sh

bundle:
	tools/release/bundle.sh

.PHONY: help run test format lint bundle
