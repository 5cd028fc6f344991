//! Health by CEL expressions over an object's own fields (`spec.healthCheckExprs`, Flux's RFC 9).

use std::collections::HashMap;

use serde_json::Value;
use sluice_expression::{Expression, ExpressionError, Variables};
use sluice_model::{Health, Object, Verdict};

use super::CustomRules;

/// One entry of the list, as the spec has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Check<'a> {
    /// For example `cert-manager.io/v1`; only the group counts.
    pub api_version: &'a str,
    /// Empty for all kinds of the group.
    pub kind: &'a str,
    /// True when the object is healthy.
    pub current: &'a str,
    /// True while the object is on its way.
    pub in_progress: Option<&'a str>,
    /// True when the object has failed.
    pub failed: Option<&'a str>,
}

/// The list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Two entries are about the same kind, or the same group.
    #[error("duplicate custom health check for GroupKind {kind} at healthchecks[{index}]")]
    Duplicate {
        /// Kind and group, `Certificate.cert-manager.io`.
        kind: String,
        /// Position of the second entry.
        index: usize,
    },
    /// An entry has no expression for what is healthy.
    #[error(
        "failed to create custom status evaluator for healthchecks[{index}]: expression Current not specified"
    )]
    Missing {
        /// Position of the entry.
        index: usize,
    },
    /// An expression does not parse.
    #[error(
        "failed to create custom status evaluator for healthchecks[{index}]: failed to parse the expression {field}: {source}"
    )]
    Expression {
        /// Position of the entry.
        index: usize,
        /// `Current`, `Failed` or `InProgress`.
        field: &'static str,
        /// Why.
        source: ExpressionError,
    },
}

/// In the order in which they are asked.
type Evaluator = Vec<(Health, Expression)>;

/// The rules of one owner.
#[derive(Debug, Clone, Default)]
pub struct ExpressionRules {
    /// By group and kind; the kind is empty for all of a group.
    evaluators: HashMap<(String, String), Evaluator>,
}

impl ExpressionRules {
    /// Reads the entries of a list.
    ///
    /// # Errors
    /// An entry is a duplicate, lacks its expression, or has one that does not parse.
    pub fn new<'a>(checks: impl IntoIterator<Item = Check<'a>>) -> Result<Self, RulesError> {
        let mut evaluators = HashMap::new();
        for (index, check) in checks.into_iter().enumerate() {
            let group = group_of(check.api_version);
            let id = (group.to_owned(), check.kind.to_owned());
            if evaluators.contains_key(&id) {
                let kind = match group {
                    "" => check.kind.to_owned(),
                    group => format!("{}.{group}", check.kind),
                };
                return Err(RulesError::Duplicate { kind, index });
            }
            evaluators.insert(id, evaluator(index, &check)?);
        }
        Ok(Self { evaluators })
    }

    /// An entry of the kind itself wins over one of its group.
    fn evaluator(&self, group: &str, kind: &str) -> Option<&Evaluator> {
        let find = |kind: &str| self.evaluators.get(&(group.to_owned(), kind.to_owned()));
        find(kind).or_else(|| find(""))
    }
}

/// As Kubernetes parses an API version: one slash, or the core group.
fn group_of(api_version: &str) -> &str {
    match api_version.split_once('/') {
        Some((group, version)) if !version.contains('/') => group,
        _ => "",
    }
}

fn evaluator(index: usize, check: &Check<'_>) -> Result<Evaluator, RulesError> {
    let parse = |field, source: &str| {
        Expression::parse(source).map_err(|source| RulesError::Expression { index, field, source })
    };
    if check.current.is_empty() {
        return Err(RulesError::Missing { index });
    }
    let optional = |field, source: Option<&str>| {
        let source = source.filter(|source| !source.is_empty());
        source.map(|source| parse(field, source)).transpose()
    };
    let current = parse("Current", check.current)?;
    let failed = optional("Failed", check.failed)?;
    let in_progress = optional("InProgress", check.in_progress)?;
    let first = [(Health::InProgress, in_progress), (Health::Failed, failed)];
    let first = first
        .into_iter()
        .filter_map(|(health, found)| Some((health, found?)));
    Ok(first.chain([(Health::Current, current)]).collect())
}

impl CustomRules for ExpressionRules {
    fn cover(&self, group: &str, kind: &str) -> bool {
        self.evaluator(group, kind).is_some()
    }

    fn verdict(&self, object: &Object) -> Option<Verdict> {
        let evaluator = self.evaluator(object.group(), object.kind())?;
        if let Some(verdict) = unobserved(object) {
            return Some(verdict);
        }
        let variables = Variables::fields(&object.0);
        for (health, expression) in evaluator {
            match expression.is_true(&variables) {
                Ok(true) => return Some(Verdict::new(*health, expression.source())),
                Ok(false) => {}
                Err(error) => return Some(Verdict::new(Health::Unknown, error.to_string())),
            }
        }
        Some(Verdict::new(Health::InProgress, "no expression is true"))
    }
}

/// Whoever writes the status has not seen the latest spec; asked only where both are whole numbers.
fn unobserved(object: &Object) -> Option<Verdict> {
    let number = |parent: &str, field: &str| object.0.get(parent)?.get(field).and_then(Value::as_i64);
    let (observed, generation) = (
        number("status", "observedGeneration")?,
        number("metadata", "generation")?,
    );
    (observed != generation).then(|| {
        let text = format!("generation is {generation}, but latest observed generation is {observed}");
        Verdict::new(Health::InProgress, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const READY: &str = "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')";

    fn check<'a>(api_version: &'a str, kind: &'a str, current: &'a str) -> Check<'a> {
        Check {
            api_version,
            kind,
            current,
            ..Check::default()
        }
    }

    fn health(check: Check<'_>, fields: Value) -> (Health, String) {
        let mut object = json!({"apiVersion": "example.com/v1", "kind": "Thing"});
        let map = object.as_object_mut().expect("a map");
        map.extend(fields.as_object().expect("a map").clone());
        let object = Object::from_value(object).expect("a map");
        let rules = ExpressionRules::new([check]).expect("rules");
        let verdict = rules.verdict(&object).expect("covered");
        (verdict.health, verdict.message)
    }

    /// Flux's order: in progress, failed, current, otherwise in progress.
    #[test]
    fn expressions_are_asked_in_flux_order() {
        let all = Check {
            in_progress: Some("data.p"),
            failed: Some("data.f"),
            ..check("example.com/v1", "Thing", "data.c")
        };
        let of = |p: bool, f: bool, c: bool| health(all, json!({"data": {"p": p, "f": f, "c": c}})).0;
        assert_eq!(of(true, true, true), Health::InProgress);
        assert_eq!(of(false, true, true), Health::Failed);
        assert_eq!(of(false, false, true), Health::Current);
        assert_eq!(of(false, false, false), Health::InProgress);
    }

    /// Section 7, item 20: the observed generation comes first, where it is a number.
    #[test]
    fn an_older_observed_generation_is_in_progress_and_a_text_is_tolerated() {
        let current = check("example.com/v1", "Thing", "true");
        let of = |generation: Value, observed: Value| {
            let fields =
                json!({"metadata": {"generation": generation}, "status": {"observedGeneration": observed}});
            health(current, fields).0
        };
        assert_eq!(of(json!(2), json!(1)), Health::InProgress);
        assert_eq!(of(json!(2), json!(2)), Health::Current);
        assert_eq!(of(json!(2), json!("1")), Health::Current);
        assert_eq!(of(json!("2"), json!(1)), Health::Current);
        assert_eq!(of(json!(2), json!(1.5)), Health::Current);
    }

    #[test]
    fn only_top_level_fields_are_variables_and_errors_leave_the_health_unknown() {
        let ready = check("example.com/v1", "Thing", READY);
        let conditions = json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}});
        assert_eq!(health(ready, conditions).0, Health::Current);
        let (unknown, why) = health(ready, json!({}));
        assert_eq!(unknown, Health::Unknown);
        assert!(why.contains("no such attribute(s): status"), "{why}");
        assert_eq!(
            health(
                check("example.com/v1", "Thing", "conditions == []"),
                json!({"status": {"conditions": []}})
            )
            .0,
            Health::Unknown
        );
        let (unknown, why) = health(check("example.com/v1", "Thing", "kind"), json!({}));
        assert!(unknown == Health::Unknown && why.contains("as boolean"), "{why}");
    }

    /// Section 7, item 20: an entry without a kind covers its group, one with the kind wins.
    #[test]
    fn a_kind_wins_over_its_group() {
        let rules = ExpressionRules::new([
            check("example.com/v1", "", "true"),
            check("example.com/v1beta1", "Thing", "false"),
        ])
        .expect("rules");
        let health = |api_version: &str, kind: &str| {
            let object = json!({"apiVersion": api_version, "kind": kind});
            rules
                .verdict(&Object::from_value(object).expect("a map"))
                .map(|verdict| verdict.health)
        };
        assert_eq!(health("example.com/v2", "Other"), Some(Health::Current));
        assert_eq!(health("example.com/v2", "Thing"), Some(Health::InProgress));
        assert_eq!(health("example.org/v1", "Thing"), None);
        assert!(rules.cover("example.com", "Any") && !rules.cover("", "Any"));
    }

    #[test]
    fn bad_and_duplicate_entries_are_named() {
        let error = |checks: Vec<Check<'_>>| ExpressionRules::new(checks).expect_err("refused").to_string();
        let twice = error(vec![
            check("e.com/v1", "A", "true"),
            check("e.com/v2", "A", "true"),
        ]);
        assert_eq!(
            twice,
            "duplicate custom health check for GroupKind A.e.com at healthchecks[1]"
        );
        let groups = error(vec![check("e.com/v1", "", "true"), check("e.com/v2", "", "true")]);
        assert!(groups.contains("healthchecks[1]"), "{groups}");
        let bad = error(vec![Check {
            failed: Some("data."),
            ..check("e.com/v1", "A", "true")
        }]);
        assert!(
            bad.contains("healthchecks[0]: failed to parse the expression Failed"),
            "{bad}"
        );
        assert!(error(vec![check("e.com/v1", "A", "")]).contains("expression Current not specified"));
        let again = ExpressionRules::new([check("e.com/v1", "A", "true"), check("e.com/v1", "", "true")]);
        assert!(again.is_ok(), "a kind and its group are two");
    }
}
