//! Who may use a plugin and within which limits: what its Plugin object says. The one place for renderers, sources and
//! notifiers; a default plugin without an object is open to all.

use std::sync::Arc;
use std::time::Duration;

use sluice_api::Plugin;
use sluice_api::plugin::{PluginLimits, PluginSpec};
use sluice_sandbox::Limits;

use crate::engine::Engine;
use crate::key::ObjectKey;
use crate::store::Store;

/// A plugin cannot be used by objects of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// None of this name is loaded.
    #[error("no plugin {0:?} is ready")]
    Missing(String),
    /// Its Plugin object does not list the namespace.
    #[error(
        "plugin {plugin:?} may not be used in namespace {namespace:?}: spec.allowedNamespaces does not list it"
    )]
    Denied {
        /// Its name.
        plugin: String,
        /// Of the object that would use it.
        namespace: String,
    },
}

/// Whether objects of a namespace may use a plugin.
pub fn allows(plugins: &Store<Plugin>, name: &str, namespace: &str) -> bool {
    plugins
        .get(&ObjectKey::new("", name))
        .is_none_or(|plugin| is_allowed(&plugin.spec, namespace))
}

fn is_allowed(spec: &PluginSpec, namespace: &str) -> bool {
    spec.allowed_namespaces.is_empty() || spec.allowed_namespaces.iter().any(|allowed| allowed == namespace)
}

/// The limits of a plugin's calls; the sandbox caps them at the operator's ceiling.
pub fn limits(plugins: &Store<Plugin>, name: &str, defaults: Limits) -> Limits {
    let plugin = plugins.get(&ObjectKey::new("", name));
    plugin
        .and_then(|plugin| plugin.spec.limits.clone())
        .and_then(|wanted| apply(&wanted, defaults).ok())
        .unwrap_or(defaults)
}

/// `defaults` with what a spec sets.
///
/// # Errors
/// The field that cannot be read, and why.
pub fn apply(wanted: &PluginLimits, defaults: Limits) -> Result<Limits, (&'static str, String)> {
    let mut limits = defaults;
    let amounts = [
        ("spec.limits.memory", &wanted.memory, &mut limits.memory),
        ("spec.limits.output", &wanted.output, &mut limits.output),
        ("spec.limits.log", &wanted.log, &mut limits.log),
    ];
    for (field, wanted, limit) in amounts {
        if let Some(wanted) = wanted {
            *limit = wanted.bytes().map_err(|error| (field, error.to_string()))?;
        }
    }
    if let Some(wall) = &wanted.wall_time {
        let field = "spec.limits.wallTime";
        let wall = wall.get().map_err(|error| (field, error.to_string()))?;
        if wall == Duration::ZERO {
            return Err((field, "must be longer than 0s".into()));
        }
        // a guest that may run longer may also compute longer
        (limits.wall, limits.cpu) = (wall, wall);
    }
    Ok(limits)
}

impl Engine {
    /// A loaded plugin, for an object of a namespace.
    ///
    /// # Errors
    /// It is not loaded, or not for this namespace.
    pub fn plugin_for(&self, name: &str, namespace: &str) -> Result<Arc<sluice_sandbox::Plugin>, GateError> {
        if !allows(&self.stores.plugins, name, namespace) {
            return Err(GateError::Denied {
                plugin: name.into(),
                namespace: namespace.into(),
            });
        }
        self.plugins
            .get(name)
            .ok_or_else(|| GateError::Missing(name.into()))
    }

    /// The limits of a plugin's calls.
    pub fn limits_of(&self, name: &str, defaults: Limits) -> Limits {
        limits(&self.stores.plugins, name, defaults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn store(spec: serde_json::Value) -> Store<Plugin> {
        let store = Store::default();
        let plugin = json!({"apiVersion": "sluice.dev/v1alpha1", "kind": "Plugin",
            "metadata": {"name": "render-kustomize"}, "spec": spec});
        store.learn(serde_json::from_value(plugin).expect("a Plugin"));
        store
    }

    #[test]
    fn a_plugin_is_for_the_namespaces_it_lists() {
        let listed = store(json!({"builtin": "render-kustomize", "allowedNamespaces": ["a", "b"]}));
        assert!(allows(&listed, "render-kustomize", "b"));
        assert!(!allows(&listed, "render-kustomize", "c"));
        assert!(
            allows(&listed, "another", "c"),
            "a default plugin without an object"
        );
        let open = store(json!({"builtin": "render-kustomize"}));
        assert!(allows(&open, "render-kustomize", "c"));
    }

    #[test]
    fn limits_of_the_object_replace_the_defaults() {
        let limited = store(json!({"builtin": "render-kustomize",
            "limits": {"memory": "16Mi", "wallTime": "2s"}}));
        let found = limits(&limited, "render-kustomize", Limits::RENDER);
        assert_eq!(found.memory, 16 << 20);
        assert_eq!((found.wall.as_secs(), found.cpu.as_secs()), (2, 2));
        assert_eq!(found.output, Limits::RENDER.output);
        assert_eq!(limits(&limited, "another", Limits::NOTIFY), Limits::NOTIFY);
        let error = apply(
            &PluginLimits {
                memory: Some(sluice_api::quantity::ByteQuantity::new("lots")),
                ..PluginLimits::default()
            },
            Limits::RENDER,
        );
        assert_eq!(error.expect_err("no amount").0, "spec.limits.memory");
    }
}
