//! Waits until a stage's definitions can be used: their health is Current, and what they define is served.

use std::time::Duration;

use sluice_cluster::Cluster;
use sluice_model::{Health, Verdict};
use tokio::time::Instant;

use crate::change::{Action, Change};
use crate::options::ApplyOptions;
use crate::order::Stage;
use crate::scope::Kind;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

pub(crate) struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pause {
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 2).min(LONGEST_PAUSE);
    }
}

/// Waits until every object of a stage is Current, reading only those that were not in the answer to their apply.
pub(crate) async fn ready(
    cluster: &Cluster,
    changes: &[Change],
    options: &ApplyOptions,
) -> Result<(), String> {
    let deadline = Instant::now() + options.wait_timeout;
    let mut pause = Pause::default();
    let mut waiting: Vec<(&Change, Verdict)> = changes.iter().filter_map(unsettled).collect();
    while !waiting.is_empty() {
        if waiting
            .iter()
            .all(|(_, verdict)| verdict.health == Health::Failed)
        {
            return Err(format!(
                "failed early due to stalled resources: [{}]",
                list(&waiting)
            ));
        }
        if Instant::now() >= deadline {
            return Err(format!("timeout waiting for: [{}]", list(&waiting)));
        }
        pause.wait().await;
        for (change, verdict) in &mut waiting {
            *verdict = look(cluster, change, options).await;
        }
        waiting.retain(|(_, verdict)| verdict.health != Health::Current);
    }
    Ok(())
}

fn unsettled(change: &Change) -> Option<(&Change, Verdict)> {
    if change.action == Action::Skipped {
        return None;
    }
    let verdict = change
        .verdict
        .clone()
        .filter(|verdict| verdict.health != Health::Current)?;
    Some((change, verdict))
}

async fn look(cluster: &Cluster, change: &Change, options: &ApplyOptions) -> Verdict {
    match cluster.get(&change.id, &change.version).await {
        Ok(object) => (options.verdict)(&object),
        Err(error) if error.is_absent() => Verdict::new(Health::NotFound, "Resource not found"),
        Err(error) => Verdict::new(Health::Unknown, error.to_string()),
    }
}

fn list(waiting: &[(&Change, Verdict)]) -> String {
    let text = |(change, verdict): &(&Change, Verdict)| {
        let text = format!("{} status: '{}'", change.id.subject(), verdict.health.as_str());
        if verdict.health == Health::Unknown {
            format!("{text}: {}", verdict.message)
        } else {
            text
        }
    };
    waiting.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Waits until the kinds of a stage that CRDs of this very apply define are served in the versions asked for.
pub(crate) async fn served(
    cluster: &Cluster,
    stage: &Stage,
    defined: &std::collections::HashMap<Kind, bool>,
    options: &ApplyOptions,
) {
    let mut wanted: Vec<(String, String, String)> = stage
        .objects
        .iter()
        .map(|object| {
            (
                object.group().to_owned(),
                object.version().to_owned(),
                object.kind().to_owned(),
            )
        })
        .filter(|(group, _, kind)| defined.contains_key(&(group.clone(), kind.clone())))
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let deadline = Instant::now() + options.wait_timeout;
    for (group, version, kind) in wanted {
        let wanted = (group.as_str(), version.as_str(), kind.as_str());
        if !cluster.discovery().until_served(wanted, deadline).await {
            return;
        }
    }
}
