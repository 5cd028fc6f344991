//! The `sops` metadata of a file: who can open the data key, what is encrypted, and the MAC.

mod flat;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use sluice_model::Digest;

use crate::error::SopsError;
use crate::rule::{Rule, compile};

pub(crate) use flat::unflatten;

/// Most master keys of a file: each may cost a call to a key service.
const MAX_KEYS: usize = 64;
const DEFAULT_SUFFIX: &str = "_unencrypted";

/// What a file says about its encryption.
#[derive(Debug)]
pub(crate) struct Metadata {
    /// Each opens the data key, or with several groups one share of it.
    pub groups: Vec<Vec<MasterKey>>,
    /// Least number of groups that are needed; 0 stands for what is there.
    pub threshold: usize,
    /// What is encrypted.
    pub rule: Rule,
    /// Encrypted; its additional data is `modified`.
    pub mac: String,
    /// RFC 3339, as sops writes it again.
    pub modified: String,
    /// The MAC covers encrypted values only.
    pub encrypted_only: bool,
    /// Names the groups with their encrypted data keys.
    pub id: Digest,
}

/// A key that encrypts the data key, with what it gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MasterKey {
    /// An age recipient; `enc` is armored.
    Age {
        /// `age1…` or an SSH public key.
        recipient: String,
        /// Encrypted data key.
        enc: String,
    },
    /// A PGP key; `enc` is an armored message.
    Pgp {
        /// Of the key.
        fingerprint: String,
        /// Encrypted data key.
        enc: String,
    },
    /// AWS KMS; `enc` is base64.
    AwsKms {
        /// Of the key.
        arn: String,
        /// A role to assume first.
        role: Option<String>,
        /// Additional data of the call.
        context: BTreeMap<String, String>,
        /// Encrypted data key.
        enc: String,
    },
    /// GCP KMS; `enc` is base64.
    GcpKms {
        /// `projects/…/cryptoKeys/…`
        resource: String,
        /// Encrypted data key.
        enc: String,
    },
    /// Azure Key Vault; `enc` is base64 for URLs without padding.
    AzureKv {
        /// Of the vault.
        vault: String,
        /// Of the key.
        name: String,
        /// Of the key.
        version: String,
        /// Encrypted data key.
        enc: String,
    },
    /// The transit engine of HashiCorp Vault or OpenBao; `enc` is `vault:v1:…`.
    Vault {
        /// Of the server.
        address: String,
        /// Where the engine is mounted.
        engine: String,
        /// Of the key.
        key: String,
        /// Encrypted data key.
        enc: String,
    },
}

/// The stored form.
#[derive(Deserialize)]
struct Stored {
    #[serde(default, deserialize_with = "lenient")]
    shamir_threshold: String,
    #[serde(default, deserialize_with = "list")]
    key_groups: Vec<StoredGroup>,
    #[serde(flatten)]
    keys: StoredGroup,
    #[serde(default, deserialize_with = "lenient")]
    lastmodified: String,
    #[serde(default, deserialize_with = "lenient")]
    mac: String,
    #[serde(default, deserialize_with = "lenient")]
    unencrypted_suffix: String,
    #[serde(default, deserialize_with = "lenient")]
    encrypted_suffix: String,
    #[serde(default, deserialize_with = "lenient")]
    unencrypted_regex: String,
    #[serde(default, deserialize_with = "lenient")]
    encrypted_regex: String,
    #[serde(default, deserialize_with = "lenient")]
    unencrypted_comment_regex: String,
    #[serde(default, deserialize_with = "lenient")]
    encrypted_comment_regex: String,
    #[serde(default, deserialize_with = "lenient")]
    mac_only_encrypted: String,
}

#[derive(Deserialize, Default)]
struct StoredGroup {
    #[serde(default, deserialize_with = "list")]
    kms: Vec<StoredKey>,
    #[serde(default, deserialize_with = "list")]
    gcp_kms: Vec<StoredKey>,
    #[serde(default, deserialize_with = "list")]
    azure_kv: Vec<StoredKey>,
    #[serde(default, deserialize_with = "list")]
    hc_vault: Vec<StoredKey>,
    #[serde(default, deserialize_with = "list")]
    age: Vec<StoredKey>,
    #[serde(default, deserialize_with = "list")]
    pgp: Vec<StoredKey>,
}

/// A key of any kind.
#[derive(Deserialize)]
struct StoredKey {
    #[serde(default, deserialize_with = "lenient")]
    enc: String,
    #[serde(default, deserialize_with = "lenient")]
    fp: String,
    #[serde(default, deserialize_with = "lenient")]
    recipient: String,
    #[serde(default, deserialize_with = "lenient")]
    arn: String,
    #[serde(default, deserialize_with = "lenient")]
    role: String,
    #[serde(default)]
    context: Option<BTreeMap<String, Option<String>>>,
    #[serde(default, deserialize_with = "lenient")]
    resource_id: String,
    #[serde(default, deserialize_with = "lenient")]
    vault_url: String,
    #[serde(default, deserialize_with = "lenient")]
    name: String,
    #[serde(default, deserialize_with = "lenient")]
    version: String,
    #[serde(default, deserialize_with = "lenient")]
    vault_address: String,
    #[serde(default, deserialize_with = "lenient")]
    engine_path: String,
    #[serde(default, deserialize_with = "lenient")]
    key_name: String,
}

/// A scalar of any type as text.
fn lenient<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    match Json::deserialize(input)? {
        Json::Null => Ok(String::new()),
        Json::String(text) => Ok(text),
        Json::Bool(value) => Ok(value.to_string()),
        Json::Number(value) => Ok(value.to_string()),
        Json::Array(_) | Json::Object(_) => {
            Err(serde::de::Error::custom("a list or map where text is wanted"))
        }
    }
}

/// A list, or none for null.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(input)?.unwrap_or_default())
}

impl Metadata {
    /// From the stored form.
    ///
    /// # Errors
    /// It has no keys, more than one rule, or a field that does not parse.
    pub fn read(stored: Json) -> Result<Self, SopsError> {
        let stored: Stored = serde_json::from_value(stored).map_err(|error| invalid(error.to_string()))?;
        let threshold = threshold(&stored.shamir_threshold)?;
        let rule = rule(&stored)?;
        let modified = modified(&stored.lastmodified)?;
        let (mac, encrypted_only) = (stored.mac, stored.mac_only_encrypted == "true");
        let groups = groups(stored.keys, stored.key_groups)?;
        let id = Digest::of(format!("{threshold} {groups:?}").as_bytes());
        Ok(Self {
            groups,
            threshold,
            rule,
            mac,
            modified,
            encrypted_only,
            id,
        })
    }
}

fn invalid(reason: impl Into<String>) -> SopsError {
    SopsError::Metadata(reason.into())
}

/// Keys outside of groups are one group, and win over groups.
fn groups(keys: StoredGroup, groups: Vec<StoredGroup>) -> Result<Vec<Vec<MasterKey>>, SopsError> {
    let alone = keys.into_keys();
    let groups: Vec<Vec<MasterKey>> = if alone.is_empty() {
        groups.into_iter().map(StoredGroup::into_keys).collect()
    } else {
        vec![alone]
    };
    if groups.is_empty() {
        return Err(invalid("no keys found in it"));
    }
    if groups.iter().map(Vec::len).sum::<usize>() > MAX_KEYS || groups.len() > MAX_KEYS {
        return Err(invalid(format!("more than {MAX_KEYS} keys")));
    }
    Ok(groups)
}

/// Some versions wrote it as a float.
fn threshold(text: &str) -> Result<usize, SopsError> {
    if text.is_empty() {
        return Ok(0);
    }
    let whole = text.strip_suffix(".0").unwrap_or(text);
    let number = whole.parse::<u8>().map(usize::from);
    number.map_err(|_| invalid("shamir_threshold is no integer from 0 to 255"))
}

fn rule(stored: &Stored) -> Result<Rule, SopsError> {
    let fields = [
        ("unencrypted_suffix", &stored.unencrypted_suffix),
        ("encrypted_suffix", &stored.encrypted_suffix),
        ("unencrypted_regex", &stored.unencrypted_regex),
        ("encrypted_regex", &stored.encrypted_regex),
        ("unencrypted_comment_regex", &stored.unencrypted_comment_regex),
        ("encrypted_comment_regex", &stored.encrypted_comment_regex),
    ];
    let mut set = fields.iter().filter(|(_, text)| !text.is_empty());
    let (first, second) = (set.next(), set.next());
    let Some((field, text)) = first else {
        return Ok(Rule::UnencryptedSuffix(DEFAULT_SUFFIX.into()));
    };
    if let Some((other, _)) = second {
        return Err(invalid(format!("{field} and {other} exclude each other")));
    }
    let regex = || compile(field, text).map_err(invalid);
    Ok(match *field {
        "unencrypted_suffix" => Rule::UnencryptedSuffix((*text).clone()),
        "encrypted_suffix" => Rule::EncryptedSuffix((*text).clone()),
        "unencrypted_regex" => Rule::UnencryptedKeys(regex()?),
        "encrypted_regex" => Rule::EncryptedKeys(regex()?),
        "unencrypted_comment_regex" => Rule::UnencryptedComments(regex()?),
        _ => Rule::EncryptedComments(regex()?),
    })
}

/// The time as sops writes it when it makes the MAC: whole seconds, `Z` for UTC.
fn modified(text: &str) -> Result<String, SopsError> {
    let wrong = || invalid("lastmodified is no RFC 3339 time");
    text.parse::<jiff::Timestamp>().map_err(|_| wrong())?;
    let seconds = text.get(..19).ok_or_else(wrong)?;
    let zone = text[19..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let zone = if matches!(zone, "+00:00" | "-00:00") {
        "Z"
    } else {
        zone
    };
    Ok(format!("{seconds}{zone}"))
}

impl StoredGroup {
    /// age first, then PGP, then the services: the order in which keys are tried.
    fn into_keys(self) -> Vec<MasterKey> {
        let age = self.age.into_iter().map(|key| MasterKey::Age {
            recipient: key.recipient,
            enc: key.enc,
        });
        let pgp = self.pgp.into_iter().map(|key| MasterKey::Pgp {
            fingerprint: key.fp,
            enc: key.enc,
        });
        let kms = self.kms.into_iter().map(|key| MasterKey::AwsKms {
            arn: key.arn,
            role: Some(key.role).filter(|role| !role.is_empty()),
            context: key
                .context
                .unwrap_or_default()
                .into_iter()
                .map(|(name, value)| (name, value.unwrap_or_default()))
                .collect(),
            enc: key.enc,
        });
        let gcp = self.gcp_kms.into_iter().map(|key| MasterKey::GcpKms {
            resource: key.resource_id,
            enc: key.enc,
        });
        let azure = self.azure_kv.into_iter().map(|key| MasterKey::AzureKv {
            vault: key.vault_url,
            name: key.name,
            version: key.version,
            enc: key.enc,
        });
        let vault = self.hc_vault.into_iter().map(|key| MasterKey::Vault {
            address: key.vault_address,
            engine: key.engine_path,
            key: key.key_name,
            enc: key.enc,
        });
        age.chain(pgp)
            .chain(kms)
            .chain(gcp)
            .chain(azure)
            .chain(vault)
            .collect()
    }
}

#[cfg(test)]
mod tests;
