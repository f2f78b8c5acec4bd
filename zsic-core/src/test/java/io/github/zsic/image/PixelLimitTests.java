package io.github.zsic.image;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(60)
class PixelLimitTests {

	private static final long ALL = Runtime.getRuntime().maxMemory() / 2;

	/** The largest picture that counts as small. */
	private static final long SMALL = Math.min(ALL / 8 / 2, 16 << 20) / 1024 * 1024;

	/** 224 x 224 pixels of seven bytes. */
	private static final long ORDINARY = 224 * 224 * 7;

	@Test
	void anOrdinaryPictureWaitsForNoLargerOne() throws Exception {
		List<PixelLimit> held = new ArrayList<>();
		for (long bytes = SMALL; bytes <= ALL / 8; bytes += SMALL) {
			held.add(reserve(SMALL));
		}
		CompletableFuture<PixelLimit> waiting = CompletableFuture.supplyAsync(() -> reserve(SMALL));
		try {
			assertThat(waiting).isNotDone();
			CompletableFuture.runAsync(() -> reserve(ORDINARY).close()).get(30, TimeUnit.SECONDS);
			assertThat(waiting).isNotDone();
		}
		finally {
			held.forEach(PixelLimit::close);
		}
		waiting.get(30, TimeUnit.SECONDS).close();
	}

	private static PixelLimit reserve(long bytes) {
		PixelLimit limit = new PixelLimit(Long.MAX_VALUE, Duration.ofMinutes(1));
		try {
			limit.reserve(bytes);
		}
		catch (DecodingException ex) {
			throw new IllegalStateException(ex);
		}
		return limit;
	}

}
