//! Who counts as one client, by the address that it comes from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The client at an address: an address of IPv4, or a /64 of IPv6, for whoever has one address of it has all of them.
pub fn client_of(address: IpAddr) -> IpAddr {
    network(address, 32, 64)
}

/// The site that a client belongs to: a /24 of IPv4 or a /48 of IPv6, as networks are handed out to somebody.
pub fn site_of(address: IpAddr) -> IpAddr {
    network(address, 24, 48)
}

fn network(address: IpAddr, bits_of_v4: u32, bits_of_v6: u32) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << (32 - bits_of_v4))).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits_of_v6))).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        assert_eq!(client_of(at("2001:db8::1")), client_of(at("2001:db8::ffff:1")));
        assert_ne!(client_of(at("2001:db8::1")), client_of(at("2001:db8:0:1::1")));
        assert_ne!(client_of(at("192.0.2.1")), client_of(at("192.0.2.2")));
        assert_eq!(client_of(at("::ffff:192.0.2.1")), at("192.0.2.1"));
    }

    #[test]
    fn neighbours_are_of_one_site() {
        assert_eq!(site_of(at("2001:db8::1")), site_of(at("2001:db8:0:ffff::1")));
        assert_ne!(site_of(at("2001:db8::1")), site_of(at("2001:db8:1::1")));
        assert_eq!(site_of(at("192.0.2.1")), site_of(at("::ffff:192.0.2.255")));
        assert_ne!(site_of(at("192.0.2.1")), site_of(at("192.0.3.1")));
    }
}
