package io.github.zsic.spring.boot;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;
import org.apache.hc.client5.http.DnsResolver;
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
 * addresses that a filter lets through and to ports where no other service listens, and
 * the connection goes to the very address that was looked at. Every redirect, of at most
 * {@value #MAXIMUM_REDIRECTS}, is treated likewise. There is a limit to the bytes, and
 * one to the time that a picture may take from the first look-up to the last byte. No
 * proxy is used, as that would choose the address; no cookie, credential or referrer is
 * sent; what the server says about the type of its answer is not asked.
 * <p>
 * Thread-safe. Owns its connections until {@link #close()}.
 */
public final class ImageFetcher implements AutoCloseable {

	private static final int MAXIMUM_REDIRECTS = 3;

	private static final int MAXIMUM_URL_LENGTH = 2048;

	private static final int MAXIMUM_TRANSFERS = 32;

	/** So that one client with slow pictures cannot keep the others from theirs. */
	private static final int MAXIMUM_TRANSFERS_OF_CLIENT = MAXIMUM_TRANSFERS / 2;

	/** With those in which nobody waits any more for the look-up of a name. */
	private static final int MAXIMUM_THREADS = 256;

	private static final Http1Config MODEST_HEADERS = Http1Config.custom()
		.setMaxHeaderCount(100)
		.setMaxLineLength(8192)
		.build();

	/**
	 * Above 1024, where servers for the web are, too: what browsers do not connect to, as
	 * what listens there may take a request for something else.
	 */
	private static final Set<Integer> PORTS_OF_OTHERS = Set.of(1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
			6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080);

	private static final AtomicInteger threads = new AtomicInteger();

	private final CloseableHttpClient client;

	private final InetAddressFilter addresses;

	private final long maximumBytes;

	private final Duration timeout;

	private final DnsResolver names;

	/** Callers that wait for a picture. */
	private final Semaphore places = new Semaphore(MAXIMUM_TRANSFERS, true);

	/** Those of clients that wait for a picture now. */
	private final Map<String, Share> shares = new ConcurrentHashMap<>();

	/**
	 * Get the pictures, while their callers look at the clock: timeouts of sockets begin
	 * anew with each byte, and a look-up of a name has none. Nor can it be ended, so it
	 * may keep its thread when its caller has given up and somebody else has the place.
	 */
	private final ThreadPoolExecutor workers;

	/**
	 * Creates a fetcher.
	 * @param addresses where it may connect to
	 * @param maximumBytes the size that a picture may have
	 * @param timeout how long one may take in all
	 * @see #publicAddresses()
	 */
	public ImageFetcher(InetAddressFilter addresses, long maximumBytes, Duration timeout) {
		this(addresses, maximumBytes, timeout, SystemDefaultDnsResolver.INSTANCE);
	}

	ImageFetcher(InetAddressFilter addresses, long maximumBytes, Duration timeout, DnsResolver names) {
		Assert.isTrue(maximumBytes > 0, "'maximumBytes' must be more than 0");
		Assert.isTrue(timeout.compareTo(Duration.ZERO) > 0, "'timeout' must be more than 0");
		this.addresses = addresses;
		this.maximumBytes = maximumBytes;
		this.timeout = timeout;
		this.names = names;
		this.client = createClient(timeout);
		this.workers = new ThreadPoolExecutor(0, MAXIMUM_THREADS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(),
				(task) -> {
					Thread thread = new Thread(task, "zsic-image-fetcher-" + threads.incrementAndGet());
					thread.setDaemon(true);
					return thread;
				});
	}

	/**
	 * Addresses of the public internet: those that are given to hosts anywhere, without
	 * the blocks that IANA's registries keep for a special purpose. So not those of this
	 * machine, of private networks, of links, of carriers, of clouds' metadata, for
	 * multicast or otherwise reserved, nor forms of IPv6 that stand for an IPv4 address.
	 * @return the filter
	 */
	public static InetAddressFilter publicAddresses() {
		return PublicAddresses.FILTER;
	}

	private CloseableHttpClient createClient(Duration timeout) {
		Timeout silence = Timeout.of(timeout);
		PoolingHttpClientConnectionManager connections = PoolingHttpClientConnectionManagerBuilder.create()
			.setDnsResolver(new CheckedDnsResolver())
			.setConnectionFactory(ManagedHttpClientConnectionFactory.builder().http1Config(MODEST_HEADERS).build())
			.setDefaultConnectionConfig(
					ConnectionConfig.custom().setConnectTimeout(silence).setSocketTimeout(silence).build())
			.setMaxConnTotal(MAXIMUM_THREADS)
			.setMaxConnPerRoute(MAXIMUM_THREADS)
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
	 * @see #fetch(String, String)
	 */
	public byte[] fetch(String url) {
		long end = end();
		return inPlace(this.places, url, end, () -> transfer(url, end));
	}

	/**
	 * Gets a picture for one of several clients. At the same time at most
	 * {@value #MAXIMUM_TRANSFERS} pictures are on their way, at most half of them for the
	 * same client. The others wait for their turn, which is part of their time.
	 * @param url its URL
	 * @param client who asks for it, such as an address
	 * @return the encoded picture
	 * @throws InvalidImageException as {@link #fetch(String)} does
	 */
	public byte[] fetch(String url, String client) {
		long end = end();
		Share share = this.shares.compute(client, (key, present) -> Share.enter(present));
		try {
			return inPlace(share.places, url, end, () -> inPlace(this.places, url, end, () -> transfer(url, end)));
		}
		finally {
			this.shares.compute(client, (key, present) -> share.leave());
		}
	}

	private long end() {
		return System.nanoTime() + TimeUnit.NANOSECONDS.convert(this.timeout);
	}

	private byte[] inPlace(Semaphore places, String url, long end, Supplier<byte[]> transfer) {
		try {
			if (!places.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
				throw late(url, null);
			}
		}
		catch (InterruptedException ex) {
			throw interrupted(url, ex);
		}
		try {
			return transfer.get();
		}
		finally {
			places.release();
		}
	}

	private byte[] transfer(String url, long end) {
		Transfer transfer = new Transfer(url);
		try {
			return this.workers.submit(transfer).get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof InvalidImageException refusal) {
				throw refusal;
			}
			throw new IllegalStateException("A picture could not be fetched for an unexpected reason", ex.getCause());
		}
		catch (TimeoutException ex) {
			throw late(url, ex);
		}
		catch (RejectedExecutionException ex) {
			throw unreadable(url, this.workers.isShutdown() ? "could not be fetched, as this program ends"
					: "could not be fetched, as the look-ups of too many names do not end", ex);
		}
		catch (InterruptedException ex) {
			throw interrupted(url, ex);
		}
		finally {
			transfer.cancel();
		}
	}

	private static InvalidImageException interrupted(String url, InterruptedException cause) {
		Thread.currentThread().interrupt();
		return unreadable(url, "could not be fetched, as its thread was interrupted", cause);
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
		if (location.getHost().contains("%")) {
			throw unreadable(original, "has a URL with a zone in its host, which has a meaning on one machine only",
					null);
		}
		if (!isPortOfWeb(location.getPort())) {
			throw unreadable(original, "has a URL with port " + location.getPort()
					+ ", which is not one that pictures are fetched from: 80, 443, or from 1024 on", null);
		}
		return location;
	}

	private static boolean isPortOfWeb(int port) {
		return port == -1 || port == 80 || port == 443
				|| (port >= 1024 && port <= 65535 && !PORTS_OF_OTHERS.contains(port));
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
		// Not closed, which would read all the rest; the connection is.
		InputStream in = entity.getContent();
		// One byte too many shows that there are too many.
		byte[] content = in.readNBytes((int) Math.min(this.maximumBytes + 1, Integer.MAX_VALUE - 16));
		if (content.length > this.maximumBytes) {
			throw tooLarge(url);
		}
		return new Answer(content, null);
	}

	private InvalidImageException late(String url, @Nullable Exception cause) {
		return unreadable(url, "did not arrive within " + TimeUnit.MILLISECONDS.convert(this.timeout) + " ms", cause);
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
		this.workers.shutdownNow();
		this.client.close(CloseMode.IMMEDIATE);
	}

	/**
	 * The places of a client, which are there for as long as it uses them. Entered and
	 * left under the lock of the map.
	 */
	private static final class Share {

		private final Semaphore places = new Semaphore(MAXIMUM_TRANSFERS_OF_CLIENT, true);

		private int callers;

		static Share enter(@Nullable Share present) {
			Share share = (present != null) ? present : new Share();
			share.callers++;
			return share;
		}

		@Nullable Share leave() {
			return (--this.callers > 0) ? this : null;
		}

	}

	/**
	 * The picture, or where to look for it.
	 */
	private record Answer(byte @Nullable [] content, @Nullable String redirect) {

	}

	/**
	 * Follows a URL to a picture, until somebody has waited for it long enough.
	 */
	private final class Transfer implements Callable<byte[]> {

		private final String url;

		private volatile @Nullable HttpGet request;

		private volatile boolean cancelled;

		Transfer(String url) {
			this.url = url;
		}

		@Override
		public byte[] call() {
			URI location = parse(this.url, this.url);
			for (int redirects = 0; redirects <= MAXIMUM_REDIRECTS; redirects++) {
				Answer answer = get(location);
				if (answer.content() != null) {
					return answer.content();
				}
				location = parse(this.url, resolve(location, String.valueOf(answer.redirect())));
			}
			throw unreadable(this.url, "is redirected more than " + MAXIMUM_REDIRECTS + " times", null);
		}

		private Answer get(URI location) {
			try {
				HttpGet request = new HttpGet(location);
				this.request = request;
				if (this.cancelled) {
					throw new InterruptedIOException();
				}
				try {
					return read(this.url, ImageFetcher.this.client.executeOpen(null, request, null));
				}
				finally {
					// What is left of a body is nobody's concern; closing it in order
					// would read it, and there may be no end to it.
					request.cancel();
				}
			}
			catch (RefusedAddressException ex) {
				// Does not tell which addresses there are behind a name.
				throw unreadable(this.url, "leads to an address that may not be reached from here", ex);
			}
			catch (UnknownHostException ex) {
				throw unreadable(this.url, "has a host that is not known", ex);
			}
			catch (InterruptedIOException ex) {
				throw late(this.url, ex);
			}
			catch (IOException ex) {
				throw unreadable(this.url, "could not be fetched", ex);
			}
			catch (IllegalArgumentException ex) {
				throw noUrl(ex);
			}
		}

		private String resolve(URI location, String redirect) {
			try {
				return location.resolve(redirect).toString();
			}
			catch (IllegalArgumentException ex) {
				throw noUrl(ex);
			}
		}

		private InvalidImageException noUrl(IllegalArgumentException cause) {
			return unreadable(this.url, "leads to something that is no valid URL", cause);
		}

		void cancel() {
			this.cancelled = true;
			HttpGet current = this.request;
			if (current != null) {
				current.cancel();
			}
		}

	}

	/**
	 * Hands out only addresses that may be connected to. The client connects to what it
	 * is handed, so nobody can answer differently the second time.
	 */
	private final class CheckedDnsResolver implements DnsResolver {

		@Override
		public InetAddress[] resolve(String host) throws UnknownHostException {
			InetAddress[] allowed = Arrays.stream(ImageFetcher.this.names.resolve(host))
				.filter(ImageFetcher.this.addresses::matches)
				.toArray(InetAddress[]::new);
			if (allowed.length == 0) {
				throw new RefusedAddressException(host);
			}
			return allowed;
		}

		@Override
		public String resolveCanonicalHostname(String host) throws UnknownHostException {
			return ImageFetcher.this.names.resolveCanonicalHostname(host);
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
