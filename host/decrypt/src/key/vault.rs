//! HashiCorp Vault and OpenBao: `ENGINE/decrypt/KEY` of the transit engine, and logins with a service account's token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use zeroize::Zeroizing;

use super::{Opened, Reach, VaultLogin, json_answer};

/// Opens a data key with a key of the transit engine.
pub(super) async fn open(
    reach: &Reach,
    token: &str,
    address: &str,
    (engine, key): (&str, &str),
    enc: &str,
) -> Result<Opened, String> {
    let path = format!("{}/decrypt/{key}", engine.trim_matches('/'));
    let headers = vec![
        ("content-type", Zeroizing::new("application/json".to_owned())),
        ("x-vault-request", Zeroizing::new("true".to_owned())),
        ("x-vault-token", Zeroizing::new(token.to_owned())),
    ];
    let body = Zeroizing::new(json!({"ciphertext": enc.trim()}).to_string().into_bytes());
    let answer = json_answer(&reach.post(url(address, &path)?, headers, body).await?)?;
    let plain = answer
        .pointer("/data/plaintext")
        .and_then(serde_json::Value::as_str);
    STANDARD
        .decode(plain.ok_or("the answer has no plaintext")?)
        .map(Zeroizing::new)
        .map_err(|_| "the plaintext is not base64".into())
}

/// A token for the service account that the object decrypts with.
pub(super) async fn log_in(
    reach: &Reach,
    login: &dyn VaultLogin,
    address: &str,
) -> Result<Zeroizing<String>, String> {
    let grant = login.login(address).await?;
    let body = json!({"role": grant.role, "jwt": *grant.token});
    let headers = vec![("content-type", Zeroizing::new("application/json".to_owned()))];
    let body = Zeroizing::new(body.to_string().into_bytes());
    let answer =
        json_answer(&reach.post(url(address, &grant.path)?, headers, body).await?).map_err(|error| {
            format!(
                "login at {:?} as role {:?} failed: {error}",
                grant.path, grant.role
            )
        })?;
    let token = answer
        .pointer("/auth/client_token")
        .and_then(serde_json::Value::as_str);
    let token = token.filter(|token| !token.is_empty());
    token
        .map(|token| Zeroizing::new(token.to_owned()))
        .ok_or_else(|| "the login gave no token".into())
}

/// The address of an API path. Parts of it come from the file: they stay below `/v1`.
fn url(address: &str, path: &str) -> Result<String, String> {
    let word = |part: &str| {
        let mut bytes = part.bytes();
        !part.is_empty()
            && !matches!(part, "." | "..")
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
    };
    if !path.split('/').all(word) {
        return Err("the engine_path or key_name is none of Vault".into());
    }
    let base = url::Url::parse(address).map_err(|_| "the vault_address is no URL")?;
    if base.query().is_some() || base.fragment().is_some() {
        return Err("the vault_address has a query".into());
    }
    Ok(format!("{}/v1/{path}", base.as_str().trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P6: names of a file stay below the API.
    #[test]
    fn p6_paths_stay_below_the_api() {
        assert_eq!(
            url("https://vault.example:8200/", "team/sops/decrypt/key").as_deref(),
            Ok("https://vault.example:8200/v1/team/sops/decrypt/key")
        );
        for path in ["../sys/x", "a//b", "a?b", "a#b", "a%2fb", ""] {
            assert!(url("https://vault.example", path).is_err(), "{path}");
        }
        assert!(url("vault.example", "a").is_err());
    }
}
