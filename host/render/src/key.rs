//! The memo's key: everything that decides an output besides the files.

use serde_json::Value;
use sluice_model::Digest;
use sluice_model::digest::DigestBuilder;

/// Changes when the stored form of an output changes, so that older ones are not read.
const OUTPUT_FORM: &[u8] = b"output 1";

/// The config with the keys of all maps sorted. The plugin gets this text too: it cannot tell apart what the key
/// does not.
pub(crate) fn canonical(config: &Value) -> String {
    let mut out = String::new();
    write(config, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let texts = entries
                .into_iter()
                .map(|(key, value)| (Some(key.as_str()), value));
            write_items(texts, ('{', '}'), out);
        }
        Value::Array(items) => write_items(items.iter().map(|item| (None, item)), ('[', ']'), out),
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn write_items<'a>(
    items: impl Iterator<Item = (Option<&'a str>, &'a Value)>,
    (open, close): (char, char),
    out: &mut String,
) {
    out.push(open);
    for (at, (key, value)) in items.enumerate() {
        if at > 0 {
            out.push(',');
        }
        if let Some(key) = key {
            out.push_str(&Value::from(key).to_string());
            out.push(':');
        }
        write(value, out);
    }
    out.push(close);
}

/// The key of a render.
pub(crate) fn key<'a>(
    plugin: &Digest,
    contract: &str,
    config: &str,
    root: &str,
    inputs: impl Iterator<Item = &'a str>,
) -> Digest {
    let mut builder = DigestBuilder::default();
    builder
        .piece(OUTPUT_FORM)
        .piece(plugin.as_bytes())
        .piece(contract.as_bytes());
    builder.piece(config.as_bytes()).piece(root.as_bytes());
    for name in inputs {
        builder.piece(name.as_bytes());
    }
    builder.finish()
}

/// The key of a render whose sources are decrypted: other keys, another output.
pub(crate) fn sealed(key: &Digest, fingerprint: &Digest) -> Digest {
    let mut builder = DigestBuilder::default();
    builder
        .piece(b"sealed")
        .piece(key.as_bytes())
        .piece(fingerprint.as_bytes());
    builder.finish()
}

/// The key of a render whose text is wanted.
pub(crate) fn text(key: &Digest) -> Digest {
    let mut builder = DigestBuilder::default();
    builder.piece(b"text").piece(key.as_bytes());
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sorts_keys_at_every_depth() {
        let left = json!({"b": [{"y": 1, "x": null}], "a": "ü\"\n", "c": 1.5, "": true});
        let right: Value =
            serde_json::from_str(r#"{"":true,"c":1.5,"a":"ü\"\n","b":[{"x":null,"y":1}]}"#).expect("JSON");
        assert_eq!(
            canonical(&left),
            r#"{"":true,"a":"ü\"\n","b":[{"x":null,"y":1}],"c":1.5}"#
        );
        assert_eq!(canonical(&left), canonical(&right));
        assert_eq!(
            serde_json::from_str::<Value>(&canonical(&left)).expect("JSON"),
            left
        );
    }

    #[test]
    fn every_part_counts() {
        let plugin = Digest::of(b"plugin");
        let base = key(&plugin, "0.1", "{}", "a", ["main"].into_iter());
        assert_eq!(base, key(&plugin, "0.1", "{}", "a", ["main"].into_iter()));
        let others = [
            key(&Digest::of(b"other"), "0.1", "{}", "a", ["main"].into_iter()),
            key(&plugin, "0.2", "{}", "a", ["main"].into_iter()),
            key(&plugin, "0.1", "{\"x\":1}", "a", ["main"].into_iter()),
            key(&plugin, "0.1", "{}", "b", ["main"].into_iter()),
            key(&plugin, "0.1", "{}", "a", ["main", "values"].into_iter()),
            key(&plugin, "0.1", "{}", "a", [].into_iter()),
        ];
        assert!(others.iter().all(|other| *other != base));
    }
}
