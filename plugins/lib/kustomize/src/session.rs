//! What all parts of one build share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::elsewhere::Need;
use crate::error::{Error, Result};
use crate::files::Files;
use crate::openapi::OpenApi;
use crate::options::BuildOptions;
use crate::transformer_config::TransformerConfig;

/// One build: its files and options, its schemas, and what it has used up.
pub(crate) struct Session<'a> {
    pub files: &'a dyn Files,
    pub options: &'a BuildOptions,
    pub openapi: RefCell<OpenApi>,
    pub defaults: Rc<TransformerConfig>,
    warnings: RefCell<Vec<String>>,
    /// What the caller is asked for, in the order of the build.
    needed: RefCell<Vec<String>>,
    loads: Cell<usize>,
    replacements: Cell<usize>,
}

impl<'a> Session<'a> {
    pub fn new(files: &'a dyn Files, options: &'a BuildOptions) -> Self {
        Self {
            files,
            options,
            openapi: RefCell::default(),
            defaults: TransformerConfig::defaults(),
            warnings: RefCell::default(),
            needed: RefCell::default(),
            loads: Cell::new(0),
            replacements: Cell::new(0),
        }
    }

    /// Tells the user something that is no error.
    pub fn warn(&self, text: impl Into<String>) {
        self.warnings.borrow_mut().push(text.into());
    }

    /// The directory with the answer to a need; a missing one is noted.
    pub fn held(&self, need: &Need<'_>) -> Option<String> {
        let key = need.key();
        let held = self.options.elsewhere.held.get(&key);
        if held.is_none() && !self.needed.borrow().contains(&key) {
            self.needed.borrow_mut().push(key);
        }
        held.cloned()
    }

    /// Why the build failed: what is missing from elsewhere comes before anything that followed from it.
    pub fn explain(&self, error: Error) -> Error {
        match self.needed.take() {
            needed if needed.is_empty() => error,
            needed => Error::Needs(needed),
        }
    }

    pub fn into_warnings(self) -> Vec<String> {
        self.warnings.into_inner()
    }

    /// Counts a file or directory that is read.
    pub fn count_load(&self) -> Result<()> {
        let limit = self.options.limits.max_loads;
        self.loads.set(self.loads.get() + 1);
        if self.loads.get() > limit {
            Err(Error::Limit {
                what: "files and bases read",
                limit,
            })
        } else {
            Ok(())
        }
    }

    /// Counts a value that a replacement writes.
    pub fn count_replacement(&self) -> Result<()> {
        let limit = self.options.limits.max_replacements;
        self.replacements.set(self.replacements.get() + 1);
        if self.replacements.get() > limit {
            Err(Error::Limit {
                what: "values written by replacements",
                limit,
            })
        } else {
            Ok(())
        }
    }

    /// Objects held at once are bounded.
    pub fn check_objects(&self, count: usize) -> Result<()> {
        let limit = self.options.limits.max_objects;
        if count > limit {
            Err(Error::Limit {
                what: "objects",
                limit,
            })
        } else {
            Ok(())
        }
    }
}
