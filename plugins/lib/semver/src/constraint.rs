//! Constraints on versions: groups joined by `||`, comparisons within a group by commas or spaces.

use crate::scan::{self, Numbers, Spelled, skip_space};
use crate::version::{Version, compare_pre};

/// Longest constraint.
const MAX_BYTES: usize = 512;
/// Most groups.
const MAX_GROUPS: usize = 32;
/// Longest first, so that none hides another.
const OPERATORS: [(&str, Operator); 11] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::AtLeast),
    ("=>", Operator::AtLeast),
    ("<=", Operator::AtMost),
    ("=<", Operator::AtMost),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Above),
    ("<", Operator::Below),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

/// The text is no constraint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConstraintError {
    /// More than 512 bytes.
    #[error("constraint string is too long (max {MAX_BYTES} bytes)")]
    TooLong,
    /// More than 32 groups.
    #[error("too many constraint groups (max {MAX_GROUPS})")]
    TooManyGroups,
    /// A version in it has a number that is too large or a prerelease that is wrong.
    #[error("constraint parser error")]
    Version,
    /// A group does not parse.
    #[error("improper constraint: {0:?}")]
    Improper(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Above,
    Below,
    AtLeast,
    AtMost,
    Tilde,
    Caret,
}

/// Which number of a comparison is the first that is left open, by a wildcard or by not being there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Major,
    Minor,
    Patch,
    None,
}

#[derive(Debug, Clone)]
struct Comparison {
    operator: Operator,
    version: Version,
    open: Open,
}

/// A parsed constraint.
#[derive(Debug, Clone)]
pub struct Constraint {
    groups: Vec<Vec<Comparison>>,
}

impl Constraint {
    /// Parses a constraint, for example `>=1.0.0 <2.0.0 || ~3.1`.
    ///
    /// # Errors
    /// The text is too long or malformed.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        if text.len() > MAX_BYTES {
            return Err(ConstraintError::TooLong);
        }
        let text = rewrite_hyphens(text);
        let groups: Vec<&str> = text.split("||").collect();
        if groups.len() > MAX_GROUPS {
            return Err(ConstraintError::TooManyGroups);
        }
        let group = |text: &&str| {
            let spelled = scan_group(text).ok_or_else(|| ConstraintError::Improper((*text).to_owned()))?;
            let compared = |(operator, spelled): &(Operator, Spelled<'_>)| {
                Comparison::new(*operator, spelled).ok_or(ConstraintError::Version)
            };
            spelled.iter().map(compared).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            groups: groups.iter().map(group).collect::<Result<_, _>>()?,
        })
    }

    /// Whether a version satisfies it. A prerelease does only in a group that names one.
    pub fn allows(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            let names_pre = group.iter().any(|comparison| comparison.version.is_prerelease());
            (names_pre || !version.is_prerelease())
                && group.iter().all(|comparison| comparison.allows(version))
        })
    }
}

/// For fuzzing: a constraint and a version of any bytes, apart at the first line break.
pub fn fuzz(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (constraint, version) = text.split_once('\n').unwrap_or((&text, "1.2.3"));
    if let (Ok(constraint), Ok(version)) = (Constraint::parse(constraint), Version::parse(version)) {
        constraint.allows(&version);
    }
}

/// `1.2 - 3.4` becomes `>= 1.2, <= 3.4 `.
fn rewrite_hyphens(text: &str) -> String {
    let mut rewritten = text.to_owned();
    let mut at = 0;
    while at < text.len() {
        if !text.is_char_boundary(at) {
            at += 1;
            continue;
        }
        match hyphen_range(&text[at..]) {
            Some((length, from, to)) => {
                let whole = &text[at..at + length];
                rewritten = rewritten.replacen(whole, &format!(">= {from}, <= {to} "), 1);
                at += length;
            }
            None => at += 1,
        }
    }
    rewritten
}

fn hyphen_range(text: &str) -> Option<(usize, &str, &str)> {
    let rest = skip_space(text);
    let from = scan::version(rest, Numbers::Wildcards)?.whole;
    let rest = at_least_one_space(&rest[from.len()..])?;
    let rest = at_least_one_space(rest.strip_prefix('-')?)?;
    let to = scan::version(rest, Numbers::Wildcards)?.whole;
    let rest = skip_space(&rest[to.len()..]);
    Some((text.len() - rest.len(), from, to))
}

fn at_least_one_space(text: &str) -> Option<&str> {
    let rest = skip_space(text);
    (rest.len() < text.len()).then_some(rest)
}

/// The operators and versions of a group; `None` when the text is no group.
fn scan_group(text: &str) -> Option<Vec<(Operator, Spelled<'_>)>> {
    let mut comparisons = Vec::new();
    let mut rest = skip_space(text);
    loop {
        let (operator, after) = OPERATORS
            .iter()
            .find_map(|(spelled, operator)| Some((*operator, rest.strip_prefix(spelled)?)))
            .unwrap_or((Operator::Equal, rest));
        let after = skip_space(after);
        let spelled = scan::version(after, Numbers::Wildcards)?;
        comparisons.push((operator, spelled));
        let tail = &after[spelled.whole.len()..];
        rest = skip_space(tail);
        if rest.is_empty() {
            return Some(comparisons);
        }
        rest = match rest.strip_prefix(',') {
            Some(next) => skip_space(next),
            None if rest.len() < tail.len() => rest,
            None => return None,
        };
    }
}

impl Comparison {
    fn new(operator: Operator, spelled: &Spelled<'_>) -> Option<Self> {
        let is_open = |part: Option<&str>| part.is_none_or(|part| matches!(part, "x" | "X" | "*"));
        let pre = if spelled.pre.is_empty() {
            String::new()
        } else {
            format!("-{}", spelled.pre)
        };
        let (major, minor) = (spelled.major, spelled.minor.unwrap_or_default());
        let (open, text) = if is_open(Some(major)) {
            (Open::Major, format!("0.0.0{pre}"))
        } else if is_open(spelled.minor) {
            (Open::Minor, format!("{major}.0.0{pre}"))
        } else if is_open(spelled.patch) {
            (Open::Patch, format!("{major}.{minor}.0{pre}"))
        } else {
            (Open::None, spelled.whole.to_owned())
        };
        Some(Self {
            operator,
            version: Version::parse(&text).ok()?,
            open,
        })
    }

    fn allows(&self, version: &Version) -> bool {
        match self.operator {
            Operator::Equal if self.open == Open::None => *version == self.version,
            Operator::Equal | Operator::Tilde => self.tilde(version),
            Operator::NotEqual => self.not_equal(version),
            Operator::Above => self.above(version),
            Operator::Below => *version < self.version,
            Operator::AtLeast => *version >= self.version,
            Operator::AtMost => self.at_most(version),
            Operator::Caret => self.caret(version),
        }
    }

    /// Of a comparison with an open number only what stands before it counts.
    fn not_equal(&self, version: &Version) -> bool {
        let bound = &self.version;
        match self.open {
            Open::None => *version != *bound,
            // With all open, 0.0.0 is what is meant.
            Open::Major => {
                (bound.major, bound.minor, bound.patch) != (version.major, version.minor, version.patch)
                    || *version != *bound
            }
            Open::Minor => bound.major != version.major,
            Open::Patch => {
                let differs = (bound.major, bound.minor) != (version.major, version.minor);
                let pre = version.is_prerelease() || bound.is_prerelease();
                differs || (pre && compare_pre(&version.pre, &bound.pre).is_ne())
            }
        }
    }

    fn above(&self, version: &Version) -> bool {
        let bound = &self.version;
        match self.open {
            Open::None => *version > *bound,
            _ if version.major != bound.major => version.major > bound.major,
            Open::Minor => false,
            Open::Patch => version.minor > bound.minor,
            Open::Major => *version > *bound,
        }
    }

    fn at_most(&self, version: &Version) -> bool {
        let bound = &self.version;
        match self.open {
            Open::None => *version <= *bound,
            _ if version.major > bound.major => false,
            Open::Minor => true,
            _ => version.major < bound.major || version.minor <= bound.minor,
        }
    }

    fn tilde(&self, version: &Version) -> bool {
        let bound = &self.version;
        let zero = (bound.major, bound.minor, bound.patch) == (0, 0, 0);
        if *version < *bound {
            return false;
        }
        if zero && !matches!(self.open, Open::Minor | Open::Patch) {
            return true;
        }
        version.major == bound.major && (version.minor == bound.minor || self.open == Open::Minor)
    }

    fn caret(&self, version: &Version) -> bool {
        let bound = &self.version;
        if *version < *bound {
            return false;
        }
        if bound.major > 0 || self.open == Open::Minor {
            return version.major == bound.major;
        }
        if version.major > 0 {
            return false;
        }
        if bound.minor > 0 || self.open == Open::Patch {
            return version.minor == bound.minor;
        }
        version.minor == 0 && version.patch == bound.patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(constraint: &str, version: &str) -> bool {
        let constraint = Constraint::parse(constraint).expect(constraint);
        constraint.allows(&Version::parse(version).expect(version))
    }

    #[test]
    fn compares() {
        for (constraint, version, wanted) in [
            ("*", "4.5.6", true),
            (">=1.0.0 <2.0.0", "1.9.9", true),
            (">=1.0.0, <2.0.0", "2.0.0", false),
            ("1.x", "1.5.0", true),
            ("~1.2", "1.2.9", true),
            ("~1.2.3", "1.3.0", false),
            ("^0.2.3", "0.2.9", true),
            ("^0.0.3", "0.0.4", false),
            ("^0", "0.9.0", true),
            ("1.2 - 1.4.5", "1.4.5", true),
            ("1.2 - 1.4.5", "1.4.6", false),
            (">1", "1.9.0", false),
            (">1", "2.0.0", true),
            ("!=1.2.x", "1.2.5", false),
            ("<1.0.0 || >2.0.0", "3.0.0", true),
            (">=1.0.0", "1.1.0-rc.1", false),
            (">=1.0.0-0", "1.1.0-rc.1", true),
            ("=>1.0", "1.0.0", true),
        ] {
            assert_eq!(allows(constraint, version), wanted, "{constraint} {version}");
        }
    }

    #[test]
    fn refuses_what_is_no_constraint() {
        for text in [
            "",
            "foo",
            "1.2.3.4",
            ">= 1 ||",
            "> =1",
            "1,,2",
            "1|2",
            "~1.2.3-01",
        ] {
            assert!(Constraint::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(
            Constraint::parse(&"1 ".repeat(300)).err(),
            Some(ConstraintError::TooLong)
        );
        assert_eq!(
            Constraint::parse(&["1"; 33].join("||")).err(),
            Some(ConstraintError::TooManyGroups)
        );
        let said = |text: &str| Constraint::parse(text).expect_err(text).to_string();
        assert_eq!(said("a||1"), "improper constraint: \"a\"");
        assert_eq!(said(">1.2.3-01"), "constraint parser error");
    }
}
