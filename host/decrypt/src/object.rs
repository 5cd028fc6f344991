//! Rendered objects: whole ones that carry a `sops` field, and values of Secrets that are SOPS files.
//!
//! An object's MAC is not checked: the renderer sets names, namespaces and labels after it was made, as in Flux. A value
//! of a Secret is a stored file, and its MAC is checked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use sluice_model::Object;
use sluice_model::port::DecryptError;
use zeroize::{Zeroize as _, Zeroizing};

use crate::cipher::{Cipher, is_sealed};
use crate::error::SopsError;
use crate::file::Opener;
use crate::metadata::Metadata;
use crate::rule::{Place, Rule};
use crate::store::scalar;
use crate::store::{Format, METADATA_KEY};
use crate::tree::{MAX_DEPTH, Value};

/// Annotation that leaves an object as it is, with the value `disabled`.
const ANNOTATION: &str = "kustomize.toolkit.fluxcd.io/decrypt";

/// Whether the object asks to be left encrypted.
pub fn is_disabled(object: &Object) -> bool {
    object
        .annotation(ANNOTATION)
        .is_some_and(|value| value.eq_ignore_ascii_case("disabled"))
}

/// Whether the object is a Secret that is still encrypted, and does not ask to stay so.
pub fn is_encrypted_secret(object: &Object) -> bool {
    object.kind() == "Secret"
        && object.api_version() == "v1"
        && object.0.contains_key(METADATA_KEY)
        && !is_disabled(object)
}

/// Decrypts what is encrypted in an object.
///
/// # Errors
/// Names object and field.
pub(crate) async fn decrypt(object: Object, opener: &Opener<'_>) -> Result<Object, DecryptError> {
    if is_disabled(&object) {
        return Ok(object);
    }
    if has_mac(&object) {
        let place = name_of(&object);
        return whole(object, opener).await.map_err(|error| fail(place, &error));
    }
    if object.kind() == "Secret" {
        return values(object, opener).await;
    }
    Ok(object)
}

fn has_mac(object: &Object) -> bool {
    let mac = object.0.get(METADATA_KEY).and_then(|stored| stored.get("mac"));
    mac.and_then(Json::as_str).is_some_and(|mac| !mac.is_empty())
}

fn name_of(object: &Object) -> String {
    let namespace = object.namespace();
    let gap = if namespace.is_empty() { "" } else { "/" };
    format!("{}/{namespace}{gap}{}", object.kind(), object.name())
}

fn fail(place: String, error: &SopsError) -> DecryptError {
    DecryptError {
        place,
        reason: error.to_string(),
    }
}

async fn whole(mut object: Object, opener: &Opener<'_>) -> Result<Object, SopsError> {
    let stored = object.0.shift_remove(METADATA_KEY).unwrap_or_default();
    let metadata = Metadata::read(stored)?;
    let cipher = opener.cipher(&metadata).await?;
    let mut walk = Walk {
        cipher: &cipher,
        rule: &metadata.rule,
        place: Place::default(),
    };
    for (key, value) in &mut object.0 {
        walk.entry(key, value)?;
    }
    Ok(object)
}

/// What a text opened to.
#[derive(PartialEq)]
enum Leaf {
    Value,
    Comment,
}

/// A walk over JSON; values that are not encrypted stay as they are.
struct Walk<'a> {
    cipher: &'a Cipher,
    rule: &'a Rule,
    place: Place,
}

impl Walk<'_> {
    fn entry(&mut self, key: &str, value: &mut Json) -> Result<(), SopsError> {
        self.place.path.push(key.to_owned());
        if self.place.path.len() > MAX_DEPTH {
            return Err(self.fail("is nested too deeply"));
        }
        self.value(value)?;
        self.place.path.pop();
        Ok(())
    }

    fn value(&mut self, value: &mut Json) -> Result<(), SopsError> {
        match value {
            Json::Object(entries) => entries
                .iter_mut()
                .try_for_each(|(key, value)| self.entry(key, value)),
            Json::Array(items) => self.list(items),
            leaf => self.leaf(leaf).map(|_| ()),
        }
    }

    /// Comments of lists are encrypted as items; they go.
    fn list(&mut self, items: &mut Vec<Json>) -> Result<(), SopsError> {
        let mut kept = Vec::with_capacity(items.len());
        for mut item in items.drain(..) {
            if item.is_object() || item.is_array() {
                self.value(&mut item)?;
                kept.push(item);
            } else if self.leaf(&mut item)? == Leaf::Value {
                kept.push(item);
            }
        }
        *items = kept;
        Ok(())
    }

    fn leaf(&self, value: &mut Json) -> Result<Leaf, SopsError> {
        // objects have no comments left: what a rule over comments covered is told by its envelope
        let covered = if self.rule.reads_comments() {
            value.as_str().is_some_and(is_sealed)
        } else {
            !value.is_null() && self.rule.covers(&self.place, false)
        };
        if !covered {
            return Ok(Leaf::Value);
        }
        let Json::String(text) = &*value else {
            return Err(self.fail("is not encrypted, though the metadata says it is"));
        };
        let opened = self.cipher.decrypt(text, &self.place.additional_data());
        let opened = opened.map_err(|reason| self.fail(reason))?;
        *value = scalar(&opened).map_err(|reason| self.fail(reason))?;
        Ok(if matches!(opened, Value::Comment(_)) {
            Leaf::Comment
        } else {
            Leaf::Value
        })
    }

    fn fail(&self, reason: &'static str) -> SopsError {
        SopsError::Value {
            path: self.place.name(),
            reason,
        }
    }
}

async fn values(mut object: Object, opener: &Opener<'_>) -> Result<Object, DecryptError> {
    let place = name_of(&object);
    let Some(Json::Object(data)) = object.0.get_mut("data") else {
        return Ok(object);
    };
    for (key, value) in data.iter_mut() {
        let Some(bytes) = value.as_str().and_then(|text| STANDARD.decode(text).ok()) else {
            continue; // the API server says what is wrong with it
        };
        let bytes = Zeroizing::new(bytes);
        let Some(from) = Format::detect(&bytes) else {
            continue;
        };
        let opened = opener.decrypt(&bytes, from, Format::of_path(key)).await;
        let opened = opened.map_err(|error| fail(format!("{place} field data.{key}"), &error))?;
        if let Json::String(old) = value {
            old.zeroize();
        }
        *value = STANDARD.encode(&*opened).into();
    }
    Ok(object)
}
