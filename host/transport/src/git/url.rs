//! Which Git URLs are accepted, and their parts in the form that is used to connect.

use sluice_model::port::EndpointError;
use url::Url;

use crate::egress::{EgressError, EgressPolicy};
use crate::proxy::percent_decoded;

const SCHEMES: [&str; 3] = ["http", "https", "ssh"];
const LONGEST: usize = 2048;
/// The user of Git hosts by convention.
const DEFAULT_SSH_USER: &str = "git";

/// How a repository is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Ssh,
}

/// A checked URL of a Git repository.
#[derive(Clone)]
pub(crate) struct GitUrl {
    pub scheme: Scheme,
    /// Without credentials.
    pub base: Url,
    /// For `ssh`: the user to log in as.
    pub user: String,
    /// Credentials in an http(s) URL.
    pub credentials: Option<(String, String)>,
    pub host: String,
    pub port: u16,
    /// For `ssh`: the path on the server, decoded.
    pub path: String,
}

impl GitUrl {
    /// Parses and checks.
    ///
    /// # Errors
    /// `Invalid` for what no configuration helps, `Denied` for a literal address that the policy refuses.
    pub fn parse(text: &str, policy: EgressPolicy) -> Result<Self, EndpointError> {
        let invalid = |reason: &str| EndpointError::Invalid(format!("invalid url: {reason}"));
        if text.len() > LONGEST {
            return Err(invalid("longer than 2048 bytes"));
        }
        if text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return Err(invalid("it holds spaces, backslashes or control characters"));
        }
        let mut url = Url::parse(text).map_err(|error| invalid(&error.to_string()))?;
        policy.check_url(&url, &SCHEMES).map_err(|error| match error {
            EgressError::Refused { .. } => EndpointError::from(error),
            error => invalid(&error.to_string()),
        })?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("it has a query or a fragment"));
        }
        let username = percent_decoded(url.username());
        let password = url.password().map(percent_decoded);
        url.set_username("")
            .and_then(|()| url.set_password(None))
            .map_err(|()| invalid("no host"))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if url.scheme() == "ssh" {
            return Self::ssh(url, username, host).map_err(invalid);
        }
        let credentials =
            (!username.is_empty() || password.is_some()).then(|| (username, password.unwrap_or_default()));
        let port = url.port_or_known_default().unwrap_or(443);
        trim_slash(&mut url);
        Ok(Self {
            scheme: Scheme::Http,
            path: url.path().into(),
            base: url,
            user: String::new(),
            credentials,
            host,
            port,
        })
    }

    /// S1, S2: nothing in an ssh URL may become an option or leave its quotes.
    fn ssh(url: Url, username: String, host: String) -> Result<Self, &'static str> {
        let plain = |text: &str| {
            !text.starts_with('-')
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._-[]:".contains(c))
        };
        if !plain(&host) {
            return Err("the host holds characters that no host has");
        }
        let user = if username.is_empty() {
            DEFAULT_SSH_USER.to_owned()
        } else {
            username
        };
        if user.starts_with('-') || user.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err("the user holds characters that are not allowed");
        }
        let path = percent_decoded(url.path());
        if path.chars().any(char::is_control) || path.contains('\u{fffd}') {
            return Err("the path holds control characters");
        }
        // `/~user/repo` is a path below a home directory.
        let path = path
            .strip_prefix('/')
            .filter(|rest| rest.starts_with('~'))
            .unwrap_or(&path)
            .to_owned();
        if path.is_empty() || path == "/" {
            return Err("it has no path");
        }
        if path.starts_with('-') {
            return Err("the path starts with a dash");
        }
        let port = url.port().unwrap_or(22);
        Ok(Self {
            scheme: Scheme::Ssh,
            base: url,
            user,
            credentials: None,
            host,
            port,
            path,
        })
    }

    /// For messages: without credentials.
    pub fn shown(&self) -> &str {
        self.base.as_str()
    }
}

fn trim_slash(url: &mut Url) {
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
}

/// The address of a service below a repository's URL.
pub(crate) fn below(base: &Url, suffix: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{suffix}", base.path().trim_end_matches('/')));
    url
}

/// A word for a POSIX shell, in single quotes.
pub(crate) fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''").replace('!', r"'\!'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<GitUrl, EndpointError> {
        GitUrl::parse(text, EgressPolicy::default())
    }

    #[test]
    fn reads_the_forms_of_flux() {
        let https = parse("https://user:p%40ss@git.example/org/app.git/").expect("accepted");
        assert_eq!(https.credentials, Some(("user".into(), "p@ss".into())));
        assert_eq!(https.shown(), "https://git.example/org/app.git");
        assert_eq!(
            below(&https.base, "info/refs").as_str(),
            "https://git.example/org/app.git/info/refs"
        );
        let ssh = parse("ssh://git.example:2222/org/app").expect("accepted");
        assert_eq!(
            (ssh.user.as_str(), ssh.port, ssh.path.as_str()),
            ("git", 2222, "/org/app")
        );
        assert_eq!(
            parse("ssh://me@git.example/~me/app").expect("accepted").path,
            "~me/app"
        );
    }

    /// S1: the allow-list of schemes and shapes.
    #[test]
    fn s1_refuses_other_urls() {
        for url in [
            "file:///etc/passwd",
            "ext::sh -c touch% /tmp/x",
            "git@github.com:org/repo",
            "/etc/passwd",
            "git://git.example/x",
            "ssh://-oProxyCommand=touch/x",
            "ssh://-x",
            "ssh://git.example",
            "ssh://-x@git.example/a",
            "ssh://git.example/-x%0a",
            "ssh://a$(id)/x",
            "https://",
            "https://git.example/x?y=1",
            "https://git.example/x#y",
            "https://git.example/a b",
            "https://git.example/a\nb",
            "",
        ] {
            assert!(matches!(parse(url), Err(EndpointError::Invalid(_))), "{url:?}");
        }
        assert!(matches!(
            parse("http://127.0.0.1/x"),
            Err(EndpointError::Denied(_))
        ));
        assert!(matches!(
            parse("https://github.com@169.254.169.254/x"),
            Err(EndpointError::Denied(_))
        ));
    }

    /// S2: a path cannot leave its quotes.
    #[test]
    fn s2_quotes_for_the_shell() {
        assert_eq!(
            shell_quoted("a'; touch /tmp/x; '"),
            r"'a'\''; touch /tmp/x; '\'''"
        );
        assert_eq!(shell_quoted("plain"), "'plain'");
        assert_eq!(shell_quoted("a!b"), r"'a'\!'b'");
    }

    /// L2: no error repeats a credential.
    #[test]
    fn l2_errors_hide_credentials() {
        for url in [
            "https://user:hunter2@git.example/x?y",
            "ftp://user:hunter2@git.example/",
        ] {
            let error = parse(url).err().expect("refused").to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
