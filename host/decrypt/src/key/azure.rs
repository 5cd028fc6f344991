//! Azure Key Vault: `keys/NAME/VERSION/decrypt`, with a token for a service principal.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use sha1::{Digest as _, Sha1};
use url::Url;
use zeroize::Zeroizing;

use super::credentials::Azure;
use super::{Opened, Reach, json_answer, jwt};

const AUTHORITY: &str = "https://login.microsoftonline.com/";
const API_VERSION: &str = "7.4";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Opens a data key with a key of a vault.
pub(super) async fn open(
    reach: &Reach,
    credentials: &Azure,
    vault: &str,
    (name, version): (&str, &str),
    enc: &str,
) -> Result<Opened, String> {
    let (base, scope) = check(vault, &reach.services.azure_domains)?;
    let word = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if name.is_empty() || !word(name) || !word(version) {
        return Err("the key's name or version is none of Azure Key Vault".into());
    }
    let token = token(reach, credentials, &scope).await?;
    let url = format!("{base}/keys/{name}/{version}/decrypt?api-version={API_VERSION}");
    let headers = vec![
        ("content-type", Zeroizing::new("application/json".to_owned())),
        ("authorization", Zeroizing::new(format!("Bearer {}", *token))),
    ];
    let body = json!({"alg": "RSA-OAEP-256", "value": enc.trim()});
    let body = Zeroizing::new(body.to_string().into_bytes());
    let answer = json_answer(&reach.post(url, headers, body).await?)?;
    let plain = answer.get("value").and_then(serde_json::Value::as_str);
    URL_SAFE_NO_PAD
        .decode(plain.ok_or("the answer has no value")?.trim_end_matches('='))
        .map(Zeroizing::new)
        .map_err(|_| "the value is not base64".into())
}

/// The vault's origin, and the scope of a token for it. Only Azure's own hosts are sent a token.
fn check(vault: &str, domains: &[String]) -> Result<(String, String), String> {
    let url = Url::parse(vault).map_err(|_| "the vault_url is no URL")?;
    let host = url.host_str().unwrap_or_default();
    let domain = domains.iter().find(|domain| {
        let below = host.strip_suffix(domain.as_str());
        below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    let domain = domain.ok_or("the vault_url is not below a domain of Azure Key Vault")?;
    let origin = url.origin().ascii_serialization();
    Ok((origin, format!("https://{domain}/.default")))
}

async fn token(reach: &Reach, credentials: &Azure, scope: &str) -> Result<Zeroizing<String>, String> {
    let authority = match credentials.authority_host.as_str() {
        "" => AUTHORITY,
        host => host,
    };
    let tenant = credentials.tenant_id.as_str();
    if !tenant
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
    {
        return Err("the tenantId is none".into());
    }
    let url = format!("{}/{tenant}/oauth2/v2.0/token", authority.trim_end_matches('/'));
    let form = form(credentials, scope, &url)?;
    super::oauth::exchange(reach, url, form).await
}

fn form(credentials: &Azure, scope: &str, url: &str) -> Result<String, String> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials")
        .append_pair("client_id", &credentials.client_id)
        .append_pair("scope", scope);
    if credentials.client_secret.is_empty() {
        let assertion = assertion(credentials, url)?;
        form.append_pair("client_assertion_type", ASSERTION)
            .append_pair("client_assertion", &assertion);
    } else {
        form.append_pair("client_secret", &credentials.client_secret);
    }
    Ok(form.finish())
}

/// A client's own statement of who it is, signed with its certificate's key.
fn assertion(credentials: &Azure, audience: &str) -> Result<Zeroizing<String>, String> {
    if !credentials.client_certificate_password.is_empty() {
        return Err("a clientCertificate with a password is not served: use PEM without one".into());
    }
    let pem = credentials.client_certificate.as_str();
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .filter_map(Result::ok)
        .collect();
    let first = chain
        .first()
        .ok_or("the clientCertificate holds no certificate in PEM")?;
    let mut header =
        json!({"alg": "RS256", "typ": "JWT", "x5t": URL_SAFE_NO_PAD.encode(Sha1::digest(first))});
    if credentials.client_certificate_send_chain {
        use base64::engine::general_purpose::STANDARD;
        header["x5c"] = chain
            .iter()
            .map(|certificate| STANDARD.encode(certificate))
            .collect();
    }
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({
        "aud": audience, "iss": credentials.client_id, "sub": credentials.client_id,
        "jti": hex::encode(rand::random::<[u8; 16]>()), "nbf": now - 10, "exp": now + 600,
    });
    jwt::sign(&header, &claims, pem)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P6, CRED: a vault_url of a file cannot have a token sent elsewhere.
    #[test]
    fn p6_only_vaults_of_azure_get_a_token() {
        let domains = ["vault.azure.net".to_owned()];
        let (base, scope) = check("https://my.vault.azure.net/", &domains).expect("is a vault");
        assert_eq!(
            (base.as_str(), scope.as_str()),
            ("https://my.vault.azure.net", "https://vault.azure.net/.default")
        );
        for vault in [
            "https://evil.example/",
            "https://myvault.azure.net.evil.example",
            "https://notvault.azure.net",
            "https://evil.example/my.vault.azure.net",
            "my.vault.azure.net",
        ] {
            assert!(check(vault, &domains).is_err(), "{vault}");
        }
    }
}
