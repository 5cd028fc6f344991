//! `spec.decryption` of a Kustomization: the decryptor with the keys of its Secret, and what still is encrypted without.

use std::sync::Arc;

use sluice_api::Kustomization;
use sluice_api::kustomization::{Decryption, DecryptionProvider};
use sluice_cluster::kube::ResourceExt as _;
use sluice_decrypt::{Import, ImportError, Keys, is_encrypted_secret};
use sluice_model::Manifests;
use sluice_model::condition::reasons;
use sluice_model::port::Decryptor;

use super::failure::Failure;
use super::vault_login::ServiceAccountLogin;
use crate::engine::{Engine, Options};
use crate::index::Target;
use crate::key::ObjectKey;
use crate::secret::{self, SecretError};

const SECRET_REF: &str = "spec.decryption.secretRef";

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::retry(reasons::BUILD_FAILED, error.to_string())
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Self::retry(reasons::BUILD_FAILED, error.to_string())
    }
}

/// Where the keys of a spec are: the Secret that it names in the object's own namespace (T1), else the shared one of
/// `--sops-age-secret`.
fn key_secret(options: &Options, namespace: &str, decryption: &Decryption) -> Option<(ObjectKey, Import)> {
    let named = decryption.secret_ref.as_ref();
    let named = named.map(|reference| (ObjectKey::new(namespace, &reference.name), Import::All));
    named.or_else(|| {
        let shared = options.sops_age_secret.as_ref()?;
        Some((
            ObjectKey::new(&options.runtime_namespace, shared),
            Import::AgeOnly,
        ))
    })
}

/// The Secret whose change makes the object due.
pub fn target(options: &Options, object: &Kustomization) -> Option<Target> {
    let decryption = object.spec.decryption.as_ref()?;
    let namespace = object.namespace().unwrap_or_default();
    let (key, _) = key_secret(options, &namespace, decryption)?;
    Some(Target::new("Secret", key))
}

/// The decryptor that the spec asks for; none when it asks for none.
///
/// # Errors
/// The provider is not SOPS, the Secret does not exist or holds a key that does not parse, or the service account is
/// for what is not served.
pub(super) async fn decryptor(
    engine: &Engine,
    object: &Kustomization,
) -> Result<Option<Arc<dyn Decryptor>>, Failure> {
    let Some(decryption) = &object.spec.decryption else {
        return Ok(None);
    };
    if decryption.provider != DecryptionProvider::Sops {
        return Err(Failure::stalled(
            reasons::BUILD_FAILED,
            format!(
                "spec.decryption.provider: {:?} is not known",
                decryption.provider.to_string()
            ),
        ));
    }
    let namespace = object.namespace().unwrap_or_default();
    let mut keys = match key_secret(&engine.options, &namespace, decryption) {
        Some((key, import)) => {
            let read = secret::read(&engine.cluster, &key.namespace, (SECRET_REF, Some(&key.name))).await?;
            read.map(|secret| Keys::from_secret(&secret, import))
                .transpose()?
                .unwrap_or_default()
        }
        None => Keys::default(),
    };
    if let Some(login) = login(engine, &namespace, decryption)? {
        let identity = login.identity();
        keys.set_vault_login(Arc::new(login), &identity);
    }
    let components = object.spec.components.clone();
    Ok(Some(Arc::new(engine.sops.decryptor(keys, components))))
}

/// How the object logs in at Vaults as a service account.
fn login(
    engine: &Engine,
    namespace: &str,
    decryption: &Decryption,
) -> Result<Option<ServiceAccountLogin>, Failure> {
    let options = &engine.options;
    let named = decryption.service_account_name.as_deref();
    let named = named.filter(|name| !name.is_empty());
    let account = super::tenant::account(named, &options.default_decryption_service_account);
    match (&options.sops_vault_configmap, account) {
        (Some(servers), Some(account)) => Ok(Some(ServiceAccountLogin {
            cluster: engine.cluster.clone(),
            namespace: namespace.to_owned(),
            account: account.to_owned(),
            servers: ObjectKey::new(&options.runtime_namespace, servers),
        })),
        (None, _) if named.is_some() => Err(Failure::stalled(
            reasons::FEATURE_GATE_DISABLED,
            "spec.decryption.serviceAccountName: workload identity is served for Vault only, with \
             --sops-vault-configmap; name a secretRef with static credentials for other services",
        )),
        _ => Ok(None),
    }
}

/// Refuses a Secret that would be applied encrypted.
pub(super) fn refuse_encrypted(manifests: &Manifests) -> Result<(), Failure> {
    let encrypted = manifests
        .objects
        .iter()
        .find(|object| is_encrypted_secret(object));
    encrypted.map_or(Ok(()), |object| {
        let (namespace, name) = (object.namespace(), object.name());
        let gap = if namespace.is_empty() { "" } else { "/" };
        Err(Failure::retry(
            reasons::BUILD_FAILED,
            format!(
                "Secret/{namespace}{gap}{name} is encrypted with SOPS: spec.decryption must be set for it to be applied"
            ),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use sluice_model::Object;

    fn manifests(extra: &Value) -> Manifests {
        let mut secret =
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b"}});
        if let (Some(secret), Some(extra)) = (secret.as_object_mut(), extra.as_object()) {
            secret.extend(extra.clone());
        }
        Manifests {
            objects: Object::from_value(secret).into_iter().collect(),
        }
    }

    #[test]
    fn an_encrypted_secret_is_refused_by_name_unless_it_asks_to_stay_so() {
        assert!(refuse_encrypted(&manifests(&json!({}))).is_ok());
        let failure =
            refuse_encrypted(&manifests(&json!({"sops": {"mac": "ENC[x]"}}))).expect_err("is refused");
        assert_eq!(failure.reason, "BuildFailed");
        assert!(
            failure.message.starts_with("Secret/b/a is encrypted"),
            "{}",
            failure.message
        );
        let metadata =
            json!({"name": "a", "annotations": {"kustomize.toolkit.fluxcd.io/decrypt": "Disabled"}});
        assert!(refuse_encrypted(&manifests(&json!({"sops": {}, "metadata": metadata}))).is_ok());
    }
}
