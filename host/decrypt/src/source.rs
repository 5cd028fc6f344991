//! Which stored files are decrypted before the build: the files and envs of Secret generators and the files of patches
//! that kustomizations name, from the root down through resources and components, as in Flux.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value as Json;
use sluice_model::tree::{Entry, Stat, TreeError, TreeRead};
use sluice_model::{Digest, EntryKind, path};
use sluice_yaml::{Limits, read_value};

use crate::store::Format;

/// Names of kustomization files.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// Most kustomizations of one build (R2).
const MAX_KUSTOMIZATIONS: usize = 10_000;
/// Of a kustomization file.
const LIMITS: Limits = Limits {
    max_bytes: 5 << 20,
    max_depth: 64,
    max_nodes: 500_000,
};

/// The files that kustomizations name, each with the format it is decrypted in.
#[derive(Default)]
struct Named {
    seen: BTreeSet<String>,
    files: BTreeMap<String, Format>,
}

/// The named files below a directory. What cannot be read or leaves the tree is left out: the renderer will say so.
pub(crate) fn named_files(
    tree: &dyn TreeRead,
    root: &str,
    components: &[String],
) -> BTreeMap<String, Format> {
    let mut named = Named::default();
    let mut open = vec![root.to_owned()];
    open.extend(
        components
            .iter()
            .filter_map(|component| path::join(root, component).ok()),
    );
    while let Some(dir) = open.pop() {
        if named.seen.len() >= MAX_KUSTOMIZATIONS || !named.seen.insert(dir.clone()) {
            continue;
        }
        for name in NAMES {
            let Some(text) = path::join(&dir, name).ok().and_then(|path| tree.read(&path).ok()) else {
                continue;
            };
            for next in named.kustomization(&dir, &text) {
                if tree
                    .stat(&next)
                    .is_ok_and(|stat| stat.kind == EntryKind::Directory)
                {
                    open.push(next);
                }
            }
        }
    }
    named.files
}

impl Named {
    /// Notes the files of one kustomization; returns the paths that may be directories with others.
    fn kustomization(&mut self, dir: &str, text: &[u8]) -> Vec<String> {
        let Ok(kustomization) = read_value(text, false, &LIMITS) else {
            return Vec::new();
        };
        for generator in items(&kustomization, "secretGenerator") {
            for file in texts(generator, "files") {
                let (key, path) = file.split_once('=').unwrap_or((file, file));
                self.file(dir, path, Format::of_path(key));
            }
            let env = generator.get("env").and_then(Json::as_str);
            for path in texts(generator, "envs").chain(env) {
                let format = match Format::of_path(path) {
                    Format::Binary => Format::Dotenv,
                    other => other,
                };
                self.file(dir, path, format);
            }
        }
        for patch in items(&kustomization, "patches") {
            if let Some(path) = patch.get("path").and_then(Json::as_str) {
                self.file(dir, path, Format::of_path(path));
            }
        }
        let below = ["resources", "bases", "components"];
        let below = below.into_iter().flat_map(|field| texts(&kustomization, field));
        below.filter_map(|entry| path::join(dir, entry).ok()).collect()
    }

    fn file(&mut self, dir: &str, path: &str, format: Format) {
        if let Ok(path) = path::join(dir, path) {
            self.files.entry(path).or_insert(format);
        }
    }
}

fn items<'a>(value: &'a Json, field: &str) -> impl Iterator<Item = &'a Json> {
    value.get(field).and_then(Json::as_array).into_iter().flatten()
}

fn texts<'a>(value: &'a Json, field: &str) -> impl Iterator<Item = &'a str> {
    items(value, field).filter_map(Json::as_str)
}

/// A tree in which some files hold their plaintext. Ids, sizes and names are of what is stored, so that a trace of reads
/// can be compared without decrypting.
pub(crate) struct OpenedTree {
    pub inner: Arc<dyn TreeRead>,
    /// Plaintexts by normalised path.
    pub files: HashMap<String, Bytes>,
}

impl TreeRead for OpenedTree {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, TreeError> {
        self.inner.entries(dir)
    }

    fn stat(&self, path: &str) -> Result<Stat, TreeError> {
        self.inner.stat(path)
    }

    fn read(&self, path: &str) -> Result<Bytes, TreeError> {
        match path::normalize(path).ok().and_then(|path| self.files.get(&path)) {
            Some(bytes) => Ok(bytes.clone()),
            None => self.inner.read(path),
        }
    }

    fn id(&self, path: &str) -> Result<Option<Digest>, TreeError> {
        self.inner.id(path)
    }
}

#[cfg(test)]
mod tests;
