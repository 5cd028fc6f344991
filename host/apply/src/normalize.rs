//! Makes rendered objects fit for server-side apply: lists opened, Secret text folded, status and server fields off.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sluice_cluster::mask::is_secret;
use sluice_model::Object;

use crate::error::ObjectError;
use crate::options::ApplyOptions;
use crate::order::is_crd;
use crate::rules::Rules;

const MAX_LIST_DEPTH: usize = 8;

/// The objects to apply with owner labels and common metadata set, or every object that cannot be applied at all.
pub(crate) fn normalize(
    objects: Vec<Object>,
    options: &ApplyOptions,
) -> Result<Vec<Object>, Vec<ObjectError>> {
    let mut flat = Vec::with_capacity(objects.len());
    for object in objects {
        flatten(object, 0, &mut flat);
    }
    flat.retain(|object| !is_kustomize_config(object));
    let errors: Vec<ObjectError> = flat
        .iter()
        .enumerate()
        .filter_map(|(at, object)| unfit(at, object, options))
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    for object in &mut flat {
        clean(object);
        label(object, options);
    }
    Ok(flat)
}

/// Anything with `items` is a list; items of `FooList` that name no kind are `Foo`.
fn flatten(mut object: Object, depth: usize, out: &mut Vec<Object>) {
    if depth >= MAX_LIST_DEPTH || !object.0.get("items").is_some_and(Value::is_array) {
        out.push(object);
        return;
    }
    let api_version = object.api_version().to_owned();
    let kind = object.kind().strip_suffix("List").unwrap_or_default().to_owned();
    let Some(Value::Array(items)) = object.0.remove("items") else {
        return;
    };
    for mut item in items.into_iter().filter_map(Object::from_value) {
        if !kind.is_empty() && item.kind().is_empty() {
            item.0.insert("kind".to_owned(), json!(kind));
            item.0.insert("apiVersion".to_owned(), json!(api_version));
        }
        flatten(item, depth + 1, out);
    }
}

fn is_kustomize_config(object: &Object) -> bool {
    object.kind().eq_ignore_ascii_case("kustomization") && object.group() == "kustomize.config.k8s.io"
}

fn unfit(at: usize, object: &Object, options: &ApplyOptions) -> Option<ObjectError> {
    let missing = match () {
        () if object.api_version().is_empty() => "apiVersion",
        () if object.kind().is_empty() => "kind",
        () if object.name().is_empty() => "metadata.name",
        () if is_ciphertext(object) && !Rules::of(&options.owner).is_not_decrypted(object) => {
            return Some(ObjectError::Encrypted { id: object.id() });
        }
        () => return None,
    };
    Some(ObjectError::Incomplete {
        position: at + 1,
        subject: object.id().subject(),
        missing,
    })
}

fn is_ciphertext(object: &Object) -> bool {
    is_secret(object) && object.0.contains_key("sops")
}

fn label(object: &mut Object, options: &ApplyOptions) {
    for (key, value) in options.owner.labels() {
        object.set_label(&key, value);
    }
    for (key, value) in &options.common_labels {
        object.set_label(key, value);
    }
    for (key, value) in &options.common_annotations {
        object.set_annotation(key, value);
    }
}

fn clean(object: &mut Object) {
    object.metadata_mut().remove("creationTimestamp");
    if is_crd(object) {
        drop_broken_ca_bundle(object);
    } else {
        object.0.remove("status");
    }
    if is_secret(object) {
        fold_text(object);
    }
    default_protocols(object);
}

/// `stringData` is write-only: folded into `data`, a dry-run can be compared with what stands.
fn fold_text(object: &mut Object) {
    let Some(Value::Object(texts)) = object.0.get("stringData") else {
        return;
    };
    let encoded: Option<Vec<(String, Value)>> = texts
        .iter()
        .map(|(key, value)| Some((key.clone(), json!(STANDARD.encode(value.as_str()?)))))
        .collect();
    let Some(encoded) = encoded else { return };
    let data = object
        .0
        .entry("data")
        .or_insert_with(|| Value::Object(Map::new()));
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    let Value::Object(data) = data else { return };
    data.extend(encoded);
    object.0.remove("stringData");
}

/// The server refuses bundles that it cannot read, which cert-manager and others leave in until they fill it.
fn drop_broken_ca_bundle(object: &mut Object) {
    let client = object
        .0
        .get_mut("spec")
        .and_then(|spec| spec.pointer_mut("/conversion/webhook/clientConfig"));
    let Some(Value::Object(client)) = client else {
        return;
    };
    let broken = match client.get("caBundle").and_then(Value::as_str) {
        None | Some("") => false,
        Some(bundle) => !STANDARD
            .decode(bundle)
            .is_ok_and(|bytes| holds_certificate(&bytes)),
    };
    if broken {
        client.remove("caBundle");
    }
}

/// At least one PEM block of type CERTIFICATE whose content is DER; empty is fine too.
fn holds_certificate(pem: &[u8]) -> bool {
    if pem.is_empty() {
        return true;
    }
    let Ok(text) = std::str::from_utf8(pem) else {
        return false;
    };
    let mut rest = text;
    let mut found = false;
    while let Some((_, after)) = rest.split_once("-----BEGIN CERTIFICATE-----") {
        let Some((body, next)) = after.split_once("-----END CERTIFICATE-----") else {
            return false;
        };
        let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        match STANDARD.decode(body) {
            Ok(der) if der.first() == Some(&0x30) => found = true,
            _ => return false,
        }
        rest = next;
    }
    found
}

/// Ports without a protocol are TCP; written out, as they are a key of the list.
fn default_protocols(object: &mut Object) {
    let ports_of = match (object.group(), object.kind()) {
        ("", "Service") => {
            let ports = object.0.get_mut("spec").and_then(|spec| spec.get_mut("ports"));
            ports.into_iter().for_each(set_protocols);
            return;
        }
        ("", "Pod") => "/spec",
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch", "Job") => {
            "/spec/template/spec"
        }
        ("batch", "CronJob") => "/spec/jobTemplate/spec/template/spec",
        _ => return,
    };
    let Some(spec) = object.0.get_mut("spec") else {
        return;
    };
    let pod = spec.pointer_mut(ports_of.trim_start_matches("/spec"));
    let containers = pod
        .and_then(|pod| pod.get_mut("containers"))
        .and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        container.get_mut("ports").into_iter().for_each(set_protocols);
    }
}

fn set_protocols(ports: &mut Value) {
    for port in ports
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        if port
            .get("protocol")
            .is_none_or(|protocol| protocol.is_null() || protocol == "")
        {
            port.insert("protocol".to_owned(), json!("TCP"));
        }
    }
}

#[cfg(test)]
mod tests;
