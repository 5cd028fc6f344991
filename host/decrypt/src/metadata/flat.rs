//! Metadata in formats without nesting: `age__list_0__map_recipient=…`.

use serde_json::{Map, Value};

/// Longest list and deepest path that flat names may ask for.
const MAX_POSITION: usize = 255;
const MAX_STEPS: usize = 16;

enum Step<'a> {
    Key(&'a str),
    At(usize),
}

/// The nested form of flat metadata; a value's `\n` stands for a line break.
///
/// # Errors
/// A name asks for both a list and a map, or for more than its limit.
pub(crate) fn unflatten<'a>(entries: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Value, String> {
    let mut root = Value::Object(Map::new());
    for (name, text) in entries {
        let slot =
            place(&mut root, &steps(name)?).ok_or_else(|| format!("{name} contradicts another entry"))?;
        *slot = Value::String(text.replace("\\n", "\n"));
    }
    Ok(root)
}

fn steps(name: &str) -> Result<Vec<Step<'_>>, String> {
    const SEPARATORS: [&str; 2] = ["__map_", "__list_"];
    let mut out = Vec::new();
    let mut rest = name;
    let mut is_list = false;
    loop {
        let found = SEPARATORS
            .iter()
            .enumerate()
            .filter_map(|(at, text)| Some((rest.find(text)?, at)));
        let next = found.min();
        let word = next.map_or(rest, |(end, _)| &rest[..end]);
        out.push(if is_list {
            let position = word.parse().ok().filter(|position| *position <= MAX_POSITION);
            Step::At(position.ok_or_else(|| format!("{name} has no position in a list"))?)
        } else {
            Step::Key(word)
        });
        if out.len() > MAX_STEPS {
            return Err(format!("{name} is nested too deeply"));
        }
        let Some((end, at)) = next else { return Ok(out) };
        is_list = at == 1;
        rest = &rest[end + SEPARATORS[at].len()..];
    }
}

fn place<'a>(root: &'a mut Value, steps: &[Step<'_>]) -> Option<&'a mut Value> {
    let mut slot = root;
    for step in steps {
        slot = match step {
            Step::Key(key) => {
                if slot.is_null() {
                    *slot = Value::Object(Map::new());
                }
                slot.as_object_mut()?.entry(*key).or_insert(Value::Null)
            }
            Step::At(position) => {
                if slot.is_null() {
                    *slot = Value::Array(Vec::new());
                }
                let list = slot.as_array_mut()?;
                if list.len() <= *position {
                    list.resize(position + 1, Value::Null);
                }
                list.get_mut(*position)?
            }
        };
    }
    Some(slot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nests_again_in_any_order() {
        let flat = [
            ("age__list_1__map_enc", "b"),
            ("age__list_0__map_enc", "a\\nb"),
            ("mac", "m"),
            ("key_groups__list_0__map_age__list_0__map_recipient", "r"),
        ];
        assert_eq!(
            unflatten(flat.into_iter()).expect("nests"),
            json!({"age": [{"enc": "a\nb"}, {"enc": "b"}], "mac": "m", "key_groups": [{"age": [{"recipient": "r"}]}]})
        );
    }

    #[test]
    fn contradictions_and_huge_lists_are_refused() {
        for flat in [
            vec![("a", "x"), ("a__map_b", "y")],
            vec![("a__list_0", "x"), ("a__map_b", "y")],
            vec![("a__list_4000000000", "x")],
            vec![("a__list_x", "x")],
        ] {
            assert!(unflatten(flat.into_iter()).is_err());
        }
        let deep = "a__map_".repeat(40);
        assert!(unflatten([(deep.as_str(), "x")].into_iter()).is_err());
    }
}
