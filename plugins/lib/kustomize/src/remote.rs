//! Tells addresses of other machines from paths.

/// True for what kustomize would fetch over HTTP.
pub(crate) fn is_remote_file(path: &str) -> bool {
    let lower = path.get(..6).unwrap_or(path).to_ascii_lowercase();
    lower.starts_with("http:") || lower.starts_with("https:")
}

/// True for what kustomize would clone as a git repository.
pub(crate) fn is_repository(path: &str) -> bool {
    if path.starts_with('/') {
        return false;
    }
    let address = path.split('?').next().unwrap_or(path);
    let Some((is_file_scheme, rest)) = after_host(address) else {
        return false;
    };
    splits(rest, is_file_scheme)
}

fn strip_ignoring_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    text.get(..prefix.len())
        .filter(|start| start.eq_ignore_ascii_case(prefix))
        .map(|_| &text[prefix.len()..])
}

/// What follows the host, and whether the scheme is `file://`.
fn after_host(address: &str) -> Option<(bool, &str)> {
    let address = strip_ignoring_case(address, "git::").unwrap_or(address);
    let schemes = ["ssh://", "https://", "http://", "file://"];
    let found = schemes
        .iter()
        .find_map(|scheme| strip_ignoring_case(address, scheme).map(|rest| (*scheme, rest)));
    let (scheme, rest) = found.unwrap_or(("", address));
    let (user, rest) = strip_user(rest);
    if scheme == "file://" {
        return Some((true, &address[address.len() - rest.len() - user..]));
    }
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
    match end {
        Some(end) => Some((false, &rest[end + 1..])),
        None if rest.is_empty() => None,
        None => Some((false, "")),
    }
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

/// True when the path has a part that can be a repository.
fn splits(path: &str, is_file_scheme: bool) -> bool {
    if path.contains("_git/") {
        return true;
    }
    if let Some(at) = path.find("//") {
        return at > 0 && stays_inside(&path[at + 2..]);
    }
    if let Some(at) = path.find(".git") {
        return stays_inside(&path[at + 4..]);
    }
    if is_file_scheme {
        return !path.is_empty();
    }
    let mut parts = path.splitn(3, '/');
    let (Some(first), Some(second)) = (parts.next(), parts.next()) else {
        return false;
    };
    !(first.is_empty() && second.is_empty()) && stays_inside(parts.next().unwrap_or(""))
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
}
