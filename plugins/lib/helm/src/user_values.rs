//! The user's values: files and flags, merged as helm merges them.

use std::rc::Rc;

use sluice_chart::{Files, FilesError, join, values};
use sluice_go_template::{Map, Value};
use sluice_strvals::{Flag, parse_into};

use crate::error::Error;
use crate::options::{Layer, Options};

/// All layers, later ones over earlier ones.
pub(crate) fn merge(files: &Rc<dyn Files>, options: &Options) -> Result<Map, Error> {
    let mut merged = Map::new();
    for layer in &options.values {
        merged = add(files, options, layer, merged)?;
    }
    Ok(merged)
}

fn add(files: &Rc<dyn Files>, options: &Options, layer: &Layer, merged: Map) -> Result<Map, Error> {
    let (name, flag, line) = match layer {
        Layer::File(path) => {
            let text = read(files, options, path).map_err(|error| Error::Read {
                path: path.clone(),
                error,
            })?;
            return parse(path, &text, &merged);
        }
        Layer::Yaml(text) => return parse("values", text.as_bytes(), &merged),
        Layer::Object(object) => {
            return Ok(merge_json(&merged, serde_json::Value::Object(object.clone())));
        }
        Layer::SetJson(line) => return set_json(line, merged),
        Layer::Set(line) => ("--set", Flag::Set, line),
        Layer::SetString(line) => ("--set-string", Flag::String, line),
        Layer::SetFile(line) => return set_file(files, options, line, merged),
        Layer::SetLiteral(line) => ("--set-literal", Flag::Literal, line),
    };
    set(name, &flag, line, merged)
}

fn set(name: &'static str, flag: &Flag<'_>, line: &str, merged: Map) -> Result<Map, Error> {
    parse_into(line.as_bytes(), flag, &merged).map_err(|error| Error::Set {
        flag: name,
        error: format!(": {error}"),
    })?;
    Ok(merged)
}

fn set_file(files: &Rc<dyn Files>, options: &Options, line: &str, merged: Map) -> Result<Map, Error> {
    let reader = |path: &[u8]| {
        let path = String::from_utf8_lossy(path);
        let bytes = read(files, options, &path).map_err(|error| format!("open {path}: {error}"))?;
        Ok(Value::from(bytes))
    };
    set("--set-file", &Flag::File(&reader), line, merged)
}

fn merge_json(merged: &Map, object: serde_json::Value) -> Map {
    let object = values::from_json(object);
    object
        .as_map()
        .map_or_else(|| merged.clone(), |object| values::merge(merged, object))
}

/// `--set-json` takes an object, or a list of keys with JSON values.
fn set_json(line: &str, merged: Map) -> Result<Map, Error> {
    let failed = || Error::Set {
        flag: "--set-json",
        error: format!(" {line}"),
    };
    let trimmed = line.trim();
    if trimmed.starts_with('{') {
        let object = serde_json::from_str(trimmed).map_err(|_| failed())?;
        return Ok(merge_json(&merged, object));
    }
    parse_into(line.as_bytes(), &Flag::Json, &merged).map_err(|_| failed())?;
    Ok(merged)
}

fn parse(name: &str, text: &[u8], merged: &Map) -> Result<Map, Error> {
    let read = values::read(text).map_err(|error| Error::ValuesFile {
        name: name.to_owned(),
        error,
    })?;
    Ok(values::merge(merged, &read))
}

/// A path of the command line: absolute paths start at the root of the tree.
fn read(files: &Rc<dyn Files>, options: &Options, path: &str) -> Result<Vec<u8>, FilesError> {
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        join(&options.working_directory, path)
    };
    files.read(&path)
}
