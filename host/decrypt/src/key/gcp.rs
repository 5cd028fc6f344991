//! GCP KMS: `cryptoKeys.decrypt`, with a token for the key of a service account (RFC 7523).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use zeroize::Zeroizing;

use super::credentials::Gcp;
use super::{Opened, Reach, json_answer, jwt};

const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const SCOPE: &str = "https://www.googleapis.com/auth/cloudkms";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Opens a data key with a key of Cloud KMS.
pub(super) async fn open(
    reach: &Reach,
    credentials: &Gcp,
    resource: &str,
    enc: &str,
) -> Result<Opened, String> {
    check(resource)?;
    let token = token(reach, credentials).await?;
    let url = format!("{}/v1/{resource}:decrypt", reach.services.gcp_kms);
    let headers = vec![
        ("content-type", Zeroizing::new("application/json".to_owned())),
        ("authorization", Zeroizing::new(format!("Bearer {}", *token))),
    ];
    let body = Zeroizing::new(json!({"ciphertext": enc.trim()}).to_string().into_bytes());
    let answer = json_answer(&reach.post(url, headers, body).await?)?;
    let plain = answer.get("plaintext").and_then(serde_json::Value::as_str);
    STANDARD
        .decode(plain.ok_or("the answer has no plaintext")?)
        .map(Zeroizing::new)
        .map_err(|_| "the plaintext is not base64".into())
}

/// The name goes into a path: nothing but a key's name passes.
fn check(resource: &str) -> Result<(), String> {
    let parts: Vec<&str> = resource.split('/').collect();
    let named = matches!(
        parts.as_slice(),
        ["projects", _, "locations", _, "keyRings", _, "cryptoKeys", _]
            | [
                "projects",
                _,
                "locations",
                _,
                "keyRings",
                _,
                "cryptoKeys",
                _,
                "cryptoKeyVersions",
                _
            ]
    );
    let word = |part: &&str| {
        let mut bytes = part.bytes();
        !part.is_empty()
            && *part != ".."
            && *part != "."
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    if named && parts.iter().all(word) {
        Ok(())
    } else {
        Err("the resource_id is none of a key".into())
    }
}

async fn token(reach: &Reach, credentials: &Gcp) -> Result<Zeroizing<String>, String> {
    let audience = match credentials.token_uri.as_str() {
        "" => TOKEN_URI,
        uri => uri,
    };
    let now = jiff::Timestamp::now().as_second();
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": credentials.private_key_id});
    let claims = json!({
        "iss": credentials.client_email, "scope": SCOPE, "aud": audience, "iat": now - 10, "exp": now + 600,
    });
    let assertion = jwt::sign(&header, &claims, &credentials.private_key)?;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", GRANT)
        .append_pair("assertion", &assertion)
        .finish();
    super::oauth::exchange(reach, audience.to_owned(), form).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P6: a resource of a file cannot name another path.
    #[test]
    fn p6_only_key_names_go_into_paths() {
        assert!(check("projects/p/locations/global/keyRings/r/cryptoKeys/k").is_ok());
        for resource in [
            "projects/p/locations/global/keyRings/r/cryptoKeys/..",
            "projects/p/locations/global/keyRings/r/cryptoKeys/k?x",
            "projects/p/secrets/s",
            "../../x",
            "",
        ] {
            assert!(check(resource).is_err(), "{resource}");
        }
    }
}
