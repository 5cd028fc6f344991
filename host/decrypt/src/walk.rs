//! Decrypts a tree in place, value by value, and makes the MAC of it.

use sha2::{Digest as _, Sha512};

use crate::cipher::Cipher;
use crate::error::SopsError;
use crate::rule::{Place, Rule};
use crate::tree::{Branch, Item, Key, MAX_DEPTH, Value};

/// SHA-256 of `sops`: where a MAC over encrypted values only begins, so that it differs from one over all values.
const ENCRYPTED_ONLY: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b,
    0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// One walk over all documents of a file.
struct Walk<'a> {
    cipher: &'a Cipher,
    rule: &'a Rule,
    encrypted_only: bool,
    hash: Sha512,
    place: Place,
}

/// Decrypts the documents of a file; returns the MAC of what they hold, in capital hexadecimal digits.
///
/// # Errors
/// The first value that cannot be decrypted, by its path.
pub(crate) fn decrypt(
    documents: &mut [Branch],
    cipher: &Cipher,
    rule: &Rule,
    encrypted_only: bool,
) -> Result<String, SopsError> {
    let mut walk = Walk {
        cipher,
        rule,
        encrypted_only,
        hash: Sha512::new(),
        place: Place::default(),
    };
    if encrypted_only {
        walk.hash.update(ENCRYPTED_ONLY);
    }
    for document in documents {
        walk.branch(document)?;
    }
    Ok(hex::encode_upper(walk.hash.finalize()))
}

impl Walk<'_> {
    fn enter(&mut self) -> Result<(), SopsError> {
        self.place.comments.push(Vec::new());
        if self.place.comments.len() > MAX_DEPTH {
            return Err(self.fail("is nested too deeply"));
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.place.comments.pop();
    }

    fn note(&mut self, comment: Option<&[u8]>) {
        if let Some(level) = self.place.comments.last_mut() {
            match comment {
                Some(text) => level.push(text.to_vec()),
                None => level.clear(),
            }
        }
    }

    fn branch(&mut self, branch: &mut Branch) -> Result<(), SopsError> {
        self.enter()?;
        for Item { key, value } in branch {
            match key {
                Key::Comment(text) => {
                    self.note(Some(text));
                    let decrypted = self.comment(text)?;
                    *text = decrypted.mac_bytes();
                }
                Key::Name(name) => {
                    self.place.path.push(name.clone());
                    self.value(value)?;
                    self.place.path.pop();
                    self.note(None);
                }
            }
        }
        self.leave();
        Ok(())
    }

    fn list(&mut self, items: &mut [Value]) -> Result<(), SopsError> {
        self.enter()?;
        for item in items {
            if let Value::Comment(text) = item {
                self.note(Some(text));
                *item = match self.comment(text)? {
                    Value::Comment(text) | Value::Str(text) => Value::Comment(text),
                    other => other,
                };
            } else {
                self.value(item)?;
                self.note(None);
            }
        }
        self.leave();
        Ok(())
    }

    fn value(&mut self, value: &mut Value) -> Result<(), SopsError> {
        match value {
            Value::Branch(branch) => return self.branch(branch),
            Value::List(items) => return self.list(items),
            Value::Null => return Ok(()),
            _ => {}
        }
        let covered = self.rule.covers(&self.place, false);
        if covered {
            *value = self.open(value)?;
        }
        // in lists, an encrypted comment is a string that opens to a comment
        if (covered || !self.encrypted_only) && !matches!(value, Value::Comment(_)) {
            self.hash.update(value.mac_bytes());
        }
        Ok(())
    }

    fn open(&self, value: &Value) -> Result<Value, SopsError> {
        let Value::Str(text) = value else {
            return Err(self.fail("is not encrypted, though the metadata says it is"));
        };
        let text = std::str::from_utf8(text).map_err(|_| self.fail("is no text"))?;
        let opened = self.cipher.decrypt(text, &self.place.additional_data());
        opened.map_err(|reason| self.fail(reason))
    }

    /// A comment that does not decrypt was not encrypted: older versions left comments alone.
    fn comment(&mut self, text: &[u8]) -> Result<Value, SopsError> {
        let covered = self.rule.covers(&self.place, true);
        let sealed = std::str::from_utf8(text).ok().filter(|_| covered);
        let opened = sealed.and_then(|text| self.cipher.decrypt(text, &self.place.additional_data()).ok());
        let value = opened.unwrap_or_else(|| Value::Comment(text.to_vec().into()));
        if !matches!(value, Value::Comment(_)) && (covered || !self.encrypted_only) {
            self.hash.update(value.mac_bytes());
        }
        Ok(value)
    }

    fn fail(&self, reason: &'static str) -> SopsError {
        SopsError::Value {
            path: self.place.name(),
            reason,
        }
    }
}
