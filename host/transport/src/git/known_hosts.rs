//! The `known_hosts` format (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): which keys a host may show.

use base64::Engine as _;
use hmac::{Hmac, Mac};
use sha1::Sha1;

/// Largest document that is read.
const MAX_BYTES: usize = 1024 * 1024;
/// Key types with the host key algorithms that prove them, strongest first. DSA and RSA with SHA-1 are left out.
const ALGORITHMS: [(&str, &str); 5] = [
    ("ssh-ed25519", "ssh-ed25519"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"),
    ("ssh-rsa", "rsa-sha2-512,rsa-sha2-256"),
];

/// The document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KnownHostsError {
    /// More than 1 MiB.
    #[error("larger than 1 MiB")]
    TooLarge,
    /// A line is not of the format.
    #[error("line {line}: {reason}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
}

/// What the document says of a host's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyVerdict {
    /// The key is listed.
    Known,
    /// The host has other keys.
    Mismatch,
    /// Nothing is known of the host.
    Unknown,
    /// The key is revoked.
    Revoked,
}

#[derive(Debug)]
enum Hosts {
    Patterns(Vec<(bool, String)>),
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

#[derive(Debug)]
struct Entry {
    hosts: Hosts,
    revoked: bool,
    kind: String,
    key: Vec<u8>,
}

/// A parsed document.
#[derive(Debug, Default)]
pub struct KnownHosts {
    entries: Vec<Entry>,
}

impl KnownHosts {
    /// Reads a document. Certificate authorities are left out: host certificates are not supported.
    ///
    /// # Errors
    /// It is too large, or a line is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, KnownHostsError> {
        if bytes.len() > MAX_BYTES {
            return Err(KnownHostsError::TooLarge);
        }
        let text = String::from_utf8_lossy(bytes);
        let mut entries = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = parse_line(line).map_err(|reason| KnownHostsError::Line { line: at + 1, reason })?;
            entries.extend(entry);
        }
        Ok(Self { entries })
    }

    /// The host key algorithms to ask a server for, so that it shows a key that is listed; none when nothing usable
    /// is known of the host.
    pub fn algorithms(&self, host: &str, port: u16) -> Option<String> {
        let name = address(host, port);
        let listed: Vec<&str> = ALGORITHMS
            .iter()
            .filter(|(kind, _)| {
                self.entries
                    .iter()
                    .any(|entry| !entry.revoked && entry.kind == *kind && entry.hosts.match_name(&name))
            })
            .map(|(_, algorithms)| *algorithms)
            .collect();
        (!listed.is_empty()).then(|| listed.join(","))
    }

    /// Judges the key (in SSH wire format) that a host shows.
    pub fn check(&self, host: &str, port: u16, key: &[u8]) -> KeyVerdict {
        let name = address(host, port);
        if self.entries.iter().any(|entry| entry.revoked && entry.key == key) {
            return KeyVerdict::Revoked;
        }
        let mut verdict = KeyVerdict::Unknown;
        for entry in self
            .entries
            .iter()
            .filter(|entry| !entry.revoked && entry.hosts.match_name(&name))
        {
            if entry.key == key {
                return KeyVerdict::Known;
            }
            verdict = KeyVerdict::Mismatch;
        }
        verdict
    }
}

/// How the format names a host: with its port unless that is 22.
fn address(host: &str, port: u16) -> String {
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_ascii_lowercase();
    if port == 22 {
        host
    } else {
        format!("[{host}]:{port}")
    }
}

fn parse_line(line: &str) -> Result<Option<Entry>, &'static str> {
    let mut fields = line.split_ascii_whitespace();
    let mut first = fields.next().ok_or("empty")?;
    let mut revoked = false;
    if first.starts_with('@') {
        match first {
            "@revoked" => revoked = true,
            "@cert-authority" => return Ok(None),
            _ => return Err("unknown marker"),
        }
        first = fields.next().ok_or("no host after the marker")?;
    }
    let kind = fields.next().ok_or("no key type")?.to_owned();
    let key = fields.next().ok_or("no key")?;
    let key = base64::engine::general_purpose::STANDARD
        .decode(key)
        .map_err(|_| "the key is no base64")?;
    Ok(Some(Entry {
        hosts: Hosts::parse(first)?,
        revoked,
        kind,
        key,
    }))
}

impl Hosts {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(hashed) = text.strip_prefix("|1|") {
            let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text);
            let (salt, hash) = hashed.split_once('|').ok_or("the hashed host is malformed")?;
            let (Ok(salt), Ok(hash)) = (decode(salt), decode(hash)) else {
                return Err("the hashed host is no base64");
            };
            return Ok(Self::Hashed { salt, hash });
        }
        let patterns = text.split(',').filter(|part| !part.is_empty());
        let patterns = patterns.map(|part| match part.strip_prefix('!') {
            Some(negated) => (false, canonical(negated)),
            None => (true, canonical(part)),
        });
        Ok(Self::Patterns(patterns.collect()))
    }

    fn match_name(&self, name: &str) -> bool {
        match self {
            Self::Hashed { salt, hash } => <Hmac<Sha1> as Mac>::new_from_slice(salt)
                .is_ok_and(|mac| mac.chain_update(name).verify_slice(hash).is_ok()),
            Self::Patterns(patterns) => {
                let hits = |wanted: bool| {
                    patterns.iter().any(|(positive, pattern)| {
                        *positive == wanted && wildcard(pattern.as_bytes(), name.as_bytes())
                    })
                };
                hits(true) && !hits(false)
            }
        }
    }
}

/// `[host]:22` is `host`; an IPv6 address may stand in brackets.
fn canonical(pattern: &str) -> String {
    let pattern = pattern.to_ascii_lowercase();
    match pattern.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "" | ":22")) => host.to_owned(),
        _ => pattern,
    }
}

/// `*` is any run, `?` any one character.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIIiCSbaqhzBLsmcTFWkpAdJ1Ty1OSkCqdCtlFiqMHSaa";

    fn key() -> Vec<u8> {
        base64::engine::general_purpose::STANDARD
            .decode(KEY)
            .expect("base64")
    }

    fn parse(text: &str) -> KnownHosts {
        KnownHosts::parse(text.as_bytes()).expect("parses")
    }

    /// S4: host, port and key must all be the listed ones.
    #[test]
    fn s4_knows_only_what_is_listed() {
        let hosts = parse(&format!(
            "# c\n\ngit.example,10.0.0.1 ssh-ed25519 {KEY} me\n[other]:2222 ssh-ed25519 {KEY}\n"
        ));
        assert_eq!(hosts.check("git.example", 22, &key()), KeyVerdict::Known);
        assert_eq!(hosts.check("GIT.example", 22, &key()), KeyVerdict::Known);
        assert_eq!(hosts.check("git.example", 2222, &key()), KeyVerdict::Unknown);
        assert_eq!(hosts.check("other", 2222, &key()), KeyVerdict::Known);
        assert_eq!(hosts.check("other", 22, &key()), KeyVerdict::Unknown);
        assert_eq!(hosts.check("git.example", 22, b"another"), KeyVerdict::Mismatch);
        assert_eq!(hosts.check("evil.example", 22, &key()), KeyVerdict::Unknown);
        assert_eq!(
            hosts.algorithms("git.example", 22).as_deref(),
            Some("ssh-ed25519")
        );
        assert_eq!(hosts.algorithms("evil.example", 22), None);
    }

    /// S4: weak algorithms are never asked for.
    #[test]
    fn s4_asks_for_strong_algorithms_only() {
        let hosts = parse("h ssh-rsa AAAA\nh ssh-dss AAAA\n");
        assert_eq!(
            hosts.algorithms("h", 22).as_deref(),
            Some("rsa-sha2-512,rsa-sha2-256")
        );
        assert_eq!(parse("h ssh-dss AAAA").algorithms("h", 22), None);
    }

    #[test]
    fn reads_hashed_hosts_markers_and_wildcards() {
        // `ssh-keygen -H` of the name github.com with this salt.
        let salt = b"0123456789abcdefghij";
        let mac = <Hmac<Sha1> as Mac>::new_from_slice(salt)
            .expect("any key")
            .chain_update("github.com");
        let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let hashed = format!(
            "|1|{}|{} ssh-ed25519 {KEY}",
            encode(salt),
            encode(&mac.finalize().into_bytes())
        );
        assert_eq!(parse(&hashed).check("github.com", 22, &key()), KeyVerdict::Known);
        assert_eq!(
            parse(&hashed).check("gitlab.com", 22, &key()),
            KeyVerdict::Unknown
        );
        let wild = parse(&format!("*.example,!bad.example ssh-ed25519 {KEY}"));
        assert_eq!(wild.check("a.example", 22, &key()), KeyVerdict::Known);
        assert_eq!(wild.check("bad.example", 22, &key()), KeyVerdict::Unknown);
        let revoked = parse(&format!("@revoked * ssh-ed25519 {KEY}\nh ssh-ed25519 {KEY}"));
        assert_eq!(revoked.check("h", 22, &key()), KeyVerdict::Revoked);
        assert_eq!(
            parse(&format!("@cert-authority * ssh-ed25519 {KEY}")).check("h", 22, &key()),
            KeyVerdict::Unknown
        );
    }

    #[test]
    fn refuses_malformed_lines() {
        for text in [
            "h",
            "h ssh-ed25519",
            "h ssh-ed25519 !!",
            "@x h ssh-ed25519 AAAA",
            "|1|a ssh-rsa AAAA",
        ] {
            assert!(KnownHosts::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
