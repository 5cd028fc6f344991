//! Releases in Secrets, one a revision (helm, `pkg/storage/driver/secrets.go`).

use std::collections::BTreeMap;

use async_trait::async_trait;
use sluice_cluster::Cluster;
use sluice_cluster::k8s_openapi::ByteString;
use sluice_cluster::k8s_openapi::api::core::v1::Secret;
use sluice_cluster::kube::api::{Api, DeleteParams, ListParams, PostParams};
use sluice_cluster::kube::{self, ResourceExt as _};

use crate::encoding::{decode, encode};
use crate::error::StorageError;
use crate::port::Records;
use crate::record::{Release, Status};

/// Type of the Secrets.
const TYPE: &str = "helm.sh/release.v1";
/// Key of the text.
const KEY: &str = "release";
/// Revisions that are read as a whole.
const WHOLE: u32 = 32;
/// Labels that Helm sets itself.
const SYSTEM_LABELS: [&str; 6] = ["name", "owner", "status", "version", "createdAt", "modifiedAt"];

/// The releases of a storage namespace, with the identity that may read them.
pub struct Storage {
    secrets: Api<Secret>,
    manager: String,
}

impl Storage {
    /// Of a namespace. `manager` is the field manager of what is written.
    pub fn new(cluster: &Cluster, namespace: &str, manager: &str) -> Self {
        Self {
            secrets: Api::namespaced(cluster.client(), namespace),
            manager: manager.to_owned(),
        }
    }

    /// A history that may be too long to be held in memory (H12): the newest revisions and the deployed ones are read, of
    /// the others only what their labels say.
    async fn long_history(&self, name: &str, params: &ListParams) -> Result<Vec<Release>, StorageError> {
        let found = self.secrets.list_metadata(params).await;
        let found = found.map_err(|error| api("list", name, error))?;
        let mut releases: Vec<Release> = found
            .items
            .iter()
            .filter_map(|it| outline(name, it.labels()))
            .collect();
        releases.sort_by_key(|release| std::cmp::Reverse(release.version));
        for (at, release) in releases.iter_mut().enumerate() {
            if at >= WHOLE as usize && release.info.status != Status::Deployed {
                continue;
            }
            let secret = self.secrets.get_opt(&secret_name(release)).await;
            // one that has been deleted meanwhile stays in outline
            if let Some(secret) = secret.map_err(|error| api("get", &id(release), error))? {
                *release = read(&secret)?;
            }
        }
        Ok(releases)
    }

    fn params(&self) -> PostParams {
        PostParams {
            field_manager: Some(self.manager.clone()),
            ..PostParams::default()
        }
    }
}

#[async_trait]
impl Records for Storage {
    async fn history(&self, name: &str) -> Result<Vec<Release>, StorageError> {
        let selector = format!("owner=helm,name={name}");
        let params = ListParams::default().labels(&selector);
        let found = self.secrets.list(&params.clone().limit(WHOLE)).await;
        let found = found.map_err(|error| api("list", name, error))?;
        let is_all = found.metadata.continue_.as_ref().is_none_or(String::is_empty);
        let mut releases = if is_all {
            found.items.iter().map(read).collect::<Result<Vec<_>, _>>()?
        } else {
            drop(found);
            self.long_history(name, &params).await?
        };
        releases.sort_by_key(|release| std::cmp::Reverse(release.version));
        Ok(releases)
    }

    async fn create(&self, release: &Release, now: i64) -> Result<(), StorageError> {
        let secret = secret(release, ("createdAt", now))?;
        match self.secrets.create(&self.params(), &secret).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 409 => {
                Err(StorageError::Exists { release: id(release) })
            }
            Err(error) => Err(api("create", &id(release), error)),
        }
    }

    async fn update(&self, release: &Release, now: i64) -> Result<(), StorageError> {
        let secret = secret(release, ("modifiedAt", now))?;
        let replaced = self
            .secrets
            .replace(&secret.name_any(), &self.params(), &secret)
            .await;
        replaced
            .map(drop)
            .map_err(|error| api("update", &id(release), error))
    }

    async fn delete(&self, release: &Release) -> Result<(), StorageError> {
        match self
            .secrets
            .delete(&secret_name(release), &DeleteParams::default())
            .await
        {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(api("delete", &id(release), error)),
        }
    }
}

/// The revisions that go, oldest first, of a history that has the latest first, so that with one more there are `most`
/// at most; 0 keeps all. The deployed revision stays, as Helm keeps it.
pub(crate) fn surplus(history: &[Release], most: usize) -> Vec<&Release> {
    if most == 0 || history.len() < most {
        return Vec::new();
    }
    let deployed = history
        .iter()
        .find(|release| release.info.status == Status::Deployed)
        .map(|it| it.version);
    let count = history.len() - most + 1;
    history
        .iter()
        .rev()
        .filter(|release| Some(release.version) != deployed)
        .take(count)
        .collect()
}

fn id(release: &Release) -> String {
    format!("{}.v{}", release.name, release.version)
}

fn secret_name(release: &Release) -> String {
    format!("sh.helm.release.v1.{}", id(release))
}

fn secret(release: &Release, (stamp, now): (&str, i64)) -> Result<Secret, StorageError> {
    let text = encode(release).map_err(|reason| StorageError::Encode {
        release: id(release),
        reason,
    })?;
    let mut labels = release.labels.clone();
    labels.insert(stamp.into(), now.to_string());
    labels.insert("name".into(), release.name.clone());
    labels.insert("owner".into(), "helm".into());
    labels.insert("status".into(), release.info.status.as_str().into());
    labels.insert("version".into(), release.version.to_string());
    let mut secret = Secret {
        type_: Some(TYPE.into()),
        data: Some(BTreeMap::from([(KEY.to_owned(), ByteString(text.into_bytes()))])),
        ..Secret::default()
    };
    secret.metadata.name = Some(secret_name(release));
    secret.metadata.labels = Some(labels);
    Ok(secret)
}

/// What the labels of a Secret say of its revision; none when they say no number.
fn outline(name: &str, labels: &BTreeMap<String, String>) -> Option<Release> {
    let label = |key: &str| labels.get(key).cloned().unwrap_or_default();
    let status = serde_json::from_value(label("status").into());
    let mut release = Release {
        name: name.to_owned(),
        version: label("version").parse().ok()?,
        ..Release::default()
    };
    release.info.status = status.unwrap_or_default();
    Some(release)
}

fn read(secret: &Secret) -> Result<Release, StorageError> {
    let fail = |reason: String| StorageError::Decode {
        secret: secret.name_any(),
        reason,
    };
    let text = secret.data.as_ref().and_then(|data| data.get(KEY));
    let text = text.ok_or_else(|| fail(format!("it has no key {KEY:?}")))?;
    let mut release = decode(&text.0).map_err(fail)?;
    let labels = secret
        .labels()
        .iter()
        .filter(|(key, _)| !SYSTEM_LABELS.contains(&key.as_str()));
    release.labels = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
    Ok(release)
}

fn api(operation: &'static str, release: &str, error: kube::Error) -> StorageError {
    StorageError::Api {
        operation,
        release: release.to_owned(),
        error: Box::new(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Info;

    fn revision(version: u32, status: Status) -> Release {
        Release {
            name: "web".into(),
            version,
            info: Info {
                status,
                ..Info::default()
            },
            ..Release::default()
        }
    }

    #[test]
    fn the_oldest_go_and_the_deployed_one_stays() {
        let history = [
            revision(5, Status::Failed),
            revision(4, Status::Failed),
            revision(3, Status::Superseded),
            revision(2, Status::Superseded),
            revision(1, Status::Deployed),
        ];
        let versions = |most| {
            surplus(&history, most)
                .iter()
                .map(|release| release.version)
                .collect::<Vec<_>>()
        };
        assert_eq!(versions(0), [0_u32; 0], "0 keeps all");
        assert_eq!(versions(10), [0_u32; 0]);
        assert_eq!(versions(5), [2]);
        assert_eq!(versions(3), [2, 3, 4]);
    }

    /// H12: of old revisions in a long history only the labels are looked at.
    #[test]
    fn labels_outline_a_revision() {
        let labels = |version: &str, status: &str| {
            BTreeMap::from([
                ("version".to_owned(), version.to_owned()),
                ("status".to_owned(), status.to_owned()),
            ])
        };
        let found = outline("web", &labels("7", "superseded")).expect("a revision");
        assert_eq!(
            (secret_name(&found).as_str(), found.info.status),
            ("sh.helm.release.v1.web.v7", Status::Superseded)
        );
        let odd = outline("web", &labels("8", "of another helm")).expect("a revision");
        assert_eq!(odd.info.status, Status::default());
        assert_eq!(outline("web", &labels("x", "deployed")), None);
    }

    #[test]
    fn a_secret_carries_helms_labels_and_gives_back_the_others() {
        let mut release = revision(2, Status::PendingUpgrade);
        release.labels.insert("team".into(), "a".into());
        let secret = secret(&release, ("modifiedAt", 7)).expect("a Secret");
        assert_eq!(secret.name_any(), "sh.helm.release.v1.web.v2");
        assert_eq!(
            (
                secret.labels()["status"].as_str(),
                secret.labels()["modifiedAt"].as_str()
            ),
            ("pending-upgrade", "7")
        );
        assert_eq!(read(&secret).expect("a release"), release);
    }
}
