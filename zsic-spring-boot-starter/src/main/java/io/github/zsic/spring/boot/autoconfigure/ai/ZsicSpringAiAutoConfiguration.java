package io.github.zsic.spring.boot.autoconfigure.ai;

import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ImageFetcher;
import io.github.zsic.spring.boot.ai.ZsicDocumentEmbeddingModel;
import io.github.zsic.spring.boot.ai.ZsicEmbeddingModel;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import io.github.zsic.spring.boot.autoconfigure.image.ZsicImageFetcherAutoConfiguration;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.embedding.DocumentEmbeddingModel;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationConvention;
import org.springframework.ai.model.SpringAIModelProperties;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for Spring AI's embedding models, if
 * there is no other one. Where there are several, Spring AI's own properties choose:
 * {@code spring.ai.model.embedding=zsic} and
 * {@code spring.ai.model.embedding.multimodal=zsic}.
 */
@AutoConfiguration(after = { ZsicAutoConfiguration.class, ZsicImageFetcherAutoConfiguration.class })
// After those of other models, so that it is known whether there is one.
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE)
@ConditionalOnClass(EmbeddingModel.class)
@ConditionalOnSingleCandidate(ZeroShotClassifier.class)
public final class ZsicSpringAiAutoConfiguration {

	private static final String NAME = "zsic";

	@Bean
	@ConditionalOnMissingBean(EmbeddingModel.class)
	@ConditionalOnProperty(name = SpringAIModelProperties.EMBEDDING_MODEL, havingValue = NAME, matchIfMissing = true)
	ZsicEmbeddingModel zsicEmbeddingModel(ZeroShotClassifier classifier, ObjectProvider<ImageFetcher> fetcher,
			ObjectProvider<ObservationRegistry> observations,
			ObjectProvider<EmbeddingModelObservationConvention> convention) {
		return new ZsicEmbeddingModel(classifier, fetcher.getIfAvailable(),
				observations.getIfUnique(() -> ObservationRegistry.NOOP), convention.getIfUnique());
	}

	@Bean
	@ConditionalOnMissingBean(DocumentEmbeddingModel.class)
	@ConditionalOnProperty(name = SpringAIModelProperties.MULTI_MODAL_EMBEDDING_MODEL, havingValue = NAME,
			matchIfMissing = true)
	ZsicDocumentEmbeddingModel zsicDocumentEmbeddingModel(ZeroShotClassifier classifier,
			ObjectProvider<ImageFetcher> fetcher) {
		return new ZsicDocumentEmbeddingModel(classifier, fetcher.getIfAvailable());
	}

}
