//! Secret values that cannot reach a log by accident.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

/// The decoded data of a Kubernetes Secret. `Debug` shows key names only.
#[derive(Clone, Default)]
pub struct SecretData {
    /// Namespace and name, for errors.
    pub name: String,
    data: BTreeMap<String, Zeroizing<Vec<u8>>>,
}

impl SecretData {
    /// The data of the named Secret.
    pub fn new(name: impl Into<String>, data: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let data = data
            .into_iter()
            .map(|(key, value)| (key, Zeroizing::new(value)))
            .collect();
        Self {
            name: name.into(),
            data,
        }
    }

    /// A key's bytes.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.data.get(key).map(|value| value.as_slice())
    }

    /// A key's text, when it is UTF-8.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.data.keys().map(String::as_str)
    }
}

impl fmt::Debug for SecretData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretData")
            .field("name", &self.name)
            .field("keys", &self.data.keys().collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_values() {
        let secret = SecretData::new("a/b", [("password".to_owned(), b"hunter2".to_vec())]);
        assert_eq!(secret.text("password"), Some("hunter2"));
        let shown = format!("{secret:?}");
        assert!(
            shown.contains("password") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}
