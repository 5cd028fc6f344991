//! Evaluates parsed expressions against variables.

use std::collections::BTreeMap;

use super::glob::Pattern;
use super::grammar::{Expression, Operator, Piece};

/// The values of variables by name.
pub type Variables = BTreeMap<String, String>;

/// An expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// Strict mode, and the expression brings no default.
    #[error("variable not set (strict mode): {name:?}")]
    NotSet {
        /// Of the variable.
        name: String,
    },
    /// A substring that ends before it begins.
    #[error("variable {name:?}: the length {length} of a substring is negative")]
    NegativeLength {
        /// Of the variable.
        name: String,
        /// As given.
        length: i64,
    },
    /// The text grows beyond its limit.
    #[error("the text grows beyond {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: usize,
    },
}

/// How expressions are evaluated.
pub struct Evaluator<'a> {
    /// Known variables.
    pub variables: &'a Variables,
    /// Whether a variable that is not set, and has no default, is an error instead of empty.
    pub strict: bool,
    /// Largest result in bytes.
    pub limit: usize,
}

impl Evaluator<'_> {
    /// The text of all pieces.
    ///
    /// # Errors
    /// A variable is not set, or the result is too large.
    pub fn text(&self, pieces: &[Piece]) -> Result<String, EvaluateError> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Expression(expression) => text.push_str(&self.value(expression)?),
            }
            if text.len() > self.limit {
                return Err(EvaluateError::TooLarge { limit: self.limit });
            }
        }
        Ok(text)
    }

    fn value(&self, expression: &Expression) -> Result<String, EvaluateError> {
        // operands first, as Flux does: an error in an unused default is an error
        let operands = expression
            .operands
            .iter()
            .map(|operand| self.text(std::slice::from_ref(operand)))
            .collect::<Result<Vec<_>, _>>()?;
        let known = self.variables.get(&expression.name).map(String::as_str);
        if known.is_none() && self.strict && expression.operator != Operator::Default {
            return Err(EvaluateError::NotSet { name: expression.name.clone() });
        }
        operate(expression, known.unwrap_or_default(), &operands)
    }
}

fn operate(expression: &Expression, value: &str, operands: &[String]) -> Result<String, EvaluateError> {
    let first = operands.first().map_or("", String::as_str);
    let second = operands.get(1).map_or("", String::as_str);
    Ok(match expression.operator {
        Operator::Value => value.to_owned(),
        Operator::Length => value.len().to_string(),
        Operator::Upper => value.to_uppercase(),
        Operator::Lower => value.to_lowercase(),
        Operator::UpperFirst => change_first(value, |c| c.to_uppercase().collect()),
        Operator::LowerFirst => change_first(value, |c| c.to_lowercase().collect()),
        Operator::Substring => substring(&expression.name, value, operands)?,
        Operator::TrimShortestPrefix => trim_prefix(value, first, Length::Shortest).to_owned(),
        Operator::TrimLongestPrefix => trim_prefix(value, first, Length::Longest).to_owned(),
        Operator::TrimShortestSuffix => trim_suffix(value, first, Length::Shortest),
        Operator::TrimLongestSuffix => trim_suffix(value, first, Length::Longest),
        Operator::ReplaceFirst => value.replacen(first, second, 1),
        Operator::ReplaceAll => value.replace(first, second),
        Operator::ReplacePrefix if operands.len() == 2 && value.starts_with(first) => value.replacen(first, second, 1),
        Operator::ReplaceSuffix if operands.len() == 2 && value.ends_with(first) => {
            format!("{}{second}", &value[..value.len() - first.len()])
        }
        Operator::ReplacePrefix | Operator::ReplaceSuffix => value.to_owned(),
        Operator::Default if value.is_empty() => operands.concat(),
        Operator::Default => value.to_owned(),
    })
}

fn change_first(value: &str, change: impl Fn(char) -> String) -> String {
    let mut chars = value.chars();
    chars.next().map_or_else(String::new, |first| change(first) + chars.as_str())
}

/// Byte offsets, as in Flux; what is no number leaves the value as it is.
fn substring(name: &str, value: &str, operands: &[String]) -> Result<String, EvaluateError> {
    let number = |index: usize| operands.get(index).map(|text: &String| text.parse::<i64>());
    let (Some(Ok(position)), length) = (number(0), number(1)) else { return Ok(value.to_owned()) };
    let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let start = if position < 0 { (size + position).max(0) } else { position.min(size) };
    let end = match length {
        None => size,
        Some(Err(_)) => return Ok(value.to_owned()),
        Some(Ok(length)) if length < 0 => {
            return Err(EvaluateError::NegativeLength { name: name.to_owned(), length });
        }
        Some(Ok(length)) => start.saturating_add(length).min(size),
    };
    let range = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    Ok(String::from_utf8_lossy(&value.as_bytes()[range]).into_owned())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Shortest,
    Longest,
}

fn trim_prefix<'a>(value: &'a str, pattern: &str, length: Length) -> &'a str {
    let Some(pattern) = Pattern::parse(pattern) else { return value };
    let ends = value.char_indices().map(|(at, c)| at + c.len_utf8());
    let found = match length {
        Length::Shortest => ends.clone().find(|end| pattern.matches(&value[..*end])),
        Length::Longest => ends.rev().find(|end| pattern.matches(&value[..*end])),
    };
    found.map_or(value, |end| &value[end..])
}

/// Flux reverses value and pattern and trims a prefix; so `[a-z]` in a suffix pattern is read backwards there too.
fn trim_suffix(value: &str, pattern: &str, length: Length) -> String {
    let reverse = |text: &str| text.chars().rev().collect::<String>();
    reverse(trim_prefix(&reverse(value), &reverse(pattern), length))
}
