//! Masks what SOPS encrypted in Secrets, as `flux build` does: the keys that would open it are in the cluster.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sluice_model::Object;

/// Stands for a value that is encrypted.
pub const MASK: &str = "**SOPS**";

/// Masks a Secret in place; other objects stay as they are.
///
/// # Errors
/// A value of `data` is not base64.
pub fn mask(object: &mut Object) -> anyhow::Result<()> {
    if object.kind() != "Secret" {
        return Ok(());
    }
    let subject = object.id().subject();
    let encrypted = object
        .0
        .get("sops")
        .and_then(|sops| sops.get("mac"))
        .and_then(Value::as_str);
    if encrypted.is_some_and(|mac| mac.starts_with("ENC[")) {
        object.0.shift_remove("sops");
        mask_all(object);
        return Ok(());
    }
    mask_some(object).with_context(|| format!("failed to mask {subject}"))
}

/// Whether a base64 value of a Secret is, or holds, the mask.
pub fn is_masked(value: &Value) -> bool {
    let decoded = value.as_str().and_then(|text| STANDARD.decode(text).ok());
    decoded.is_some_and(|bytes| contains(&bytes, MASK))
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn values<'a>(object: &'a mut Object, field: &str) -> impl Iterator<Item = &'a mut Value> {
    let map = object.0.get_mut(field).and_then(Value::as_object_mut);
    map.into_iter().flat_map(|map| map.values_mut())
}

/// A docker config must stay JSON, or the server refuses the object.
fn mask_all(object: &mut Object) {
    let docker = object.0.get("type").and_then(Value::as_str) == Some("kubernetes.io/dockerconfigjson");
    let text = if docker {
        json!({"mask": MASK}).to_string()
    } else {
        MASK.to_owned()
    };
    let encoded = STANDARD.encode(&text);
    values(object, "data").for_each(|value| *value = Value::from(encoded.as_str()));
    values(object, "stringData").for_each(|value| *value = Value::from(text.as_str()));
}

fn mask_some(object: &mut Object) -> anyhow::Result<()> {
    let is_encrypted = |bytes: &[u8]| contains(bytes, "sops") && contains(bytes, "ENC[");
    let encoded = Value::from(STANDARD.encode(MASK));
    for value in values(object, "data") {
        let bytes = STANDARD
            .decode(value.as_str().unwrap_or_default())
            .context("a value of data is not base64")?;
        if is_encrypted(&bytes) {
            *value = encoded.clone();
        }
    }
    for value in values(object, "stringData") {
        if value.as_str().is_some_and(|text| is_encrypted(text.as_bytes())) {
            *value = encoded.clone();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(value: Value) -> anyhow::Result<Value> {
        let mut object = Object::from_value(value).context("a map")?;
        mask(&mut object)?;
        Ok(object.into_value())
    }

    #[test]
    fn encrypted_secrets_are_masked_as_flux_masks_them() -> anyhow::Result<()> {
        let sops = json!({"mac": "ENC[AES256_GCM,data:x]"});
        let plain = masked(
            json!({"kind": "Secret", "data": {"a": "ENC[1]"}, "stringData": {"b": "ENC[2]"}, "sops": sops}),
        )?;
        assert_eq!(
            plain,
            json!({"kind": "Secret", "data": {"a": "KipTT1BTKio="}, "stringData": {"b": MASK}})
        );
        assert!(is_masked(&plain["data"]["a"]) && !is_masked(&plain["stringData"]["b"]));
        let docker = masked(json!({"kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson": "ENC[1]"}, "sops": sops}))?;
        assert_eq!(
            docker["data"][".dockerconfigjson"],
            STANDARD.encode("{\"mask\":\"**SOPS**\"}")
        );
        let files = masked(
            json!({"kind": "Secret", "data": {"a": STANDARD.encode("x: ENC[1]\nsops: {}"), "b": "eA=="}}),
        )?;
        assert_eq!(files["data"], json!({"a": "KipTT1BTKio=", "b": "eA=="}));
        assert!(masked(json!({"kind": "Secret", "data": {"a": "%"}})).is_err());
        Ok(())
    }
}
