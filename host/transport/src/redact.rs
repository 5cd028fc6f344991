//! Removes known secret values from texts and bodies before they leave the transport.

use base64::Engine as _;
use zeroize::Zeroizing;

/// Secrets shorter than this are not searched for: replacing them would mangle ordinary text.
const SHORTEST: usize = 4;
const MASK: &str = "***";

/// The secret values of one endpoint, in the forms in which they may come back.
#[derive(Default, Clone)]
pub struct Redactor {
    needles: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// Adds a secret value: as it is, as base64 and percent-encoded.
    pub fn add(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.len() < SHORTEST {
            return;
        }
        let encoded = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
        let base64 = base64::engine::general_purpose::STANDARD.encode(secret);
        for form in [secret.to_owned(), base64, encoded] {
            if !self.needles.iter().any(|known| **known == form) {
                self.needles.push(Zeroizing::new(form));
            }
        }
        // The longest first, so that no part of a secret is left over.
        self.needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
    }

    /// Adds a user's name and password as they stand in a basic Authorization header, and the password.
    pub fn add_basic(&mut self, username: &str, password: &str) {
        self.add(&format!("{username}:{password}"));
        self.add(password);
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for needle in &self.needles {
            if text.contains(needle.as_str()) {
                text = text.replace(needle.as_str(), MASK);
            }
        }
        text
    }

    /// The bytes without secrets; the same buffer when there are none.
    pub fn bytes(&self, bytes: bytes::Bytes) -> bytes::Bytes {
        let hit = self
            .needles
            .iter()
            .any(|needle| find(&bytes, needle.as_bytes()).is_some());
        if !hit {
            return bytes;
        }
        let mut rest = bytes.to_vec();
        for needle in &self.needles {
            while let Some(at) = find(&rest, needle.as_bytes()) {
                rest.splice(at..at + needle.len(), MASK.bytes());
            }
        }
        rest.into()
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L2 of the adversarial catalogue.
    #[test]
    fn l2_hides_secrets_in_every_form() {
        let mut redactor = Redactor::default();
        redactor.add_basic("user", "hunter2&x");
        redactor.add("s3cr3t-token");
        let shown = redactor.text("Basic dXNlcjpodW50ZXIyJng= hunter2&x hunter2%26x s3cr3t-token ok");
        assert_eq!(shown, "Basic *** *** *** *** ok");
        let body = redactor.bytes(bytes::Bytes::from_static(b"<s3cr3t-token><s3cr3t-token>"));
        assert_eq!(body, "<***><***>");
    }

    #[test]
    fn leaves_short_values_alone() {
        let mut redactor = Redactor::default();
        redactor.add("a");
        assert_eq!(redactor.text("banana"), "banana");
    }
}
