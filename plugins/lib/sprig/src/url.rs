//! URLs as Go's `net/url` takes them apart and puts them together.

mod escape;
mod parse;
mod write;

use sluice_go_template::format;

/// A URL in parts. Parts are unescaped but for the query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Url {
    /// In lower case, without the colon.
    pub scheme: Vec<u8>,
    /// What follows the scheme when that is no slash.
    pub opaque: Vec<u8>,
    /// User and password.
    pub user: Option<User>,
    /// Host with port.
    pub host: Vec<u8>,
    /// The path.
    pub path: Vec<u8>,
    /// The path as it was written, where that is not the usual way.
    pub(crate) raw_path: Vec<u8>,
    pub(crate) omit_host: bool,
    pub(crate) force_query: bool,
    /// The query as it was written.
    pub query: Vec<u8>,
    /// The fragment.
    pub fragment: Vec<u8>,
    pub(crate) raw_fragment: Vec<u8>,
}

/// User information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: Vec<u8>,
    /// The password, when there is a colon.
    pub password: Option<Vec<u8>>,
}

/// The text is no URL. Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UrlError(String);

impl UrlError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn of(url: &[u8], reason: &Self) -> Self {
        Self(format!("parse {}: {}", quoted(url), reason.0))
    }
}

fn quoted(text: &[u8]) -> String {
    String::from_utf8_lossy(&format::quote(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_back_and_forth() {
        for text in [
            "http://user:p%40ss@host:80/a%2Fb?q=1#frag",
            "mailto:a@b",
            "/rel/path",
            "http://[fe80::1%25en0]:80/",
            "//host/x",
            "a/b:c",
            "http://host?",
            "file:///etc",
            "*",
        ] {
            let url = Url::parse(text.as_bytes()).expect(text);
            assert_eq!(String::from_utf8_lossy(&url.write()), text);
        }
    }

    #[test]
    fn refuses_in_gos_words() {
        for (text, wanted) in [
            (
                "http://a b/",
                "parse \"http://a b/\": invalid character \" \" in host name",
            ),
            (":a", "parse \":a\": missing protocol scheme"),
            (
                "a:b:c/\x01",
                "parse \"a:b:c/\\x01\": net/url: invalid control character in URL",
            ),
            (
                "http://h:x/",
                "parse \"http://h:x/\": invalid port \":x\" after host",
            ),
            ("%zz", "parse \"%zz\": invalid URL escape \"%zz\""),
            (
                "1a:b",
                "parse \"1a:b\": first path segment in URL cannot contain colon",
            ),
        ] {
            assert_eq!(Url::parse(text.as_bytes()).expect_err(text).to_string(), wanted);
        }
    }
}
