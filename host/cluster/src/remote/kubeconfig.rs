//! Reads the kubeconfig of a tenant: an allow-list of fields, all of them inline data. Errors never quote a value.

use kube::config::{
    AuthInfo, Cluster, Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Longest document that is read; a Secret holds no more.
const MAX_BYTES: usize = 1 << 20;
/// The name that the chosen entries have in the configuration that is made of them.
const CHOSEN: &str = "remote";

/// What an operator lets kubeconfigs ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KubeconfigPolicy {
    /// `--insecure-kubeconfig-exec` was given: programs are refused all the same, in words that say so.
    pub exec_asked_for: bool,
    /// `--insecure-kubeconfig-tls`: the check of the server's certificate may be turned off, and plain HTTP used.
    pub insecure_tls: bool,
}

/// A kubeconfig cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KubeconfigError {
    /// It is longer than what is read.
    #[error("kubeconfig is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// It is no kubeconfig. What the parser says may quote a credential, so only the place is told.
    #[error("kubeconfig is not readable{at}")]
    Malformed {
        /// Empty, or the line and column.
        at: String,
    },
    /// The current context leads nowhere.
    #[error("kubeconfig has no {what} {name:?}")]
    Missing {
        /// For example `context`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A field that is never served.
    #[error("kubeconfig field {field} is refused: {why}")]
    Refused {
        /// As it is written in a kubeconfig.
        field: &'static str,
        /// Why.
        why: &'static str,
    },
    /// Certificates, keys or the address are not usable.
    #[error("kubeconfig cannot be used: {0}")]
    Unusable(String),
}

#[derive(Deserialize)]
struct File {
    #[serde(default, rename = "current-context")]
    current_context: Option<String>,
    #[serde(default)]
    contexts: Option<Vec<Named<InContext>>>,
    #[serde(default)]
    clusters: Option<Vec<Named<InCluster>>>,
    #[serde(default)]
    users: Option<Vec<Named<InUser>>>,
}

#[derive(Deserialize)]
struct Named<T> {
    name: String,
    #[serde(alias = "context", alias = "cluster", alias = "user")]
    entry: Option<T>,
}

#[derive(Deserialize)]
struct InContext {
    cluster: String,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct InCluster {
    server: String,
    #[serde(default)]
    certificate_authority_data: Option<String>,
    #[serde(default)]
    tls_server_name: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: Option<bool>,
    #[serde(default)]
    certificate_authority: Option<String>,
    #[serde(default)]
    proxy_url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct InUser {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    client_certificate_data: Option<String>,
    #[serde(default)]
    client_key_data: Option<String>,
    #[serde(default, rename = "tokenFile")]
    token_file: Option<String>,
    #[serde(default)]
    client_certificate: Option<String>,
    #[serde(default)]
    client_key: Option<String>,
    #[serde(default)]
    exec: Option<IgnoredAny>,
    #[serde(default)]
    auth_provider: Option<IgnoredAny>,
    #[serde(default, rename = "as")]
    impersonate: Option<String>,
    #[serde(default)]
    as_uid: Option<String>,
    #[serde(default)]
    as_groups: Option<Vec<String>>,
    #[serde(default)]
    as_user_extra: Option<IgnoredAny>,
}

/// Reads a kubeconfig from a Secret's bytes: its current context only, nothing but inline data (T5, CVE-2022-24817).
///
/// # Errors
/// It is no kubeconfig, or asks for what is refused.
pub async fn read_kubeconfig(
    bytes: &[u8],
    policy: KubeconfigPolicy,
) -> Result<kube::Config, KubeconfigError> {
    let kubeconfig = parse(bytes, policy)?;
    let options = KubeConfigOptions {
        context: Some(CHOSEN.to_owned()),
        ..KubeConfigOptions::default()
    };
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| KubeconfigError::Unusable(error.to_string()))?;
    // kube takes the environment's proxy where the kubeconfig names none
    config.proxy_url = None;
    config.default_retry = false;
    let scheme = config.cluster_url.scheme_str();
    if scheme != Some("https") && !(scheme == Some("http") && policy.insecure_tls) {
        return Err(KubeconfigError::Refused {
            field: "server",
            why: "want https://",
        });
    }
    Ok(config)
}

/// The current context as a configuration of allowed fields only.
pub fn parse(bytes: &[u8], policy: KubeconfigPolicy) -> Result<Kubeconfig, KubeconfigError> {
    if bytes.len() > MAX_BYTES {
        return Err(KubeconfigError::TooLarge);
    }
    let file: File = serde_yaml_ng::from_slice(bytes).map_err(|error| KubeconfigError::Malformed {
        at: error.location().map_or_else(String::new, |at| {
            format!(" at line {} column {}", at.line(), at.column())
        }),
    })?;
    let name = file.current_context.unwrap_or_default();
    let context = pick(file.contexts, "context", &name)?;
    let cluster = pick(file.clusters, "cluster", &context.cluster)?;
    let user = match context.user.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => pick(file.users, "user", name)?,
        None => InUser::default(),
    };
    check_cluster(&cluster, policy)?;
    check_user(&user, policy)?;
    Ok(Kubeconfig {
        clusters: vec![NamedCluster {
            name: CHOSEN.into(),
            cluster: Some(allowed_cluster(cluster)),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: CHOSEN.into(),
            auth_info: Some(allowed_user(user)),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: CHOSEN.into(),
            context: Some(Context {
                cluster: CHOSEN.into(),
                user: Some(CHOSEN.into()),
                namespace: context.namespace,
                ..Context::default()
            }),
            ..NamedContext::default()
        }],
        ..Kubeconfig::default()
    })
}

fn pick<T>(list: Option<Vec<Named<T>>>, what: &'static str, name: &str) -> Result<T, KubeconfigError> {
    let found = list.into_iter().flatten().find(|named| named.name == name);
    found
        .and_then(|named| named.entry)
        .ok_or_else(|| KubeconfigError::Missing {
            what,
            name: name.chars().take(128).collect(),
        })
}

const FILES: &str = "files of the controller are not read, give the data inline";

fn check_cluster(cluster: &InCluster, policy: KubeconfigPolicy) -> Result<(), KubeconfigError> {
    let insecure = cluster.insecure_skip_tls_verify == Some(true) && !policy.insecure_tls;
    refuse(&[
        (
            "certificate-authority",
            is_set(cluster.certificate_authority.as_ref()),
            FILES,
        ),
        (
            "proxy-url",
            is_set(cluster.proxy_url.as_ref()),
            "proxies of a kubeconfig are not used",
        ),
        (
            "insecure-skip-tls-verify",
            insecure,
            "the server's certificate is always checked unless the operator allows it by --insecure-kubeconfig-tls",
        ),
    ])
}

fn check_user(user: &InUser, policy: KubeconfigPolicy) -> Result<(), KubeconfigError> {
    let exec = if policy.exec_asked_for {
        "programs are never run, not even with --insecure-kubeconfig-exec; use a token or spec.kubeConfig.configMapRef"
    } else {
        "programs are never run"
    };
    let impersonates = is_set(user.impersonate.as_ref())
        || is_set(user.as_uid.as_ref())
        || user.as_groups.as_ref().is_some_and(|groups| !groups.is_empty())
        || user.as_user_extra.is_some();
    refuse(&[
        ("exec", user.exec.is_some(), exec),
        (
            "auth-provider",
            user.auth_provider.is_some(),
            "authentication plugins are never run",
        ),
        ("tokenFile", is_set(user.token_file.as_ref()), FILES),
        (
            "client-certificate",
            is_set(user.client_certificate.as_ref()),
            FILES,
        ),
        ("client-key", is_set(user.client_key.as_ref()), FILES),
        ("as", impersonates, "name the account in spec.serviceAccountName"),
    ])
}

fn is_set(text: Option<&String>) -> bool {
    text.is_some_and(|text| !text.is_empty())
}

fn refuse(rules: &[(&'static str, bool, &'static str)]) -> Result<(), KubeconfigError> {
    match rules.iter().find(|(_, refused, _)| *refused) {
        Some((field, _, why)) => Err(KubeconfigError::Refused { field, why }),
        None => Ok(()),
    }
}

fn allowed_cluster(cluster: InCluster) -> Cluster {
    Cluster {
        server: Some(cluster.server),
        certificate_authority_data: cluster.certificate_authority_data,
        tls_server_name: cluster.tls_server_name,
        insecure_skip_tls_verify: cluster.insecure_skip_tls_verify,
        ..Cluster::default()
    }
}

fn allowed_user(user: InUser) -> AuthInfo {
    AuthInfo {
        token: user.token.map(Into::into),
        username: user.username,
        password: user.password.map(Into::into),
        client_certificate_data: user.client_certificate_data,
        client_key_data: user.client_key_data.map(Into::into),
        ..AuthInfo::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kubeconfig(cluster: &str, user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
             contexts: [{{name: c, context: {{cluster: k, user: u, namespace: n}}}}]\n\
             clusters: [{{name: k, cluster: {{server: 'https://api.example:6443'{cluster}}}}}]\n\
             users: [{{name: u, user: {{{user}}}}}]\n"
        )
    }

    fn refused(cluster: &str, user: &str) -> String {
        match parse(kubeconfig(cluster, user).as_bytes(), KubeconfigPolicy::default()) {
            Err(KubeconfigError::Refused { field, .. }) => field.to_owned(),
            other => panic!("{cluster} {user}: {other:?}"),
        }
    }

    /// T5, CVE-2022-24817: nothing in a kubeconfig runs a program, reads a file or leaves TLS.
    #[test]
    fn t5_programs_files_proxies_and_insecure_tls_are_refused() {
        for (user, field) in [
            (
                "exec: {command: /bin/sh, apiVersion: client.authentication.k8s.io/v1}",
                "exec",
            ),
            (
                "auth-provider: {name: gcp, config: {cmd-path: /bin/sh}}",
                "auth-provider",
            ),
            (
                "tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token",
                "tokenFile",
            ),
            ("client-certificate: /etc/passwd", "client-certificate"),
            ("client-key: /etc/passwd", "client-key"),
            ("as: 'system:admin'", "as"),
            ("as-groups: ['system:masters']", "as"),
        ] {
            assert_eq!(refused("", user), field);
        }
        for (cluster, field) in [
            (", insecure-skip-tls-verify: true", "insecure-skip-tls-verify"),
            (
                ", certificate-authority: /etc/ssl/ca.crt",
                "certificate-authority",
            ),
            (", proxy-url: 'http://169.254.169.254'", "proxy-url"),
        ] {
            assert_eq!(refused(cluster, "token: t"), field);
        }
    }

    #[test]
    fn the_operators_flags_open_tls_and_never_exec() {
        let open = KubeconfigPolicy {
            exec_asked_for: true,
            insecure_tls: true,
        };
        let insecure = kubeconfig(", insecure-skip-tls-verify: true", "token: t");
        assert!(parse(insecure.as_bytes(), open).is_ok());
        let exec = parse(kubeconfig("", "exec: {command: x}").as_bytes(), open).expect_err("refused");
        assert!(exec.to_string().contains("--insecure-kubeconfig-exec"), "{exec}");
    }

    #[tokio::test]
    async fn the_current_context_is_read_from_inline_data() {
        let text = kubeconfig("", "token: secret-token");
        let config = read_kubeconfig(text.as_bytes(), KubeconfigPolicy::default())
            .await
            .expect("a config");
        assert_eq!(config.cluster_url.to_string(), "https://api.example:6443/");
        assert_eq!(config.default_namespace, "n");
        assert!(config.proxy_url.is_none());
        assert!(!format!("{config:?}").contains("secret-token"));
    }

    #[tokio::test]
    async fn plain_http_needs_the_operator() {
        let text = kubeconfig("", "token: t").replace("https://", "http://");
        let error = read_kubeconfig(text.as_bytes(), KubeconfigPolicy::default()).await;
        assert!(
            matches!(error, Err(KubeconfigError::Refused { field: "server", .. })),
            "{error:?}"
        );
    }

    /// L1: the parser's words may quote a credential.
    #[test]
    fn errors_tell_the_place_and_not_the_text() {
        let policy = KubeconfigPolicy::default();
        let error = parse(kubeconfig("", "token: [hunter2]").as_bytes(), policy).expect_err("no token");
        assert!(error.to_string().contains("line"), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let none = parse(b"hunter2", policy).expect_err("no map").to_string();
        assert!(!none.contains("hunter2"), "{none}");
        let nowhere = parse(b"current-context: x", policy).expect_err("no context");
        assert_eq!(nowhere.to_string(), "kubeconfig has no context \"x\"");
        let huge = vec![b'#'; MAX_BYTES + 1];
        assert_eq!(parse(&huge, policy).err(), Some(KubeconfigError::TooLarge));
    }

    /// R5: an alias bomb ends as an error.
    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = String::from("a0: &a0 [x, x]\n");
        for level in 1..40 {
            text.push_str(&format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1));
        }
        text.push_str("contexts: *a39\n");
        assert!(parse(text.as_bytes(), KubeconfigPolicy::default()).is_err());
    }
}
