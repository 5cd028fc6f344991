//! Errors with Go's texts, and the chain of what they wrap.

use std::fmt;
use std::rc::Rc;

/// Which stage failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text of a template is wrong.
    Parse,
    /// An execution stopped (Go's `template.ExecError`).
    Exec,
    /// A function returned an error.
    Function,
    /// The execution's [`Budget`](crate::Budget) is used up.
    Budget,
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    text: String,
    source: Option<Error>,
}

/// An error with Go's text; [`Error::source`] is what Go's `errors.Unwrap` would give.
#[derive(Debug, Clone)]
pub struct Error(Rc<Inner>);

impl Error {
    /// An error that a function returns.
    pub fn new(text: impl Into<String>) -> Self {
        Self::build(ErrorKind::Function, text.into(), None)
    }

    /// An error that a function returns and that wraps another (`fmt.Errorf("…: %w", …)`); `text` is the whole text.
    pub fn wrap(text: impl Into<String>, source: Self) -> Self {
        Self::build(ErrorKind::Function, text.into(), Some(source))
    }

    pub(crate) fn budget(text: String) -> Self {
        Self::build(ErrorKind::Budget, text, None)
    }

    pub(crate) fn build(kind: ErrorKind, text: String, source: Option<Self>) -> Self {
        Self(Rc::new(Inner { kind, text, source }))
    }

    /// Which stage failed.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The error that this one wraps.
    pub fn source(&self) -> Option<&Self> {
        self.0.source.as_ref()
    }

    /// This error and all that it wraps, outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |error| error.source())
    }

    /// Whether the execution stopped because its budget is used up.
    pub fn is_budget(&self) -> bool {
        self.chain().any(|error| error.kind() == ErrorKind::Budget)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.text)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|error| error as _)
    }
}

impl From<String> for Error {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Error {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
