package io.github.zsic.spring.boot;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.impl.routing.DefaultRoutePlanner;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.http.client.InetAddressFilter;
import org.springframework.util.Assert;

/**
 * Gets pictures that somebody else names by URL, who may mean harm by it: to reach
 * through this program what only this program can reach.
 * <p>
 * So only {@code http} and {@code https} URLs without credentials are followed, only to
 * addresses that a filter lets through, and the connection goes to the very address that
 * was looked at. Every redirect, of at most {@value #MAXIMUM_REDIRECTS}, is treated
 * likewise. There is a limit to the bytes, and one to the time that a picture may take
 * from the first look-up to the last byte. No proxy is used, as that would choose the
 * address; no cookie, credential or referrer is sent; what the server says about the type
 * of its answer is not asked.
 * <p>
 * Thread-safe. Owns its connections until {@link #close()}.
 */
public final class ImageFetcher implements AutoCloseable {

	private static final int MAXIMUM_REDIRECTS = 3;

	private static final int MAXIMUM_URL_LENGTH = 2048;

	private static final int MAXIMUM_CONNECTIONS = 32;

	private static final Http1Config MODEST_HEADERS = Http1Config.custom()
		.setMaxHeaderCount(100)
		.setMaxLineLength(8192)
		.build();

	/**
	 * What Spring Boot's filter of external addresses lets through, without forms of IPv6
	 * that stand for an IPv4 address or are not routed.
	 */
	private static final InetAddressFilter PUBLIC_ADDRESSES = InetAddressFilter.externalAddresses()
		.andNot("::/96", "64:ff9b:1::/48", "3fff::/20", "5f00::/16");

	private final CloseableHttpClient client;

	private final InetAddressFilter addresses;

	private final long maximumBytes;

	private final Duration timeout;

	/** Cuts off what takes too long: timeouts of sockets begin anew with each byte. */
	private final ScheduledThreadPoolExecutor watch;

	/**
	 * Creates a fetcher.
	 * @param addresses where it may connect to
	 * @param maximumBytes the size that a picture may have
	 * @param timeout how long one may take in all
	 * @see #publicAddresses()
	 */
	public ImageFetcher(InetAddressFilter addresses, long maximumBytes, Duration timeout) {
		Assert.isTrue(maximumBytes > 0, "'maximumBytes' must be more than 0");
		Assert.isTrue(timeout.compareTo(Duration.ZERO) > 0, "'timeout' must be more than 0");
		this.addresses = addresses;
		this.maximumBytes = maximumBytes;
		this.timeout = timeout;
		this.client = createClient(timeout);
		this.watch = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "zsic-image-fetcher");
			thread.setDaemon(true);
			return thread;
		});
		this.watch.setRemoveOnCancelPolicy(true);
	}

	/**
	 * Addresses of the public internet: not those of this machine, of private networks,
	 * of links, of carriers, of clouds' metadata, for multicast or otherwise reserved,
	 * nor forms of IPv6 that stand for an IPv4 address.
	 * @return the filter
	 */
	public static InetAddressFilter publicAddresses() {
		return PUBLIC_ADDRESSES;
	}

	private CloseableHttpClient createClient(Duration timeout) {
		Timeout silence = Timeout.of(timeout);
		PoolingHttpClientConnectionManager connections = PoolingHttpClientConnectionManagerBuilder.create()
			.setDnsResolver(new CheckedDnsResolver())
			.setConnectionFactory(ManagedHttpClientConnectionFactory.builder().http1Config(MODEST_HEADERS).build())
			.setDefaultConnectionConfig(
					ConnectionConfig.custom().setConnectTimeout(silence).setSocketTimeout(silence).build())
			.setMaxConnTotal(MAXIMUM_CONNECTIONS)
			.setMaxConnPerRoute(MAXIMUM_CONNECTIONS)
			.build();
		return HttpClientBuilder.create()
			.setConnectionManager(connections)
			// A connection that is kept was checked when it was made, not now.
			.setConnectionReuseStrategy((request, response, context) -> false)
			// Knows of no proxy.
			.setRoutePlanner(new DefaultRoutePlanner(null))
			.setDefaultRequestConfig(RequestConfig.custom()
				.setConnectionRequestTimeout(silence)
				.setResponseTimeout(silence)
				.setAuthenticationEnabled(false)
				.setProtocolUpgradeEnabled(false)
				.build())
			.disableRedirectHandling()
			.disableAutomaticRetries()
			.disableCookieManagement()
			.disableAuthCaching()
			// What is small when it travels need not be when it is unpacked.
			.disableContentCompression()
			.setUserAgent("zsic")
			.build();
	}

	/**
	 * Whether a text is meant as a URL of a picture, be it one that can be fetched or
	 * not.
	 * @param text the text
	 * @return whether it begins with {@code http:} or {@code https:}
	 */
	public static boolean isUrl(String text) {
		String start = text.substring(0, Math.min(text.length(), 8)).toLowerCase(Locale.ROOT);
		return start.startsWith("http:") || start.startsWith("https:");
	}

	/**
	 * Gets a picture. Returns when all of it is here.
	 * @param url its URL
	 * @return the encoded picture
	 * @throws InvalidImageException if the URL may not be followed or does not lead to a
	 * file, or if the file is too large or takes too long; {@link Reason#TOO_LARGE} for
	 * the size, {@link Reason#UNREADABLE} for everything else
	 */
	public byte[] fetch(String url) {
		long end = System.nanoTime() + this.timeout.toNanos();
		URI location = parse(url, url);
		for (int redirects = 0; redirects <= MAXIMUM_REDIRECTS; redirects++) {
			HttpGet request = new HttpGet(location);
			Future<?> cut = this.watch.schedule(request::cancel, end - System.nanoTime(), TimeUnit.NANOSECONDS);
			try {
				Answer answer = this.client.execute(request, (response) -> read(url, response));
				if (answer.content() != null) {
					return answer.content();
				}
				location = parse(url, location.resolve(String.valueOf(answer.redirect())).toString());
			}
			catch (RefusedAddressException ex) {
				// Does not tell which addresses there are behind a name.
				throw unreadable(url, "leads to an address that may not be reached from here", ex);
			}
			catch (UnknownHostException ex) {
				throw unreadable(url, "has a host that is not known", ex);
			}
			catch (IOException ex) {
				throw unreadable(url, request.isCancelled() ? "did not arrive within " + this.timeout.toMillis() + " ms"
						: "could not be fetched", ex);
			}
			catch (IllegalArgumentException ex) {
				throw unreadable(url, "leads to something that is no valid URL", ex);
			}
			finally {
				cut.cancel(false);
			}
		}
		throw unreadable(url, "is redirected more than " + MAXIMUM_REDIRECTS + " times", null);
	}

	private static URI parse(String original, String url) {
		URI location;
		try {
			location = new URI(url);
		}
		catch (URISyntaxException ex) {
			throw unreadable(original, "is no valid URL", ex);
		}
		if (url.length() > MAXIMUM_URL_LENGTH) {
			throw unreadable(original, "has a URL of more than " + MAXIMUM_URL_LENGTH + " characters", null);
		}
		if (!"http".equalsIgnoreCase(location.getScheme()) && !"https".equalsIgnoreCase(location.getScheme())) {
			throw unreadable(original, "leads to a URL that is neither http nor https", null);
		}
		if (location.getHost() == null || location.getHost().isEmpty()) {
			throw unreadable(original, "has a URL without a host", null);
		}
		if (location.getRawUserInfo() != null) {
			throw unreadable(original, "has a URL with credentials in it", null);
		}
		return location;
	}

	private Answer read(String url, ClassicHttpResponse response) throws IOException {
		int status = response.getCode();
		Header location = response.getFirstHeader(HttpHeaders.LOCATION);
		if (status >= 300 && status < 400 && location != null) {
			return new Answer(null, location.getValue());
		}
		HttpEntity entity = response.getEntity();
		if (status != 200 || entity == null) {
			throw unreadable(url, "could not be fetched: its server answered with status " + status, null);
		}
		if (entity.getContentLength() > this.maximumBytes) {
			throw tooLarge(url);
		}
		try (InputStream in = entity.getContent()) {
			// One byte too many shows that there are too many.
			byte[] content = in.readNBytes((int) Math.min(this.maximumBytes + 1, Integer.MAX_VALUE - 16));
			if (content.length > this.maximumBytes) {
				throw tooLarge(url);
			}
			return new Answer(content, null);
		}
	}

	private InvalidImageException tooLarge(String url) {
		return new InvalidImageException(Reason.TOO_LARGE,
				"The picture at '%s' has more than the %d bytes that are allowed.".formatted(shorten(url),
						this.maximumBytes),
				"Choose a smaller picture, or raise the limit.");
	}

	private static InvalidImageException unreadable(String url, String finding, @Nullable Throwable cause) {
		return new InvalidImageException(Reason.UNREADABLE, "The picture at '" + shorten(url) + "' " + finding + ".",
				"Send the picture itself.", cause);
	}

	/** Without the query, which is where signatures and tokens are. */
	private static String shorten(String url) {
		int end = url.indexOf('?');
		String shown = (end >= 0) ? url.substring(0, end) : url;
		return (shown.length() > 100) ? shown.substring(0, 100) + "..." : shown;
	}

	/**
	 * Cuts off pictures that are under way.
	 */
	@Override
	public void close() {
		this.watch.shutdownNow();
		this.client.close(CloseMode.IMMEDIATE);
	}

	/**
	 * The picture, or where to look for it.
	 */
	private record Answer(byte @Nullable [] content, @Nullable String redirect) {

	}

	/**
	 * Hands out only addresses that may be connected to. The client connects to what it
	 * is handed, so nobody can answer differently the second time.
	 */
	private final class CheckedDnsResolver extends SystemDefaultDnsResolver {

		@Override
		public InetAddress[] resolve(String host) throws UnknownHostException {
			InetAddress[] allowed = Arrays.stream(super.resolve(host))
				.filter(ImageFetcher.this.addresses::matches)
				.toArray(InetAddress[]::new);
			if (allowed.length == 0) {
				throw new RefusedAddressException(host);
			}
			return allowed;
		}

	}

	/**
	 * A host has no address that may be connected to.
	 */
	private static final class RefusedAddressException extends UnknownHostException {

		RefusedAddressException(String host) {
			super(host);
		}

	}

}
