//! Sets of templates that know each other: parsing into them, executing from them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::ast::Template;
use crate::budget::Limits;
use crate::context::Context;
use crate::error::Error;
use crate::exec;
use crate::format::quote;
use crate::function::Functions;
use crate::parse::{Names, parse};
use crate::value::{Str, Value};

/// What the field of a map without that key is (Go's option `missingkey`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// No value, printed as `<no value>`.
    #[default]
    Default,
    /// The zero value of the map's elements; what helm uses.
    Zero,
    /// An error; helm's strict mode.
    Error,
}

/// Parsed texts of `tpl`: number and size of those that are kept.
const CACHED_TEXTS: usize = 4096;
const CACHED_SIZE: usize = 64 << 10;

/// What a set and its extensions have in common.
struct Shared {
    name: String,
    functions: Functions,
    missing_key: MissingKey,
    names: RefCell<Names>,
    parsed: RefCell<HashMap<Str, Rc<[Rc<Template>]>>>,
}

/// Templates by name. Later definitions replace earlier ones, except that an empty one never replaces.
pub struct TemplateSet {
    shared: Rc<Shared>,
    templates: HashMap<Str, Rc<Template>>,
    outer: Option<Rc<Self>>,
}

impl TemplateSet {
    /// An empty set. Its name appears in errors of `tpl` (helm's is `gotpl`).
    pub fn new(name: &str, functions: Functions, missing_key: MissingKey) -> Self {
        Self {
            shared: Rc::new(Shared {
                name: name.to_owned(),
                functions,
                missing_key,
                names: RefCell::default(),
                parsed: RefCell::default(),
            }),
            templates: HashMap::new(),
            outer: None,
        }
    }

    /// Parses a text as the template of this name, with all that it defines.
    pub fn parse(&mut self, name: &str, text: impl Into<Str>, context: &Context) -> Result<(), Error> {
        let limit = context.limits().text;
        let shared = &self.shared;
        let parsed = parse(
            name,
            text.into(),
            &shared.functions,
            &mut shared.names.borrow_mut(),
            limit,
        )?;
        self.add(&parsed);
        Ok(())
    }

    fn add(&mut self, templates: &[Rc<Template>]) {
        for template in templates {
            if template.is_empty && self.find(&template.name).is_some() {
                continue;
            }
            self.templates.insert(template.name.clone(), Rc::clone(template));
        }
    }

    /// Whether there is a template of this name.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.find(name).is_some()
    }

    /// The names of all templates.
    pub fn names(&self) -> impl Iterator<Item = &Str> {
        self.templates.keys()
    }

    pub(crate) fn find(&self, name: &[u8]) -> Option<Rc<Template>> {
        let mut set = Some(self);
        while let Some(current) = set {
            if let Some(template) = current.templates.get(name) {
                return Some(Rc::clone(template));
            }
            set = current.outer.as_deref();
        }
        None
    }

    pub(crate) fn missing_key(&self) -> MissingKey {
        self.shared.missing_key
    }

    /// Executes a template (Go's `ExecuteTemplate`); the text is what `include` gives.
    pub fn execute(
        self: &Rc<Self>,
        context: &mut Context,
        name: &[u8],
        data: Value,
    ) -> Result<Vec<u8>, Error> {
        let Some(template) = self.find(name) else {
            let (name, set) = (quote(name), quote(self.shared.name.as_bytes()));
            let (name, set) = (String::from_utf8_lossy(&name), String::from_utf8_lossy(&set));
            return Err(Error::new(format!(
                "template: no template {name} associated with template {set}"
            )));
        };
        exec::execute(self, context, &template, data)
    }

    /// Executes a text in a copy of the set, as helm's `tpl` does: its definitions are seen in there only.
    pub(crate) fn execute_text(
        self: &Rc<Self>,
        context: &mut Context,
        text: &Str,
        data: Value,
    ) -> Result<Vec<u8>, Error> {
        let parsed = self.parse_text(text, context)?;
        let shared = Rc::clone(&self.shared);
        let mut inner = Self {
            shared,
            templates: HashMap::new(),
            outer: Some(Rc::clone(self)),
        };
        let own = |template: &&Rc<Template>| *template.name == *inner.shared.name.as_bytes();
        let main = parsed.iter().find(own).cloned();
        inner.add(&parsed);
        let Some(main) = main else {
            return Ok(Vec::new());
        };
        inner.templates.insert(main.name.clone(), Rc::clone(&main));
        exec::execute(&Rc::new(inner), context, &main, data)
    }

    fn parse_text(&self, text: &Str, context: &Context) -> Result<Rc<[Rc<Template>]>, Error> {
        let shared = &self.shared;
        if let Some(parsed) = shared.parsed.borrow().get(text) {
            return Ok(Rc::clone(parsed));
        }
        let parsed = parse(
            &shared.name,
            text.clone(),
            &shared.functions,
            &mut shared.names.borrow_mut(),
            context.limits().text,
        )?;
        let parsed: Rc<[Rc<Template>]> = Rc::from(parsed);
        let mut cache = shared.parsed.borrow_mut();
        if cache.len() < CACHED_TEXTS && text.len() <= CACHED_SIZE {
            cache.insert(text.clone(), Rc::clone(&parsed));
        }
        Ok(parsed)
    }
}

/// For fuzzing: parses and executes any bytes within a small budget; all it may do is return.
pub fn execute_bytes(text: &[u8]) -> Result<Vec<u8>, Error> {
    let limits = Limits {
        steps: 100_000,
        bytes: 1 << 20,
        text: 1 << 20,
        ..Limits::default()
    };
    let mut context = Context::new(limits);
    let mut set = TemplateSet::new("fuzz", Functions::new(), MissingKey::Zero);
    set.parse("fuzz", text, &context)?;
    let data = Value::map([(
        "a",
        Value::list(vec![Value::int(1), Value::from("x"), Value::Nil]),
    )]);
    Rc::new(set).execute(&mut context, b"fuzz", data)
}
