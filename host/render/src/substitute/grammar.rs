//! The grammar of `${…}` expressions, as Flux's envsubst reads it.
//!
//! `${v}`, `${#v}`, `${v^}` `${v^^}` `${v,}` `${v,,}`, `${v:pos}` `${v:pos:len}`, `${v#pat}` `##` `%` `%%`,
//! `${v/p/r}` `//` `/#` `/%`, `${v:=d}` `${v:-d}` `${v=d}` with nested expressions as arguments. `$${v}` is a
//! literal `${v}`; a bare `$v` is text.

use super::scanner::{Reads, Scanner, Token};

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

/// Reads a text piece by piece, so that a long one is never held as a tree.
pub struct Parser<'a> {
    scanner: Scanner<'a>,
    depth: usize,
}

/// What the text outside of expressions reads.
const TEXT: Reads = Reads {
    open: true,
    close: false,
    dollars: true,
    slashes: false,
};
/// What an argument reads.
const ARGUMENT: Reads = Reads {
    open: true,
    close: false,
    dollars: false,
    slashes: false,
};
/// What an argument of a replacement reads.
const ESCAPED_ARGUMENT: Reads = Reads {
    open: true,
    close: false,
    dollars: true,
    slashes: true,
};
/// What stands at the end of an expression.
const CLOSE: Reads = Reads {
    open: false,
    close: true,
    dollars: false,
    slashes: false,
};
/// Names and operators.
const PLAIN: Reads = Reads {
    open: false,
    close: false,
    dollars: false,
    slashes: false,
};

fn is_name(c: char, _: usize) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn no_brace(c: char, _: usize) -> bool {
    c != '}'
}

impl<'a> Parser<'a> {
    /// At the start of a text.
    pub fn new(text: &'a str) -> Self {
        Self {
            scanner: Scanner::new(text),
            depth: 0,
        }
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// An expression is malformed.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, SyntaxError> {
        let line = self.scanner.line();
        match self.scanner.next(TEXT, |_, _| true) {
            Token::End => Ok(None),
            Token::Open => Ok(Some(Piece::Expression(self.expression()?))),
            Token::Word(text) => Ok(Some(Piece::Text(text))),
            Token::Close | Token::Other => Err(SyntaxError::BadSubstitution { line }),
        }
    }

    /// An expression whose `${` was read.
    fn expression(&mut self) -> Result<Expression, SyntaxError> {
        let line = self.scanner.line();
        if self.depth == MAX_DEPTH {
            return Err(SyntaxError::TooDeep { line });
        }
        self.depth += 1;
        let parsed = self.body(line);
        self.depth -= 1;
        parsed
    }

    fn body(&mut self, line: usize) -> Result<Expression, SyntaxError> {
        if self.scanner.peek() == Some('#') {
            return self.length(line);
        }
        let name = self.word(is_name).ok_or(SyntaxError::VariableName { line })?;
        let (operator, operands) = match self.scanner.peek() {
            Some(':') => self.default_or_substring(line)?,
            Some('=') => self.default(line)?,
            Some(',' | '^') => self.casing(line)?,
            Some('/') => self.replacement(line)?,
            Some(sign @ ('#' | '%')) => self.trimming(sign, line)?,
            _ => match self.close(line) {
                Ok(()) => (Operator::Value, Vec::new()),
                Err(_) => return Err(SyntaxError::MissingClosingBrace { line }),
            },
        };
        Ok(Expression {
            name,
            operator,
            operands,
        })
    }

    fn length(&mut self, line: usize) -> Result<Expression, SyntaxError> {
        let bad = SyntaxError::BadSubstitution { line };
        self.word(|c, length| c == '#' && length == 1).ok_or(bad)?;
        let name = self.word(is_name).ok_or(bad)?;
        self.close(line)?;
        Ok(Expression {
            name,
            operator: Operator::Length,
            operands: Vec::new(),
        })
    }

    fn word(&mut self, accepts: impl Fn(char, usize) -> bool) -> Option<String> {
        match self.scanner.next(PLAIN, accepts) {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    fn close(&mut self, line: usize) -> Result<(), SyntaxError> {
        match self.scanner.next(CLOSE, |_, _| false) {
            Token::Close => Ok(()),
            _ => Err(SyntaxError::BadSubstitution { line }),
        }
    }

    /// One argument: a nested expression, or text.
    fn argument(
        &mut self,
        reads: Reads,
        accepts: impl Fn(char, usize) -> bool,
        line: usize,
    ) -> Result<Piece, SyntaxError> {
        match self.scanner.next(reads, accepts) {
            Token::Open => Ok(Piece::Expression(self.expression()?)),
            Token::Word(text) => Ok(Piece::Text(text)),
            _ => Err(SyntaxError::Operand { line }),
        }
    }

    fn default_or_substring(&mut self, line: usize) -> Result<(Operator, Vec<Piece>), SyntaxError> {
        match self.scanner.peek_second() {
            Some('=' | '-' | '?' | '+') => self.default(line),
            // Flux steps back by this character's width instead of the colon's, and then finds no colon
            Some(c) if !c.is_ascii() => Err(SyntaxError::BadSubstitution { line }),
            _ => self.substring(line),
        }
    }

    fn default(&mut self, line: usize) -> Result<(Operator, Vec<Piece>), SyntaxError> {
        let operator = if self.scanner.peek() == Some('=') {
            self.word(|c, length| c == '=' && length == 1)
        } else {
            self.word(|c, length| matches!((length, c), (1, ':') | (2, '=' | '-' | '?' | '+')))
        };
        operator.ok_or(SyntaxError::BadSubstitution { line })?;
        let mut operands = Vec::new();
        while self.scanner.peek() != Some('}') {
            operands.push(self.argument(ARGUMENT, no_brace, line)?);
        }
        self.close(line)?;
        Ok((Operator::Default, operands))
    }

    fn substring(&mut self, line: usize) -> Result<(Operator, Vec<Piece>), SyntaxError> {
        let bad = SyntaxError::BadSubstitution { line };
        self.word(|c, length| c == ':' && length == 1).ok_or(bad)?;
        let mut operands = vec![self.argument(ARGUMENT, |c, _| c != ':' && c != '}', line)?];
        match self.scanner.next(CLOSE, |c, _| c == ':') {
            Token::Close => return Ok((Operator::Substring, operands)),
            Token::Word(_) => {}
            _ => return Err(bad),
        }
        operands.push(self.argument(ARGUMENT, no_brace, line)?);
        self.close(line)?;
        Ok((Operator::Substring, operands))
    }

    fn casing(&mut self, line: usize) -> Result<(Operator, Vec<Piece>), SyntaxError> {
        let bad = SyntaxError::BadSubstitution { line };
        let sign = self
            .word(|c, length| matches!(c, ',' | '^') && length < 3)
            .ok_or(bad)?;
        let operator = match sign.as_str() {
            "," => Operator::LowerFirst,
            ",," => Operator::Lower,
            "^" => Operator::UpperFirst,
            "^^" => Operator::Upper,
            // mixed signs change nothing
            _ => Operator::Value,
        };
        self.close(line)?;
        Ok((operator, Vec::new()))
    }

    fn trimming(&mut self, sign: char, line: usize) -> Result<(Operator, Vec<Piece>), SyntaxError> {
        let bad = SyntaxError::BadSubstitution { line };
        let signs = self.word(|c, length| c == sign && length < 3).ok_or(bad)?;
        let operator = match (sign, signs.len()) {
            ('#', 1) => Operator::TrimShortestPrefix,
            ('#', _) => Operator::TrimLongestPrefix,
            (_, 1) => Operator::TrimShortestSuffix,
            _ => Operator::TrimLongestSuffix,
        };
        let operands = vec![self.argument(ARGUMENT, no_brace, line)?];
        self.close(line)?;
        Ok((operator, operands))
    }

    fn replacement(&mut self, line: usize) -> Result<(Operator, Vec<Piece>), SyntaxError> {
        let bad = SyntaxError::BadSubstitution { line };
        let sign = self.word(|c, length| matches!((length, c), (1, '/') | (2, '/' | '#' | '%')));
        let operator = match sign.ok_or(bad)?.as_str() {
            "//" => Operator::ReplaceAll,
            "/#" => Operator::ReplacePrefix,
            "/%" => Operator::ReplaceSuffix,
            _ => Operator::ReplaceFirst,
        };
        let mut operands = vec![self.argument(ESCAPED_ARGUMENT, |c, _| c != '/', line)?];
        self.word(|c, _| c == '/').ok_or(bad)?;
        if self.scanner.peek() != Some('}') {
            operands.push(self.argument(ESCAPED_ARGUMENT, no_brace, line)?);
        }
        self.close(line)?;
        Ok((operator, operands))
    }
}
