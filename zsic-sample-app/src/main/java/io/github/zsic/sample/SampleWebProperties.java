package io.github.zsic.sample;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.Assert;

/**
 * For which pages browsers may send requests.
 *
 * @param allowedHosts names that the application is reached by, beside addresses and
 * names that only private networks have: a name, {@code .example.com} for all below it,
 * or {@code *} for any
 * @param allowedOrigins origins of other pages that may send requests and read the
 * answers, such as {@code https://example.com}, or {@code *} for any
 */
@ConfigurationProperties("sample.web")
record SampleWebProperties(@DefaultValue List<String> allowedHosts, @DefaultValue List<String> allowedOrigins) {

	private static final Pattern HOST = Pattern.compile("\\*|\\.?[a-z0-9_-]+(\\.[a-z0-9_-]+)*");

	private static final Pattern ORIGIN = Pattern.compile("\\*|[a-z][a-z0-9+.-]*://[^/?#@]+");

	SampleWebProperties {
		allowedHosts = allowedHosts.stream().map((host) -> host.toLowerCase(Locale.ROOT)).toList();
		allowedOrigins = allowedOrigins.stream().map((origin) -> origin.toLowerCase(Locale.ROOT)).toList();
		allowedHosts.forEach((host) -> Assert.isTrue(HOST.matcher(host).matches(),
				() -> "'sample.web.allowed-hosts' takes names of hosts without scheme and port, not '" + host + "'"));
		allowedOrigins.forEach((origin) -> Assert.isTrue(ORIGIN.matcher(origin).matches(),
				() -> "'sample.web.allowed-origins' takes origins such as 'https://example.com', not '" + origin
						+ "'"));
	}

	/**
	 * Whether a list of such values has a value, or any.
	 */
	static boolean contains(List<String> list, String value) {
		return list.contains("*") || list.contains(value.toLowerCase(Locale.ROOT));
	}

}
