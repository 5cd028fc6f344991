//! YAML, JSON and TOML, templates in templates, and the functions that stop a rendering.

use sluice_go_template::{Context, Error, Map, Str, Type, Value};

use super::Table;
use super::args::{any, text};
use crate::json::{self, Style};
use crate::{toml, yaml};

const A: Type = Type::Any;
const S: Type = Type::String;

type Written = Result<Vec<u8>, Error>;

pub(super) fn register(table: &mut Table) {
    register_writers(table);
    register_readers(table);
    register_templates(table);
    table.add_stateful(&["fail"], &[S], S, |state, _, args| {
        if state.environment.lint {
            return Ok(Value::from(""));
        }
        Err(stop(text(args, 0)))
    });
    table.add_stateful(&["required"], &[S, A], A, |state, _, args| {
        let value = any(args, 1);
        let missing = value.is_nil() || value.as_str().is_some_and(|text| text.is_empty());
        match (missing, state.environment.lint) {
            (false, _) => Ok(value.clone()),
            (true, true) => Ok(Value::from("")),
            (true, false) => Err(stop(text(args, 0))),
        }
    });
    table.add_stateful(
        &["lookup"],
        &[S, S, S, S],
        Type::MAP,
        |state, _, args| match &state.environment.lookup {
            Some(lookup) if !state.environment.lint => {
                lookup(text(args, 0), text(args, 1), text(args, 2), text(args, 3))
            }
            _ => Ok(Value::Map(Map::new())),
        },
    );
}

/// `include` and `tpl`, which the running execution answers.
fn register_templates(table: &mut Table) {
    table.add("include", &[S, A], S, |context, args| {
        context
            .include(&Str::from(text(args, 0)), any(args, 1).clone())
            .map(Value::from)
    });
    table.add("tpl", &[S, A], S, |context, args| {
        context
            .tpl(&Str::from(text(args, 0)), any(args, 1).clone())
            .map(Value::from)
    });
}

/// The error of `fail` and `required`; Helm finds the message by its marks.
fn stop(message: &[u8]) -> Error {
    let message = sluice_go_template::unicode::to_lossy(message);
    Error::new(format!("{}{message}{}", crate::MESSAGE_START, crate::MESSAGE_END))
}

/// What a function that hides errors returns; an exhausted budget is not hidden.
fn or_nothing(written: Written) -> Result<Value, Error> {
    match written {
        Err(error) if !error.is_budget() => Ok(Value::from("")),
        other => other.map(Value::from),
    }
}

fn register_writers(table: &mut Table) {
    table.add("toYaml", &[A], S, |context, args| {
        or_nothing(yaml::write(any(args, 0), context.budget()))
    });
    table.add("mustToYaml", &[A], S, |context, args| {
        yaml::write(any(args, 0), context.budget()).map(Value::from)
    });
    table.add("toYamlPretty", &[A], S, |context, args| {
        or_nothing(yaml::write_pretty(any(args, 0), context.budget()))
    });
    table.add("toJson", &[A], S, |context, args| {
        or_nothing(write(context, args, Style::COMPACT))
    });
    table.add("mustToJson", &[A], S, |context, args| {
        write(context, args, Style::COMPACT).map(Value::from)
    });
    table.add("toPrettyJson", &[A], S, |context, args| {
        or_nothing(write(context, args, Style::PRETTY))
    });
    table.add("mustToPrettyJson", &[A], S, |context, args| {
        write(context, args, Style::PRETTY).map(Value::from)
    });
    table.add_all(&["toRawJson", "mustToRawJson"], &[A], S, |context, args| {
        write(context, args, Style::RAW).map(Value::from)
    });
    table.add("toToml", &[A], S, |context, args| {
        match toml::write(any(args, 0), context.budget()) {
            // The text of the library's own errors is the result; Go's panics are not.
            Err(error) if !error.is_budget() && !error.text().starts_with("reflect:") => {
                Ok(Value::from(error.text()))
            }
            other => other.map(Value::from),
        }
    });
    table.add("mustToToml", &[A], S, |context, args| {
        toml::write(any(args, 0), context.budget()).map(Value::from)
    });
}

fn write(context: &mut Context, args: &[Value], style: Style) -> Written {
    json::write(any(args, 0), style, context.budget())
}

fn register_readers(table: &mut Table) {
    table.add("fromYaml", &[S], Type::MAP, |context, args| {
        read(
            context,
            text(args, 0),
            |text| yaml::read(text, yaml::Target::Map),
            error_map,
        )
    });
    table.add("fromYamlArray", &[S], Type::LIST, |context, args| {
        read(
            context,
            text(args, 0),
            |text| yaml::read(text, yaml::Target::List),
            error_list,
        )
    });
    table.add("fromJson", &[S], Type::MAP, |context, args| {
        read(
            context,
            text(args, 0),
            |text| from_json(text, json::Target::Map),
            error_map,
        )
    });
    table.add("fromJsonArray", &[S], Type::LIST, |context, args| {
        read(
            context,
            text(args, 0),
            |text| from_json(text, json::Target::List),
            error_list,
        )
    });
    table.add("fromToml", &[S], Type::MAP, |context, args| {
        read(context, text(args, 0), toml::read, error_map)
    });
    table.add("mustFromJson", &[S], A, |context, args| {
        context
            .budget()
            .charge_bytes(text(args, 0).len() as u64 * NODE_BYTES)?;
        from_json(text(args, 0), json::Target::Any).map_err(Error::new)
    });
}

/// What a byte of text may cost in memory when it is read.
const NODE_BYTES: u64 = 8;

fn from_json(text: &[u8], target: json::Target) -> Result<Value, String> {
    json::read(text, target).map_err(|error| error.to_string())
}

fn read(
    context: &mut Context,
    text: &[u8],
    read: impl Fn(&[u8]) -> Result<Value, String>,
    failed: fn(String) -> Value,
) -> Result<Value, Error> {
    context
        .budget()
        .charge_bytes((text.len() as u64).saturating_mul(NODE_BYTES))?;
    Ok(read(text).unwrap_or_else(failed))
}

fn error_map(error: String) -> Value {
    Value::map([("Error", Value::from(error))])
}

fn error_list(error: String) -> Value {
    Value::list(vec![Value::from(error)])
}
