//! The name of a release.

use sluice_model::Digest;

/// Most bytes of a release's name (Helm's limit, so that the names of Secrets and labels fit).
pub const MAX_NAME: usize = 53;

/// How much of a long name stays in front of its hash.
const KEPT: usize = 40;
/// How much of the hash follows.
const HASH: usize = 12;

/// The release name of a HelmRelease: what it asks for, else its own name, after its target namespace where it has one.
/// A name that is too long ends with a hash of the whole (Flux, `release.ShortenName`).
pub fn release_name(asked: Option<&str>, target_namespace: Option<&str>, name: &str) -> String {
    let full = match (asked, target_namespace) {
        (Some(asked), _) if !asked.is_empty() => asked.to_owned(),
        (_, Some(namespace)) if !namespace.is_empty() => format!("{namespace}-{name}"),
        _ => name.to_owned(),
    };
    shorten(full)
}

fn shorten(full: String) -> String {
    if full.len() <= MAX_NAME {
        return full;
    }
    let hex = Digest::of(full.as_bytes()).hex();
    // names are ASCII by their schema; the cut stays on a character all the same
    let cut = (0..=KEPT)
        .rev()
        .find(|at| full.is_char_boundary(*at))
        .unwrap_or_default();
    format!("{}-{}", &full[..cut], &hex[..HASH])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_flux() {
        assert_eq!(release_name(Some("web"), Some("prod"), "x"), "web");
        assert_eq!(release_name(None, Some("prod"), "web"), "prod-web");
        assert_eq!(release_name(None, None, "web"), "web");
        let long = release_name(None, Some(&"n".repeat(30)), &"r".repeat(30));
        assert_eq!(long.len(), MAX_NAME);
        assert!(
            long.starts_with(&format!("{}-{}-", "n".repeat(30), "r".repeat(9))),
            "{long}"
        );
    }
}
