//! Differences of functions that are there on purpose, or that no run of helm repeats. Those of whole charts stand in
//! `plugins/lib/helm/tests/support/errors.rs`, with the reason of each.

use crate::outcome::Outcome;

/// A kind of difference.
struct Explained {
    /// Why it is no fault of ours.
    reason: &'static str,
    /// Whether a template, our answer and the real one differ in this way.
    holds: fn(&str, &Outcome, &Outcome) -> bool,
}

const EXPLAINED: [Explained; 6] = [
    Explained {
        reason: "an address in the memory of the real process",
        holds: |_, _, theirs| text_of(theirs).to_lowercase().contains("(0x"),
    },
    Explained {
        reason: "a verb that means nothing for a time prints the cache of its zone, which has addresses",
        holds: |_, _, theirs| text_of(theirs).contains("(*time.Location=&{"),
    },
    Explained {
        reason: "the verb %p prints an address",
        holds: |template, _, _| template.split('%').skip(1).any(is_pointer),
    },
    Explained {
        reason: "a slice of Go reaches as far as append has allocated, ours ends with its items",
        holds: |_, ours, _| matches!(ours, Err(error) if error.contains("slice index out of bounds")),
    },
    Explained {
        reason: "fromToml gives its error as a value, and our parser has words of its own",
        holds: |template, _, theirs| {
            let text = text_of(theirs);
            template.contains("fromToml") && (text.contains("toml: ") || text.contains("toml%3A"))
        },
    },
    Explained {
        reason: "mergo takes the fields of a version apart by reflection",
        holds: |template, _, _| template.contains("erge") && template.contains("semver"),
    },
];

/// Why two answers may differ; none when they may not.
pub fn reason(template: &str, ours: &Outcome, theirs: &Outcome) -> Option<&'static str> {
    let found = EXPLAINED
        .iter()
        .find(|explained| (explained.holds)(template, ours, theirs));
    found.map(|explained| explained.reason)
}

fn text_of(outcome: &Outcome) -> String {
    match outcome {
        Ok(output) => String::from_utf8_lossy(output).into_owned(),
        Err(error) => error.clone(),
    }
}

fn is_pointer(verb: &str) -> bool {
    let verb = verb.trim_start_matches(|c: char| "+-# 0123456789.*[]x".contains(c));
    verb.starts_with('p')
}
