package io.github.zsic.spring.boot.autoconfigure.ai;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.langchain4j.ZsicEmbeddingModel;
import io.github.zsic.spring.boot.ImageFetcher;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import io.github.zsic.spring.boot.autoconfigure.image.ZsicImageFetcherAutoConfiguration;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for LangChain4j's embedding model,
 * if {@code zsic-langchain4j} is there and no other one is.
 */
@AutoConfiguration(after = { ZsicAutoConfiguration.class, ZsicImageFetcherAutoConfiguration.class })
// After those of other models, so that it is known whether there is one.
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE)
@ConditionalOnClass({ EmbeddingModel.class, ZsicEmbeddingModel.class })
@ConditionalOnSingleCandidate(ZeroShotClassifier.class)
public final class ZsicLangChain4jAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(EmbeddingModel.class)
	ZsicEmbeddingModel zsicLangChain4jEmbeddingModel(ZeroShotClassifier classifier,
			ObjectProvider<ImageFetcher> fetcher, ObjectProvider<EmbeddingModelListener> listeners) {
		ZsicEmbeddingModel.Builder builder = ZsicEmbeddingModel.builder()
			.classifier(classifier)
			.listeners(listeners.orderedStream().toList());
		fetcher.ifAvailable((available) -> builder.imageLoader((url) -> available.fetch(url.toString())));
		return builder.build();
	}

}
