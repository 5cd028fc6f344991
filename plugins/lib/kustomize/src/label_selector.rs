//! Kubernetes label selectors: `a=b, c!=d, e in (f,g), h notin (i), j, !k, l>1`.

use crate::error::{Error, Result};
use crate::node::StringMap;
use crate::resource::Resource;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Greater,
    Less,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

/// Requirements that must all hold; none selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Symbol(&'static str),
    End,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Symbol(symbol) => symbol,
            Self::End => "",
        }
    }
}

impl LabelSelector {
    /// Reads a selector.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |reason: String| Error::Selector {
            selector: text.into(),
            reason,
        };
        let tokens = lex(text).map_err(wrong)?;
        let mut parser = Parser { tokens, at: 0 };
        parser.selector().map_err(wrong)
    }

    /// True when labels or annotations of the object satisfy all requirements.
    pub fn matches_field(&self, resource: &Resource, field: &str) -> bool {
        self.requirements.is_empty() || self.matches(&resource.meta_map(field))
    }

    fn matches(&self, labels: &StringMap) -> bool {
        self.requirements
            .iter()
            .all(|requirement| requirement.matches(labels.get(&requirement.key)))
    }
}

impl Requirement {
    fn matches(&self, label: Option<&String>) -> bool {
        let number = |text: &str| text.parse::<i64>().ok();
        let compare = |holds: fn(i64, i64) -> bool| {
            let sides = label
                .and_then(|text| number(text))
                .zip(self.values.first().and_then(|text| number(text)));
            sides.is_some_and(|(left, right)| holds(left, right))
        };
        match self.operator {
            Operator::In => label.is_some_and(|text| self.values.contains(text)),
            Operator::NotIn => label.is_none_or(|text| !self.values.contains(text)),
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
            Operator::Greater => compare(|left, right| left > right),
            Operator::Less => compare(|left, right| left < right),
        }
    }
}

const SYMBOLS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

fn is_symbol(byte: u8) -> bool {
    b"=!(),><".contains(&byte)
}

fn lex(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', '\r', '\n']);
    while let Some(first) = rest.bytes().next() {
        let length = if is_symbol(first) {
            let symbol = SYMBOLS
                .iter()
                .find(|symbol| rest.starts_with(**symbol))
                .ok_or("unknown symbol")?;
            tokens.push(Token::Symbol(symbol));
            symbol.len()
        } else {
            let end = rest
                .bytes()
                .position(|byte| is_symbol(byte) || b" \t\r\n".contains(&byte))
                .unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            end
        };
        rest = rest[length..].trim_start_matches([' ', '\t', '\r', '\n']);
    }
    tokens.push(Token::End);
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let found = *self.peek()
            == Token::Symbol(
                SYMBOLS
                    .iter()
                    .find(|known| **known == symbol)
                    .copied()
                    .unwrap_or(""),
            );
        self.at += usize::from(found);
        found
    }

    fn selector(&mut self) -> Result<LabelSelector, String> {
        let mut requirements = Vec::new();
        if *self.peek() == Token::End {
            return Ok(LabelSelector { requirements });
        }
        loop {
            requirements.push(self.requirement()?);
            match self.next() {
                Token::End => return Ok(LabelSelector { requirements }),
                Token::Symbol(",") => {}
                other => {
                    return Err(format!(
                        "found '{}', expected: ',' or 'end of string'",
                        other.text()
                    ));
                }
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let negated = self.takes("!");
        let key = match self.next() {
            Token::Word(word) => word,
            other => {
                return Err(format!(
                    "found '{}', expected: !, identifier, or 'end of string'",
                    other.text()
                ));
            }
        };
        check_key(&key)?;
        if negated {
            return Ok(Requirement {
                key,
                operator: Operator::DoesNotExist,
                values: Vec::new(),
            });
        }
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Ok(Requirement {
                key,
                operator: Operator::Exists,
                values: Vec::new(),
            });
        }
        let operator = self.next();
        let (operator, values) = match operator.text() {
            "=" | "==" => (Operator::In, self.exact_value()?),
            "!=" => (Operator::NotIn, self.exact_value()?),
            ">" => (Operator::Greater, self.number()?),
            "<" => (Operator::Less, self.number()?),
            "in" => (Operator::In, self.value_list()?),
            "notin" => (Operator::NotIn, self.value_list()?),
            other => {
                return Err(format!(
                    "found '{other}', expected: '=', '!=', '==', 'in', notin'"
                ));
            }
        };
        values.iter().try_for_each(|value| check_value(&key, value))?;
        Ok(Requirement {
            key,
            operator,
            values,
        })
    }

    fn exact_value(&mut self) -> Result<Vec<String>, String> {
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Ok(vec![String::new()]);
        }
        match self.next() {
            Token::Word(word) => Ok(vec![word]),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn number(&mut self) -> Result<Vec<String>, String> {
        let values = self.exact_value()?;
        if values.iter().any(|value| value.parse::<i64>().is_err()) {
            return Err("for 'Gt', 'Lt' operators, the value must be an integer".into());
        }
        Ok(values)
    }

    fn value_list(&mut self) -> Result<Vec<String>, String> {
        if !self.takes("(") {
            return Err(format!("found '{}' expected: '('", self.peek().text()));
        }
        let mut values = Vec::new();
        let mut after_comma = true;
        loop {
            match self.next() {
                Token::Word(word) if after_comma => {
                    values.push(word);
                    after_comma = false;
                }
                Token::Symbol(",") => {
                    if after_comma {
                        values.push(String::new());
                    }
                    after_comma = true;
                }
                Token::Symbol(")") => {
                    if after_comma {
                        values.push(String::new());
                    }
                    return Ok(values);
                }
                other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 63 && edge(text.bytes().next()) && edge(text.bytes().last()) && text.bytes().all(inner)
}

fn is_subdomain(text: &str) -> bool {
    let label = |label: &str| {
        let edge =
            |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        edge(label.bytes().next())
            && edge(label.bytes().last())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn check_key(key: &str) -> Result<(), String> {
    let fits = match key.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_name(name),
        None => is_name(key),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("invalid label key {key:?}"))
    }
}

fn check_value(key: &str, value: &str) -> Result<(), String> {
    if value.is_empty() || is_name(value) {
        Ok(())
    } else {
        Err(format!("invalid label value: {value:?}: at key: {key:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, labels: &[(&str, &str)]) -> bool {
        let labels = labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        LabelSelector::parse(selector)
            .expect("a selector")
            .matches(&labels)
    }

    #[test]
    fn matches_all_operators() {
        let labels = [("app", "x"), ("n", "5"), ("a.b/c", "d")];
        for yes in [
            "",
            "app=x",
            "app == x",
            "a.b/c in (d,e)",
            "app",
            "!z",
            "n>4",
            "n<6",
            "z!=1",
            "z notin (a)",
            "app=x,n",
        ] {
            assert!(matches(yes, &labels), "{yes}");
        }
        for no in ["app=y", "app notin (x)", "!app", "z", "n>5", "app in ()"] {
            assert!(!matches(no, &labels), "{no}");
        }
    }

    #[test]
    fn bad_selectors_are_errors() {
        for bad in ["=x", "a b", "a in b", "a in (b", "a=b,,c", "a/b/c=d", "a>x", "-a"] {
            assert!(LabelSelector::parse(bad).is_err(), "{bad}");
        }
    }
}
