package io.github.zsic.spring.boot;

import java.time.Duration;

import io.github.zsic.InvalidImageException;

import org.springframework.boot.http.client.InetAddressFilter;

/**
 * Fetches from a JVM of its own, where names mean what a file says. Prints what becomes
 * of each URL, first where only 127.0.0.1 may be reached, then where the public internet
 * may.
 */
final class ImageFetcherProgram {

	private ImageFetcherProgram() {
	}

	public static void main(String[] urls) {
		for (InetAddressFilter addresses : new InetAddressFilter[] { InetAddressFilter.of("127.0.0.1"),
				ImageFetcher.publicAddresses() }) {
			try (ImageFetcher fetcher = new ImageFetcher(addresses, 1000, Duration.ofSeconds(10))) {
				for (String url : urls) {
					System.out.println(outcome(fetcher, url));
				}
			}
		}
	}

	private static String outcome(ImageFetcher fetcher, String url) {
		try {
			return fetcher.fetch(url).length + " bytes";
		}
		catch (InvalidImageException ex) {
			return ex.getDescription();
		}
	}

}
