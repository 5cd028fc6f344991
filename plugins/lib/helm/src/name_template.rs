//! `--name-template`: a template without data whose text is the name of the release.

use std::rc::Rc;

use sluice_go_template::{Context, Functions, Limits, MissingKey, TemplateSet, Value};

use crate::error::Error;

const NAME: &str = "name-template";

/// The name that a template gives.
pub(crate) fn render(text: &str, functions: &Functions, limits: Limits) -> Result<String, Error> {
    let failed = |error: sluice_go_template::Error| Error::NameTemplate(error.to_string());
    let mut context = Context::new(limits);
    let mut set = TemplateSet::new(NAME, functions.clone(), MissingKey::Default);
    set.parse(NAME, text, &context).map_err(failed)?;
    let name = Rc::new(set)
        .execute(&mut context, NAME.as_bytes(), Value::Nil)
        .map_err(failed)?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}
