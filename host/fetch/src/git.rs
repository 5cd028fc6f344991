//! GitRepository: its spec becomes the config and the binding of the plugin `source-git`.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use sluice_api::GitRepositorySpec;
use sluice_api::git_repository::GitProvider;
use sluice_model::SecretData;
use sluice_model::port::Bindings;
use sluice_sandbox::{Call, CallObject, Limits, Plugin, SourceRevision};
use sluice_transport::{GitTarget, Transport};

use crate::{FetchError, Fetched};

/// Name of the binding that the plugin speaks to.
const TARGET: &str = "target";
/// Key of a Secret that holds the data of a GitHub App.
const GITHUB_APP: &str = "githubAppID";

/// What a fetch needs besides the spec.
pub struct GitFetchOptions {
    /// For logs and permits.
    pub object: CallObject,
    /// Data of `spec.secretRef`.
    pub secret: Option<SecretData>,
    /// Data of `spec.proxySecretRef`.
    pub proxy: Option<SecretData>,
    /// Of the plugin's calls.
    pub limits: Limits,
    /// Folder of the object's Git objects; kept between fetches.
    pub repository: PathBuf,
}

/// One fetch of a GitRepository.
pub struct GitFetch {
    plugin: Arc<Plugin>,
    call: Call,
    config: String,
}

impl GitFetch {
    /// Checks the spec and makes the endpoint; nothing is sent yet.
    ///
    /// # Errors
    /// A field of the spec or a Secret cannot be used.
    pub fn new(
        spec: &GitRepositorySpec,
        plugin: Arc<Plugin>,
        transport: &Transport,
        options: GitFetchOptions,
    ) -> Result<Self, FetchError> {
        if let Some(field) = unserved_field(spec) {
            return Err(FetchError::Unserved { field });
        }
        if let Some(secret) = options
            .secret
            .as_ref()
            .filter(|secret| secret.get(GITHUB_APP).is_some())
        {
            let problem = format!(
                "secretRef '{}' has github app data but provider is not set to github",
                secret.name
            );
            return Err(FetchError::Provider(problem));
        }
        let timeout = spec.timeout.get().map_err(|error| FetchError::InvalidSpec {
            field: "spec.timeout",
            problem: error.to_string(),
        })?;
        let target = GitTarget {
            url: spec.url.clone(),
            secret: options.secret,
            proxy: options.proxy,
            timeout,
            repository: options.repository,
        };
        let endpoint = transport
            .git(&target)
            .map_err(|source| FetchError::Target { source })?;
        let bindings = Bindings {
            git: vec![(TARGET.to_owned(), endpoint)],
            ..Bindings::default()
        };
        let limits = Limits {
            wall: options.limits.wall.max(timeout),
            ..options.limits
        };
        let call = Call {
            object: options.object,
            limits,
            bindings,
        };
        Ok(Self {
            plugin,
            call,
            config: config(spec).to_string(),
        })
    }

    /// Finds the current revision, moving as few bytes as it can.
    ///
    /// # Errors
    /// The remote cannot be asked, or has no such reference.
    pub async fn resolve(&self, last: Option<&str>) -> Result<SourceRevision, FetchError> {
        self.plugin
            .resolve(&self.call, &self.config, last, &[])
            .await
            .map_err(FetchError::Plugin)
    }

    /// Fetches the files of a revision.
    ///
    /// # Errors
    /// The remote cannot be asked, or sends something else than it advertised.
    pub async fn fetch(&self, revision: &SourceRevision) -> Result<Fetched, FetchError> {
        let fetched = self.plugin.fetch(&self.call, &self.config, revision, &[]).await;
        let (tree, metadata) = fetched.map_err(FetchError::Plugin)?;
        Ok(Fetched {
            revision: revision.id.clone(),
            tree,
            summary: metadata.summary,
            annotations: metadata.annotations,
        })
    }
}

/// The config of `source-git`; absent fields stay absent.
fn config(spec: &GitRepositorySpec) -> Value {
    let mut config = Map::new();
    if let Some(reference) = &spec.reference {
        config.insert("ref".into(), json!(reference));
    }
    if let Some(ignore) = &spec.ignore {
        config.insert("ignore".into(), ignore.as_str().into());
    }
    if !spec.sparse_checkout.is_empty() {
        config.insert("sparseCheckout".into(), json!(spec.sparse_checkout));
    }
    Value::Object(config)
}

fn unserved_field(spec: &GitRepositorySpec) -> Option<&'static str> {
    let cloud = matches!(&spec.provider, Some(provider) if *provider != GitProvider::Generic);
    let asked = [
        ("spec.verify", spec.verify.is_some()),
        ("spec.include", !spec.include.is_empty()),
        ("spec.recurseSubmodules", spec.recurse_submodules == Some(true)),
        ("spec.provider", cloud),
        ("spec.serviceAccountName", spec.service_account_name.is_some()),
    ];
    asked
        .into_iter()
        .find_map(|(field, asked)| asked.then_some(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(extra: &Value) -> GitRepositorySpec {
        let mut spec = json!({"interval": "1m", "url": "https://example.com/x"});
        if let (Some(spec), Some(extra)) = (spec.as_object_mut(), extra.as_object()) {
            spec.extend(extra.clone());
        }
        serde_json::from_value(spec).expect("a spec")
    }

    #[test]
    fn config_carries_only_what_the_spec_sets() {
        assert_eq!(config(&spec(&json!({}))), json!({}));
        let full = json!({"ref": {"branch": "main"}, "ignore": "/*", "sparseCheckout": ["a"]});
        assert_eq!(config(&spec(&full)), full);
    }

    /// What would change the artifact is refused, not ignored.
    #[test]
    fn unserved_fields_are_named() {
        assert_eq!(unserved_field(&spec(&json!({"provider": "generic"}))), None);
        assert_eq!(
            unserved_field(&spec(&json!({"provider": "aws"}))),
            Some("spec.provider")
        );
        let verify = json!({"verify": {"mode": "HEAD", "secretRef": {"name": "keys"}}});
        assert_eq!(unserved_field(&spec(&verify)), Some("spec.verify"));
        assert_eq!(
            unserved_field(&spec(&json!({"recurseSubmodules": true}))),
            Some("spec.recurseSubmodules")
        );
    }
}
