//! Evaluates parsed expressions against variables, within a budget of work and a limit of size.

use std::collections::BTreeMap;

use super::case;
use super::glob::{Length, Pattern};
use super::grammar::{Expression, Operator, Piece};

/// The values of variables by name.
pub type Variables = BTreeMap<String, String>;

/// An expression has no value. No text holds the value of a variable: it may come from a Secret (L1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// Strict mode, and the expression brings no default.
    #[error("variable not set (strict mode): {name:?}")]
    NotSet {
        /// Of the variable.
        name: String,
    },
    /// A substring that ends before it begins.
    #[error("variable {name:?}: the length of a substring is negative")]
    NegativeLength {
        /// Of the variable.
        name: String,
    },
    /// A substring that begins or ends inside a character: offsets count bytes.
    #[error("variable {name:?}: a substring cuts a character in two")]
    CutCharacter {
        /// Of the variable.
        name: String,
    },
    /// The text grows beyond its limit.
    #[error("the text grows beyond {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: usize,
    },
    /// The expressions take too long.
    #[error("variable {name:?}: the expressions of the text take too many steps")]
    TooLong {
        /// Of the variable at which the budget ended.
        name: String,
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
    /// Steps that are left, about one a byte that is looked at.
    pub budget: usize,
}

impl Evaluator<'_> {
    /// Appends a piece's text.
    ///
    /// # Errors
    /// A variable is not set, or a limit is reached.
    pub fn append(&mut self, text: &mut String, piece: &Piece) -> Result<(), EvaluateError> {
        match piece {
            Piece::Text(literal) => text.push_str(literal),
            Piece::Expression(expression) => text.push_str(&self.value(expression)?),
        }
        if text.len() > self.limit {
            return Err(EvaluateError::TooLarge { limit: self.limit });
        }
        Ok(())
    }

    fn value(&mut self, expression: &Expression) -> Result<String, EvaluateError> {
        // operands first, as Flux does: an error in an unused default is an error
        let mut operands = Vec::with_capacity(expression.operands.len());
        for operand in &expression.operands {
            let mut text = String::new();
            self.append(&mut text, operand)?;
            operands.push(text);
        }
        let variables = self.variables;
        let known = variables.get(&expression.name).map(String::as_str);
        if known.is_none() && self.strict && expression.operator != Operator::Default {
            return Err(EvaluateError::NotSet {
                name: expression.name.clone(),
            });
        }
        let value = known.unwrap_or_default();
        let bytes = value.len() + operands.iter().map(String::len).sum::<usize>() + 1;
        self.charge(bytes, &expression.name)?;
        self.operate(expression, value, &operands)
    }

    fn charge(&mut self, steps: usize, name: &str) -> Result<(), EvaluateError> {
        match self.budget.checked_sub(steps) {
            Some(left) => self.budget = left,
            None => {
                return Err(EvaluateError::TooLong {
                    name: name.to_owned(),
                });
            }
        }
        Ok(())
    }

    fn operate(
        &mut self,
        expression: &Expression,
        value: &str,
        operands: &[String],
    ) -> Result<String, EvaluateError> {
        let first = operands.first().map_or("", String::as_str);
        let name = &expression.name;
        Ok(match expression.operator {
            Operator::Value => value.to_owned(),
            Operator::Length => value.len().to_string(),
            Operator::Upper => value.chars().map(case::upper).collect(),
            Operator::Lower => value.chars().map(case::lower).collect(),
            Operator::UpperFirst => change_first(value, case::upper),
            Operator::LowerFirst => change_first(value, case::lower),
            Operator::Substring => substring(name, value, operands)?,
            Operator::TrimShortestPrefix => self.trim_prefix(name, value, first, Length::Shortest)?,
            Operator::TrimLongestPrefix => self.trim_prefix(name, value, first, Length::Longest)?,
            Operator::TrimShortestSuffix => self.trim_suffix(name, value, first, Length::Shortest)?,
            Operator::TrimLongestSuffix => self.trim_suffix(name, value, first, Length::Longest)?,
            Operator::ReplaceFirst
            | Operator::ReplaceAll
            | Operator::ReplacePrefix
            | Operator::ReplaceSuffix => self.replace(expression.operator, value, operands)?,
            Operator::Default if value.is_empty() => operands.concat(),
            Operator::Default => value.to_owned(),
        })
    }

    fn trim_prefix(
        &mut self,
        name: &str,
        value: &str,
        pattern: &str,
        length: Length,
    ) -> Result<String, EvaluateError> {
        let Some(pattern) = Pattern::parse(pattern) else {
            return Ok(value.to_owned());
        };
        self.charge(pattern.cost(value.len()), name)?;
        let end = pattern.prefix(value, length).unwrap_or_default();
        Ok(value[end..].to_owned())
    }

    /// Flux reverses value and pattern and trims a prefix; so `[a-z]` in a suffix pattern is read backwards there too.
    fn trim_suffix(
        &mut self,
        name: &str,
        value: &str,
        pattern: &str,
        length: Length,
    ) -> Result<String, EvaluateError> {
        let reverse = |text: &str| text.chars().rev().collect::<String>();
        Ok(reverse(&self.trim_prefix(
            name,
            &reverse(value),
            &reverse(pattern),
            length,
        )?))
    }

    /// The size of the result is known before it is made (R7, R10).
    fn replace(&self, operator: Operator, value: &str, operands: &[String]) -> Result<String, EvaluateError> {
        let [old, new] = [0, 1].map(|index| operands.get(index).map_or("", String::as_str));
        let times = match operator {
            Operator::ReplaceAll => value.matches(old).count(),
            _ => 1,
        };
        if value.len().saturating_add(times.saturating_mul(new.len())) > self.limit.saturating_mul(2) {
            return Err(EvaluateError::TooLarge { limit: self.limit });
        }
        Ok(match operator {
            Operator::ReplaceAll => value.replace(old, new),
            Operator::ReplacePrefix if operands.len() != 2 || !value.starts_with(old) => value.to_owned(),
            Operator::ReplaceSuffix => match value.strip_suffix(old) {
                Some(start) if operands.len() == 2 => format!("{start}{new}"),
                _ => value.to_owned(),
            },
            _ => value.replacen(old, new, 1),
        })
    }
}

fn change_first(value: &str, change: impl Fn(char) -> char) -> String {
    let mut chars = value.chars();
    chars.next().map_or_else(String::new, |first| {
        format!("{}{}", change(first), chars.as_str())
    })
}

/// Byte offsets, as in Flux; what is no number leaves the value as it is.
fn substring(name: &str, value: &str, operands: &[String]) -> Result<String, EvaluateError> {
    let number = |index: usize| operands.get(index).map(|text: &String| text.parse::<i64>());
    let (Some(Ok(position)), length) = (number(0), number(1)) else {
        return Ok(value.to_owned());
    };
    let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let start = if position < 0 {
        size.saturating_add(position).max(0)
    } else {
        position
    };
    let end = match length {
        None => size,
        Some(Err(_)) => return Ok(value.to_owned()),
        Some(Ok(length)) if start.saturating_add(length) >= size => size,
        Some(Ok(length)) if length < 0 => {
            return Err(EvaluateError::NegativeLength {
                name: name.to_owned(),
            });
        }
        Some(Ok(length)) => start + length,
    };
    let range = usize::try_from(start.min(size)).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    value
        .get(range)
        .map(str::to_owned)
        .ok_or_else(|| EvaluateError::CutCharacter {
            name: name.to_owned(),
        })
}
