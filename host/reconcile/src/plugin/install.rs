//! From a Plugin's spec to a loaded component: resolve, pull by digest, load, put in place.

use std::sync::Arc;
use std::time::Duration;

use sluice_api::plugin::PluginOci;
use sluice_api::{Plugin, PluginStatus};
use sluice_model::condition::reasons;
use sluice_model::port::EndpointError;
use sluice_model::{Digest, SecretData};
use sluice_sandbox::{Grants, Interface, Limits, LoadError, PluginSource};
use sluice_transport::oci::{RegistryTarget, Version};

use super::gate;
use crate::engine::Engine;
use crate::key::ObjectKey;
use crate::secret;

/// Largest component that is pulled, in bytes.
const MAX_COMPONENT: u64 = 64 << 20;
const PULL_TIMEOUT: Duration = Duration::from_secs(60);

/// A plugin could not be installed; the one before it stays.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A field of the spec cannot be used.
    #[error("{field}: {problem}")]
    Spec {
        /// Which one.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The credentials cannot be read.
    #[error(transparent)]
    Secret(#[from] secret::SecretError),
    /// The registry gave no component.
    #[error("failed to pull {url}: {source}")]
    Pull {
        /// Of the repository.
        url: String,
        /// The transport's words.
        source: EndpointError,
    },
    /// The component was refused.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It ran, with an import that is granted no more.
    #[error("import {import} is refused: it is not granted any more, so the plugin was stopped")]
    Revoked {
        /// The interface's full name.
        import: String,
    },
}

impl InstallError {
    /// The reason of the Ready condition.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Spec { .. } => "InvalidSpec",
            Self::Secret(_)
            | Self::Pull {
                source: EndpointError::Unauthorized(_),
                ..
            } => "AuthenticationFailed",
            Self::Pull { .. } => "PullFailed",
            Self::Load(error) => error.reason(),
            Self::Revoked { .. } => reasons::PLUGIN_IMPORT_DENIED,
        }
    }

    /// Whether only a change of spec helps. A refused component may be replaced behind its tag.
    pub fn is_stalling(&self) -> bool {
        matches!(
            self,
            Self::Spec { .. }
                | Self::Pull {
                    source: EndpointError::Invalid(_),
                    ..
                }
        )
    }
}

/// A plugin that runs.
pub struct Installed {
    plugin: Arc<sluice_sandbox::Plugin>,
    digest: Digest,
    tag: Option<String>,
}

impl Installed {
    /// For condition and event.
    pub fn message(&self) -> String {
        let description = self.plugin.description();
        format!(
            "installed {} {} with digest {}",
            description.name, description.version, self.digest
        )
    }

    /// Puts what is known of the plugin into its status.
    pub fn describe(&self, status: &mut PluginStatus) {
        let description = self.plugin.description();
        status.digest = Some(self.digest.to_string());
        status.resolved_tag.clone_from(&self.tag);
        status.version = Some(description.version.clone());
        status.types.clone_from(&description.types);
        status.worlds = self
            .plugin
            .worlds()
            .iter()
            .map(|world| world.as_str().to_owned())
            .collect();
        status.schema = serde_json::from_str(&description.config_schema).ok();
    }
}

/// Installs what the spec names.
///
/// # Errors
/// The spec, the registry or the component; the plugin that ran before stays, unless it imports what is granted no more.
pub async fn install(engine: &Engine, key: &ObjectKey, object: &Plugin) -> Result<Installed, InstallError> {
    let grants = grants(object)?;
    check_limits(object)?;
    match (&object.spec.oci, &object.spec.builtin) {
        (Some(oci), None) => install_oci(engine, key, object, (oci, grants)).await,
        (None, Some(name)) => install_builtin(engine, key, name),
        _ => Err(InstallError::Spec {
            field: "spec",
            problem: "exactly one of oci and builtin must be set".into(),
        }),
    }
}

fn check_limits(object: &Plugin) -> Result<(), InstallError> {
    let wanted = object.spec.limits.as_ref();
    let checked = wanted.map(|wanted| gate::apply(wanted, Limits::RENDER));
    match checked {
        Some(Err((field, problem))) => Err(InstallError::Spec { field, problem }),
        _ => Ok(()),
    }
}

fn grants(object: &Plugin) -> Result<Grants, InstallError> {
    let names = object.spec.grants.iter().flat_map(|grants| &grants.interfaces);
    names
        .map(|name| {
            name.parse::<Interface>().map_err(|error| InstallError::Spec {
                field: "spec.grants.interfaces",
                problem: error.to_string(),
            })
        })
        .collect()
}

fn install_builtin(engine: &Engine, key: &ObjectKey, name: &str) -> Result<Installed, InstallError> {
    let plugin = engine
        .plugins
        .get_builtin(name)
        .ok_or_else(|| InstallError::Spec {
            field: "spec.builtin",
            problem: format!("there is no default plugin {name:?}"),
        })?;
    engine
        .plugins
        .put(&key.name, plugin.clone(), PluginSource::Builtin);
    Ok(Installed {
        digest: plugin.digest(),
        plugin,
        tag: None,
    })
}

async fn install_oci(
    engine: &Engine,
    key: &ObjectKey,
    object: &Plugin,
    (oci, grants): (&PluginOci, Grants),
) -> Result<Installed, InstallError> {
    revoke(engine, key, &grants)?;
    let installed = pull(engine, key, oci, grants.clone()).await;
    if matches!(
        installed,
        Err(InstallError::Pull { .. } | InstallError::Secret(_))
    ) {
        restore(engine, key, object, (oci, grants)).await;
    }
    installed
}

/// After a start, when the registry does not answer: what status says ran before runs again.
async fn restore(engine: &Engine, key: &ObjectKey, object: &Plugin, (oci, grants): (&PluginOci, Grants)) {
    let status = object.status.as_ref().and_then(|status| status.digest.as_ref());
    let Some(digest) = status.and_then(|digest| digest.parse::<Digest>().ok()) else {
        return;
    };
    if object_digest(engine, key).is_some() {
        return;
    }
    let Some(component) = engine.components.find(digest, MAX_COMPONENT) else {
        return;
    };
    let reference = format!("{}@{digest}", oci.url);
    let source = PluginSource::Oci { reference };
    match engine.plugins.install(&key.name, component, grants, source).await {
        Ok(_) => tracing::info!(name = key.name, %digest, "runs the plugin that was pulled before"),
        Err(error) => tracing::warn!(name = key.name, %error, "the plugin that was pulled before is refused"),
    }
}

async fn pull(
    engine: &Engine,
    key: &ObjectKey,
    oci: &PluginOci,
    grants: Grants,
) -> Result<Installed, InstallError> {
    let target = RegistryTarget {
        url: oci.url.clone(),
        secret: credentials(engine, oci).await?,
        tls: None,
        proxy: None,
        insecure: oci.insecure == Some(true),
        timeout: PULL_TIMEOUT,
    };
    let failed = |source| InstallError::Pull {
        url: oci.url.clone(),
        source,
    };
    let registry = engine.transport.registry(&target).map_err(failed)?;
    let version = match version(oci)? {
        Version::Semver(range) => Version::Tag(registry.best_tag(&range).await.map_err(failed)?),
        version => version,
    };
    let tag = match &version {
        Version::Tag(tag) => Some(tag.clone()),
        _ => None,
    };
    let digest = registry.resolve(&version).await.map_err(failed)?;
    let known = object_digest(engine, key);
    if let Some(plugin) = engine.plugins.get(&key.name).filter(|_| known == Some(digest)) {
        return Ok(Installed { plugin, digest, tag });
    }
    let component = match engine.components.find(digest, MAX_COMPONENT) {
        Some(component) => component,
        None => {
            let pulled = registry.pull(&digest, MAX_COMPONENT).await.map_err(failed)?;
            if let Err(error) = engine.components.keep(digest, &pulled.bytes) {
                tracing::warn!(name = key.name, %error, "failed to keep a pulled plugin; a start without its registry lacks it");
            }
            pulled.bytes
        }
    };
    let reference = format!("{}@{digest}", oci.url);
    let source = PluginSource::Oci { reference };
    let plugin = engine
        .plugins
        .install(&key.name, component, grants, source)
        .await?;
    Ok(Installed { plugin, digest, tag })
}

/// Stops a plugin from a registry that imports what is not granted any more, whether or not the registry answers.
fn revoke(engine: &Engine, key: &ObjectKey, grants: &Grants) -> Result<(), InstallError> {
    if object_digest(engine, key).is_none() {
        return Ok(());
    }
    let Some(plugin) = engine.plugins.get(&key.name) else {
        return Ok(());
    };
    let denied: Vec<String> = Interface::ALL
        .into_iter()
        .filter(|interface| !grants.has(*interface))
        .map(|interface| format!("sluice:plugin/{interface}@"))
        .collect();
    let exceeds = |import: &&String| denied.iter().any(|prefix| import.starts_with(prefix.as_str()));
    match plugin.imports().iter().find(exceeds) {
        Some(import) => {
            engine.plugins.remove(&key.name);
            Err(InstallError::Revoked {
                import: import.clone(),
            })
        }
        None => Ok(()),
    }
}

/// The manifest that runs now under this name, from the reference it was installed with.
fn object_digest(engine: &Engine, key: &ObjectKey) -> Option<Digest> {
    let info = engine
        .plugins
        .list()
        .into_iter()
        .find(|info| info.name == key.name)?;
    match info.source {
        PluginSource::Oci { reference } => reference.rsplit_once('@')?.1.parse().ok(),
        _ => None,
    }
}

async fn credentials(engine: &Engine, oci: &PluginOci) -> Result<Option<SecretData>, InstallError> {
    let Some(reference) = &oci.secret_ref else {
        return Ok(None);
    };
    let namespace = reference
        .namespace
        .as_deref()
        .unwrap_or(&engine.options.runtime_namespace);
    Ok(secret::read(
        &engine.cluster,
        namespace,
        ("spec.oci.secretRef", Some(&reference.name)),
    )
    .await?)
}

fn version(oci: &PluginOci) -> Result<Version, InstallError> {
    match (&oci.digest, &oci.semver, &oci.tag) {
        (Some(digest), ..) => {
            digest
                .parse()
                .map(Version::Digest)
                .map_err(
                    |error: sluice_model::digest::ParseDigestError| InstallError::Spec {
                        field: "spec.oci.digest",
                        problem: error.to_string(),
                    },
                )
        }
        (None, Some(range), _) => Ok(Version::Semver(range.clone())),
        (None, None, Some(tag)) => Ok(Version::Tag(tag.clone())),
        _ => Err(InstallError::Spec {
            field: "spec.oci",
            problem: "one of tag, semver and digest must be set".into(),
        }),
    }
}
