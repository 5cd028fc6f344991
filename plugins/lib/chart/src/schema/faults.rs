//! Violations as the library that helm uses nests them: what one schema finds wrong with a value stands together, and a schema
//! is not told further once its `type`, `const`, `enum` or `format` does not fit.

use std::fmt::Write as _;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;

use super::MAX_TOLD;
use super::phrase::{phrase, quote};

/// How deep groups and alternatives are told.
const MAX_DEPTH: usize = 20;
/// About how many bytes are told.
const MAX_BYTES: usize = 64 << 10;

/// Keywords whose schemas apply to the same value, by a name or a number.
const OF_ITSELF: [&str; 4] = ["anyOf", "oneOf", "dependencies", "dependentSchemas"];
/// Keywords whose schemas apply to an entry or an item, by a name or a number.
const INSIDE: [&str; 3] = ["properties", "patternProperties", "prefixItems"];
/// Keywords whose schema applies to entries or items.
const TO_ALL_INSIDE: [&str; 6] = [
    "additionalProperties",
    "additionalItems",
    "unevaluatedProperties",
    "unevaluatedItems",
    "items",
    "contains",
];
/// Keywords that stand for a schema, or lead to one of the same value.
const STANDING_FOR: [&str; 7] = [
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "if",
    "then",
    "else",
    "allOf",
];

/// The steps of references, which the library tells even alone.
const REFERENCES: [&str; 3] = ["/$ref", "/$dynamicRef", "/$recursiveRef"];

/// What one schema finds wrong with one value.
struct Schema<'v, 'e> {
    /// JSON pointer of the value.
    place: &'v str,
    faults: Vec<Fault<'v, 'e>>,
}

enum Fault<'v, 'e> {
    /// A keyword's own. Of `required` there is a violation for each name that is missing.
    Own(Vec<&'v ValidationError<'e>>),
    /// What another schema finds that the keywords lead to.
    Within(&'v str, Schema<'v, 'e>),
}

/// A keyword that applies another schema, with its name or number.
struct Step<'v> {
    keywords: &'v str,
    /// The value that the schema is applied to.
    place: &'v str,
    rest: &'v str,
}

/// Writes violations, and below each why its alternatives failed.
pub(super) fn write(violations: &[ValidationError<'_>], told: &mut String) {
    let root = Schema::of(violations, "", "");
    let schema = root.first_of_many();
    for fault in schema.told() {
        fault.tell(schema.place, 0, told);
    }
}

impl<'v, 'e> Schema<'v, 'e> {
    /// The violations of the schema that `keywords` lead to, of the value at `place`.
    fn of(violations: &'v [ValidationError<'e>], keywords: &str, place: &'v str) -> Self {
        let mut schema = Self::new(place);
        for violation in violations.iter().take(MAX_TOLD) {
            let path = violation.evaluation_path().as_str();
            schema.add(violation, path.strip_prefix(keywords).unwrap_or(path));
        }
        schema
    }

    fn new(place: &'v str) -> Self {
        Self {
            place,
            faults: Vec::new(),
        }
    }

    fn add(&mut self, violation: &'v ValidationError<'e>, keywords: &'v str) {
        match step(violation, keywords, self.place) {
            Some(step) => self.add_within(violation, &step),
            None => self.add_own(violation),
        }
    }

    fn add_own(&mut self, violation: &'v ValidationError<'e>) {
        let same = self.faults.iter_mut().find_map(|fault| match fault {
            Fault::Own(known) if are_of_one_required(known, violation) => Some(known),
            _ => None,
        });
        match same {
            Some(known) => known.push(violation),
            None => self.faults.push(Fault::Own(vec![violation])),
        }
    }

    /// Adds to the schema that a step leads to.
    fn add_within(&mut self, violation: &'v ValidationError<'e>, step: &Step<'v>) {
        let known = self.faults.iter().position(|fault| {
            matches!(fault, Fault::Within(keywords, schema) if *keywords == step.keywords && schema.place == step.place)
        });
        let at = known.unwrap_or(self.faults.len());
        if known.is_none() {
            self.faults
                .push(Fault::Within(step.keywords, Self::new(step.place)));
        }
        match self.faults.get_mut(at) {
            Some(Fault::Within(_, schema)) => schema.add(violation, step.rest),
            _ => self.add_own(violation),
        }
    }

    /// The faults that are told: the first keyword that ends the check stands alone.
    fn told(&self) -> Vec<&Fault<'v, 'e>> {
        let ends = self
            .faults
            .iter()
            .filter_map(|fault| Some((fault.rank()?, fault)));
        match ends.min_by_key(|(rank, _)| *rank) {
            Some((_, fault)) => vec![fault],
            None => self.faults.iter().collect(),
        }
    }

    /// The schema whose faults are told on the first level: one that alone finds something needs no line, but for references.
    fn first_of_many(&self) -> &Self {
        let is_told = |keywords: &str| keywords == "/allOf" || REFERENCES.contains(&keywords);
        match self.told().as_slice() {
            [Fault::Within(keywords, schema)] if !is_told(keywords) => schema.first_of_many(),
            _ => self,
        }
    }

    /// More than one fault stands below a line of its own.
    fn tell(&self, depth: usize, told: &mut String) {
        let faults = self.told();
        if faults.iter().map(|fault| fault.lines()).sum::<usize>() == 1 {
            for fault in faults {
                fault.tell(self.place, depth, told);
            }
            return;
        }
        line(self.place, "validation failed", depth, told);
        for fault in faults {
            fault.tell(self.place, depth + 1, told);
        }
    }
}

impl Fault<'_, '_> {
    /// The order of the keywords that end the check of their schema.
    fn rank(&self) -> Option<u8> {
        let Self::Own(violations) = self else {
            return None;
        };
        match violations.first()?.kind() {
            Kind::FalseSchema => Some(0),
            Kind::Type { .. } => Some(1),
            Kind::Constant { .. } => Some(2),
            Kind::Enum { .. } => Some(3),
            Kind::Format { .. } => Some(4),
            _ => None,
        }
    }

    /// How many faults of the library these are.
    fn lines(&self) -> usize {
        let Self::Own(violations) = self else { return 1 };
        match violations.first().map(|violation| violation.kind()) {
            // Each name is a value of its own.
            Some(Kind::UnevaluatedProperties { unexpected }) => unexpected.len(),
            _ => 1,
        }
    }

    fn tell(&self, place: &str, depth: usize, told: &mut String) {
        if depth > MAX_DEPTH || told.len() > MAX_BYTES {
            return;
        }
        match self {
            Self::Own(violations) => tell_own(violations, depth, told),
            Self::Within("/allOf", all) => {
                line(place, "'allOf' failed", depth, told);
                for fault in &all.faults {
                    fault.tell(place, depth + 1, told);
                }
            }
            Self::Within(_, schema) => schema.tell(depth, told),
        }
    }
}

fn tell_own(violations: &[&ValidationError<'_>], depth: usize, told: &mut String) {
    let Some(violation) = violations.first() else {
        return;
    };
    let place = violation.instance_path().as_str();
    match violation.kind() {
        Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                let name = name.replace('~', "~0").replace('/', "~1");
                line(&format!("{place}/{name}"), "false schema", depth, told);
            }
            return;
        }
        _ => line(place, &phrase(violations), depth, told),
    }
    if let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = violation.kind() {
        for (at, alternative) in context.iter().enumerate().take(MAX_TOLD) {
            let keywords = format!("{}/{at}", violation.evaluation_path().as_str());
            Schema::of(alternative, &keywords, place).tell(depth + 1, told);
        }
    }
}

fn line(place: &str, phrase: &str, depth: usize, told: &mut String) {
    let _ = writeln!(told, "{}- at {}: {phrase}", "  ".repeat(depth), quote(place));
}

fn are_of_one_required(known: &[&ValidationError<'_>], other: &ValidationError<'_>) -> bool {
    known.first().is_some_and(|one| {
        matches!(
            (one.kind(), other.kind()),
            (Kind::Required { .. }, Kind::Required { .. })
        ) && one.evaluation_path() == other.evaluation_path()
    })
}

/// The first keyword of a path when it applies another schema; none when what is left is a keyword's own.
fn step<'v>(violation: &'v ValidationError<'_>, keywords: &'v str, place: &str) -> Option<Step<'v>> {
    let ends = |from: usize| keywords.get(from..)?.find('/').map(|at| from + at);
    let end = ends(1).unwrap_or(keywords.len());
    let keyword = keywords.get(1..end)?;
    let full = violation.instance_path().as_str();
    let is_number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let is_named = OF_ITSELF.contains(&keyword)
        || INSIDE.contains(&keyword)
        || (keyword == "items" && keywords.get(end + 1..).is_some_and(is_number));
    let is_inside = INSIDE.contains(&keyword) || TO_ALL_INSIDE.contains(&keyword);
    // The schemas of `allOf` are numbered.
    if !is_named && !is_inside && !STANDING_FOR.contains(&keyword) && !is_number(keyword) {
        return None;
    }
    let end = if is_named {
        ends(end + 1).unwrap_or(keywords.len())
    } else {
        end
    };
    if end == keywords.len() && !matches!(violation.kind(), Kind::FalseSchema) {
        return None;
    }
    let place = if is_inside {
        let inner = full.get(place.len() + 1..)?;
        let length = inner.find('/').unwrap_or(inner.len());
        full.get(..place.len() + 1 + length)?
    } else {
        full.get(..place.len())?
    };
    Some(Step {
        keywords: keywords.get(..end)?,
        place,
        rest: keywords.get(end..)?,
    })
}
