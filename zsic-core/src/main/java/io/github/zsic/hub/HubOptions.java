package io.github.zsic.hub;

import java.nio.file.Path;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What a program sets about the Hub. {@code null} leaves a choice to the environment
 * variables of Python's {@code huggingface_hub}, and to its defaults.
 *
 * @param endpoint the address of the Hub
 * @param token the access token
 * @param cacheDir the folder of the cache
 * @param offline whether to make no request
 * @param connectTimeout how long a connection may take
 * @param readTimeout how long the Hub may stay silent
 */
public record HubOptions(@Nullable String endpoint, @Nullable String token, @Nullable Path cacheDir,
		@Nullable Boolean offline, @Nullable Duration connectTimeout, @Nullable Duration readTimeout) {

}
