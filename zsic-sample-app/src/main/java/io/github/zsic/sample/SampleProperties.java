package io.github.zsic.sample;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What one request may ask for, and all of them together.
 *
 * @param maximumImages number of pictures in a request that is answered at once
 * @param maximumStreamedImages number of pictures in a request that is answered line by
 * line
 * @param maximumLabels number of labels
 * @param maximumTemplates number of templates
 * @param maximumTextLength number of characters in a label or template
 * @param maximumUploads size of all bodies that are at hand at the same time, of which
 * JSON counts four times; without it, a quarter of the heap and at most 256 MB
 * @param uploadTimeout time that a body may take to arrive, and that a client may waste
 * with taking its answer
 * @param requestTimeout time that the work for a request may take that is answered at
 * once
 */
@ConfigurationProperties("sample")
record SampleProperties(@DefaultValue("32") int maximumImages, @DefaultValue("1000") int maximumStreamedImages,
		@DefaultValue("1000") int maximumLabels, @DefaultValue("100") int maximumTemplates,
		@DefaultValue("1000") int maximumTextLength, @Nullable DataSize maximumUploads,
		@DefaultValue("60s") Duration uploadTimeout, @DefaultValue("60s") Duration requestTimeout) {

}
