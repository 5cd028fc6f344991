//! Errors in go-yaml's words, so that a report compares equal to the original's.

use std::fmt;

/// What a caller may want to tell apart without reading the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The bytes are not text YAML allows (UTF-8, control characters).
    Reader,
    /// A token is malformed.
    Scanner,
    /// Tokens do not make a document.
    Parser,
    /// An alias, a tag or a merge does not make sense, or aliases expand too far.
    Compose,
    /// The document is YAML, but its values do not decode (duplicate keys, bad types).
    Decode,
    /// The values do not fit JSON; the message is encoding/json's.
    Json,
    /// The value cannot be written.
    Emit,
    /// A limit of [`crate::Limits`] was exceeded.
    Limit,
}

/// One failure. `Display` prints what go-yaml prints: `yaml: line 3: mapping values are not allowed in this context`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The class of the failure.
    pub kind: ErrorKind,
    /// The line as go-yaml reports it (1-based for scanner errors, one less for parser errors), when it reports one.
    pub line: Option<u32>,
    /// The message without prefix and line.
    pub message: String,
}

impl Error {
    /// An error that names no line.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            line: None,
            message: message.into(),
        }
    }

    /// An error at a line; 0 means that no line is known.
    pub fn at(kind: ErrorKind, line: u32, message: impl Into<String>) -> Self {
        Self {
            kind,
            line: (line > 0).then_some(line),
            message: message.into(),
        }
    }

    /// Several decode problems at once, listed as go-yaml's `TypeError` lists them.
    pub fn decode_problems(problems: &[String]) -> Self {
        let mut message = String::from("unmarshal errors:");
        for problem in problems {
            message.push_str("\n  ");
            message.push_str(problem);
        }
        Self::new(ErrorKind::Decode, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // encoding/json's own messages reach callers without the prefix of the YAML library.
        if self.kind == ErrorKind::Json {
            return f.write_str(&self.message);
        }
        match self.line {
            Some(line) => write!(f, "yaml: line {line}: {}", self.message),
            None => write!(f, "yaml: {}", self.message),
        }
    }
}

impl std::error::Error for Error {}
