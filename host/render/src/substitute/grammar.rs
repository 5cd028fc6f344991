//! The grammar of `${…}` expressions, as Flux's envsubst reads it.
//!
//! `${v}`, `${#v}`, `${v^}` `${v^^}` `${v,}` `${v,,}`, `${v:pos}` `${v:pos:len}`, `${v#pat}` `##` `%` `%%`,
//! `${v/p/r}` `//` `/#` `/%`, `${v:=d}` `${v:-d}` `${v=d}` with nested expressions as arguments. `$${v}` is a
//! literal `${v}`; a bare `$v` is text.

/// Deepest nesting of expressions inside arguments.
const MAX_DEPTH: usize = 32;

/// A parsed piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Itself.
    Text(String),
    /// An expression.
    Expression(Expression),
}

/// One `${…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// Name of the variable.
    pub name: String,
    /// What is done with its value.
    pub operator: Operator,
    /// Operands in order.
    pub operands: Vec<Piece>,
}

/// What an expression does with its variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `${v}`
    Value,
    /// `${#v}`
    Length,
    /// `${v^}`
    UpperFirst,
    /// `${v^^}`
    Upper,
    /// `${v,}`
    LowerFirst,
    /// `${v,,}`
    Lower,
    /// `${v:pos}`, `${v:pos:len}`
    Substring,
    /// `${v#pat}`
    TrimShortestPrefix,
    /// `${v##pat}`
    TrimLongestPrefix,
    /// `${v%pat}`
    TrimShortestSuffix,
    /// `${v%%pat}`
    TrimLongestSuffix,
    /// `${v/p/r}`
    ReplaceFirst,
    /// `${v//p/r}`
    ReplaceAll,
    /// `${v/#p/r}`
    ReplacePrefix,
    /// `${v/%p/r}`
    ReplaceSuffix,
    /// `${v:=d}`, `${v:-d}`, `${v=d}`, and, as Flux has it, `${v:?d}` and `${v:+d}`.
    Default,
}

/// The text is not a template. Lines count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// An expression is not closed.
    #[error("line {line}: missing closing brace")]
    MissingClosingBrace {
        /// Where the expression begins.
        line: usize,
    },
    /// No name follows `${`.
    #[error("line {line}: unable to parse variable name")]
    VariableName {
        /// Where the expression begins.
        line: usize,
    },
    /// An operator is not one, or its operands are not complete.
    #[error("line {line}: bad substitution")]
    BadSubstitution {
        /// Where the expression begins.
        line: usize,
    },
    /// An operand is missing.
    #[error("line {line}: unable to parse substitution within function")]
    Operand {
        /// Where the expression begins.
        line: usize,
    },
    /// Expressions are nested too deep.
    #[error("line {line}: expressions are nested deeper than {MAX_DEPTH}")]
    TooDeep {
        /// Where the expression begins.
        line: usize,
    },
}

/// Reads a text.
///
/// # Errors
/// An expression is malformed.
pub fn parse(text: &str) -> Result<Vec<Piece>, SyntaxError> {
    let mut parser = Parser { rest: text, line: 1, depth: 0 };
    let mut pieces = Vec::new();
    while !parser.rest.is_empty() {
        if parser.at_expression() {
            pieces.push(Piece::Expression(parser.expression()?));
        } else {
            pieces.push(Piece::Text(parser.literal()));
        }
    }
    Ok(pieces)
}

struct Parser<'a> {
    rest: &'a str,
    line: usize,
    depth: usize,
}

impl Parser<'_> {
    fn at_expression(&self) -> bool {
        self.rest.starts_with("${")
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        self.line += passed.matches('\n').count();
        self.rest = rest;
    }

    /// Text up to the next expression; `$$` stands for one `$`.
    fn literal(&mut self) -> String {
        let mut text = String::new();
        while !self.rest.is_empty() && !self.at_expression() {
            let upto = self.rest.find('$').unwrap_or(self.rest.len());
            text.push_str(&self.rest[..upto]);
            self.advance(upto);
            if self.rest.starts_with("$$") {
                text.push('$');
                self.advance(2);
            } else if self.rest.starts_with('$') && !self.at_expression() {
                text.push('$');
                self.advance(1);
            }
        }
        text
    }

    fn expression(&mut self) -> Result<Expression, SyntaxError> {
        let line = self.line;
        if self.depth == MAX_DEPTH {
            return Err(SyntaxError::TooDeep { line });
        }
        self.depth += 1;
        self.advance(2);
        let parsed = self.body(line);
        self.depth -= 1;
        parsed
    }

    fn body(&mut self, line: usize) -> Result<Expression, SyntaxError> {
        if self.rest.starts_with('#') {
            self.advance(1);
            let name = self.name().ok_or(SyntaxError::BadSubstitution { line })?;
            self.close(line)?;
            return Ok(Expression { name, operator: Operator::Length, operands: Vec::new() });
        }
        let name = self.name().ok_or(SyntaxError::VariableName { line })?;
        let (operator, operands) = match self.peek() {
            Some(':') => self.default_or_substring(line)?,
            Some('=') => (Operator::Default, self.default_operands(1, line)?),
            Some(',' | '^') => (self.casing(line)?, Vec::new()),
            Some('/') => self.replacement(line)?,
            Some(sign @ ('#' | '%')) => self.trimming(sign, line)?,
            Some('}') => {
                self.advance(1);
                (Operator::Value, Vec::new())
            }
            _ => return Err(SyntaxError::MissingClosingBrace { line }),
        };
        Ok(Expression { name, operator, operands })
    }

    fn name(&mut self) -> Option<String> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let name = (end > 0).then(|| self.rest[..end].to_owned());
        self.advance(end);
        name
    }

    fn close(&mut self, line: usize) -> Result<(), SyntaxError> {
        if !self.rest.starts_with('}') {
            return Err(SyntaxError::BadSubstitution { line });
        }
        self.advance(1);
        Ok(())
    }

    /// One operand: a nested expression, or text up to what `ends` it.
    fn operand(&mut self, ends: &[char], escapes: bool, line: usize) -> Result<Piece, SyntaxError> {
        if self.at_expression() {
            return Ok(Piece::Expression(self.expression()?));
        }
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if self.at_expression() {
                break;
            }
            let escaped = ["$$", "\\/", "\\\\"].iter().any(|pair| self.rest.starts_with(pair));
            if escapes && escaped {
                text.extend(self.rest.chars().nth(1));
                self.advance(2);
                continue;
            }
            if ends.contains(&c) {
                break;
            }
            text.push(c);
            self.advance(c.len_utf8());
        }
        if text.is_empty() { Err(SyntaxError::Operand { line }) } else { Ok(Piece::Text(text)) }
    }

    fn default_or_substring(&mut self, line: usize) -> Result<(Operator, Vec<Piece>), SyntaxError> {
        if self.rest.len() > 1 && self.rest[1..].starts_with(['=', '-', '?', '+']) {
            return Ok((Operator::Default, self.default_operands(2, line)?));
        }
        self.advance(1);
        let mut operands = vec![self.operand(&[':', '}'], false, line)?];
        if self.rest.starts_with(':') {
            self.advance(self.rest.len() - self.rest.trim_start_matches(':').len());
            operands.push(self.operand(&['}'], false, line)?);
        }
        self.close(line)?;
        Ok((Operator::Substring, operands))
    }

    /// All pieces up to the closing brace; an empty default has none.
    fn default_operands(&mut self, sign: usize, line: usize) -> Result<Vec<Piece>, SyntaxError> {
        self.advance(sign);
        let mut operands = Vec::new();
        while !self.rest.starts_with('}') {
            operands.push(self.operand(&['}'], false, line)?);
        }
        self.close(line)?;
        Ok(operands)
    }

    fn casing(&mut self, line: usize) -> Result<Operator, SyntaxError> {
        let known = [("^^", Operator::Upper), (",,", Operator::Lower), ("^", Operator::UpperFirst), (",", Operator::LowerFirst)];
        let found = known.into_iter().find(|(sign, _)| self.rest.starts_with(sign));
        let (sign, operator) = found.ok_or(SyntaxError::BadSubstitution { line })?;
        self.advance(sign.len());
        self.close(line)?;
        Ok(operator)
    }

    fn trimming(&mut self, sign: char, line: usize) -> Result<(Operator, Vec<Piece>), SyntaxError> {
        let longest = self.rest[1..].starts_with(sign);
        self.advance(1 + usize::from(longest));
        let operator = match (sign, longest) {
            ('#', false) => Operator::TrimShortestPrefix,
            ('#', true) => Operator::TrimLongestPrefix,
            (_, false) => Operator::TrimShortestSuffix,
            (_, true) => Operator::TrimLongestSuffix,
        };
        let operands = vec![self.operand(&['}'], false, line)?];
        self.close(line)?;
        Ok((operator, operands))
    }

    fn replacement(&mut self, line: usize) -> Result<(Operator, Vec<Piece>), SyntaxError> {
        let operator = match self.rest[1..].chars().next() {
            Some('/') => Operator::ReplaceAll,
            Some('#') => Operator::ReplacePrefix,
            Some('%') => Operator::ReplaceSuffix,
            _ => Operator::ReplaceFirst,
        };
        self.advance(if operator == Operator::ReplaceFirst { 1 } else { 2 });
        let mut operands = vec![self.operand(&['/'], true, line)?];
        if !self.rest.starts_with('/') {
            return Err(SyntaxError::BadSubstitution { line });
        }
        self.advance(1);
        if !self.rest.starts_with('}') {
            operands.push(self.operand(&['}'], true, line)?);
        }
        self.close(line)?;
        Ok((operator, operands))
    }
}
