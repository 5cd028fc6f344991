//! Legacy variables: `$(NAME)` in listed fields is replaced by a field of an object.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::{BTreeMap, BTreeSet};

use sluice_yaml::{Kind, Node, Style, Tag};

use crate::error::{Error, Result};
use crate::fieldspec::{FieldSpec, Reason};
use crate::kustomization::Var;
use crate::node::{is_null, lookup, split_path_smart};
use crate::resid::{IdRef, parse_api_version};
use crate::resmap::ResMap;

/// Variables by name.
pub(crate) type VarSet = BTreeMap<String, Var>;

fn wrong(name: &str, reason: &str) -> Error {
    Error::Transform {
        transformer: "vars",
        reason: format!("var '{name}' {reason}"),
    }
}

/// Adds variables; no name may be there twice.
pub(crate) fn merge_sets(set: &mut VarSet, more: impl IntoIterator<Item = Var>) -> Result<()> {
    for var in more {
        if set.contains_key(&var.name) {
            return Err(wrong(&var.name, "already encountered"));
        }
        set.insert(var.name.clone(), var);
    }
    Ok(())
}

/// Marks the objects that the variables read, by the ids they have at this point of the build.
pub(crate) fn mark_sources(objects: &mut ResMap, vars: &[Var]) -> Result<()> {
    for var in vars {
        let target = &var.objref;
        let (group, version) = match (
            target.api_version.as_str(),
            target.api_version.matches('/').count(),
        ) {
            ("", _) => (target.group.as_str(), target.version.as_str()),
            (_, 0) => (target.group.as_str(), target.api_version.as_str()),
            (api_version, 1) => parse_api_version(api_version),
            _ => (target.group.as_str(), target.version.as_str()),
        };
        let id = IdRef {
            group,
            version,
            kind: &target.kind,
            name: &target.name,
            namespace: &target.namespace,
            cluster_scoped: false,
        };
        let found = objects.positions_by_any_id(|other| {
            if target.namespace.is_empty() {
                id.equals_but_namespace(other)
            } else {
                id.equals(other)
            }
        });
        match found.as_slice() {
            [] => {}
            [at] => objects.resources_mut()[*at].vars.push(var.name.clone()),
            _ => {
                return Err(wrong(
                    &var.name,
                    &format!("found {} resId matches (unable to disambiguate)", found.len()),
                ));
            }
        }
    }
    Ok(())
}

/// A variable's value with its type.
#[derive(Debug, Clone, PartialEq)]
enum Replaced {
    Text(String),
    /// Text and tag of a number or boolean.
    Typed(String, Tag),
    /// A list or map: nothing is replaced.
    Structure,
}

/// Replaces all variables; returns the names of those that were never used.
pub(crate) fn resolve(objects: &mut ResMap, vars: &VarSet, specs: &[FieldSpec]) -> Result<Vec<String>> {
    if vars.is_empty() {
        return Ok(Vec::new());
    }
    let values = vars
        .values()
        .map(|var| Ok((var.name.clone(), value_of(objects, var)?)))
        .collect::<Result<BTreeMap<_, _>>>()?;
    let mut replacer = Replacer {
        values: &values,
        used: BTreeSet::new(),
    };
    for resource in objects.resources_mut() {
        for spec in specs {
            spec.apply(resource.node_mut(), None, &mut |field| replacer.set(field))?;
            resource.settle_shared();
        }
    }
    let unused = values
        .keys()
        .filter(|name| !replacer.used.contains(name.as_str()));
    Ok(unused.cloned().collect())
}

fn value_of(objects: &ResMap, var: &Var) -> Result<Replaced> {
    let source = objects
        .resources()
        .iter()
        .find(|resource| resource.vars.contains(&var.name));
    let Some(source) = source else {
        return Err(wrong(
            &var.name,
            "cannot be mapped to a field in the set of known resources",
        ));
    };
    let path = if var.fieldref.field_path.is_empty() {
        "metadata.name"
    } else {
        &var.fieldref.field_path
    };
    let parts = split_indexes(split_path_smart(path, '.'));
    let found = lookup(source.node(), &parts).ok().flatten();
    let node = found.ok_or_else(|| {
        wrong(
            &var.name,
            &format!("field {path} not found in corresponding resource"),
        )
    })?;
    Ok(match (&node.kind, &node.tag) {
        (Kind::Scalar, Tag::Int | Tag::Float | Tag::Bool) => typed(&node.value, &node.tag),
        (Kind::Scalar, _) => Replaced::Text(node.value.clone()),
        _ => Replaced::Structure,
    })
}

/// Numbers and booleans in Go's notation.
fn typed(text: &str, tag: &Tag) -> Replaced {
    match tag {
        Tag::Int => match text.parse::<i64>() {
            Ok(value) => Replaced::Typed(value.to_string(), Tag::Int),
            Err(_) => Replaced::Text(text.to_owned()),
        },
        Tag::Float => match text.parse::<f64>() {
            Ok(value) => Replaced::Typed(format!("{value}"), Tag::Float),
            Err(_) => Replaced::Text(text.to_owned()),
        },
        _ => Replaced::Typed(text.eq_ignore_ascii_case("true").to_string(), Tag::Bool),
    }
}

/// `name[0]` becomes `name` and `0`.
fn split_indexes(parts: Vec<String>) -> Vec<String> {
    let mut out = Vec::with_capacity(parts.len());
    for part in parts {
        let indexed = part.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        match indexed
            .filter(|(_, index)| !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()))
        {
            Some((name, index)) => {
                if !name.is_empty() {
                    out.push(name.to_owned());
                }
                out.push(index.to_owned());
            }
            None => out.push(part),
        }
    }
    out
}

/// The name in `(name)` at the beginning of a text.
fn name_in(text: &[u8]) -> Option<&str> {
    let inner = text.strip_prefix(b"(")?;
    let end = inner.iter().position(|byte| *byte == b')')?;
    std::str::from_utf8(&inner[..end]).ok()
}

/// Bytes that are no text, as go-yaml keeps them in a string: base64 in lines of 70.
fn encode_binary(bytes: &[u8]) -> String {
    const LINE: usize = 70;
    let encoded = STANDARD.encode(bytes);
    if encoded.len() < LINE {
        return encoded;
    }
    let mut out = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    for (at, char) in encoded.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            out.push('\n');
        }
        out.push(char);
    }
    out.push('\n');
    out
}

struct Replacer<'v> {
    values: &'v BTreeMap<String, Replaced>,
    used: BTreeSet<&'v str>,
}

fn is_string(node: &Node) -> bool {
    node.is_scalar() && matches!(node.tag, Tag::Str | Tag::None)
}

impl<'v> Replacer<'v> {
    fn set(&mut self, field: &mut Node) -> Result<(), Reason> {
        if is_null(field) {
            return Ok(());
        }
        match field.kind {
            Kind::Scalar => self.replace(field),
            Kind::Mapping => {
                for (key, value) in field.pairs_mut() {
                    if !is_string(key) {
                        return Err(format!(
                            "invalid map key: value='{}', tag='{}'",
                            key.value,
                            key.tag.as_str()
                        ));
                    }
                    self.replace(value);
                }
            }
            Kind::Sequence => {
                for item in &mut field.content {
                    if !is_string(item) {
                        return Err("invalid value type expect a string".into());
                    }
                    self.replace(item);
                }
            }
        }
        Ok(())
    }

    fn replace(&mut self, node: &mut Node) {
        if !is_string(node) {
            return;
        }
        let (text, tag) = self.expand(&node.value);
        node.value = text;
        node.tag = tag;
        node.style = Style::Plain;
    }

    /// The text with all variables in it replaced; a text that is nothing but a variable takes its type.
    fn expand(&mut self, input: &str) -> (String, Tag) {
        let mut out = Vec::with_capacity(input.len());
        let mut rest = input.as_bytes();
        while let Some(at) = rest
            .iter()
            .position(|byte| *byte == b'$')
            .filter(|at| at + 1 < rest.len())
        {
            out.extend(&rest[..at]);
            let after = &rest[at + 1..];
            if let Some(more) = after.strip_prefix(b"$") {
                out.push(b'$');
                rest = more;
                continue;
            }
            let Some(name) = name_in(after) else {
                // No variable: the dollar and the byte behind it stay. Go takes that byte for a character.
                out.push(b'$');
                out.extend(char::from(after[0]).encode_utf8(&mut [0; 4]).as_bytes());
                rest = &after[1..];
                continue;
            };
            let whole = input.len() == name.len() + 3;
            match self.value(name) {
                Some(Replaced::Typed(text, tag)) if whole => return (text.clone(), tag.clone()),
                Some(Replaced::Typed(text, _) | Replaced::Text(text)) => out.extend(text.as_bytes()),
                Some(Replaced::Structure) | None => out.extend(format!("$({name})").as_bytes()),
            }
            rest = &after[name.len() + 2..];
        }
        out.extend(rest);
        let text = String::from_utf8(out).unwrap_or_else(|error| encode_binary(error.as_bytes()));
        (text, Tag::Str)
    }

    fn value(&mut self, name: &str) -> Option<&'v Replaced> {
        let (name, value) = self.values.get_key_value(name)?;
        if *value != Replaced::Structure {
            self.used.insert(name);
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(input: &str) -> (String, Tag) {
        let values = BTreeMap::from([
            ("A".to_owned(), Replaced::Text("x".into())),
            ("N".to_owned(), Replaced::Typed("5".into(), Tag::Int)),
        ]);
        Replacer {
            values: &values,
            used: BTreeSet::new(),
        }
        .expand(input)
    }

    #[test]
    fn expands_e81() {
        for (input, output) in [
            ("a $(A) b", "a x b"),
            ("$$(A)", "$(A)"),
            ("$(B)", "$(B)"),
            ("$A $(A", "$A $(A"),
            ("$(N)-$(A)$", "5-x$"),
            ("$é", "JMODqQ=="),
        ] {
            assert_eq!(expand(input), (output.to_owned(), Tag::Str), "{input}");
        }
        assert_eq!(expand("$(N)"), ("5".into(), Tag::Int));
    }

    #[test]
    fn indexes_are_parts_of_their_own() {
        assert_eq!(
            split_indexes(split_path_smart("spec.ports[0].port", '.')),
            ["spec", "ports", "0", "port"]
        );
    }
}
