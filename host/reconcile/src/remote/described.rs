//! A cluster as a ConfigMap describes it.

use std::collections::BTreeMap;

/// A cluster as a ConfigMap describes it (Flux `provider: generic`).
#[derive(Debug, PartialEq, Eq)]
pub struct Described {
    address: String,
    authority: Option<String>,
    /// Of the token.
    pub audiences: Vec<String>,
    /// Whose token is sent.
    pub service_account: String,
}

impl Described {
    /// Reads the keys `provider`, `address`, `ca.crt`, `audiences` and `serviceAccountName`.
    ///
    /// # Errors
    /// In words, without the object's name.
    pub fn read(data: &BTreeMap<String, String>, default_account: &str) -> Result<Self, String> {
        let text = |key: &str| {
            data.get(key)
                .map(|text| text.trim())
                .filter(|text| !text.is_empty())
        };
        match text("provider") {
            Some("generic") => {}
            Some(provider @ ("aws" | "azure" | "gcp")) => {
                return Err(format!(
                    "provider {provider:?} is not served by this version of Sluice; use provider \"generic\" or spec.kubeConfig.secretRef"
                ));
            }
            Some(other) => return Err(format!("provider {other:?} is not known: want \"generic\"")),
            None => return Err("key provider is missing".into()),
        }
        let address = text("address").ok_or("key address is missing")?;
        let address = match address.split_once("://") {
            Some(("https", _)) => address.to_owned(),
            Some(_) => return Err("address must use https".into()),
            None => format!("https://{address}"),
        };
        // our own identity is never lent to a tenant's server
        let service_account = text("serviceAccountName")
            .or(Some(default_account).filter(|name| !name.is_empty()))
            .ok_or("key serviceAccountName is missing, and the operator set no --default-kubeconfig-service-account")?;
        let mut audiences: Vec<String> = text("audiences")
            .into_iter()
            .flat_map(str::lines)
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        if audiences.is_empty() {
            audiences.push(text("address").unwrap_or_default().to_owned());
        }
        Ok(Self {
            authority: text("ca.crt").map(ToOwned::to_owned),
            service_account: service_account.to_owned(),
            address,
            audiences,
        })
    }

    /// The same as a kubeconfig without credentials, so that one reader judges both.
    pub fn kubeconfig(&self) -> Vec<u8> {
        use base64::Engine as _;
        let mut cluster = serde_json::json!({ "server": self.address });
        if let Some(authority) = &self.authority {
            let encoded = base64::engine::general_purpose::STANDARD.encode(authority);
            cluster["certificate-authority-data"] = encoded.into();
        }
        serde_json::json!({
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k"}}],
            "clusters": [{"name": "k", "cluster": cluster}],
        })
        .to_string()
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        entries.iter().map(owned).collect()
    }

    #[test]
    fn a_generic_config_map_needs_an_address_and_an_account_of_the_tenant() {
        let full = data(&[
            ("provider", "generic"),
            ("address", "api.example:6443"),
            ("audiences", "one\n\n two \n"),
            ("serviceAccountName", "deployer"),
        ]);
        let read = Described::read(&full, "").expect("reads");
        assert_eq!(read.address, "https://api.example:6443");
        assert_eq!(read.audiences, ["one", "two"]);
        let less = data(&[("provider", "generic"), ("address", "api.example")]);
        let error = Described::read(&less, "").expect_err("no account");
        assert!(error.contains("serviceAccountName"), "{error}");
        let read = Described::read(&less, "default").expect("the operator's default");
        assert_eq!(
            (read.service_account.as_str(), &*read.audiences[0]),
            ("default", "api.example")
        );
        let http = data(&[
            ("provider", "generic"),
            ("address", "http://api.example"),
            ("serviceAccountName", "a"),
        ]);
        assert!(Described::read(&http, "").is_err());
    }

    #[test]
    fn cloud_providers_are_refused_by_name() {
        for provider in ["aws", "azure", "gcp"] {
            let error = Described::read(&data(&[("provider", provider)]), "x").expect_err("refused");
            assert!(
                error.contains(provider) && error.contains("not served"),
                "{error}"
            );
        }
        assert!(Described::read(&data(&[("provider", "ibm")]), "x").is_err());
        assert!(Described::read(&data(&[]), "x").is_err());
    }
}
