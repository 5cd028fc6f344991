//! When two outcomes agree: equal text, or errors of one kind.

use crate::oracle::Outcome;

/// How two outcomes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Difference {
    /// Both succeed with other bytes.
    Bytes,
    /// The real one succeeds, ours fails.
    OursFails,
    /// The real one fails, ours succeeds.
    TheirsFails,
    /// Ours panics.
    Panic,
    /// Both fail, for reasons of different kinds.
    ErrorKind,
}

/// Phrases of kustomize's errors that say what kind of error it is. The first one found decides.
const KINDS: [&str; 23] = [
    "unknown field",
    "is not in or below",
    "cycle detected",
    "no such file or directory",
    "may not add resource with an already registered id",
    "multiple matches for Id",
    "no matches for Id",
    "nothing selected by",
    "multiple matches for selector",
    "is missing for replacement source",
    "in replacement target",
    "out of bounds",
    "delimiter option",
    "mutually exclusive",
    "remove operation does not apply",
    "replace operation does not apply",
    "add operation does not apply",
    "test operation does not apply",
    "kustomization.yaml is empty",
    "missing metadata.name",
    "conflicting fieldspecs",
    "already encountered",
    "behavior must be merge or replace",
];

fn kind(error: &str) -> Option<&'static str> {
    KINDS.iter().copied().find(|phrase| error.contains(phrase))
}

/// The difference, if there is any. Where the real kustomize crashes, ours may do anything but that.
pub fn difference(theirs: &Outcome, ours: &Outcome) -> Option<Difference> {
    match (theirs, ours) {
        (_, Err(error)) if error.starts_with("panic: ") => Some(Difference::Panic),
        (Err(error), _) if error.starts_with("panic: ") => None,
        (Ok(a), Ok(b)) => (a != b && !hashes_a_foreign_kind(a, b)).then_some(Difference::Bytes),
        (Ok(_), Err(_)) => Some(Difference::OursFails),
        (Err(_), Ok(_)) => Some(Difference::TheirsFails),
        (Err(a), Err(b)) => match kind(a) {
            // Which of several wrong fields is named is chance.
            Some("unknown field") if b.contains("invalid Kustomization") => None,
            Some(phrase) if !b.contains(phrase) => Some(Difference::ErrorKind),
            _ => None,
        },
    }
}

/// A generated object whose kind a patch changed: kustomize then hashes its own node in memory, line numbers, comments and
/// all, for the name. Nothing else may differ.
fn hashes_a_foreign_kind(theirs: &str, ours: &str) -> bool {
    let mask = |line: &str| match line.rsplit_once('-') {
        Some((head, hash)) if hash.len() == 10 && hash.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            head.to_owned()
        }
        _ => line.to_owned(),
    };
    let masked = |text: &str| text.lines().map(mask).collect::<Vec<_>>();
    let foreign = theirs.split("---\n").zip(ours.split("---\n")).any(|(a, b)| {
        let generated = a.contains("\nkind: ConfigMap\n") || a.contains("\nkind: Secret\n");
        a != b && !generated
    });
    foreign && masked(theirs) == masked(ours)
}
