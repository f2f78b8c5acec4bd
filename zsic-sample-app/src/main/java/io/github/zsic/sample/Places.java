package io.github.zsic.sample;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import jakarta.servlet.ServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * How many requests may be in work at the same time. Each holds a thread of the server,
 * also while it waits for its client. So where all places are taken, who is slowest has
 * to go; no client has more than half of them; and a part of the threads is kept for
 * those who ask how the application is. Thread-safe.
 */
final class Places {

	/** What a client is given for each byte: at 16 KB in a second, it is not slow. */
	private static final long NANOS_PER_BYTE = TimeUnit.SECONDS.toNanos(1) / (16 * 1024);

	/** Nobody has to go who was waited for less than that. */
	private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(250);

	/** How many bytes of an IPv6 address say whose it is. */
	private static final int NETWORK = 8;

	private final int maximum;

	private final int maximumProbes;

	private final int maximumLeaving;

	/** Guards itself and everything below. */
	private final Set<Place> places = new LinkedHashSet<>();

	private final Map<String, Integer> clients = new HashMap<>();

	private int probes;

	/** Those who had to go and have not gone yet, or hear that there is no place. */
	private int leaving;

	private boolean closed;

	/**
	 * Shares out threads.
	 * @param threads how many the server has
	 */
	Places(int threads) {
		this.maximumProbes = Math.max(1, threads / 8);
		this.maximumLeaving = Math.max(1, threads / 4);
		this.maximum = Math.max(1, threads - this.maximumProbes - this.maximumLeaving);
	}

	/**
	 * Takes a place.
	 * @param address where the client is
	 * @return the place, to be closed when the request has its answer; {@code null} if
	 * there is none
	 */
	@Nullable Place enter(String address) {
		String client = network(address);
		synchronized (this.places) {
			boolean ownLimit = this.clients.getOrDefault(client, 0) >= Math.max(1, this.maximum / 2);
			if (ownLimit || this.places.size() >= this.maximum) {
				Place slowest = slowest(ownLimit ? client : null);
				if (slowest == null || this.leaving >= this.maximumLeaving) {
					return null;
				}
				remove(slowest);
				slowest.evicted = true;
				this.leaving++;
			}
			Place place = new Place(Kind.REQUEST, client);
			place.evicted = this.closed;
			this.places.add(place);
			this.clients.merge(client, 1, Integer::sum);
			return place;
		}
	}

	/**
	 * Takes a place that is kept for those who ask how the application is, and have their
	 * answer at once.
	 * @return the place, {@code null} if there is none
	 */
	@Nullable Place enterAsProbe() {
		synchronized (this.places) {
			if (this.probes >= this.maximumProbes) {
				return null;
			}
			this.probes++;
			return new Place(Kind.PROBE, "");
		}
	}

	/**
	 * Takes the place of somebody who only hears that there is none.
	 * @return the place, {@code null} if there is not even that
	 */
	@Nullable Place leave() {
		synchronized (this.places) {
			if (this.leaving >= this.maximumLeaving) {
				return null;
			}
			this.leaving++;
			return new Place(Kind.LEAVING, "");
		}
	}

	/**
	 * Nobody is waited for any more.
	 */
	void close() {
		synchronized (this.places) {
			this.closed = true;
			this.places.forEach((place) -> place.evicted = true);
		}
	}

	private @Nullable Place slowest(@Nullable String client) {
		long now = System.nanoTime();
		return this.places.stream()
			.filter((place) -> client == null || client.equals(place.client))
			.filter((place) -> place.debt(now) > PATIENCE)
			.max(Comparator.comparingLong((place) -> place.debt(now)))
			.orElse(null);
	}

	private boolean remove(Place place) {
		if (!this.places.remove(place)) {
			return false;
		}
		this.clients.computeIfPresent(place.client, (client, count) -> (count > 1) ? count - 1 : null);
		return true;
	}

	/**
	 * Who sends a request, where clients share something.
	 */
	static String client(ServletRequest request) {
		return network(request.getRemoteAddr());
	}

	/** A network of IPv6 has more addresses than a limit for each is of use. */
	private static String network(String address) {
		if (address.indexOf(':') < 0) {
			return address;
		}
		try {
			byte[] bytes = InetAddress.getByName(address).getAddress();
			return HexFormat.of().formatHex(Arrays.copyOf(bytes, Math.min(bytes.length, NETWORK)));
		}
		catch (UnknownHostException ex) {
			return address;
		}
	}

	/** What a place is for. */
	private enum Kind {

		REQUEST, PROBE, LEAVING

	}

	/**
	 * What a request holds. It is told when its client is waited for.
	 */
	final class Place implements AutoCloseable {

		private final Kind kind;

		private final String client;

		private volatile boolean evicted;

		private long waited;

		/** 0 while the client is not waited for. */
		private long waitingSince;

		Place(Kind kind, String client) {
			this.kind = kind;
			this.client = client;
		}

		/** The client has to send or take something now. */
		synchronized void awaitClient() {
			this.waitingSince = System.nanoTime();
		}

		/** The client has sent or taken something. */
		synchronized void resume(int bytes) {
			this.waited += System.nanoTime() - this.waitingSince - bytes * NANOS_PER_BYTE;
			// Who was quick has no right to be slow later.
			this.waited = Math.max(0, this.waited);
			this.waitingSince = 0;
		}

		/** Sending is one thing, and taking the answer another. */
		synchronized void beginAnswer() {
			this.waited = 0;
		}

		/**
		 * Whether the client was waited for too long.
		 * @param maximumDebt how long that is where nobody else needs the place
		 */
		boolean isSlow(Duration maximumDebt) {
			long debt = debt(System.nanoTime());
			return debt > TimeUnit.NANOSECONDS.convert(maximumDebt) || (this.evicted && debt > PATIENCE);
		}

		/**
		 * How much longer the client was waited for than what it sent and took allows.
		 */
		private synchronized long debt(long now) {
			return (this.waitingSince != 0) ? this.waited + now - this.waitingSince : this.waited;
		}

		/**
		 * Whether somebody else has this place now.
		 */
		boolean isEvicted() {
			return this.evicted;
		}

		@Override
		public void close() {
			synchronized (Places.this.places) {
				if (this.kind == Kind.PROBE) {
					Places.this.probes--;
				}
				else if (!remove(this)) {
					Places.this.leaving--;
				}
			}
		}

	}

}
