//! `spec.postBuild` of a Kustomization: reads the variables once a pass and substitutes them in the built objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sluice_api::Kustomization;
use sluice_api::kustomization::{PostBuild as Spec, SubstituteReference, SubstituteStrategy};
use sluice_cluster::kube::ResourceExt as _;
use sluice_cluster::{Cluster, ClusterError};
use sluice_model::condition::reasons;
use sluice_model::{Object, ObjectId};
use sluice_render::{PostBuild, Rendering};

use super::failure::Failure;
use super::pass::Pass;
use crate::feature::STRICT_SUBSTITUTIONS;

/// A reference cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VariablesError {
    /// It does not exist, or cannot be read.
    #[error("spec.postBuild.substituteFrom[{index}]: substitute from '{kind}/{name}' error: {source}")]
    Read {
        /// Position in the list.
        index: usize,
        /// `ConfigMap` or `Secret`.
        kind: String,
        /// Its name.
        name: String,
        /// Of the API server.
        source: ClusterError,
    },
    /// It is of another kind.
    #[error("spec.postBuild.substituteFrom[{index}]: kind {kind:?} is neither Secret nor ConfigMap")]
    Kind {
        /// Position in the list.
        index: usize,
        /// As given.
        kind: String,
    },
}

/// The variables of a spec: those of the references in order, later ones winning, then the inline ones. Without a
/// cluster the references are skipped, as `flux build --dry-run` does.
///
/// # Errors
/// A reference that is not optional does not exist, or any that cannot be read.
pub async fn variables(
    cluster: Option<&Cluster>,
    namespace: &str,
    spec: &Spec,
    strict: bool,
) -> Result<PostBuild, VariablesError> {
    let mut post_build = PostBuild {
        strict,
        always: spec.substitute_strategy == Some(SubstituteStrategy::Always),
        ..PostBuild::default()
    };
    if let Some(cluster) = cluster {
        for (index, reference) in spec.substitute_from.iter().enumerate() {
            read(cluster, namespace, (index, reference), &mut post_build).await?;
        }
    }
    let inline = spec
        .substitute
        .iter()
        .map(|(name, value)| (name.clone(), on_one_line(value)));
    post_build.variables.extend(inline);
    Ok(post_build)
}

async fn read(
    cluster: &Cluster,
    namespace: &str,
    (index, reference): (usize, &SubstituteReference),
    post_build: &mut PostBuild,
) -> Result<(), VariablesError> {
    let (kind, name) = (reference.kind.to_string(), reference.name.clone());
    if kind != "Secret" && kind != "ConfigMap" {
        return Err(VariablesError::Kind { index, kind });
    }
    let id = ObjectId {
        namespace: namespace.to_owned(),
        name: name.clone(),
        group: String::new(),
        kind: kind.clone(),
    };
    match cluster.get(&id, "v1").await {
        Ok(object) => {
            post_build.confidential |= kind == "Secret";
            post_build.variables.extend(values(&object));
            Ok(())
        }
        Err(error) if error.is_absent() && reference.optional => Ok(()),
        Err(source) => Err(VariablesError::Read {
            index,
            kind,
            name,
            source,
        }),
    }
}

/// The text values of a ConfigMap or Secret. What is not UTF-8 cannot stand in a manifest and is left out.
fn values(object: &Object) -> Vec<(String, String)> {
    let secret = object.kind() == "Secret";
    let data = object.0.get("data").and_then(Value::as_object);
    let text = |value: &Value| {
        let text = value.as_str()?;
        if secret {
            String::from_utf8(STANDARD.decode(text).ok()?).ok()
        } else {
            Some(text.to_owned())
        }
    };
    data.into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), on_one_line(&text(value)?))))
        .collect()
}

/// Flux removes every newline of a value.
fn on_one_line(value: &str) -> String {
    value.replace('\n', "")
}

impl From<VariablesError> for Failure {
    fn from(error: VariablesError) -> Self {
        Self::retry(reasons::BUILD_FAILED, error.to_string())
    }
}

impl From<sluice_render::PostBuildError> for Failure {
    fn from(error: sluice_render::PostBuildError) -> Self {
        Self::retry(reasons::BUILD_FAILED, error.to_string())
    }
}

impl Pass<'_> {
    /// The objects after substitution. Their digest is that of the result, so that a changed value counts and one
    /// that nothing uses does not.
    pub(super) async fn post_build(&mut self, rendering: Rendering) -> Result<Rendering, Failure> {
        let object = self.object.clone();
        let Some(spec) = &object.spec.post_build else {
            return Ok(rendering);
        };
        let (cluster, namespace) = (&self.engine().cluster, namespace(&object));
        let strict = self.engine().options.features.is_on(STRICT_SUBSTITUTIONS);
        let mut post_build = variables(Some(cluster), &namespace, spec, strict).await?;
        post_build.confidential |= object.spec.decryption.is_some();
        if !post_build.applies() {
            return Ok(rendering);
        }
        let substituted = tokio::task::spawn_blocking(move || substitute(&post_build, rendering)).await;
        substituted
            .map_err(|error| Failure::retry(reasons::BUILD_FAILED, format!("post build failed: {error}")))?
    }
}

fn substitute(post_build: &PostBuild, mut rendering: Rendering) -> Result<Rendering, Failure> {
    rendering.manifests.objects = post_build.run(rendering.manifests.objects)?;
    rendering.digest = rendering.manifests.digest();
    Ok(rendering)
}

fn namespace(object: &Kustomization) -> String {
    object.namespace().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec(value: Value) -> Spec {
        serde_json::from_value(value).expect("a spec")
    }

    #[test]
    fn values_are_texts_on_one_line() {
        let object = |value: Value| Object::from_value(value).expect("a map");
        let config_map =
            object(json!({"kind": "ConfigMap", "data": {"a": "x\ny\n"}, "binaryData": {"b": "eA=="}}));
        assert_eq!(values(&config_map), [("a".to_owned(), "xy".to_owned())]);
        let secret = object(json!({"kind": "Secret", "data": {"a": "aHVudGVyMg==", "b": "/w=="}}));
        assert_eq!(
            values(&secret),
            [("a".to_owned(), "hunter2".to_owned())],
            "not UTF-8 is left out"
        );
    }

    #[tokio::test]
    async fn without_a_cluster_only_inline_values_count() {
        let spec = spec(
            json!({"substitute": {"a": "1\n"}, "substituteFrom": [{"kind": "Secret", "name": "s"}],
            "substituteStrategy": "Always"}),
        );
        let it = variables(None, "ns", &spec, true).await.expect("reads");
        assert_eq!(it.variables.get("a").map(String::as_str), Some("1"));
        assert!(it.always && it.strict && !it.confidential);
    }
}
