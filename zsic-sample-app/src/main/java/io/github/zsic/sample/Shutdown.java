package io.github.zsic.sample;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Has the application end in time. Requests that run get their answers; after a quarter
 * of the time nobody waits for slow clients any more, after half of it work is given up,
 * and after five sixths the process ends, whatever is left.
 */
@Component
class Shutdown implements ApplicationListener<ContextClosedEvent> {

	private static final Log log = LogFactory.getLog(Shutdown.class);

	/** What a process ends with that was asked to end. */
	private static final int TERMINATED = 128 + 15;

	private final ApplicationContext context;

	private final Places places;

	private final RequestWatch watch;

	Shutdown(ApplicationContext context, Places places, RequestWatch watch) {
		this.context = context;
		this.places = places;
		this.watch = watch;
	}

	@Override
	public void onApplicationEvent(ContextClosedEvent event) {
		if (event.getApplicationContext() == this.context) {
			long quarter = TimeUnit.MILLISECONDS.convert(timeout(this.context.getEnvironment())) / 4;
			start(() -> {
				TimeUnit.MILLISECONDS.sleep(quarter);
				this.places.close();
				TimeUnit.MILLISECONDS.sleep(quarter);
				this.watch.close();
			});
		}
	}

	/**
	 * Has the process end in time when it is asked to: what runs in native code cannot be
	 * stopped.
	 * @param environment knows the time
	 */
	static void limit(Environment environment) {
		long time = TimeUnit.MILLISECONDS.convert(timeout(environment)) / 6 * 5;
		Runtime.getRuntime().addShutdownHook(new Thread(() -> start(() -> {
			TimeUnit.MILLISECONDS.sleep(time);
			log.warn("The application has not ended after " + time + " ms and is ended now");
			Runtime.getRuntime().halt(TERMINATED);
		})));
	}

	private static Duration timeout(Environment environment) {
		return Binder.get(environment)
			.bind("spring.lifecycle.timeout-per-shutdown-phase", Duration.class)
			.orElse(Duration.ofSeconds(30));
	}

	private static void start(Steps steps) {
		Thread thread = new Thread(() -> {
			try {
				steps.run();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}, "shutdown");
		thread.setDaemon(true);
		thread.start();
	}

	/** What is done one after the other. */
	@FunctionalInterface
	private interface Steps {

		void run() throws InterruptedException;

	}

}
