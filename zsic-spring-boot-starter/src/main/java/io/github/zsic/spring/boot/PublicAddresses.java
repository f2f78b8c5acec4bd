package io.github.zsic.spring.boot;

import java.net.Inet6Address;
import java.net.InetAddress;

import org.springframework.boot.http.client.InetAddressFilter;

/**
 * What addresses hosts of the public internet have. IPv6 knows many forms that stand for
 * an IPv4 address, and new ones come, so this names what is allowed: of IPv6 only the
 * block that addresses are given from. From it, and from IPv4, is taken away what IANA's
 * registries of special-purpose addresses name, whatever their purpose: nobody keeps
 * pictures there.
 */
final class PublicAddresses {

	private static final String[] SPECIAL = {
			// This network, private networks, carriers, loopback, links.
			"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
			"192.168.0.0/16",
			// Protocols, documentation, AS112, multicast tunnels, 6to4's relays,
			// benchmarks.
			"192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",
			"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
			// Multicast, and what is reserved for a future that does not come.
			"224.0.0.0/4", "240.0.0.0/4",
			// An address like any other, which in Azure is the host's for its guests.
			"168.63.129.16",
			// Protocols, Teredo among them, documentation, 6to4, AS112, the former 6bone.
			"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20" };

	/**
	 * All of IPv4 in two halves, as a mask of no bits lets IPv6 through, too. What Spring
	 * Boot finds special is left out beside our own list, as it may get longer.
	 */
	static final InetAddressFilter FILTER = InetAddressFilter.of("0.0.0.0/1", "128.0.0.0/1", "2000::/3")
		.and(InetAddressFilter.externalAddresses())
		.andNot(SPECIAL)
		.andNot(PublicAddresses::isIsatap);

	private PublicAddresses() {
	}

	/**
	 * Whether an address leads to the IPv4 address in its last four bytes, whatever
	 * network it is in: RFC 5214, with and without the bits for "universal" and "group".
	 */
	private static boolean isIsatap(InetAddress address) {
		byte[] bytes = address.getAddress();
		return address instanceof Inet6Address && (bytes[8] & 0xfc) == 0 && bytes[9] == 0 && bytes[10] == 0x5e
				&& bytes[11] == (byte) 0xfe;
	}

}
