//! Git credentials from the data of a Secret, with Flux's keys and rules.

use reqwest::header::HeaderMap;
use sluice_model::SecretData;
use sluice_model::port::EndpointError;
use zeroize::Zeroizing;

use crate::client::{basic_auth, bearer_auth};
use crate::git::known_hosts::KnownHosts;
use crate::git::url::{GitUrl, Scheme};
use crate::redact::Redactor;
use crate::tls::TlsMaterial;

/// A private key with the hosts it may be shown to.
pub(crate) struct SshIdentity {
    pub key: Zeroizing<String>,
    pub passphrase: Option<Zeroizing<String>>,
    pub known_hosts: KnownHosts,
}

/// What a remote is reached with.
#[derive(Default)]
pub(crate) struct Credentials {
    /// Holds the Authorization header, when there is one.
    pub headers: HeaderMap,
    pub tls: TlsMaterial,
    pub ssh: Option<SshIdentity>,
    pub redactor: Redactor,
}

impl Credentials {
    /// For a URL, from its Secret.
    ///
    /// # Errors
    /// `Unauthorized`, naming the Secret and key.
    pub fn new(url: &GitUrl, secret: Option<&SecretData>) -> Result<Self, EndpointError> {
        match url.scheme {
            Scheme::Ssh => Self::ssh(secret),
            Scheme::Http => Self::http(url, secret),
        }
    }

    fn http(url: &GitUrl, secret: Option<&SecretData>) -> Result<Self, EndpointError> {
        let mut credentials = Self::default();
        let text = |key: &str| {
            secret
                .and_then(|secret| secret.text(key))
                .filter(|text| !text.is_empty())
        };
        let (url_user, url_password) = url.credentials.clone().unwrap_or_default();
        let bearer = text("bearerToken");
        // With a bearer token the Secret's user and password are not read, as in Flux.
        let from_secret = |key: &str| {
            if bearer.is_some() {
                None
            } else {
                text(key).map(str::to_owned)
            }
        };
        let username = from_secret("username").unwrap_or(url_user);
        let password = from_secret("password").unwrap_or(url_password);
        if username.is_empty() && !password.is_empty() {
            return Err(unauthorized(
                "invalid auth option: 'password' requires 'username' to be set",
            ));
        }
        if let Some(secret) = secret {
            credentials.tls = TlsMaterial::from_secret(secret)?;
        }
        match bearer {
            Some(_) if !username.is_empty() => {
                return Err(unauthorized(
                    "basic auth and bearer token cannot be set at the same time",
                ));
            }
            Some(token) => {
                credentials.redactor.add(token);
                bearer_auth(&mut credentials.headers, token.trim_end())?;
            }
            None if !username.is_empty() => {
                credentials.redactor.add_basic(&username, &password);
                basic_auth(&mut credentials.headers, &username, &password)?;
            }
            None => {}
        }
        Ok(credentials)
    }

    fn ssh(secret: Option<&SecretData>) -> Result<Self, EndpointError> {
        let required = |key: &str| {
            let value = secret
                .and_then(|secret| secret.text(key))
                .filter(|text| !text.trim().is_empty());
            value.ok_or_else(|| unauthorized(&format!("invalid 'ssh' auth option: '{key}' is required")))
        };
        let identity = required("identity")?;
        let known_hosts = required("known_hosts")?;
        let passphrase = secret
            .and_then(|secret| secret.text("password"))
            .filter(|text| !text.is_empty());
        let name = secret.map(|secret| secret.name.as_str()).unwrap_or_default();
        if passphrase.is_none() && is_encrypted(identity) {
            return Err(unauthorized(&format!(
                "SSH identity key is encrypted but no 'password' field was provided in the secret '{name}'"
            )));
        }
        let known_hosts = KnownHosts::parse(known_hosts.as_bytes())
            .map_err(|error| unauthorized(&format!("invalid key known_hosts in secret '{name}': {error}")))?;
        let mut redactor = Redactor::default();
        passphrase.iter().for_each(|text| redactor.add(text));
        let ssh = SshIdentity {
            key: Zeroizing::new(identity.to_owned()),
            passphrase: passphrase.map(|text| Zeroizing::new(text.to_owned())),
            known_hosts,
        };
        Ok(Self {
            ssh: Some(ssh),
            redactor,
            ..Self::default()
        })
    }
}

/// Whether a private key needs a passphrase: by the PEM header (RFC 1421, PKCS #8), or by the cipher in the OpenSSH
/// format (PROTOCOL.key: magic, then the cipher's name).
fn is_encrypted(pem: &str) -> bool {
    use base64::Engine as _;
    if pem.contains("Proc-Type: 4,ENCRYPTED") || pem.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        return true;
    }
    if !pem.contains("BEGIN OPENSSH PRIVATE KEY") {
        return false;
    }
    let body: String = pem
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let head: String = body.chars().take(44).collect();
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(head)
        .unwrap_or_default();
    let magic = b"openssh-key-v1\0";
    decoded
        .strip_prefix(magic)
        .and_then(|rest| rest.get(4..8))
        .is_some_and(|cipher| cipher != b"none")
}

fn unauthorized(reason: &str) -> EndpointError {
    EndpointError::Unauthorized(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::EgressPolicy;

    fn credentials(url: &str, data: &[(&str, &str)]) -> Result<Credentials, EndpointError> {
        let url = GitUrl::parse(url, EgressPolicy::default()).expect("a URL");
        let data = data
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()));
        Credentials::new(&url, Some(&SecretData::new("a/b", data)))
    }

    fn authorization(credentials: &Credentials) -> String {
        let value = credentials
            .headers
            .get("authorization")
            .map(|value| value.as_bytes().to_vec());
        String::from_utf8(value.unwrap_or_default()).expect("text")
    }

    #[test]
    fn makes_headers_as_flux_does() {
        let basic = credentials("https://g.example/x", &[("username", "u"), ("password", "p")]);
        assert_eq!(authorization(&basic.expect("basic")), "Basic dTpw");
        let bearer = credentials(
            "https://g.example/x",
            &[("bearerToken", "tok"), ("username", "u")],
        );
        assert_eq!(authorization(&bearer.expect("bearer")), "Bearer tok");
        let from_url = credentials("https://u:p@g.example/x", &[]).expect("from the URL");
        assert_eq!(authorization(&from_url), "Basic dTpw");
        assert!(credentials("https://g.example/x", &[("password", "p")]).is_err());
        assert!(credentials("https://u:p@g.example/x", &[("bearerToken", "tok")]).is_err());
    }

    /// S4: without known_hosts there is no ssh.
    #[test]
    fn s4_ssh_needs_identity_and_known_hosts() {
        let url = "ssh://git@g.example/x";
        assert!(credentials(url, &[("identity", "k")]).is_err());
        assert!(credentials(url, &[("known_hosts", "g.example ssh-ed25519 AAAA")]).is_err());
    }

    #[test]
    fn sees_encrypted_keys() {
        assert!(is_encrypted("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA"));
        assert!(is_encrypted(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
        ));
        let plain =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB\n";
        assert!(!is_encrypted(plain));
        let locked =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0\n";
        assert!(is_encrypted(locked));
    }
}
