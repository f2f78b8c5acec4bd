package io.github.zsic.sample;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsProcessor;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.cors.DefaultCorsProcessor;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Refuses what a browser sends for pages of others. It does so for every page that its
 * user opens, from inside of the user's network, so that somebody's page could ask an
 * application that its author cannot reach.
 * <p>
 * A page may have its own name stand for the address of this application, and so be of
 * the same origin for the browser. The name is then in the header {@code Host}, which is
 * why only names are taken that this application is known to have: configured ones,
 * addresses, and names that the public DNS does not have. The header itself counts, as a
 * page that got so far can add those of proxies.
 * <p>
 * Or a page sends a form as it is, which needs nobody's permission. Browsers say so in
 * {@code Sec-Fetch-Site}, or at least in {@code Origin}; other programs send neither and
 * are not concerned. Reading is harmless, as a browser does not show the answer to the
 * page.
 */
@Component
// After the filter that counts and traces requests.
@Order(Ordered.HIGHEST_PRECEDENCE + 10)
class ForeignPageFilter extends OncePerRequestFilter {

	private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

	/** Names for a single machine or network, which nobody can register. */
	private static final List<String> PRIVATE = List.of(".localhost", ".local", ".internal", ".home.arpa");

	private static final List<String> READING = List.of("GET", "HEAD", "OPTIONS", "TRACE");

	private static final List<String> OWN_PAGES = List.of("same-origin", "none");

	private final SampleWebProperties properties;

	private final HandlerExceptionResolver problems;

	private final CorsProcessor corsProcessor = new DefaultCorsProcessor();

	private final CorsConfiguration cors = new CorsConfiguration();

	ForeignPageFilter(SampleWebProperties properties,
			@Qualifier("handlerExceptionResolver") HandlerExceptionResolver problems) {
		this.properties = properties;
		this.problems = problems;
		this.cors.setAllowedOrigins(properties.allowedOrigins());
		this.cors.addAllowedMethod(CorsConfiguration.ALL);
		this.cors.addAllowedHeader(CorsConfiguration.ALL);
		this.cors.setExposedHeaders(List.of(Problems.ERROR_MESSAGE_HEADER, HttpHeaders.RETRY_AFTER));
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		String host = request.getHeader(HttpHeaders.HOST);
		if (host != null && !isOwnName(host)) {
			refuse(request, response, HttpStatus.MISDIRECTED_REQUEST,
					"This application is not known as " + Problems.quote(host)
							+ ". If that is a name of it, its operator adds the name to 'sample.web.allowed-hosts'.");
			return;
		}
		String origin = request.getHeader(HttpHeaders.ORIGIN);
		if (origin != null && SampleWebProperties.contains(this.properties.allowedOrigins(), origin)) {
			if (!this.corsProcessor.processRequest(this.cors, request, response)
					|| CorsUtils.isPreFlightRequest(request)) {
				return;
			}
		}
		else if (!READING.contains(request.getMethod()) && isOfForeignPage(request, origin)) {
			refuse(request, response, HttpStatus.FORBIDDEN,
					((origin != null) ? "The page at " + Problems.quote(origin) : "A page of another site")
							+ " may not send requests to this application. If it may, the operator adds its origin "
							+ "to 'sample.web.allowed-origins'.");
			return;
		}
		chain.doFilter(request, response);
	}

	private boolean isOwnName(String header) {
		String name = header.toLowerCase(Locale.ROOT).replaceFirst(":\\d*$", "").replaceFirst("\\.$", "");
		if (name.startsWith("[") || IPV4.matcher(name).matches() || !name.contains(".")) {
			return true;
		}
		return PRIVATE.stream().anyMatch(name::endsWith)
				|| SampleWebProperties.contains(this.properties.allowedHosts(), name)
				|| this.properties.allowedHosts()
					.stream()
					.anyMatch((allowed) -> allowed.startsWith(".") && name.endsWith(allowed));
	}

	private static boolean isOfForeignPage(HttpServletRequest request, @Nullable String origin) {
		String site = request.getHeader("Sec-Fetch-Site");
		if (site != null) {
			return !OWN_PAGES.contains(site);
		}
		return origin != null && !isOwnOrigin(request, origin);
	}

	/**
	 * Without the scheme, which a proxy in front of this application may change; and with
	 * the host that the proxy tells, if the application is set up to believe it.
	 */
	private static boolean isOwnOrigin(HttpServletRequest request, String origin) {
		try {
			URI page = new URI(origin);
			if (page.getHost() == null) {
				return false;
			}
			int port = (page.getPort() != -1) ? page.getPort() : "https".equalsIgnoreCase(page.getScheme()) ? 443 : 80;
			return page.getRawAuthority().equalsIgnoreCase(request.getHeader(HttpHeaders.HOST))
					|| (page.getHost().equalsIgnoreCase(request.getServerName()) && port == request.getServerPort());
		}
		catch (URISyntaxException ex) {
			return false;
		}
	}

	private void refuse(HttpServletRequest request, HttpServletResponse response, HttpStatus status, String detail)
			throws IOException {
		if (this.problems.resolveException(request, response, null,
				new ResponseStatusException(status, detail)) == null) {
			response.sendError(status.value());
		}
	}

}
