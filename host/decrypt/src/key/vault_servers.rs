//! The operator's list of Vault servers: an allowlist, with where to log in at each (`--sops-vault-configmap`).

use serde::Deserialize;
use sluice_yaml::{Limits, read_value};

const LIMITS: Limits = Limits {
    max_bytes: 1 << 20,
    max_depth: 8,
    max_nodes: 50_000,
};

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    address: String,
    login_path: String,
}

/// Where to log in at a server; none when the list does not name its address exactly.
///
/// # Errors
/// The text is no list of instances.
pub fn vault_login_path(text: &str, address: &str) -> Result<Option<String>, String> {
    let wrong = || "want instances with address and loginPath".to_owned();
    let value = read_value(text.as_bytes(), false, &LIMITS).map_err(|_| wrong())?;
    let config: Config = serde_json::from_value(value).map_err(|_| wrong())?;
    let found = config
        .instances
        .into_iter()
        .find(|instance| instance.address == address);
    Ok(found.map(|instance| instance.login_path.trim_matches('/').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_addresses_may_be_logged_in_at() {
        let text = "instances:\n- address: https://vault.example:8200\n  loginPath: auth/kubernetes/login\n";
        let path = |address: &str| vault_login_path(text, address).expect("parses");
        assert_eq!(
            path("https://vault.example:8200").as_deref(),
            Some("auth/kubernetes/login")
        );
        assert_eq!(path("https://vault.example:8200/"), None);
        assert_eq!(path("https://evil.example"), None);
        assert!(vault_login_path("instances: text", "x").is_err());
    }
}
