//! `.Capabilities`: what helm believes of a cluster that it does not ask.

use std::any::Any;
use std::rc::Rc;

use sluice_go_template::{Function, Kind, List, ListType, Object, Str, Type, Value};
use thiserror::Error;

/// The version of Kubernetes that helm 4.3.1 was built for.
const KUBE_VERSION: &str = "v1.37.0";
/// What `helm version` says of a helm 4.3.1 that was built with `go install`.
const HELM_VERSION: &str = "v4.3";
const GO_VERSION: &str = "go1.26.8";
const KUBE_CLIENT_VERSION: &str = "v1.37";

/// The API versions that helm 4.3.1 knows without a cluster, in its order.
const API_VERSIONS: [&str; 57] = [
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// A version that `--kube-version` does not take.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KubeVersionError {
    /// No digits.
    #[error("could not parse {0:?} as version")]
    Unparsable(String),
    /// Less than two numbers.
    #[error("illegal version string {0:?}")]
    TooShort(String),
    /// `01.2`
    #[error("illegal zero-prefixed version component {component:?} in {text:?}")]
    ZeroPrefixed {
        /// The component.
        component: String,
        /// All of it.
        text: String,
    },
    /// A number beyond 64 bits.
    #[error("illegal non-numeric version component {component:?} in {text:?}")]
    TooLarge {
        /// The component.
        component: String,
        /// All of it.
        text: String,
    },
}

/// A version of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeVersion {
    /// As it was given, with a `v`.
    pub version: String,
    /// Numbers only, for constraints.
    pub normalized: String,
    major: String,
    minor: String,
}

impl Default for KubeVersion {
    fn default() -> Self {
        Self {
            version: KUBE_VERSION.into(),
            normalized: KUBE_VERSION.into(),
            major: "1".into(),
            minor: "37".into(),
        }
    }
}

impl KubeVersion {
    /// Reads at least two numbers, with or without `v`; anything may follow.
    ///
    /// # Errors
    /// Where apimachinery's `version.ParseGeneric` has one.
    pub fn parse(text: &str) -> Result<Self, KubeVersionError> {
        let trimmed = text.trim_start();
        let rest = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let mut numbers = Vec::new();
        let mut rest = rest;
        loop {
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            if length == 0 {
                break;
            }
            numbers.push(&rest[..length]);
            rest = &rest[length..];
            match rest.strip_prefix('.') {
                Some(next) if next.starts_with(|char: char| char.is_ascii_digit()) => rest = next,
                _ => break,
            }
        }
        let [major, minor, ..] = numbers[..] else {
            return Err(if numbers.is_empty() {
                KubeVersionError::Unparsable(text.to_owned())
            } else {
                KubeVersionError::TooShort(text.to_owned())
            });
        };
        if major.len() > 1 && major.starts_with('0') {
            return Err(KubeVersionError::ZeroPrefixed {
                component: major.to_owned(),
                text: text.to_owned(),
            });
        }
        let mut parsed = Vec::new();
        for number in &numbers {
            let number: u64 = number.parse().map_err(|_| KubeVersionError::TooLarge {
                component: (*number).to_owned(),
                text: text.to_owned(),
            })?;
            parsed.push(number.to_string());
        }
        let prefix = if text.starts_with('v') { "" } else { "v" };
        Ok(Self {
            version: format!("{prefix}{text}"),
            normalized: format!("v{}", parsed.join(".")),
            major: parsed[0].clone(),
            minor: minor
                .parse::<u64>()
                .map(|number| number.to_string())
                .unwrap_or_default(),
        })
    }
}

/// What templates and constraints are told of the cluster.
#[derive(Debug, Clone, Default)]
pub struct Capabilities {
    /// Version of Kubernetes.
    pub kube_version: KubeVersion,
    /// API versions besides the known ones.
    pub api_versions: Vec<String>,
    /// The known ones do not count.
    pub api_versions_only: bool,
}

impl Capabilities {
    /// `.Capabilities`
    pub(crate) fn value(&self) -> Value {
        let known: &[&str] = if self.api_versions_only {
            &[]
        } else {
            &API_VERSIONS
        };
        let known = known.iter().copied().map(Value::from);
        let more = self
            .api_versions
            .iter()
            .map(|version| Value::from(version.as_str()));
        let versions = List::typed(&VERSION_SET, known.chain(more).collect());
        Value::Object(Rc::new(CapabilitiesObject {
            kube_version: Value::object(KubeVersionObject(self.kube_version.clone())),
            api_versions: Value::List(versions),
        }))
    }
}

static VERSION_SET: ListType = ListType {
    name: "common.VersionSet",
    underlying: "[]string",
    element: Type::String,
    method: Some(version_set_method),
};

fn version_set_method(list: &List, name: &[u8]) -> Option<Function> {
    let list = list.clone();
    (name == b"Has").then(|| {
        Function::new(&[Type::String], move |_, args| {
            let wanted = args.first().and_then(Value::as_bytes);
            Ok(Value::Bool(
                list.iter().any(|version| version.as_bytes() == wanted),
            ))
        })
        .returning(Type::Bool)
    })
}

struct CapabilitiesObject {
    kube_version: Value,
    api_versions: Value,
}

impl Object for CapabilitiesObject {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        "*common.Capabilities"
    }

    fn kind(&self) -> Kind {
        Kind::Pointer
    }

    fn fields(&self) -> Vec<(&str, Value)> {
        vec![
            ("KubeVersion", self.kube_version.clone()),
            ("APIVersions", self.api_versions.clone()),
            ("HelmVersion", Value::object(BuildInfo)),
        ]
    }
}

struct KubeVersionObject(KubeVersion);

impl Object for KubeVersionObject {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        "common.KubeVersion"
    }

    fn fields(&self) -> Vec<(&str, Value)> {
        vec![
            ("Version", Value::from(&*self.0.version)),
            ("Major", Value::from(&*self.0.major)),
            ("Minor", Value::from(&*self.0.minor)),
        ]
    }

    fn method(&self, name: &[u8]) -> Option<Function> {
        let text = match name {
            b"String" => &self.0.normalized,
            b"GitVersion" => &self.0.version,
            _ => return None,
        };
        let text = Str::from(text.as_str());
        Some(Function::new(&[], move |_, _| Ok(Value::String(text.clone()))).returning(Type::String))
    }

    fn string(&self) -> Option<Str> {
        Some(Str::from(self.0.normalized.as_str()))
    }
}

struct BuildInfo;

impl Object for BuildInfo {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        "version.BuildInfo"
    }

    fn fields(&self) -> Vec<(&str, Value)> {
        vec![
            ("Version", Value::from(HELM_VERSION)),
            ("GitCommit", Value::from("")),
            ("GitTreeState", Value::from("")),
            ("GoVersion", Value::from(GO_VERSION)),
            ("KubeClientVersion", Value::from(KUBE_CLIENT_VERSION)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_keep_what_follows_the_numbers_but_not_for_constraints() {
        let version = KubeVersion::parse("v1.33.4-gke.1245000").unwrap();
        assert_eq!(version.version, "v1.33.4-gke.1245000");
        assert_eq!(version.normalized, "v1.33.4");
        assert_eq!((version.major.as_str(), version.minor.as_str()), ("1", "33"));
        assert_eq!(KubeVersion::parse("1.20").unwrap().version, "v1.20");
        assert_eq!(KubeVersion::parse("1.20+").unwrap().normalized, "v1.20");
        assert_eq!(
            KubeVersion::parse("x"),
            Err(KubeVersionError::Unparsable("x".into()))
        );
        assert_eq!(
            KubeVersion::parse("1"),
            Err(KubeVersionError::TooShort("1".into()))
        );
        assert!(KubeVersion::parse("01.2").is_err());
        assert!(KubeVersion::parse("1.99999999999999999999").is_err());
    }
}
