//! Credentials of services, as keys of a Secret hold them.

use serde::Deserialize;
use sluice_yaml::{Limits, read_value};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Depth and size of a credential document.
const LIMITS: Limits = Limits {
    max_bytes: 256 * 1024,
    max_depth: 8,
    max_nodes: 1000,
};

/// `sops.aws-kms`.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct Aws {
    #[serde(rename = "aws_access_key_id")]
    pub access_key: String,
    #[serde(rename = "aws_secret_access_key")]
    pub secret_key: String,
    #[serde(rename = "aws_session_token", default)]
    pub session_token: Option<String>,
}

/// `sops.gcp-kms`: the key of a service account.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct Gcp {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub client_email: String,
    #[serde(default)]
    pub private_key: String,
    #[serde(default)]
    pub private_key_id: String,
    #[serde(default)]
    pub token_uri: String,
}

/// `sops.azure-kv`: a service principal.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(rename_all = "camelCase")]
pub(super) struct Azure {
    #[serde(default)]
    pub tenant_id: String,
    #[serde(default)]
    pub client_id: String,
    #[serde(default)]
    pub client_secret: String,
    #[serde(default)]
    pub client_certificate: String,
    #[serde(default)]
    pub client_certificate_password: String,
    #[serde(default)]
    pub client_certificate_send_chain: bool,
    #[serde(default)]
    pub authority_host: String,
    #[serde(default)]
    app_id: String,
    #[serde(default)]
    tenant: String,
    #[serde(default)]
    password: String,
}

impl Aws {
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let aws: Self = parse(bytes, "aws_access_key_id and aws_secret_access_key")?;
        if aws.access_key.is_empty() || aws.secret_key.is_empty() {
            return Err("has an empty aws_access_key_id or aws_secret_access_key".into());
        }
        Ok(aws)
    }
}

impl Gcp {
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let gcp: Self = parse(bytes, "the JSON key of a service account")?;
        if gcp.kind != "service_account" {
            return Err(format!(
                "has type {:?}: this version knows service_account only",
                gcp.kind.chars().take(40).collect::<String>()
            ));
        }
        if gcp.client_email.is_empty() || gcp.private_key.is_empty() {
            return Err("has no client_email or private_key".into());
        }
        Ok(gcp)
    }
}

impl Azure {
    /// The fields of the portal win over those that `az` writes.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut azure: Self = parse(&utf8(bytes)?, "a map of tenantId, clientId and clientSecret")?;
        let from_az = azure.tenant_id.is_empty() || azure.client_id.is_empty();
        if from_az && !azure.tenant.is_empty() && !azure.app_id.is_empty() && !azure.password.is_empty() {
            azure.tenant_id = std::mem::take(&mut azure.tenant);
            azure.client_id = std::mem::take(&mut azure.app_id);
            azure.client_secret = std::mem::take(&mut azure.password);
        }
        match (azure.tenant_id.is_empty(), azure.client_id.is_empty()) {
            (false, false) if azure.client_secret.is_empty() && azure.client_certificate.is_empty() => {
                Err("requires clientSecret or clientCertificate when tenantId and clientId are set".into())
            }
            (false, false) => Ok(azure),
            (true, false) => {
                Err("names a managed identity (clientId alone), which this version does not serve".into())
            }
            _ => Err("requires tenantId, clientId and clientSecret or clientCertificate".into()),
        }
    }
}

/// YAML, of which JSON is a part. The parser's words could quote a secret, so that they are not repeated.
fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8], wanted: &str) -> Result<T, String> {
    let failed = || format!("does not parse: want {wanted}");
    let value = read_value(bytes, false, &LIMITS).map_err(|_| failed())?;
    serde_json::from_value(value).map_err(|_| failed())
}

/// `az` on Windows writes UTF-16 with a byte order mark.
fn utf8(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Zeroizing<Vec<u16>> = Zeroizing::new(
            rest.chunks_exact(2)
                .map(|pair| unit([pair[0], pair[1]]))
                .collect(),
        );
        String::from_utf16(&units)
            .map(|text| Zeroizing::new(text.into_bytes()))
            .map_err(|_| "is no UTF-16 text".to_owned())
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => Ok(Zeroizing::new(rest.to_vec())),
        _ => Ok(Zeroizing::new(bytes.to_vec())),
    }
}
