package io.github.zsic.sample;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What one request may ask for.
 *
 * @param maximumImages number of pictures
 * @param maximumLabels number of labels
 * @param maximumTemplates number of templates
 * @param maximumTextLength number of characters in a label or template
 */
@ConfigurationProperties("sample")
record SampleProperties(@DefaultValue("32") int maximumImages, @DefaultValue("1000") int maximumLabels,
		@DefaultValue("100") int maximumTemplates, @DefaultValue("1000") int maximumTextLength) {

}
