//! From the JSON texts of a renderer to checked objects.

use serde_json::Value;
use sluice_model::Object;
use sluice_sandbox::RenderedObject;

use crate::error::RenderError;

/// Parses, flattens lists and checks that every object can be named.
///
/// # Errors
/// A text is no JSON map, or an object lacks apiVersion, kind or name; the error names its file and place.
pub(crate) fn parse(raw: &[RenderedObject]) -> Result<Vec<Object>, RenderError> {
    let mut out = Vec::with_capacity(raw.len());
    for (index, raw) in raw.iter().enumerate() {
        let place = Place {
            index,
            origin: raw.origin.as_deref(),
        };
        let value = serde_json::from_str(&raw.json)
            .map_err(|error| place.fail("", format!("is not JSON: {error}")))?;
        flatten(value, &place, &mut out)?;
    }
    Ok(out)
}

struct Place<'a> {
    index: usize,
    origin: Option<&'a str>,
}

impl Place<'_> {
    fn fail(&self, subject: &str, reason: impl Into<String>) -> RenderError {
        RenderError::Object {
            index: self.index,
            origin: self.origin.unwrap_or("unknown file").to_owned(),
            subject: subject.to_owned(),
            reason: reason.into(),
        }
    }
}

/// Depth is bounded: the JSON parser stops at 128 levels.
fn flatten(value: Value, place: &Place<'_>, out: &mut Vec<Object>) -> Result<(), RenderError> {
    let mut object = Object::from_value(value).ok_or_else(|| place.fail("", "is not a JSON object"))?;
    if object.kind().ends_with("List")
        && let Some(Value::Array(items)) = object.0.get_mut("items")
    {
        return std::mem::take(items)
            .into_iter()
            .try_for_each(|item| flatten(item, place, out));
    }
    for (field, text) in [
        ("apiVersion", object.api_version()),
        ("kind", object.kind()),
        ("metadata.name", object.name()),
    ] {
        if text.is_empty() {
            let subject = [object.kind(), object.name()].join(" ");
            return Err(place.fail(subject.trim(), format!("has no {field}")));
        }
    }
    out.push(object);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn raw(value: &Value) -> RenderedObject {
        RenderedObject {
            json: value.to_string(),
            origin: Some("app/deploy.yaml".into()),
        }
    }

    fn config_map(name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
    }

    #[test]
    fn flattens_lists_in_order() {
        let inner = json!({"apiVersion": "v1", "kind": "ConfigMapList", "items": [config_map("b")]});
        let list =
            json!({"apiVersion": "v1", "kind": "List", "items": [config_map("a"), inner, config_map("c")]});
        let objects = parse(&[raw(&list), raw(&config_map("d"))]).expect("is valid");
        let names: Vec<&str> = objects.iter().map(Object::name).collect();
        assert_eq!(names, ["a", "b", "c", "d"]);
        let odd = json!({"apiVersion": "x/v1", "kind": "AllowList", "metadata": {"name": "kept"}});
        assert_eq!(parse(&[raw(&odd)]).expect("is no list").len(), 1);
    }

    /// R11: objects that cannot be named are refused, with their place.
    #[test]
    fn refuses_objects_without_a_name() {
        let cases = [
            (
                json!({"kind": "ConfigMap", "metadata": {"name": "a"}}),
                "ConfigMap a in app/deploy.yaml (object 1) has no apiVersion",
            ),
            (
                json!({"apiVersion": "v1", "metadata": {"name": "a"}}),
                "a in app/deploy.yaml (object 1) has no kind",
            ),
            (
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a"}}),
                "Pod in app/deploy.yaml (object 1) has no metadata.name",
            ),
            (
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 7}}),
                "Pod in app/deploy.yaml (object 1) has no metadata.name",
            ),
            (json!([]), "object 1 in app/deploy.yaml is not a JSON object"),
            (
                json!({"kind": "List", "items": ["text"]}),
                "object 1 in app/deploy.yaml is not a JSON object",
            ),
        ];
        for (value, want) in cases {
            let error = parse(&[raw(&config_map("first")), raw(&value)]).expect_err("is refused");
            assert_eq!(error.to_string(), want);
            assert_eq!(error.reason(), "BuildFailed");
        }
        let text = RenderedObject {
            json: "{".into(),
            origin: None,
        };
        let error = parse(&[text]).expect_err("is refused").to_string();
        assert!(
            error.starts_with("object 0 in unknown file is not JSON: "),
            "{error}"
        );
    }
}
