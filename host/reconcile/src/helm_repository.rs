//! HelmRepository: keeps the index of a repository of charts current. One of type `oci` is a static object.

use indexmap::IndexMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sluice_api::{HelmRepository, HelmRepositorySpec};
use sluice_fetch::helm::{IndexFetch, is_oci};
use sluice_model::condition::{reasons, types};

use crate::engine::Engine;
use crate::git_repository::GROUP;
use crate::queue::Work;
use crate::source::pass::Told;
use crate::source::{Failure, Pass, Published as _, Publisher};
use crate::worker::{Outcome, Reconciler};

/// How often an index is fetched where the spec does not say.
const INTERVAL: Duration = Duration::from_secs(60);

/// The reconciler of HelmRepository.
pub struct HelmRepositoryReconciler(Publisher<HelmRepository>);

impl HelmRepositoryReconciler {
    /// A reconciler.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self(Publisher::new(engine))
    }
}

/// Names of a repository's Secrets: credentials, and TLS data.
pub(crate) fn secrets(spec: &HelmRepositorySpec) -> (Option<&str>, Option<&str>) {
    (
        spec.secret_ref.as_ref().map(|reference| reference.name.as_str()),
        spec.cert_secret_ref
            .as_ref()
            .map(|reference| reference.name.as_str()),
    )
}

#[async_trait]
impl Reconciler for HelmRepositoryReconciler {
    fn kind(&self) -> &'static str {
        HelmRepository::KIND
    }

    fn group(&self) -> &'static str {
        GROUP
    }

    async fn reconcile(&self, work: &Work) -> Outcome {
        let publisher = &self.0;
        let Some(object) = publisher.engine.stores.helm_repositories.get(&work.key) else {
            return Outcome::Gone;
        };
        let (deleted, suspended) = (
            object.metadata.deletion_timestamp.is_some(),
            object.spec.suspend == Some(true),
        );
        if deleted {
            return publisher.finalize(&work.key, &object).await;
        }
        if is_oci(&object.spec) {
            return match suspended {
                true => Outcome::Settled,
                false => publisher.release(&work.key, &object).await,
            };
        }
        let object = match publisher.adopt(&work.key, object).await {
            Ok(object) => object,
            Err(outcome) => return outcome,
        };
        if suspended {
            return publisher.note_suspended(&object).await;
        }
        Pass::new(publisher, object, work).run().await
    }
}

impl Pass<'_, HelmRepository> {
    async fn run(mut self) -> Outcome {
        let interval = self
            .object
            .spec
            .interval
            .as_ref()
            .map(sluice_api::GoDuration::get);
        let (interval, done) = match interval.transpose() {
            Ok(interval) => {
                let interval = interval
                    .filter(|interval| !interval.is_zero())
                    .unwrap_or(INTERVAL);
                (interval, self.attempt().await)
            }
            Err(error) => {
                let message = format!("spec.interval: {error}");
                (
                    INTERVAL,
                    Err(Failure::stalling(types::STALLED, reasons::FAILED, message)),
                )
            }
        };
        self.end(interval, done).await
    }

    async fn attempt(&mut self) -> Result<(), Failure> {
        let stored = self.stored_artifact().await;
        let (plugin, spec) = (self.plugin()?, self.object.spec.clone());
        let (secret, tls) = secrets(&spec);
        let options = self.options(secret, tls).await?;
        let fetch = IndexFetch::new(&spec, plugin, &self.engine().transport, options)?;
        let revision = self.phase("building artifact", fetch.resolve()).await?;
        let condition = format!("stored artifact: revision '{}'", revision.id);
        let told = |message| Told {
            reason: "NewArtifact",
            message,
            condition_reason: reasons::SUCCEEDED,
            condition: &condition,
        };
        if let Some(artifact) = stored.filter(|artifact| artifact.revision == revision.id) {
            let message = message(artifact.size, &spec.url);
            return self.keep(&artifact, &told(&message)).await;
        }
        let outdated = format!("new index revision '{}'", revision.id);
        let bytes = self
            .renewal("NewRevision", &outdated, fetch.fetch(&revision))
            .await?;
        let message = message(bytes.len() as u64, &spec.url);
        let name = format!("index-{}.yaml", revision.id.trim_start_matches("sha256:"));
        self.renew(
            (&revision.id, name, bytes),
            IndexMap::new(),
            &told(&message),
            |_| (),
        )
        .await
    }
}

fn message(size: u64, url: &str) -> String {
    format!(
        "stored fetched index of size {} from '{}'",
        human(size),
        shown(url)
    )
}

/// An address without credentials.
fn shown(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            let host = authority.rsplit('@').next().unwrap_or(authority);
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
    }
}

/// A size with four digits at most, in powers of a thousand (docker's `units.HumanSize`).
fn human(size: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (size as f64, 0);
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = match value {
        value if value >= 1000.0 => 0,
        value if value >= 100.0 => 1,
        value if value >= 10.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text}{}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        for (size, wanted) in [
            (0, "0B"),
            (999, "999B"),
            (1000, "1kB"),
            (40_900, "40.9kB"),
            (1_234_567, "1.235MB"),
        ] {
            assert_eq!(human(size), wanted);
        }
    }

    /// L2: an event shows no credentials of the address.
    #[test]
    fn l2_addresses_are_shown_without_credentials() {
        assert_eq!(shown("https://ann:pw@h/charts"), "https://h/charts");
        assert_eq!(shown("https://h"), "https://h");
    }
}
