//! ValueAddTransformer: puts one value into fields of many objects, also as a part of file paths.

use sluice_yaml::{Kind, Node, Tag};

use super::Transformer;
use super::namespace::NamespaceTransformer;
use crate::error::{Error, Result};
use crate::files::base_name;
use crate::kustomization::Selector;
use crate::kustomization::decode::record;
use crate::loader::Loader;
use crate::node::{expect_kind, is_null, push_field, set_scalar, split_path, untagged};
use crate::resmap::ResMap;
use crate::selector::Selection;
use crate::session::Session;

record!(
    /// Where a value goes.
    ValueTarget {
        /// Objects; all when it says nothing.
        selector: Option<Selector> = "selector",
        /// The field, with slashes.
        field_path: String = "fieldPath",
        /// Position in a file path; 0 replaces the field.
        file_path_position: i64 = "filePathPosition",
    }
);

record!(
    /// The config.
    ValueAddConfig {
        /// The value; the name of the kustomization's directory when empty.
        value: String = "value",
        /// Where it goes.
        targets: Vec<ValueTarget> = "targets",
        /// A file of more targets.
        target_file_path: String = "targetFilePath",
    }
);

/// Adds a value.
pub(crate) struct ValueAddTransformer {
    value: String,
    targets: Vec<(Option<Selection>, ValueTarget)>,
}

fn wrong(reason: impl Into<String>) -> Error {
    Error::Transform {
        transformer: "ValueAddTransformer",
        reason: reason.into(),
    }
}

impl ValueAddTransformer {
    /// Checks the config and loads the file of targets.
    pub fn new(mut config: ValueAddConfig, loader: &Loader<'_>) -> Result<Self> {
        let value = match config.value.trim() {
            "" => base_name(loader.root()).to_owned(),
            text => text.to_owned(),
        };
        if !config.target_file_path.is_empty() {
            let more: ValueAddConfig = loader.load_config(&config.target_file_path, "ValueAddTransformer")?;
            config.targets.extend(more.targets);
        }
        if config.targets.is_empty() {
            return Err(wrong("must specify at least one target"));
        }
        let mut targets = Vec::with_capacity(config.targets.len());
        for target in config.targets {
            if target.field_path.is_empty() {
                return Err(wrong("fieldPath cannot be empty"));
            }
            if target.file_path_position < 0 {
                let position = target.file_path_position;
                return Err(wrong(format!(
                    "value of FilePathPosition ({position}) cannot be negative"
                )));
            }
            targets.push((target.selector.as_ref().map(Selection::new).transpose()?, target));
        }
        Ok(Self { value, targets })
    }
}

impl Transformer for ValueAddTransformer {
    fn kind(&self) -> &'static str {
        "ValueAddTransformer"
    }

    fn transform(&self, objects: &mut ResMap, _session: &Session<'_>) -> Result<()> {
        let namespace = NamespaceTransformer {
            namespace: self.value.clone(),
            ..NamespaceTransformer::default()
        };
        for (selection, target) in &self.targets {
            let selected = match selection {
                Some(selection) => selection.select(objects),
                None => (0..objects.len()).collect(),
            };
            for at in selected {
                let resource = &mut objects.resources_mut()[at];
                if target.field_path == "metadata/namespace" {
                    namespace.set_namespace(resource)?;
                    continue;
                }
                let result = add(resource.node_mut(), target, &self.value);
                result.map_err(|reason| resource.field_error(&target.field_path, reason))?;
            }
        }
        Ok(())
    }
}

fn add(node: &mut Node, target: &ValueTarget, value: &str) -> Result<(), String> {
    let mut field = node;
    let parts = split_path(&target.field_path, '/');
    for (at, part) in parts.iter().enumerate() {
        if is_null(field) {
            return Ok(());
        }
        expect_kind(field, Kind::Mapping).map_err(|error| error.to_string())?;
        if field.get(part).is_none() {
            let kind = if at + 1 == parts.len() {
                Kind::Scalar
            } else {
                Kind::Mapping
            };
            push_field(field, part, untagged(kind));
        }
        field = field.get_mut(part).ok_or("the field is not there")?;
    }
    expect_kind(field, Kind::Scalar).map_err(|error| error.to_string())?;
    let text = match usize::try_from(target.file_path_position) {
        Ok(position) if position > 0 => insert_part(&field.value, position - 1, value),
        _ => value.to_owned(),
    };
    set_scalar(field, text, Tag::None).map_err(|error| error.to_string())
}

/// Puts a part into a file path; positions beyond its end append.
fn insert_part(path: &str, position: usize, part: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserts_into_file_paths() {
        assert_eq!(insert_part("", 0, "P"), "P");
        assert_eq!(insert_part("/pie", 0, "P"), "/P/pie");
        assert_eq!(insert_part("raw", 1, "P"), "raw/P");
        assert_eq!(insert_part("a/nice/warm/pie", 3, "P"), "a/nice/warm/P/pie");
    }
}
