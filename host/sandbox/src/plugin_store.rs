//! Plugins by name: those that the binary brings, and those that were installed over them.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::RwLock;
use sluice_model::Digest;

use crate::error::LoadError;
use crate::grants::Grants;
use crate::plugin::Plugin;
use crate::sandbox::{Embedded, Sandbox};
use crate::world::World;

/// Where a plugin comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginSource {
    /// Embedded in the binary.
    Builtin,
    /// Pulled from a registry.
    Oci {
        /// For example `registry.example.com/plugins/x@sha256:…`.
        reference: String,
    },
    /// Read from a file.
    File {
        /// Its path.
        path: String,
    },
}

/// A plugin of the store, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginInfo {
    /// Name in the store.
    pub name: String,
    /// Worlds it serves.
    pub worlds: Vec<World>,
    /// Type names it serves.
    pub types: Vec<String>,
    /// Of the component.
    pub digest: Digest,
    /// Its own.
    pub version: String,
    /// Where it comes from.
    pub source: PluginSource,
}

struct Entry {
    plugin: Arc<Plugin>,
    source: PluginSource,
}

/// Named plugins. Cheap to clone.
#[derive(Clone)]
pub struct PluginStore {
    sandbox: Sandbox,
    entries: Arc<RwLock<Entries>>,
}

#[derive(Default)]
struct Entries {
    builtin: BTreeMap<String, Entry>,
    installed: BTreeMap<String, Entry>,
}

impl Entries {
    /// An installed plugin hides the builtin one of its name.
    fn get(&self, name: &str) -> Option<&Entry> {
        self.installed.get(name).or_else(|| self.builtin.get(name))
    }

    fn iter(&self) -> impl Iterator<Item = (&String, &Entry)> {
        let builtin = self
            .builtin
            .iter()
            .filter(|(name, _)| !self.installed.contains_key(*name));
        self.installed.iter().chain(builtin)
    }
}

impl PluginStore {
    /// An empty store.
    pub fn new(sandbox: Sandbox) -> Self {
        Self {
            sandbox,
            entries: Arc::default(),
        }
    }

    /// The sandbox that runs the plugins.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Loads the plugins that the binary brings, side by side, with every grant of their worlds.
    ///
    /// # Errors
    /// The first one that is refused; the others stay.
    pub async fn add_builtins(
        &self,
        components: impl IntoIterator<Item = Embedded> + Send,
    ) -> Result<(), LoadError> {
        let loads = components.into_iter().map(|embedded| async move {
            let name = embedded.name.clone();
            let plugin = self.sandbox.load_embedded(embedded, Grants::all()).await?;
            let entry = Entry {
                plugin,
                source: PluginSource::Builtin,
            };
            self.entries.write().builtin.insert(name, entry);
            Ok(())
        });
        futures::future::join_all(loads.collect::<Vec<_>>())
            .await
            .into_iter()
            .collect()
    }

    /// Loads a component and puts it in the place of this name. When it is refused, what was there stays; calls that run
    /// end on the old one.
    ///
    /// # Errors
    /// Why it is refused.
    pub async fn install(
        &self,
        name: &str,
        bytes: Bytes,
        grants: Grants,
        source: PluginSource,
    ) -> Result<Arc<Plugin>, LoadError> {
        let plugin = self.sandbox.load(bytes, grants).await?;
        self.put(name, plugin.clone(), source);
        Ok(plugin)
    }

    /// Puts a loaded plugin in the place of this name.
    pub fn put(&self, name: &str, plugin: Arc<Plugin>, source: PluginSource) {
        self.entries
            .write()
            .installed
            .insert(name.to_owned(), Entry { plugin, source });
    }

    /// Removes an installed plugin; a builtin one of its name is seen again. Whether there was one.
    pub fn remove(&self, name: &str) -> bool {
        self.entries.write().installed.remove(name).is_some()
    }

    /// The plugin with this name.
    pub fn get(&self, name: &str) -> Option<Arc<Plugin>> {
        self.entries.read().get(name).map(|entry| entry.plugin.clone())
    }

    /// The plugin that the binary brings under this name, whatever is installed over it.
    pub fn get_builtin(&self, name: &str) -> Option<Arc<Plugin>> {
        self.entries
            .read()
            .builtin
            .get(name)
            .map(|entry| entry.plugin.clone())
    }

    /// The plugin that serves a type name in a world, for example the notifier of `slack`; installed ones first.
    pub fn serving(&self, world: World, type_name: &str) -> Option<Arc<Plugin>> {
        let entries = self.entries.read();
        let serves = |plugin: &Plugin| {
            plugin.worlds().contains(&world)
                && plugin.description().types.iter().any(|name| name == type_name)
        };
        let mut plugins = entries.iter().map(|(_, entry)| &entry.plugin);
        plugins.find(|plugin| serves(plugin)).cloned()
    }

    /// All plugins by name.
    pub fn list(&self) -> Vec<PluginInfo> {
        let entries = self.entries.read();
        let mut list: Vec<PluginInfo> = entries.iter().map(|(name, entry)| info(name, entry)).collect();
        list.sort_by(|left, right| left.name.cmp(&right.name));
        list
    }
}

fn info(name: &str, entry: &Entry) -> PluginInfo {
    let plugin = &entry.plugin;
    PluginInfo {
        name: name.to_owned(),
        worlds: plugin.worlds().to_vec(),
        types: plugin.description().types.clone(),
        digest: plugin.digest(),
        version: plugin.description().version.clone(),
        source: entry.source.clone(),
    }
}
