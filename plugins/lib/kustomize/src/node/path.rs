//! Paths into objects: splitting, and looking up without creating.

use sluice_yaml::{Kind, Node};

use super::{expect_kind, is_null};

/// Splits at the delimiter; `\` before it keeps it; a leading delimiter is dropped.
pub(crate) fn split_path(path: &str, delimiter: char) -> Vec<String> {
    let mut parts: Vec<&str> = path.split(delimiter).collect();
    if parts.len() > 1 && parts[0].is_empty() {
        parts.remove(0);
    }
    let mut out: Vec<String> = Vec::with_capacity(parts.len());
    for part in parts {
        match out.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(part);
            }
            _ => out.push(part.to_owned()),
        }
    }
    out
}

/// Like [`split_path`], and `[...]` holds together: `[name=a.b]` stays as it is, `[a.b]` loses its brackets.
pub(crate) fn split_path_smart(path: &str, delimiter: char) -> Vec<String> {
    let mut out = Vec::new();
    let mut parts = split_path(path, delimiter).into_iter();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            out.push(part);
            continue;
        }
        let mut whole = part;
        for next in parts.by_ref() {
            whole.push(delimiter);
            whole.push_str(&next);
            if next.ends_with(']') {
                break;
            }
        }
        if whole.contains('=') {
            out.push(whole);
        } else {
            out.push(whole.trim_matches(['[', ']']).to_owned());
        }
    }
    out
}

/// True for `[name=value]` and `[=value]`.
pub(super) fn is_list_index(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

/// The number of a part that is an index.
pub(super) fn as_index(part: &str) -> Option<usize> {
    part.strip_prefix('+')
        .unwrap_or(part)
        .parse()
        .ok()
        .filter(|_| !part.starts_with("+-"))
}

/// Name and value of `[name=value]`.
pub(super) fn split_list_index(part: &str) -> Result<(&str, &str), String> {
    let inner = part.strip_suffix(']').unwrap_or(part);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    inner
        .split_once('=')
        .ok_or_else(|| "list path element must contain fieldName=fieldValue for element to match".to_owned())
}

/// The node at a path of fields, list indexes, `-` (the last) and `[name=value]`; nothing when a part is missing.
pub(crate) fn lookup<'n>(node: &'n Node, path: &[String]) -> Result<Option<&'n Node>, String> {
    let mut found = node;
    for part in path
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
    {
        match step(found, part)? {
            Some(next) => found = next,
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

fn step<'n>(node: &'n Node, part: &str) -> Result<Option<&'n Node>, String> {
    if part == "*" {
        return Err("wildcard is not supported in PathGetter".into());
    }
    if let Ok(index) = part.parse::<i64>() {
        let index = usize::try_from(index).map_err(|_| format!("array index {index} cannot be negative"))?;
        expect_kind(node, Kind::Sequence).map_err(|error| error.to_string())?;
        return Ok(node.items().get(index));
    }
    if part == "-" {
        expect_kind(node, Kind::Sequence).map_err(|error| error.to_string())?;
        return Ok(node.items().last());
    }
    if is_list_index(part) {
        let (name, value) = split_list_index(part)?;
        expect_kind(node, Kind::Sequence).map_err(|error| error.to_string())?;
        return Ok(node
            .items()
            .iter()
            .find(|item| element_matches(item, name, value)));
    }
    if is_null(node) {
        return Ok(None);
    }
    expect_kind(node, Kind::Mapping).map_err(|error| error.to_string())?;
    Ok(node.get(part))
}

fn element_matches(item: &Node, name: &str, value: &str) -> bool {
    if name.is_empty() {
        return item.value == value;
    }
    !is_null(item) && item.is_map() && item.get(name).is_some_and(|field| field.value == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_with_escapes_and_brackets() {
        assert_eq!(split_path("/a/b\\/c/d", '/'), ["a", "b/c", "d"]);
        assert_eq!(split_path_smart("a.[name=x.y].b", '.'), ["a", "[name=x.y]", "b"]);
        assert_eq!(
            split_path_smart("metadata.annotations.[a.b/c]", '.'),
            ["metadata", "annotations", "a.b/c"]
        );
        assert_eq!(split_path_smart("a\\.b.c", '.'), ["a.b", "c"]);
    }

    #[test]
    fn looks_up_elements() {
        let item = Node::map_of([("name", Node::string("x")), ("v", Node::int(3))]);
        let node = Node::map_of([("list", Node::seq(vec![item]))]);
        let path = split_path_smart("list.[name=x].v", '.');
        assert_eq!(
            lookup(&node, &path).expect("fine").map(|n| n.value.clone()),
            Some("3".into())
        );
        assert_eq!(lookup(&node, &["list".into(), "1".into()]).expect("fine"), None);
        assert!(lookup(&node, &["list".into(), "name".into()]).is_err());
    }
}
