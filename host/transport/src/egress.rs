//! The one egress policy: which hosts, addresses and schemes Sluice connects to on behalf of an object.
//!
//! A name is resolved once, its addresses are checked, and the connection goes to a checked address, never to the
//! name again (so a second DNS answer changes nothing). Private ranges are allowed: sources and webhooks inside the
//! cluster are common. Loopback, link-local, metadata services, multicast and addresses that embed one of these in
//! IPv6 are refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use sluice_model::port::EndpointError;
use url::{Host, Url};

/// Addresses of cloud metadata services outside the link-local range: Alibaba, Oracle, Azure.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];
/// The metadata service of AWS on IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
/// The metadata service of most clouds.
const METADATA_LINK_LOCAL: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// Decides what may be connected to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct EgressPolicy {
    /// Allows loopback and link-local targets (demo and tests). Metadata services stay refused.
    pub allow_loopback: bool,
}

/// Why the egress policy gave no address.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EgressError {
    /// The scheme is not one of the allowed.
    #[error("scheme {scheme:?} is not allowed: want one of {allowed}")]
    Scheme {
        /// As given.
        scheme: String,
        /// The allowed ones, joined.
        allowed: String,
    },
    /// The address has no host.
    #[error("the address has no host")]
    NoHost,
    /// The host has only addresses that are refused.
    #[error("host {host:?} is refused by the egress policy: {address} is {kind}")]
    Refused {
        /// As given.
        host: String,
        /// The first refused address.
        address: IpAddr,
        /// What the address is.
        kind: &'static str,
    },
    /// The name has no address now.
    #[error("failed to resolve host {host:?}: {reason}")]
    Resolve {
        /// As given.
        host: String,
        /// The resolver's own words.
        reason: String,
    },
}

impl From<EgressError> for EndpointError {
    fn from(error: EgressError) -> Self {
        match error {
            EgressError::Scheme { .. } | EgressError::NoHost => Self::Invalid(error.to_string()),
            EgressError::Refused { .. } => Self::Denied(error.to_string()),
            EgressError::Resolve { .. } => Self::Transient {
                message: error.to_string(),
                after_ms: None,
            },
        }
    }
}

impl EgressPolicy {
    /// Whether an address may be connected to.
    ///
    /// # Errors
    /// What the address is, in words, when it is refused.
    pub fn check_address(&self, address: IpAddr) -> Result<(), &'static str> {
        match address {
            IpAddr::V4(v4) => self.check_v4(v4),
            IpAddr::V6(v6) => self.check_v6(v6),
        }
    }

    fn check_v4(&self, address: Ipv4Addr) -> Result<(), &'static str> {
        let first = address.octets()[0];
        if METADATA_V4.contains(&address) || address == METADATA_LINK_LOCAL {
            return Err("a metadata service");
        }
        if first == 0 {
            return Err("an unspecified address");
        }
        if address.is_multicast() || address.is_broadcast() || first >= 240 {
            return Err("a multicast, broadcast or reserved address");
        }
        if self.allow_loopback {
            return Ok(());
        }
        if address.is_loopback() {
            return Err("a loopback address");
        }
        if address.is_link_local() {
            return Err("a link-local address");
        }
        Ok(())
    }

    fn check_v6(&self, address: Ipv6Addr) -> Result<(), &'static str> {
        if address == METADATA_V6 {
            return Err("a metadata service");
        }
        if address.is_unspecified() {
            return Err("an unspecified address");
        }
        if address.is_multicast() {
            return Err("a multicast, broadcast or reserved address");
        }
        if address.is_loopback() {
            return if self.allow_loopback {
                Ok(())
            } else {
                Err("a loopback address")
            };
        }
        if address.segments()[0] & 0xffc0 == 0xfe80 && !self.allow_loopback {
            return Err("a link-local address");
        }
        embedded_v4(address)
            .into_iter()
            .try_for_each(|v4| self.check_v4(v4))
    }

    /// Checks scheme and host of an address without resolving: an address written as numbers (in any form that the
    /// URL standard knows) is judged now, a name when it is resolved.
    ///
    /// # Errors
    /// Scheme, host or literal address is refused.
    pub fn check_url(&self, url: &Url, schemes: &[&str]) -> Result<(), EgressError> {
        if !schemes.contains(&url.scheme()) {
            return Err(EgressError::Scheme {
                scheme: url.scheme().into(),
                allowed: schemes.join(", "),
            });
        }
        let host = url.host().ok_or(EgressError::NoHost)?;
        let literal = match host {
            Host::Ipv4(v4) => Some(IpAddr::V4(v4)),
            Host::Ipv6(v6) => Some(IpAddr::V6(v6)),
            Host::Domain("") => return Err(EgressError::NoHost),
            Host::Domain(name) => name.parse().ok(),
        };
        match literal.map(|address| (address, self.check_address(address))) {
            Some((address, Err(kind))) => Err(EgressError::Refused {
                host: host.to_string(),
                address,
                kind,
            }),
            _ => Ok(()),
        }
    }

    /// The checked addresses of a host, in the resolver's order.
    ///
    /// # Errors
    /// The name has no address, or only refused ones.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, EgressError> {
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let found: Vec<SocketAddr> = tokio::net::lookup_host((bare, port))
            .await
            .map_err(|error| EgressError::Resolve {
                host: host.into(),
                reason: error.to_string(),
            })?
            .collect();
        self.keep_allowed(host, found)
    }

    fn keep_allowed(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, EgressError> {
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in found {
            match self.check_address(address.ip()) {
                Ok(()) => allowed.push(address),
                Err(kind) => refused = refused.or(Some((address.ip(), kind))),
            }
        }
        match (allowed.is_empty(), refused) {
            (false, _) => Ok(allowed),
            (true, Some((address, kind))) => Err(EgressError::Refused {
                host: host.into(),
                address,
                kind,
            }),
            (true, None) => Err(EgressError::Resolve {
                host: host.into(),
                reason: "the name has no address".into(),
            }),
        }
    }
}

/// The IPv4 addresses that an IPv6 address stands for or carries: mapped and compatible, NAT64 (well-known and
/// local prefix), 6to4, Teredo.
fn embedded_v4(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let octets = address.octets();
    let segments = address.segments();
    let at = |start: usize| {
        Ipv4Addr::new(
            octets[start],
            octets[start + 1],
            octets[start + 2],
            octets[start + 3],
        )
    };
    if segments[..5] == [0; 5] && (segments[5] == 0xffff || segments[5] == 0) {
        return vec![at(12)];
    }
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return vec![at(12)];
    }
    if segments[..3] == [0x64, 0xff9b, 1] {
        // RFC 6052: with a /48 prefix the address skips octet 8; with /96 it is the tail.
        return vec![Ipv4Addr::new(octets[6], octets[7], octets[9], octets[10]), at(12)];
    }
    if segments[..4] == [0, 0, 0, 0] && segments[4] == 0xffff && segments[5] == 0 {
        return vec![at(12)];
    }
    if segments[0] == 0x2002 {
        return vec![at(2)];
    }
    if segments[..2] == [0x2001, 0] {
        let client = Ipv4Addr::new(!octets[12], !octets[13], !octets[14], !octets[15]);
        return vec![at(4), client];
    }
    Vec::new()
}

/// The resolver that HTTP clients use: every name goes through the policy.
struct CheckedResolver(EgressPolicy);

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0;
        Box::pin(async move {
            let addresses = policy.resolve(name.as_str(), 0).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// A resolver for HTTP clients that applies the policy.
pub(crate) fn resolver(policy: EgressPolicy) -> Arc<dyn Resolve> {
    Arc::new(CheckedResolver(policy))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: EgressPolicy = EgressPolicy {
        allow_loopback: false,
    };
    const DEMO: EgressPolicy = EgressPolicy { allow_loopback: true };

    fn refused(policy: EgressPolicy, url: &str) -> bool {
        let url = Url::parse(url).expect("a URL");
        matches!(
            policy.check_url(&url, &["http", "https"]),
            Err(EgressError::Refused { .. })
        )
    }

    /// P6, N2: every spelling of loopback and metadata addresses.
    #[test]
    fn p6_refuses_literal_addresses_in_every_form() {
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://0/",
            "http://0.0.0.0:8080/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[64:ff9b:1:7f00:0:100::]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:a9fe:a9fe::]/",
            "http://[::ffff:0:127.0.0.1]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://0xa9fea9fe/",
            "http://[fd00:ec2::254]/",
            "http://[fe80::1]/",
            "http://100.100.100.200/",
            "http://168.63.129.16/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://240.0.0.1/",
            "http://[ff02::1]/",
            "http://github.com@127.0.0.1/",
            "http://good.example%2f@169.254.169.254/",
        ] {
            assert!(refused(STRICT, url), "{url}");
        }
    }

    /// N2: private ranges hold sources and webhooks of the cluster.
    #[test]
    fn n2_allows_private_and_public_addresses() {
        for url in [
            "http://10.0.0.1/",
            "http://192.168.1.1/",
            "http://172.16.0.9/",
            "http://[fd12:3456::1]/",
            "http://[2606:4700::1111]/",
            "http://[64:ff9b::808:808]/",
            "https://1.1.1.1/",
        ] {
            assert!(!refused(STRICT, url), "{url}");
        }
    }

    #[test]
    fn p6_demo_allows_loopback_but_no_metadata_service() {
        assert!(!refused(DEMO, "http://127.0.0.1:1/"));
        assert!(!refused(DEMO, "http://[::1]/"));
        assert!(!refused(DEMO, "http://[::ffff:127.0.0.1]/"));
        assert!(refused(DEMO, "http://169.254.169.254/"));
        assert!(refused(DEMO, "http://[fd00:ec2::254]/"));
        assert!(refused(DEMO, "http://0.0.0.0/"));
    }

    /// S1: only the schemes that the caller lists.
    #[test]
    fn s1_refuses_other_schemes() {
        for url in [
            "file:///etc/passwd",
            "gopher://x/",
            "ftp://x/",
            "data:text/plain,x",
        ] {
            let url = Url::parse(url).expect("a URL");
            let error = STRICT.check_url(&url, &["http", "https"]).expect_err("refused");
            assert!(matches!(error, EgressError::Scheme { .. }), "{error}");
        }
    }

    /// P6, N1: a name that resolves to loopback is refused after resolution.
    #[tokio::test]
    async fn p6_refuses_names_that_resolve_to_loopback() {
        let error = STRICT.resolve("localhost", 80).await.expect_err("refused");
        assert!(matches!(error, EgressError::Refused { .. }), "{error}");
        // What getaddrinfo reads as numbers, for schemes whose hosts the URL standard does not parse (ssh).
        for host in ["2130706433", "0x7f.1", "[::1]", "017700000001"] {
            assert!(STRICT.resolve(host, 22).await.is_err(), "{host}");
        }
        assert!(DEMO.resolve("localhost", 80).await.is_ok());
    }

    /// P6: an answer that mixes good and bad addresses leaves only the good ones (DNS rebinding by two records).
    #[test]
    fn p6_keeps_only_allowed_addresses_of_an_answer() {
        let answer: Vec<SocketAddr> = ["127.0.0.1:80", "93.184.216.34:80"]
            .iter()
            .map(|text| text.parse().expect("address"))
            .collect();
        let kept = STRICT
            .keep_allowed("rebind.example", answer)
            .expect("one is left");
        assert_eq!(kept, ["93.184.216.34:80".parse::<SocketAddr>().expect("address")]);
    }
}
