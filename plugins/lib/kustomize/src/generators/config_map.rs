//! ConfigMapGenerator and SecretGenerator.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sluice_yaml::{Kind, Node, Style};

use super::sources;
use crate::error::{Error, Result};
use crate::kustomization::{ConfigMapArgs, GeneratorOptions};
use crate::loader::Loader;
use crate::node::{StringMap, new_string, push_field, push_text, untagged};
use crate::resource::{Behavior, Resource};

/// What is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GeneratedKind {
    ConfigMap,
    Secret,
}

impl GeneratedKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }

    /// The kind of the generator's config.
    pub fn generator(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMapGenerator",
            Self::Secret => "SecretGenerator",
        }
    }
}

/// Columns of base64 text in one line.
const LINE: usize = 70;

/// Makes the object.
pub(crate) fn generate(kind: GeneratedKind, args: &ConfigMapArgs, loader: &Loader<'_>) -> Result<Resource> {
    if args.name.is_empty() {
        let reason = "a configmap must have a name".into();
        return Err(Error::Generator {
            kind: kind.as_str(),
            name: String::new(),
            reason,
        });
    }
    let options = args.options.clone().unwrap_or_default();
    let mut node = base(kind);
    push_field(&mut node, "metadata", metadata(args, &options));
    if kind == GeneratedKind::Secret {
        let secret_type = if args.secret_type.is_empty() {
            "Opaque"
        } else {
            &args.secret_type
        };
        push_text(&mut node, "type", secret_type);
    }
    add_data(&mut node, kind, args, loader)?;
    if options.immutable {
        push_field(&mut node, "immutable", Node::bool(true));
    }
    let mut resource = Resource::new(node);
    resource.needs_hash = !options.disable_name_suffix_hash;
    resource.behavior = Some(Behavior::parse(&args.behavior));
    Ok(resource)
}

/// An object of a kind, as if it had been read from a text whose first line is empty: so has kustomize, and the positions
/// count for the hash of what has another kind in the end.
fn base(kind: GeneratedKind) -> Node {
    let at = |mut node: Node, line, column| {
        (node.line, node.column) = (line, column);
        node
    };
    let mut node = at(Node::map(), 2, 1);
    node.content = vec![
        at(Node::string("apiVersion"), 2, 1),
        at(Node::string("v1"), 2, 13),
        at(Node::string("kind"), 3, 1),
        at(Node::string(kind.as_str()), 3, 7),
    ];
    node
}

fn metadata(args: &ConfigMapArgs, options: &GeneratorOptions) -> Node {
    let mut metadata = untagged(Kind::Mapping);
    push_field(&mut metadata, "name", new_string(&args.name));
    if !args.namespace.is_empty() {
        push_text(&mut metadata, "namespace", &args.namespace);
    }
    for (field, map) in [("labels", &options.labels), ("annotations", &options.annotations)] {
        if !map.is_empty() {
            push_field(&mut metadata, field, quoted_map(map));
        }
    }
    metadata
}

fn quoted_map(map: &StringMap) -> Node {
    let mut node = Node::map();
    for (key, text) in map {
        let mut value = Node::string(text.as_str());
        value.style = Style::SingleQuoted;
        push_field(&mut node, key, value);
    }
    node
}

fn add_data(node: &mut Node, kind: GeneratedKind, args: &ConfigMapArgs, loader: &Loader<'_>) -> Result<()> {
    let (mut text, mut binary) = (untagged(Kind::Mapping), untagged(Kind::Mapping));
    for (key, value) in sources::read(args, kind.as_str(), loader)? {
        match String::from_utf8(value) {
            Ok(value) if kind == GeneratedKind::ConfigMap => push_text(&mut text, &key, &value),
            Ok(value) => push_text(&mut text, &key, &encode(value.as_bytes())),
            Err(error) => {
                let target = if kind == GeneratedKind::ConfigMap {
                    &mut binary
                } else {
                    &mut text
                };
                push_text(target, &key, &encode(error.as_bytes()));
            }
        }
    }
    if kind == GeneratedKind::Secret || !text.content.is_empty() {
        push_field(node, "data", text);
    }
    if !binary.content.is_empty() {
        push_field(node, "binaryData", binary);
    }
    Ok(())
}

/// Base64, broken into lines when one line does not hold it.
fn encode(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    if text.len() < LINE {
        return text;
    }
    let mut out = String::with_capacity(text.len() + text.len() / LINE + 1);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE));
        out.push_str(line);
        out.push('\n');
        rest = more;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_base64_is_broken_into_lines() {
        assert_eq!(encode(b"abc"), "YWJj");
        let long = encode(&[0; 60]);
        assert_eq!(long.lines().map(str::len).collect::<Vec<_>>(), [70, 10]);
        assert!(long.ends_with('\n'));
    }
}
