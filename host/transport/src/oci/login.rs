//! Credentials of a registry: from a docker config, and the token that they are exchanged for. They are sent to the
//! registry's own host, or to a token service under the same domain; never anywhere else.

use base64::Engine as _;
use bytes::Bytes;
use http::Method;
use http::header::{HeaderMap, WWW_AUTHENTICATE};
use oci_client::secrets::RegistryAuth;
use serde::Deserialize;
use sluice_model::SecretData;
use sluice_model::port::EndpointError;
use url::Url;

use crate::client::{CheckedClient, Outgoing, basic_auth, read_body, retry_after};

const DOCKER_CONFIG: &str = ".dockerconfigjson";
const MAX_ANSWER: usize = 1024 * 1024;
const MAX_CONFIG: usize = 1024 * 1024;

/// A user of a registry.
#[derive(Clone)]
pub(crate) struct Login {
    pub username: String,
    pub password: String,
}

#[derive(Deserialize)]
struct DockerConfig {
    #[serde(default)]
    auths: std::collections::BTreeMap<String, DockerAuth>,
}

#[derive(Deserialize)]
struct DockerAuth {
    username: Option<String>,
    password: Option<String>,
    auth: Option<String>,
}

impl Login {
    /// The user for a host: of a docker config, which must name the host, or of `username` and `password`.
    ///
    /// # Errors
    /// The Secret has neither, is malformed, or does not name the host.
    pub fn from_secret(secret: &SecretData, host: &str) -> Result<Self, EndpointError> {
        let fail = |reason: &str| {
            EndpointError::Unauthorized(format!("invalid registry secret '{}': {reason}", secret.name))
        };
        let Some(config) = secret.get(DOCKER_CONFIG) else {
            return match (secret.text("username"), secret.text("password")) {
                (Some(username), Some(password)) => Ok(Self {
                    username: username.into(),
                    password: password.into(),
                }),
                _ => Err(fail("want .dockerconfigjson, or username and password")),
            };
        };
        if config.len() > MAX_CONFIG {
            return Err(fail("larger than 1 MiB"));
        }
        let config: DockerConfig =
            serde_json::from_slice(config).map_err(|_| fail("key .dockerconfigjson is no docker config"))?;
        let found = config
            .auths
            .iter()
            .find(|(name, _)| registry_host(name) == registry_host(host));
        let (_, auth) = found.ok_or_else(|| fail(&format!("it has no entry for {host}")))?;
        auth.login()
            .ok_or_else(|| fail(&format!("its entry for {host} has no user and password")))
    }
}

impl DockerAuth {
    fn login(&self) -> Option<Login> {
        if let (Some(username), Some(password)) = (&self.username, &self.password)
            && !username.is_empty()
        {
            return Some(Login {
                username: username.clone(),
                password: password.clone(),
            });
        }
        let decoded = base64::engine::general_purpose::STANDARD
            .decode(self.auth.as_ref()?.trim())
            .ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (username, password) = text.split_once(':')?;
        Some(Login {
            username: username.into(),
            password: password.trim_end_matches('\0').into(),
        })
    }
}

/// The host in a key of a docker config, which may be a URL; the names of Docker Hub are one.
fn registry_host(name: &str) -> &str {
    let rest = name
        .strip_prefix("https://")
        .or_else(|| name.strip_prefix("http://"))
        .unwrap_or(name);
    match rest.split('/').next().unwrap_or(rest) {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => "index.docker.io",
        host => host,
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

/// Exchanges a login, or none, for what requests carry (distribution-spec token authentication).
///
/// # Errors
/// The registry cannot be asked, names a token service elsewhere, or refuses.
pub(crate) async fn authenticate(
    client: &CheckedClient,
    registry: &Url,
    scope: &str,
    login: Option<&Login>,
) -> Result<RegistryAuth, EndpointError> {
    let ping = registry
        .join("/v2/")
        .map_err(|_| EndpointError::Invalid("invalid registry host".into()))?;
    let response = send(client, get(ping, HeaderMap::new()), login).await?;
    let challenge = response
        .headers()
        .get(WWW_AUTHENTICATE)
        .and_then(|value| value.to_str().ok());
    let status = response.status().as_u16();
    if challenge.is_none() && !matches!(status, 200..300 | 401 | 403 | 404) {
        return Err(EndpointError::Transient {
            message: format!("the registry answered with status {status}"),
            after_ms: retry_after(response.headers()),
        });
    }
    let Some(bearer) = challenge.and_then(|text| strip_scheme(text, "bearer")) else {
        return Ok(login.map_or(RegistryAuth::Anonymous, |login| {
            RegistryAuth::Basic(login.username.clone(), login.password.clone())
        }));
    };
    let realm = parameter(bearer, "realm").and_then(|realm| Url::parse(&realm).ok());
    let mut realm =
        realm.ok_or_else(|| EndpointError::Failed("the registry names no token service".into()))?;
    if login.is_some() && !may_receive(registry, &realm) {
        return Err(EndpointError::Denied(format!(
            "the registry names a token service on another host ({}): credentials are not sent there",
            realm.host_str().unwrap_or_default()
        )));
    }
    realm.query_pairs_mut().append_pair("scope", scope);
    if let Some(service) = parameter(bearer, "service") {
        realm.query_pairs_mut().append_pair("service", &service);
    }
    let mut headers = HeaderMap::new();
    if let Some(login) = login {
        basic_auth(&mut headers, &login.username, &login.password)?;
    }
    let response = send(client, get(realm, headers), login).await?;
    match response.status().as_u16() {
        200 => {}
        401 | 403 => {
            return Err(EndpointError::Unauthorized(
                "the registry refused the credentials".into(),
            ));
        }
        code => {
            let message = format!("the registry's token service answered with status {code}");
            return Err(EndpointError::Transient {
                message,
                after_ms: retry_after(response.headers()),
            });
        }
    }
    let body = read_body(response, MAX_ANSWER).await?;
    let answer: Option<TokenAnswer> = serde_json::from_slice(&body).ok();
    let token = answer.and_then(|answer| answer.token.or(answer.access_token));
    token
        .map(RegistryAuth::Bearer)
        .ok_or_else(|| EndpointError::Failed("the token service gave no token".into()))
}

/// Without credentials, redirects may lead anywhere.
async fn send(
    client: &CheckedClient,
    request: Outgoing,
    login: Option<&Login>,
) -> Result<reqwest::Response, EndpointError> {
    match login {
        Some(_) => client.send(request).await,
        None => client.send_anywhere(request).await,
    }
}

fn get(url: Url, headers: HeaderMap) -> Outgoing {
    Outgoing {
        method: Method::GET,
        url,
        headers,
        body: Bytes::new(),
    }
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (given, rest) = text.trim().split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// A parameter of a challenge (RFC 9110, section 11.2), quoted or not.
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let mut rest = challenge;
    while !rest.is_empty() {
        let (key, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_once(',').unwrap_or((value, "")),
        };
        if key
            .trim()
            .trim_start_matches(',')
            .trim()
            .eq_ignore_ascii_case(name)
        {
            return Some(value.to_owned());
        }
        rest = after.trim_start().trim_start_matches(',');
    }
    None
}

/// O4: the registry's own host, or a host with the same last two labels (`auth.docker.io` for `index.docker.io`), and
/// never in the clear when the registry is not.
fn may_receive(registry: &Url, realm: &Url) -> bool {
    if realm.scheme() != "https" && realm.scheme() != registry.scheme() {
        return false;
    }
    let (Some(left), Some(right)) = (registry.host(), realm.host()) else {
        return false;
    };
    if left == right {
        return registry.scheme() == "https"
            || registry.port_or_known_default() == realm.port_or_known_default();
    }
    let (url::Host::Domain(left), url::Host::Domain(right)) = (left, right) else {
        return false;
    };
    let domain = |host: &str| {
        let mut labels = host.rsplit('.');
        let (top, second) = (labels.next()?.to_owned(), labels.next()?.to_owned());
        Some((top, second))
    };
    domain(left).is_some() && domain(left) == domain(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(key: &str, value: &str) -> SecretData {
        SecretData::new("a/b", [(key.to_owned(), value.as_bytes().to_vec())])
    }

    #[test]
    fn reads_docker_configs() {
        let config = r#"{"auths": {"ghcr.io": {"auth": "dTpw"}, "https://index.docker.io/v1/": {"username": "d", "password": "q"}}}"#;
        let secret = secret(DOCKER_CONFIG, config);
        let login = Login::from_secret(&secret, "ghcr.io").expect("a login");
        assert_eq!((login.username.as_str(), login.password.as_str()), ("u", "p"));
        assert_eq!(
            Login::from_secret(&secret, "index.docker.io")
                .expect("a login")
                .username,
            "d"
        );
        assert!(Login::from_secret(&secret, "quay.io").is_err());
    }

    #[test]
    fn refuses_other_secrets() {
        assert!(Login::from_secret(&secret("username", "u"), "h").is_err());
        assert!(Login::from_secret(&secret(DOCKER_CONFIG, "[]"), "h").is_err());
    }

    #[test]
    fn reads_challenges() {
        let challenge = r#"realm="https://auth.example/token",service="r, x",scope=a"#;
        assert_eq!(
            parameter(challenge, "realm").as_deref(),
            Some("https://auth.example/token")
        );
        assert_eq!(parameter(challenge, "service").as_deref(), Some("r, x"));
        assert_eq!(parameter(challenge, "scope").as_deref(), Some("a"));
        assert_eq!(parameter("realm=\"x", "realm"), None);
        assert_eq!(strip_scheme("Bearer realm=\"x\"", "bearer"), Some("realm=\"x\""));
    }

    /// O4: where credentials may go.
    #[test]
    fn o4_credentials_stay_with_the_registry() {
        let may = |registry: &str, realm: &str| {
            may_receive(
                &Url::parse(registry).expect("a URL"),
                &Url::parse(realm).expect("a URL"),
            )
        };
        assert!(may("https://index.docker.io", "https://auth.docker.io/token"));
        assert!(may("https://registry.gitlab.com", "https://gitlab.com/jwt/auth"));
        assert!(may("https://r.example:5000", "https://r.example/token"));
        assert!(may("http://127.0.0.1:5000", "http://127.0.0.1:5000/token"));
        assert!(!may("https://r.example", "https://evil.test/token"));
        assert!(!may("https://r.example", "http://r.example/token"));
        assert!(!may("http://127.0.0.1:5000", "http://127.0.0.1:6000/token"));
        assert!(!may("http://10.0.0.1", "http://10.0.0.2/"));
    }
}
