//! Names of container images: taking them apart, and matching them against a name without tag.

use regex::Regex;

use crate::error::{Error, Result};

/// Matches images of a name, which is a regular expression as far as kustomize is concerned.
#[derive(Debug)]
pub(crate) enum ImagePattern {
    /// Letters that stand for themselves, and dots that stand for anything.
    Plain(String),
    /// Anything else.
    Regex(Regex),
}

const TAG_AND_DIGEST: &str = "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$";

impl ImagePattern {
    pub fn new(name: &str) -> Result<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/.:".contains(&byte);
        if name.bytes().all(plain) {
            return Ok(Self::Plain(name.to_owned()));
        }
        Regex::new(&format!("^{name}{TAG_AND_DIGEST}"))
            .map(Self::Regex)
            .map_err(|error| Error::Selector {
                selector: name.into(),
                reason: error.to_string(),
            })
    }

    pub fn matches(&self, image: &str) -> bool {
        match self {
            Self::Regex(regex) => regex.is_match(image),
            Self::Plain(name) => match_prefix(name, image).is_some_and(is_tag_and_digest),
        }
    }
}

/// What follows the name, when the image begins with it.
fn match_prefix<'i>(name: &str, image: &'i str) -> Option<&'i str> {
    let mut rest = image.chars();
    for wanted in name.chars() {
        let found = rest.next()?;
        if found != wanted && (wanted != '.' || found == '\n') {
            return None;
        }
    }
    Some(rest.as_str())
}

fn is_tag_and_digest(rest: &str) -> bool {
    let allowed = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.{}-".contains(&byte))
    };
    if let Some(digest) = rest.strip_prefix("@sha256:") {
        return allowed(digest);
    }
    let Some(rest) = rest.strip_prefix(':') else {
        return rest.is_empty();
    };
    match rest.split_once("@sha256:") {
        Some((tag, digest)) => allowed(tag) && allowed(digest),
        None => allowed(rest),
    }
}

/// Name, tag and digest; a colon before the first slash belongs to the registry.
pub(crate) fn split(image: &str) -> (&str, &str, &str) {
    let from = image.find('/').unwrap_or(0);
    let digest_at = image[from..].find('@').map(|at| at + from);
    let tag_at = image[from..].find(':').map(|at| at + from);
    match (tag_at, digest_at) {
        (None, None) => (image, "", ""),
        (Some(tag), Some(digest)) if tag < digest => {
            (&image[..tag], &image[tag + 1..digest], &image[digest + 1..])
        }
        (_, Some(digest)) => (&image[..digest], "", &image[digest + 1..]),
        (Some(tag), None) => (&image[..tag], &image[tag + 1..], ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits() {
        assert_eq!(
            split("a.b:5000/c/d:e@sha256:f"),
            ("a.b:5000/c/d", "e", "sha256:f")
        );
        assert_eq!(split("a/b@sha256:f"), ("a/b", "", "sha256:f"));
        assert_eq!(split("nginx:1"), ("nginx", "1", ""));
        assert_eq!(split("nginx"), ("nginx", "", ""));
    }

    #[test]
    fn matches_names() {
        let matches = |name: &str, image: &str| ImagePattern::new(name).expect("a pattern").matches(image);
        assert!(matches("nginx", "nginx:1.2@sha256:ab"));
        assert!(!matches("nginx", "my/nginx"));
        assert!(matches("a.b/c", "axb/c:1"));
        assert!(matches("(foo|bar)", "bar:1"));
        assert!(!matches("nginx", "nginx:a/b"));
        assert!(ImagePattern::new("(").is_err());
    }
}
