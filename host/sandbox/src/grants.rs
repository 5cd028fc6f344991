//! Which interfaces a plugin may import.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// An interface that is a power, so must be granted. `log` and `files` are none: they show what the call brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Interface {
    /// HTTP to the object's endpoint.
    Http,
    /// Git to the object's endpoint.
    Git,
    /// OCI to the object's endpoint.
    Oci,
    /// Look-ups in the cluster with the tenant's identity.
    Cluster,
}

impl Interface {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Http, Self::Git, Self::Oci, Self::Cluster];

    /// As in the contract and in a Plugin's grants.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Git => "git",
            Self::Oci => "oci",
            Self::Cluster => "cluster",
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No interface has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown grant {0:?}: want one of http, git, oci, cluster")]
pub struct UnknownGrant(pub String);

impl FromStr for Interface {
    type Err = UnknownGrant;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|interface| interface.as_str() == text);
        found.ok_or_else(|| UnknownGrant(text.chars().take(64).collect()))
    }
}

/// The interfaces that were granted to a plugin. The default grants none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(BTreeSet<Interface>);

impl Grants {
    /// No power: enough for renderers without look-ups and for receivers.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every power, for the plugins that the binary brings.
    pub fn all() -> Self {
        Interface::ALL.into_iter().collect()
    }

    /// Whether an interface was granted.
    pub fn has(&self, interface: Interface) -> bool {
        self.0.contains(&interface)
    }
}

impl FromIterator<Interface> for Grants {
    fn from_iter<T: IntoIterator<Item = Interface>>(interfaces: T) -> Self {
        Self(interfaces.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_names() {
        assert_eq!("oci".parse(), Ok(Interface::Oci));
        assert!("network".parse::<Interface>().is_err());
        assert!(Grants::all().has(Interface::Cluster) && !Grants::none().has(Interface::Http));
    }
}
