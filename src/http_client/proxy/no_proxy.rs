//! `NoProxy`: the hosts in `NO_PROXY`, to which connections are made directly.

use std::net::IpAddr;

/// The hosts to which connections are made directly. This host is always one of them.
#[derive(Debug, Default)]
pub struct NoProxy {
    everything: bool,
    entries: Vec<NoProxyEntry>,
}

#[derive(Debug)]
struct NoProxyEntry {
    host: HostRule,
    /// `None` stands for every port.
    port: Option<String>,
}

#[derive(Debug)]
enum HostRule {
    Address(IpAddr),
    Network(IpAddr, u8),
    Domain {
        /// The domain after a dot.
        suffix: String,
        /// True if the entry applies to the domain too, not only to its subdomains.
        domain: bool,
    },
}

impl NoProxy {
    /// Parses a list: `*`, addresses, networks, and domains, which include their subdomains. Invalid entries are ignored,
    /// as in Go.
    pub fn parse(list: &str) -> NoProxy {
        let texts = list.split(',').map(|text| text.trim().to_ascii_lowercase());
        let texts: Vec<String> = texts.collect();
        NoProxy {
            everything: texts.iter().any(|text| text == "*"),
            entries: texts
                .iter()
                .filter_map(|text| NoProxyEntry::parse(text))
                .collect(),
        }
    }

    /// Returns true if connections to a host are made directly. `host` has no brackets.
    pub fn contains(&self, host: &str, port: u16) -> bool {
        let address = host
            .parse::<IpAddr>()
            .ok()
            .map(|address| address.to_canonical());
        if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return true;
        }
        let (host, port) = (host.trim().to_ascii_lowercase(), port.to_string());
        let applies = |entry: &NoProxyEntry| {
            entry.host.contains(&host, address)
                && entry.port.as_ref().is_none_or(|own| *own == port)
        };
        self.everything || self.entries.iter().any(applies)
    }
}

impl NoProxyEntry {
    fn parse(entry: &str) -> Option<NoProxyEntry> {
        if let Some((address, bits)) = entry.split_once('/')
            && let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse())
        {
            let host = HostRule::Network(address, bits);
            return Some(NoProxyEntry { host, port: None });
        }
        let (host, port) = split_port(entry);
        let port = port.map(str::to_owned);
        if let Ok(address) = host.parse::<IpAddr>() {
            let host = HostRule::Address(address.to_canonical());
            return Some(NoProxyEntry { host, port });
        }
        let host = host
            .strip_prefix('*')
            .filter(|rest| rest.starts_with('.'))
            .unwrap_or(host);
        let host = match host.strip_prefix('.') {
            _ if host.is_empty() => return None,
            Some(_) => HostRule::Domain {
                suffix: host.to_owned(),
                domain: false,
            },
            None => HostRule::Domain {
                suffix: format!(".{host}"),
                domain: true,
            },
        };
        Some(NoProxyEntry { host, port })
    }
}

/// Splits `HOST:PORT` and `[ADDRESS]:PORT`. An address of IPv6 without brackets has no port.
fn split_port(entry: &str) -> (&str, Option<&str>) {
    match entry.rsplit_once(':') {
        Some((host, port)) if host.starts_with('[') && host.ends_with(']') => (
            host.trim_start_matches('[').trim_end_matches(']'),
            Some(port),
        ),
        Some((host, port)) if !host.contains(':') => (host, Some(port)),
        Some(_) | None => (entry, None),
    }
}

impl HostRule {
    fn contains(&self, host: &str, address: Option<IpAddr>) -> bool {
        match self {
            HostRule::Address(own) => address == Some(*own),
            HostRule::Network(network, bits) => {
                address.is_some_and(|address| is_in_network(address, *network, *bits))
            }
            HostRule::Domain { suffix, domain } => {
                host.ends_with(suffix) || (*domain && suffix.strip_prefix('.') == Some(host))
            }
        }
    }
}

fn is_in_network(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (difference, width) = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits() ^ b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits(), 128),
        _ => return false,
    };
    // The network's bits are equal if nothing is left above the host's bits.
    bits <= width && difference.checked_shr(u32::from(width - bits)).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_matched_as_in_go() {
        let check = |list: &str, host: &str, port: u16, direct: bool| {
            assert_eq!(
                NoProxy::parse(list).contains(host, port),
                direct,
                "{list} {host}:{port}"
            );
        };
        check("", "flags.example", 443, false);
        check("", "localhost", 8015, true);
        check("", "127.0.0.9", 8015, true);
        check("", "::1", 8015, true);
        check("*", "flags.example", 443, true);
        check("a.example, *", "flags.example", 443, true);
        check("flags.example", "flags.example", 443, true);
        check("flags.example", "eu.flags.example", 443, true);
        check("flags.example", "myflags.example", 443, false);
        check(" FLAGS.example ", "Flags.Example", 443, true);
        check(".flags.example", "flags.example", 443, false);
        check(".flags.example", "eu.flags.example", 443, true);
        check("*.flags.example", "eu.flags.example", 443, true);
        check("flags.example:8015", "flags.example", 8015, true);
        check("flags.example:8015", "flags.example", 443, false);
        check("10.0.0.0/8", "10.1.2.3", 443, true);
        check("10.0.0.0/8", "11.1.2.3", 443, false);
        check("0.0.0.0/0", "11.1.2.3", 443, true);
        check("0.0.0.0/0", "2001:db8::1", 443, false);
        check("10.1.2.3/32", "10.1.2.4", 443, false);
        check("2001:db8::/32", "2001:db8::1", 443, true);
        check("10.0.0.1", "10.0.0.1", 443, true);
        check("10.0.0.1:80", "10.0.0.1", 443, false);
        check("[2001:db8::1]:443", "2001:db8::1", 443, true);
        check("2001:db8::1", "2001:db8::1", 443, true);
        check(",,a.example,:80,/8", "flags.example", 443, false);
        // Networks hold addresses, not names.
        check("10.0.0.0/8", "flags.example", 443, false);
    }
}
