//! What a function gets besides its arguments, and the two ways back into templates: `include` and `tpl`.

use std::collections::HashMap;
use std::rc::Rc;

use crate::budget::{Budget, Limits};
use crate::error::Error;
use crate::format::quote;
use crate::set::TemplateSet;
use crate::value::{Str, Value};

/// How often helm lets a template be within itself.
const INCLUDE_LIMIT: usize = 1000;
/// What a template without a value prints.
const NO_VALUE: &[u8] = b"<no value>";

/// The running execution as functions see it.
pub struct Context {
    budget: Budget,
    /// Templates within templates, and what they are nested in.
    pub(crate) depth: usize,
    pub(crate) stack: usize,
    set: Option<Rc<TemplateSet>>,
    included: HashMap<Str, usize>,
}

impl Context {
    /// A context with a full budget. Several executions may share it, one after the other.
    pub fn new(limits: Limits) -> Self {
        Self {
            budget: Budget::new(limits),
            depth: 0,
            stack: 0,
            set: None,
            included: HashMap::new(),
        }
    }

    /// What the execution may still spend.
    pub fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// The bounds of the execution.
    pub fn limits(&self) -> &Limits {
        self.budget.limits()
    }

    pub(crate) fn enter(&mut self, set: &Rc<TemplateSet>) -> Option<Rc<TemplateSet>> {
        self.set.replace(Rc::clone(set))
    }

    pub(crate) fn leave(&mut self, outer: Option<Rc<TemplateSet>>) {
        self.set = outer;
    }

    fn current(&self) -> Result<Rc<TemplateSet>, Error> {
        let set = self.set.as_ref().map(Rc::clone);
        set.ok_or_else(|| Error::new("no template is executing"))
    }

    /// Helm's `include`: the text of a template of the running set, `<no value>` and all.
    pub fn include(&mut self, name: &Str, data: Value) -> Result<Vec<u8>, Error> {
        let set = self.current()?;
        let count = self.included.entry(name.clone()).or_insert(0);
        if *count > INCLUDE_LIMIT {
            let inner = Error::new("unable to execute template");
            let text = format!("rendering template has a nested reference name: {name}: {inner}");
            return Err(Error::wrap(text, inner));
        }
        *count += 1;
        let result = set.execute(self, name, data);
        if let Some(count) = self.included.get_mut(name) {
            *count -= 1;
        }
        result
    }

    /// Helm's `tpl`: executes a text in a copy of the running set; `<no value>` is removed.
    pub fn tpl(&mut self, text: &Str, data: Value) -> Result<Vec<u8>, Error> {
        if memchr::memmem::find(text, b"{{").is_none() {
            self.budget.charge_bytes(text.len() as u64)?;
            return Ok(remove_no_value(text.to_vec()));
        }
        let set = self.current()?;
        let result = set.execute_text(self, text, data);
        result.map(remove_no_value).map_err(|error| {
            let text = String::from_utf8_lossy(&quote(text)).into_owned();
            let what = match error.kind() {
                crate::ErrorKind::Parse => format!("cannot parse template {text}: {error}"),
                _ => format!("error during tpl function execution for {text}: {error}"),
            };
            Error::wrap(what, error)
        })
    }
}

/// Removes every `<no value>`, as helm does from files and from the results of `tpl`.
pub fn remove_no_value(text: Vec<u8>) -> Vec<u8> {
    let found = |from: usize| {
        let mut starts = memchr::memchr_iter(NO_VALUE[0], &text[from..]);
        let at = starts.find(|at| text[from + at..].starts_with(NO_VALUE));
        at.map(|at| from + at)
    };
    let Some(mut next) = found(0) else {
        return text;
    };
    let mut out = Vec::with_capacity(text.len());
    let mut from = 0;
    loop {
        out.extend_from_slice(&text[from..next]);
        from = next + NO_VALUE.len();
        match found(from) {
            Some(at) => next = at,
            None => break,
        }
    }
    out.extend_from_slice(&text[from..]);
    out
}
