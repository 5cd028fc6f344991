//! The CEL expressions of a spec: health of kinds (`healthCheckExprs`) and readiness of a dependency (`readyExpr`).

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use sluice_api::health_check::CustomHealthCheck;
use sluice_expression::{Expression, ExpressionError, Variables};
use sluice_health::rules::{BuiltIn, Check, RulesError};
use sluice_health::{CustomRules, ExpressionRules};

/// Names in a `readyExpr`: the object itself, and its dependency.
const NAMES: [&str; 2] = ["self", "dep"];

/// The rules of a spec; the built-in ones alone when it has none.
///
/// # Errors
/// An entry is a duplicate or has an expression that does not parse.
pub fn health_rules(checks: &[CustomHealthCheck]) -> Result<Arc<dyn CustomRules>, RulesError> {
    if checks.is_empty() {
        return Ok(Arc::new(BuiltIn));
    }
    let checks = checks.iter().map(|check| Check {
        api_version: &check.api_version,
        kind: check.kind.as_deref().unwrap_or_default(),
        current: &check.current,
        in_progress: check.in_progress.as_deref(),
        failed: check.failed.as_deref(),
    });
    Ok(Arc::new(ExpressionRules::new(checks)?))
}

/// Whether a dependency is ready as its dependant's expression has it.
///
/// # Errors
/// The expression does not compile, or its evaluation fails.
pub fn is_ready<K: Serialize>(source: &str, dependant: &K, dependency: &K) -> Result<bool, ExpressionError> {
    let expression = Expression::compile(source, &NAMES)?;
    // an object that was read from JSON can be written as JSON
    let json = |object: &K| serde_json::to_value(object).unwrap_or(Value::Null);
    let (dependant, dependency) = (json(dependant), json(dependency));
    let [own, other] = NAMES;
    let variables = Variables::default()
        .with(own, &dependant)
        .with(other, &dependency);
    expression.is_true(&variables)
}
