//! Values files: merged in order into the values that a chart is packed with.

use serde_json::{Map, Value};
use sluice_chart::Chart;
use sluice_plugin::Error;
use sluice_yaml::{Flavour, Limits, emit_value, read_value};

use crate::error::{VALUES, invalid};

/// Reads a file; none where there is no such file.
pub type Read<'a> = dyn Fn(&str) -> Result<Option<Vec<u8>>, String> + 'a;

/// Merges values files in order. `read` gives the text of a file, none when there is no such file. Gives the merged values
/// with the names of the files that were there.
///
/// # Errors
/// A file is missing that may not be, or is no mapping.
pub fn merge(
    files: &[String],
    ignore_missing: bool,
    read: &Read<'_>,
) -> Result<(Map<String, Value>, Vec<String>), Error> {
    let (mut merged, mut used) = (Map::new(), Vec::new());
    for name in files {
        let text = read(name).map_err(|problem| {
            invalid(
                VALUES,
                format!("could not read values from file '{name}': {problem}"),
            )
        })?;
        let Some(text) = text else {
            if ignore_missing {
                continue;
            }
            return Err(invalid(VALUES, format!("no values file found at path '{name}'")));
        };
        let problem = match read_value(&text, false, &Limits::default()) {
            Ok(Value::Object(values)) => {
                overlay(&mut merged, values);
                None
            }
            Ok(Value::Null) => None,
            Ok(_) => Some("it is no mapping".to_owned()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(problem) = problem {
            return Err(invalid(
                VALUES,
                format!("unmarshaling values from '{name}' failed: {problem}"),
            ));
        }
        used.push(name.clone());
    }
    Ok((merged, used))
}

/// Mappings in both are merged, anything else of `over` wins.
fn overlay(base: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Object(base)), Value::Object(over)) => overlay(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Makes merged values those of the chart; tells whether they differ from its own.
///
/// # Errors
/// The chart has no values.yaml.
pub fn overwrite(chart: &mut Chart, values: &Map<String, Value>) -> Result<bool, Error> {
    let text = if values.is_empty() {
        String::new()
    } else {
        emit_value(&Value::Object(values.clone()), Flavour::Sigs)
            .map_err(|error| invalid(VALUES, format!("failed to write values: {error}")))?
    };
    let Some(own) = &mut chart.values_file else {
        return Err(invalid(VALUES, "failed to locate values file: values.yaml"));
    };
    if own.as_ref() == text.as_bytes() {
        return Ok(false);
    }
    *own = text.into();
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(name: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(match name {
            "a" => Some(b"image: {tag: 1, name: x}\nlist: [1]".to_vec()),
            "b" => Some(b"image: {tag: 2}\nlist: [2, 3]\nnone: null".to_vec()),
            "list" => Some(b"- 1".to_vec()),
            "empty" => Some(Vec::new()),
            _ => None,
        })
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn later_files_win_and_mappings_merge() {
        let (merged, used) = merge(&names(&["a", "b", "empty"]), false, &read).expect("merges");
        let wanted = json!({"image": {"tag": 2, "name": "x"}, "list": [2, 3], "none": null});
        assert_eq!(
            (Value::Object(merged), used),
            (wanted, names(&["a", "b", "empty"]))
        );
    }

    #[test]
    fn a_missing_file_is_an_error_unless_it_may_be_missing() {
        let error = merge(&names(&["x"]), false, &read).expect_err("is missing");
        assert_eq!(
            error,
            Error::InvalidConfig("values files merge error: no values file found at path 'x'".into())
        );
        assert_eq!(
            merge(&names(&["x", "b"]), true, &read).map(|(_, used)| used),
            Ok(names(&["b"]))
        );
        assert!(merge(&names(&["list"]), false, &read).is_err());
    }
}
