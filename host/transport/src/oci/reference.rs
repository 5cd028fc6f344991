//! Names of what stands in a registry: `oci://HOST/REPO`, with a tag or a digest.

use sluice_model::Digest;

const SCHEME: &str = "oci://";
const LONGEST: usize = 1024;
/// The registry that `docker.io` stands for.
const DOCKER_HUB: (&str, &str) = ("docker.io", "index.docker.io");

/// Which artifact of a repository is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// The artifact behind a tag.
    Tag(String),
    /// The highest tag in a range of semantic versions.
    Semver(String),
    /// Exactly this manifest.
    Digest(Digest),
}

/// A repository of a registry, with what the reference said of the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryReference {
    /// Host, with its port when there is one.
    pub host: String,
    /// Path of the repository.
    pub repository: String,
    /// Tag or digest in the reference; a digest wins over a tag.
    pub version: Option<Version>,
}

/// The text names nothing in a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid registry reference {text:?}: {reason}")]
pub struct ReferenceError {
    /// What was given, cut to 256 characters.
    pub text: String,
    /// What is wrong.
    pub reason: &'static str,
}

impl RegistryReference {
    /// Parses `oci://HOST/REPO[:TAG][@sha256:…]` (distribution-spec, the grammar of names and tags).
    ///
    /// # Errors
    /// The text names nothing in a registry.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let fail = |reason| ReferenceError {
            text: text.chars().take(256).collect(),
            reason,
        };
        if text.len() > LONGEST {
            return Err(fail("longer than 1024 bytes"));
        }
        let rest = text
            .strip_prefix(SCHEME)
            .ok_or_else(|| fail("want oci://HOST/REPOSITORY"))?;
        let (host, path) = rest.split_once('/').ok_or_else(|| fail("no repository"))?;
        if !is_host(host) {
            return Err(fail("the host is malformed"));
        }
        let (path, digest) = match path.split_once('@') {
            Some((path, digest)) => {
                let digest = digest
                    .parse::<Digest>()
                    .map_err(|_| fail("the digest is no sha256 digest"))?;
                (path, Some(Version::Digest(digest)))
            }
            None => (path, None),
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) if is_tag(tag) => (repository, Some(Version::Tag(tag.into()))),
            Some(_) => return Err(fail("the tag is malformed")),
            None => (path, None),
        };
        if !repository.split('/').all(is_component) {
            return Err(fail("the repository is malformed"));
        }
        let host = if host == DOCKER_HUB.0 { DOCKER_HUB.1 } else { host };
        Ok(Self {
            host: host.to_owned(),
            repository: repository.to_owned(),
            version: digest.or(tag),
        })
    }
}

fn is_host(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    !text.is_empty() && !text.starts_with(['-', '.', ':']) && text.chars().all(plain)
}

fn is_component(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    edge(text.chars().next()) && edge(text.chars().last()) && text.chars().all(plain) && !text.contains("..")
}

/// Whether a text is a tag.
pub(crate) fn is_tag(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    (1..=128).contains(&text.len()) && !text.starts_with(['.', '-']) && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_references() {
        let plain = RegistryReference::parse("oci://127.0.0.1:5000/plugins/echo").expect("a reference");
        assert_eq!(
            (plain.host.as_str(), plain.repository.as_str()),
            ("127.0.0.1:5000", "plugins/echo")
        );
        assert_eq!(plain.version, None);
        let tagged = RegistryReference::parse("oci://docker.io/a/b:v1.0").expect("a reference");
        assert_eq!(tagged.host, "index.docker.io");
        assert_eq!(tagged.version, Some(Version::Tag("v1.0".into())));
        let digest = Digest::of(b"x");
        let pinned = RegistryReference::parse(&format!("oci://h/a:v1@{digest}")).expect("a reference");
        assert_eq!(pinned.version, Some(Version::Digest(digest)));
    }

    /// G6, S2: names never carry paths or options.
    #[test]
    fn g6_refuses_odd_names() {
        for text in [
            "ghcr.io/a/b",
            "oci://",
            "oci://host",
            "oci://host/",
            "oci://host/../x",
            "oci://host/a//b",
            "oci://host/A",
            "oci://-x/a",
            "oci://user:pw@host/a",
            "oci://host/a:",
            "oci://host/a:b/c",
            "oci://host/a@sha256:1",
            "oci://host/a?x",
            "oci://host/a b",
        ] {
            assert!(RegistryReference::parse(text).is_err(), "{text}");
        }
    }
}
