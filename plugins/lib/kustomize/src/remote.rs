//! Tells addresses of other machines from paths.

/// True for what kustomize would fetch over HTTP.
pub(crate) fn is_remote_file(path: &str) -> bool {
    let lower = path.get(..6).unwrap_or(path).to_ascii_lowercase();
    lower.starts_with("http:") || lower.starts_with("https:")
}

/// True for what kustomize would clone as a git repository.
pub(crate) fn is_repository(path: &str) -> bool {
    Repository::parse(path).is_some()
}

/// True for an address of HTTP that says that it is a repository, so that nobody looks for a file there first.
pub(crate) fn is_surely_repository(path: &str) -> bool {
    let (address, query) = path.split_once('?').unwrap_or((path, ""));
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let asks = query
        .split('&')
        .any(|pair| pair.starts_with("ref=") || pair.starts_with("version="));
    (asks || rest.contains("//") || rest.contains(".git") || rest.contains("_git/")) && is_repository(path)
}

/// The address of a directory in a git repository, taken apart as kustomize does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repository {
    /// What is cloned.
    pub url: String,
    /// The directory in it.
    pub path: String,
    /// Branch, tag or commit; empty for the remote's HEAD.
    pub reference: String,
}

impl Repository {
    /// None for what is no such address.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return None;
        }
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        let (host, rest) = split_host(address)?;
        let (repository, path) = split_path(rest, host.eq_ignore_ascii_case("file://"))?;
        if repository.is_empty() || !stays_inside(path) {
            return None;
        }
        Some(Self {
            url: format!("{host}{repository}"),
            path: path.trim_start_matches('/').to_owned(),
            reference: reference(query),
        })
    }
}

/// The reference of a query: `ref`, else `version`.
fn reference(query: &str) -> String {
    let value = |name: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, value)| *key == name && !value.is_empty())
            .map(|(_, value)| decode_query(value))
    };
    value("ref").or_else(|| value("version")).unwrap_or_default()
}

/// Percent signs and plus signs of a query's value; what is no escape stays.
fn decode_query(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = hex.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(match (*first, escaped) {
            (b'%', Some(byte)) => {
                rest = &after[2..];
                byte
            }
            (b'+', _) => b' ',
            (byte, _) => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn strip_ignoring_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    text.get(..prefix.len())
        .filter(|start| start.eq_ignore_ascii_case(prefix))
        .map(|_| &text[prefix.len()..])
}

/// Scheme, user and host with what ends them, and what follows.
fn split_host(address: &str) -> Option<(String, &str)> {
    let address = strip_ignoring_case(address, "git::").unwrap_or(address);
    let schemes = ["ssh://", "https://", "http://", "file://"];
    let found = schemes
        .iter()
        .find_map(|scheme| strip_ignoring_case(address, scheme).map(|rest| (*scheme, rest)));
    let (scheme, after_scheme) = found.unwrap_or(("", address));
    if scheme == "file://" {
        return Some((scheme.to_owned(), after_scheme));
    }
    let (user, rest) = strip_user(after_scheme);
    let lower = rest.to_ascii_lowercase();
    let github = lower.starts_with("github.com/") || lower.starts_with("github.com:");
    let scp = scheme.is_empty() && (user > 0 || github);
    if scheme.is_empty() && !scp {
        return None;
    }
    let slash = rest.find('/');
    let colon = rest.find(':').filter(|_| scp);
    let end = match (slash, colon) {
        (Some(slash), Some(colon)) if colon > 0 && colon < slash => Some(colon),
        (None, colon) => colon,
        (slash, _) => slash,
    };
    let (host, path) = end.map_or((rest, ""), |end| rest.split_at(end + 1));
    if host.is_empty() {
        return None;
    }
    let user = &after_scheme[..user];
    let host = match (github, scheme == "ssh://" || !user.is_empty()) {
        (true, true) => format!("{user}github.com:"),
        (true, false) => "https://github.com/".to_owned(),
        (false, _) => format!("{scheme}{user}{host}"),
    };
    Some((host, path))
}

/// Length of `user@` and what follows.
fn strip_user(text: &str) -> (usize, &str) {
    let Some(at) = text.find('@') else {
        return (0, text);
    };
    let user = &text[..at];
    let letter = user.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if letter
        && user
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        (at + 1, &text[at + 1..])
    } else {
        (0, text)
    }
}

/// The repository and the directory in it.
fn split_path(path: &str, is_file_scheme: bool) -> Option<(&str, &str)> {
    if let Some(at) = path.find("_git/") {
        let below = at + "_git/".len();
        let end = path[below..].find('/').map_or(path.len(), |slash| below + slash);
        return Some(path.split_at(end));
    }
    if let Some(at) = path.find("//") {
        return Some((&path[..at], &path[at + 2..]));
    }
    if let Some(at) = path.find(".git") {
        return Some(path.split_at(at + ".git".len()));
    }
    if is_file_scheme {
        return Some((path, ""));
    }
    let first = path.find('/')?;
    let end = path[first + 1..]
        .find('/')
        .map_or(path.len(), |second| first + 1 + second);
    Some(path.split_at(end))
}

fn stays_inside(path: &str) -> bool {
    !crate::files::clean_relative(path.trim_start_matches('/')).starts_with("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_addresses_from_paths_r3() {
        for address in [
            "https://github.com/org/repo//path?ref=v1",
            "github.com/org/repo",
            "git@github.com:org/repo.git",
            "ssh://git@host.xz/org/repo",
            "git::https://host.xz/org/repo",
            "user@host:path/to/repo",
            "https://dev.azure.com/org/project/_git/repo/x",
        ] {
            assert!(is_repository(address), "{address}");
        }
        for path in [
            "../base",
            "base",
            "a/b/c",
            "./github.com/x/y",
            "user@dir/x",
            "/abs/path",
            "deployment.yaml",
            "a:b",
        ] {
            assert!(!is_repository(path), "{path}");
        }
        assert!(is_remote_file("https://example.com/x.yaml"));
        assert!(!is_remote_file("httpd.yaml"));
    }

    #[test]
    fn takes_addresses_apart() {
        for (text, url, path, reference) in [
            (
                "https://github.com/org/repo//deep/path?ref=v1",
                "https://github.com/org/repo",
                "deep/path",
                "v1",
            ),
            (
                "github.com/org/repo/x?version=a%2Fb",
                "https://github.com/org/repo",
                "x",
                "a/b",
            ),
            (
                "git@github.com:org/repo.git/x",
                "git@github.com:org/repo.git",
                "x",
                "",
            ),
            (
                "ssh://git@host.xz/org/repo?timeout=2m&ref=main",
                "ssh://git@host.xz/org/repo",
                "",
                "main",
            ),
            (
                "https://dev.azure.com/org/project/_git/repo/x/y",
                "https://dev.azure.com/org/project/_git/repo",
                "x/y",
                "",
            ),
            (
                "git::http://host:8080/repo.git//a?ref=b",
                "http://host:8080/repo.git",
                "a",
                "b",
            ),
        ] {
            let found = Repository::parse(text);
            let found = found
                .as_ref()
                .map(|it| (it.url.as_str(), it.path.as_str(), it.reference.as_str()));
            assert_eq!(found, Some((url, path, reference)), "{text}");
        }
        assert_eq!(Repository::parse("https://github.com/org/repo//../../x"), None);
        assert!(is_surely_repository("https://host/org/repo//x"));
        assert!(!is_surely_repository("https://raw.host/org/repo/main/x.yaml"));
    }
}
