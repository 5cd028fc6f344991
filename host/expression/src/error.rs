//! What can be wrong with an expression or with its evaluation. Values of the data never stand in an error: they may
//! be secret.

/// An expression that cannot be used. The text quotes its beginning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// It does not parse.
    #[error("failed to parse the CEL expression '{expression}': {line}:{column}: {reason}")]
    Syntax {
        /// Its text, cut.
        expression: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What was found or expected.
        reason: String,
    },
    /// It does not pass the type check.
    #[error("failed to check the CEL expression '{expression}': {line}:{column}: {reason}")]
    Check {
        /// Its text, cut.
        expression: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// For example `undeclared reference to 'x'`.
        reason: String,
    },
    /// Its result has another type than the caller needs.
    #[error("CEL expression output type mismatch: expected {expected}, got {found}")]
    Output {
        /// For example `bool`.
        expected: &'static str,
        /// The type by the check.
        found: String,
    },
    /// Its evaluation failed.
    #[error("failed to evaluate the CEL expression '{expression}': {source}")]
    Evaluation {
        /// Its text, cut.
        expression: String,
        /// What failed.
        source: EvaluationError,
    },
    /// Its result is not what was asked for.
    #[error("failed to evaluate the CEL expression '{expression}' as {wanted}: it gives {found}")]
    Result {
        /// Its text, cut.
        expression: String,
        /// For example `boolean`.
        wanted: &'static str,
        /// Name of the result's type.
        found: String,
    },
}

impl ExpressionError {
    /// Whether the same expression can have another outcome with other data.
    pub fn is_evaluation(&self) -> bool {
        matches!(self, Self::Evaluation { .. } | Self::Result { .. })
    }
}

/// A step of an evaluation that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// No variable has this name.
    #[error("no such attribute(s): {0}")]
    NoSuchAttribute(String),
    /// A map has no such key.
    #[error("no such key: {0}")]
    NoSuchKey(String),
    /// A list has no such element.
    #[error("index out of bounds: {0}")]
    OutOfBounds(String),
    /// No function of this name takes these types.
    #[error("no such overload: {function}({types})")]
    NoSuchOverload {
        /// Name of function or operator.
        function: String,
        /// Types of the arguments.
        types: String,
    },
    /// A function refused its arguments.
    #[error("{function}: {reason}")]
    Function {
        /// Name of function or operator.
        function: &'static str,
        /// Why.
        reason: String,
    },
    /// The evaluation took more steps, or made more data, than is allowed (R9).
    #[error("the evaluation was stopped after {0} steps")]
    TooCostly(u64),
}

impl EvaluationError {
    pub(crate) fn function(function: &'static str, reason: impl Into<String>) -> Self {
        Self::Function {
            function,
            reason: reason.into(),
        }
    }
}

/// Where something stands in a source: line and column from 1.
pub(crate) fn position(source: &str, at: usize) -> (usize, usize) {
    let before = source.get(..at).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}

/// The beginning of a text, for messages.
pub(crate) fn cut(text: &str) -> String {
    const SHOWN: usize = 512;
    if text.len() <= SHOWN {
        return text.to_owned();
    }
    format!("{}...", &text[..text.floor_char_boundary(SHOWN)])
}
