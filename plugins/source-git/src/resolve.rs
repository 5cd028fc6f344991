//! Which commit is current, and how its revision is written (Flux RFC-0005).

use sluice_plugin::types::Error;
use sluice_semver::{Constraint, Version};

use crate::commit::committed_at;
use crate::config::{Reference, set};

/// Message for a repository without any reference; the host knows it by this text.
pub const EMPTY: &str = "git repository is empty";
const DEFAULT_BRANCH: &str = "master";
const PEELED: &str = "^{}";

/// A reference that the remote advertises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advertised {
    /// Full name.
    pub name: String,
    /// Object that it points to.
    pub oid: String,
    /// Commit behind an annotated tag.
    pub peeled: Option<String>,
}

impl Advertised {
    /// The commit that it leads to.
    fn commit(&self) -> &str {
        self.peeled.as_deref().unwrap_or(&self.oid)
    }
}

/// The remote repository.
pub trait Remote {
    /// References whose names start with a prefix.
    ///
    /// # Errors
    /// The host's error.
    fn refs(&self, prefix: &str) -> Result<Vec<Advertised>, Error>;
    /// Raw content of a commit.
    ///
    /// # Errors
    /// The host's error.
    fn commit(&self, oid: &str) -> Result<Vec<u8>, Error>;
}

/// A commit with the name that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// As it stands in `status.artifact.revision`.
    pub revision: String,
    /// Commit, 40 hexadecimal digits.
    pub commit: String,
    /// The advertised reference that led to it.
    pub reference: Option<String>,
}

impl Resolved {
    fn new(shown: &str, commit: &str, reference: Option<String>) -> Self {
        let digest = format!("sha1:{commit}");
        let revision = if shown.is_empty() {
            digest
        } else {
            format!("{shown}@{digest}")
        };
        Self {
            revision,
            commit: commit.to_owned(),
            reference,
        }
    }

    /// What the host keeps between `resolve` and `fetch`.
    pub fn pin(&self) -> String {
        match &self.reference {
            Some(reference) => format!("{} {reference}", self.commit),
            None => self.commit.clone(),
        }
    }

    /// Commit and reference of a pin.
    pub fn read_pin(pin: &str) -> (&str, Option<&str>) {
        pin.split_once(' ')
            .map_or((pin, None), |(commit, reference)| (commit, Some(reference)))
    }
}

/// Finds the commit to take.
///
/// # Errors
/// The reference is malformed or does not exist, or the remote cannot be asked.
pub fn resolve(remote: &impl Remote, reference: Option<&Reference>) -> Result<Resolved, Error> {
    let none = Reference::default();
    let wanted = reference.unwrap_or(&none);
    if let Some(commit) = set(wanted.commit.as_ref()) {
        return resolve_commit(remote, commit, wanted);
    }
    if let Some(name) = set(wanted.name.as_ref()) {
        return resolve_name(remote, name);
    }
    if let Some(tag) = set(wanted.tag.as_ref()) {
        let found = find(remote, &format!("refs/tags/{tag}"))?;
        return Ok(Resolved::new(tag, found.commit(), Some(found.name.clone())));
    }
    if let Some(range) = set(wanted.semver.as_ref()) {
        return resolve_semver(remote, range);
    }
    let branch = set(wanted.branch.as_ref()).unwrap_or(DEFAULT_BRANCH);
    let found = find(remote, &format!("refs/heads/{branch}"))?;
    Ok(Resolved::new(branch, &found.oid, Some(found.name.clone())))
}

/// A pinned commit. That the repository answers, and has the branch, is checked now; that it has the commit when it is
/// fetched.
fn resolve_commit(remote: &impl Remote, commit: &str, wanted: &Reference) -> Result<Resolved, Error> {
    let commit = commit.to_ascii_lowercase();
    if commit.len() != 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::invalid_config(format!(
            "ref.commit {commit:?} is no full SHA-1 commit id"
        )));
    }
    if let Some(name) = set(wanted.name.as_ref()) {
        let found = find_name(remote, name)?;
        return Ok(Resolved::new(name, &commit, Some(found.name)));
    }
    match set(wanted.branch.as_ref()) {
        Some(branch) => {
            let found = find(remote, &format!("refs/heads/{branch}"))?;
            Ok(Resolved::new(branch, &commit, Some(found.name)))
        }
        None => {
            require_references(remote)?;
            Ok(Resolved::new("", &commit, None))
        }
    }
}

fn resolve_name(remote: &impl Remote, name: &str) -> Result<Resolved, Error> {
    let found = find_name(remote, name)?;
    let tag = name.starts_with("refs/tags/");
    let commit = if tag { found.commit() } else { &found.oid };
    Ok(Resolved::new(name, commit, Some(found.name.clone())))
}

/// The reference with a full name; `^{}` at its end asks for the commit behind a tag, which is what is taken anyway.
fn find_name(remote: &impl Remote, name: &str) -> Result<Advertised, Error> {
    if name.starts_with('/') || name.ends_with('/') {
        let message = format!("ref {name} is invalid; Git refs cannot begin or end with a slash '/'");
        return Err(Error::invalid_config(message));
    }
    let plain = name.strip_suffix(PEELED).unwrap_or(name);
    let found = remote.refs(plain)?.into_iter().find(|found| found.name == plain);
    if let Some(found) = found.filter(|found| plain == name || found.peeled.is_some()) {
        return Ok(found);
    }
    require_references(remote)?;
    Err(Error::not_found(format!(
        "unable to resolve ref '{name}' to a specific commit"
    )))
}

fn find(remote: &impl Remote, name: &str) -> Result<Advertised, Error> {
    if let Some(found) = remote.refs(name)?.into_iter().find(|found| found.name == name) {
        return Ok(found);
    }
    require_references(remote)?;
    Err(Error::not_found(format!("couldn't find remote ref {name:?}")))
}

fn require_references(remote: &impl Remote) -> Result<(), Error> {
    if remote.refs("")?.is_empty() {
        Err(Error::not_found(EMPTY))
    } else {
        Ok(())
    }
}

fn resolve_semver(remote: &impl Remote, range: &str) -> Result<Resolved, Error> {
    let constraint = Constraint::parse(range)
        .map_err(|error| Error::invalid_config(format!("semver parse error: {error}")))?;
    let tags = remote.refs("refs/tags/")?;
    let mut best: Vec<(Version, &Advertised)> = Vec::new();
    for tag in &tags {
        let short = tag.name.trim_start_matches("refs/tags/");
        let Ok(version) = Version::parse_tag(short) else {
            continue;
        };
        if !constraint.allows(&version) {
            continue;
        }
        match best.first().map(|(known, _)| version.cmp(known)) {
            None | Some(std::cmp::Ordering::Greater) => best = vec![(version, tag)],
            Some(std::cmp::Ordering::Equal) => best.push((version, tag)),
            Some(std::cmp::Ordering::Less) => {}
        }
    }
    let Some((version, tag)) = latest(remote, best)? else {
        require_references(remote)?;
        return Err(Error::not_found(format!("no match found for semver: {range}")));
    };
    Ok(Resolved::new(
        version.original(),
        tag.commit(),
        Some(tag.name.clone()),
    ))
}

/// Of versions that differ in build metadata only, the one whose commit is the youngest.
fn latest<'a>(
    remote: &impl Remote,
    best: Vec<(Version, &'a Advertised)>,
) -> Result<Option<(Version, &'a Advertised)>, Error> {
    if best.len() < 2 {
        return Ok(best.into_iter().next());
    }
    let mut dated = Vec::with_capacity(best.len());
    for (version, tag) in best {
        let committed = committed_at(&remote.commit(tag.commit())?);
        dated.push((committed, version, tag));
    }
    let latest = dated.into_iter().max_by(|left, right| {
        left.0
            .cmp(&right.0)
            .then_with(|| left.1.original().cmp(right.1.original()))
    });
    Ok(latest.map(|(_, version, tag)| (version, tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake(Vec<Advertised>);

    impl Remote for Fake {
        fn refs(&self, prefix: &str) -> Result<Vec<Advertised>, Error> {
            Ok(self
                .0
                .iter()
                .filter(|found| found.name.starts_with(prefix))
                .cloned()
                .collect())
        }

        fn commit(&self, oid: &str) -> Result<Vec<u8>, Error> {
            Ok(format!(
                "tree x\ncommitter a <b> {} +0000\n\nx",
                u8::from_str_radix(&oid[..2], 16).expect("hex")
            )
            .into())
        }
    }

    fn oid(byte: u8) -> String {
        format!("{byte:02x}").repeat(20)
    }

    fn fake() -> Fake {
        let plain = |name: &str, byte| Advertised {
            name: name.into(),
            oid: oid(byte),
            peeled: None,
        };
        let mut refs = vec![
            plain("refs/heads/feature/x", 3),
            plain("refs/heads/main", 1),
            plain("refs/heads/main2", 2),
            plain("refs/heads/v1.0.0", 4),
            plain("refs/pull/1/head", 5),
            plain("refs/tags/v1.0.0", 6),
            plain("refs/tags/v1.1.0+b1", 9),
            plain("refs/tags/v1.1.0+b2", 8),
            plain("refs/tags/v2.0.0-rc.1", 10),
            plain("refs/tags/nightly", 11),
        ];
        refs.push(Advertised {
            name: "refs/tags/v1.0.1".into(),
            oid: oid(20),
            peeled: Some(oid(7)),
        });
        Fake(refs)
    }

    #[allow(clippy::needless_pass_by_value, reason = "a test")]
    fn revision(reference: Reference) -> Result<String, Error> {
        resolve(&fake(), Some(&reference)).map(|resolved| resolved.revision)
    }

    fn reference(field: &str, value: &str) -> Reference {
        let mut reference = Reference::default();
        let slot = match field {
            "branch" => &mut reference.branch,
            "tag" => &mut reference.tag,
            "semver" => &mut reference.semver,
            "name" => &mut reference.name,
            _ => &mut reference.commit,
        };
        *slot = Some(value.into());
        reference
    }

    #[test]
    fn writes_revisions_as_flux() {
        let cases = [
            ("branch", "main", format!("main@sha1:{}", oid(1))),
            ("branch", "feature/x", format!("feature/x@sha1:{}", oid(3))),
            ("tag", "v1.0.0", format!("v1.0.0@sha1:{}", oid(6))),
            ("tag", "v1.0.1", format!("v1.0.1@sha1:{}", oid(7))),
            ("semver", ">=1.0.0 <1.1.0", format!("v1.0.1@sha1:{}", oid(7))),
            ("semver", "^1.1.0", format!("v1.1.0+b1@sha1:{}", oid(9))),
            ("semver", ">=2.0.0-0", format!("v2.0.0-rc.1@sha1:{}", oid(10))),
            (
                "name",
                "refs/pull/1/head",
                format!("refs/pull/1/head@sha1:{}", oid(5)),
            ),
            (
                "name",
                "refs/heads/main",
                format!("refs/heads/main@sha1:{}", oid(1)),
            ),
            (
                "name",
                "refs/tags/v1.0.1",
                format!("refs/tags/v1.0.1@sha1:{}", oid(7)),
            ),
            (
                "name",
                "refs/tags/v1.0.1^{}",
                format!("refs/tags/v1.0.1^{{}}@sha1:{}", oid(7)),
            ),
            ("commit", &oid(99), format!("sha1:{}", oid(99))),
        ];
        for (field, value, wanted) in cases {
            assert_eq!(revision(reference(field, value)), Ok(wanted), "{field} {value}");
        }
    }

    #[test]
    fn follows_the_precedence_of_flux() {
        let mut all = Reference {
            branch: Some("main".into()),
            tag: Some("v1.0.0".into()),
            semver: Some("*".into()),
            name: Some("refs/pull/1/head".into()),
            commit: Some(oid(99)),
        };
        assert_eq!(
            revision(all.clone()),
            Ok(format!("refs/pull/1/head@sha1:{}", oid(99)))
        );
        all.commit = None;
        assert_eq!(
            revision(all.clone()),
            Ok(format!("refs/pull/1/head@sha1:{}", oid(5)))
        );
        all.name = Some(String::new());
        assert_eq!(revision(all.clone()), Ok(format!("v1.0.0@sha1:{}", oid(6))));
        all.tag = None;
        assert_eq!(revision(all.clone()), Ok(format!("v1.1.0+b1@sha1:{}", oid(9))));
        all.semver = None;
        assert_eq!(revision(all.clone()), Ok(format!("main@sha1:{}", oid(1))));
        all.commit = Some(oid(99));
        assert_eq!(revision(all), Ok(format!("main@sha1:{}", oid(99))));
        assert_eq!(
            resolve(&fake(), None).expect_err("no master"),
            Error::not_found("couldn't find remote ref \"refs/heads/master\"")
        );
    }

    /// S6, S12: odd names are looked up and not found; a branch and a tag of one name are two things.
    #[test]
    fn s6_s12_names_are_exact() {
        assert_eq!(
            revision(reference("branch", "v1.0.0")),
            Ok(format!("v1.0.0@sha1:{}", oid(4)))
        );
        for (field, value) in [
            ("branch", "mai"),
            ("branch", "../../x"),
            ("branch", "-x"),
            ("tag", "v1.0"),
            ("semver", ">=9"),
            ("name", "refs/heads"),
            ("name", "refs/heads/main^{}"),
        ] {
            let error = revision(reference(field, value)).expect_err(value);
            assert!(matches!(error, Error::NotFound(_)), "{value}: {error:?}");
        }
        for (field, value) in [
            ("commit", "abc"),
            ("commit", &"0".repeat(64)),
            ("semver", "x.y"),
            ("name", "/a"),
            ("name", "a/"),
        ] {
            let error = revision(reference(field, value)).expect_err(value);
            assert!(matches!(error, Error::InvalidConfig(_)), "{value}: {error:?}");
        }
    }

    #[test]
    fn an_empty_repository_is_told_apart() {
        for field in ["branch", "tag", "semver", "name", "commit"] {
            let value = if field == "commit" { oid(1) } else { "1.0.0".into() };
            let error = resolve(&Fake(Vec::new()), Some(&reference(field, &value))).expect_err("empty");
            assert_eq!(error, Error::not_found(EMPTY));
        }
    }

    #[test]
    fn pins_round_trip() {
        let resolved = resolve(&fake(), Some(&reference("tag", "v1.0.1"))).expect("resolves");
        assert_eq!(
            Resolved::read_pin(&resolved.pin()),
            (oid(7).as_str(), Some("refs/tags/v1.0.1"))
        );
        assert_eq!(Resolved::read_pin("abc"), ("abc", None));
    }
}
