package io.github.zsic.spring.boot.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.zsic.CustomImageDecoder;
import io.github.zsic.DownloadListener;
import io.github.zsic.DownloadProgress;
import io.github.zsic.spring.boot.ModelDecorator;
import io.github.zsic.spring.boot.ZeroShotClassifierBuilderCustomizer;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.core.io.DefaultResourceLoader;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ClassifierFactory}.
 */
class ClassifierFactoryTests {

	@Test
	void listenerThatThrowsDisturbsNoOther() {
		List<String> told = new ArrayList<>();
		StaticListableBeanFactory beans = new StaticListableBeanFactory();
		beans.addBean("bad", (DownloadListener) (progress) -> {
			told.add("bad");
			throw new IllegalStateException("bad listener");
		});
		beans.addBean("good", (DownloadListener) (progress) -> told.add("good"));
		ClassifierFactory factory = new ClassifierFactory(new ZsicProperties(), Duration.ZERO,
				beans.getBeanProvider(ZeroShotClassifierBuilderCustomizer.class),
				beans.getBeanProvider(DownloadListener.class), beans.getBeanProvider(CustomImageDecoder.class),
				beans.getBeanProvider(ModelDecorator.class), new DefaultResourceLoader());
		DownloadListener listener = factory.listeners((progress) -> told.add("own"));
		DownloadProgress progress = new DownloadProgress("owner/model", "0123",
				List.of(new DownloadProgress.File("config.json", 1, 2, false)));
		listener.onProgress(progress);
		listener.onProgress(progress);
		assertThat(told).containsExactly("own", "bad", "good", "own", "good");
	}

}
