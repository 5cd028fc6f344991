//! Applies objects stage by stage: check all of a stage, record the intent, write what differs, wait for definitions.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use sluice_cluster::{Cluster, ClusterError};
use sluice_model::{Inventory, InventoryEntry, Object};
use tokio::time::Instant;

use crate::change::{Action, Change, ChangeSet};
use crate::commit::commit;
use crate::error::{ApplyError, Failure, ObjectError};
use crate::inventory::join;
use crate::normalize::normalize;
use crate::options::{ApplyOptions, Intent};
use crate::order::{self, Stage, is_peer};
use crate::plan::{Planned, Step, plan};
use crate::scope::{self, Kind};
use crate::settle::{self, Pause};

/// Longest wait for the path of a kind that this very apply has defined.
const NEW_KIND: Duration = Duration::from_secs(10);

/// What an apply did.
#[derive(Debug, Clone)]
pub struct Applied {
    /// What became of each object, in apply order.
    pub changes: ChangeSet,
    /// An entry for each object, unchanged and skipped ones too.
    pub inventory: Inventory,
}

/// Applies the objects with the cluster's identity and gives what became of each.
///
/// Each stage is checked as a whole (one read and one dry-run an object, `concurrency` at once) before anything of it
/// is written; then only objects that differ are written. An object that is as it should be costs one dry-run and is
/// never written, so that its resource version stays.
///
/// # Errors
/// Every object of the failing stage that cannot be applied; with what was done until then.
pub async fn apply(
    cluster: &Cluster,
    objects: Vec<Object>,
    options: &ApplyOptions,
    intent: &dyn Intent,
) -> Result<Applied, ApplyError> {
    let mut run = Run {
        cluster,
        options,
        intent,
        intended: Inventory::default(),
        defined: HashMap::new(),
        recorded: false,
        changes: ChangeSet::default(),
    };
    match run.all(objects).await {
        Ok(()) => {
            let entries = run.changes.changes.iter().map(Change::entry).collect();
            Ok(Applied {
                changes: run.changes,
                inventory: Inventory { entries },
            })
        }
        Err(failure) => Err(run.fail(failure)),
    }
}

struct Run<'a> {
    cluster: &'a Cluster,
    options: &'a ApplyOptions,
    intent: &'a dyn Intent,
    intended: Inventory,
    defined: HashMap<Kind, bool>,
    recorded: bool,
    changes: ChangeSet,
}

impl Run<'_> {
    async fn all(&mut self, objects: Vec<Object>) -> Result<(), Failure> {
        let mut objects = normalize(objects, self.options).map_err(Failure::Objects)?;
        self.defined = scope::defined(&objects);
        scope::settle(self.cluster, &mut objects, self.options)
            .await
            .map_err(Failure::Objects)?;
        let stages = order::stages(objects, &self.options.custom_stage_kinds);
        let entry = |object: &Object| InventoryEntry {
            id: object.id().to_string(),
            v: object.version().to_owned(),
        };
        let intended = stages
            .iter()
            .flat_map(|stage| &stage.objects)
            .map(entry)
            .collect();
        self.intended = Inventory { entries: intended };
        for stage in stages {
            self.stage(stage).await?;
        }
        Ok(())
    }

    async fn stage(&mut self, stage: Stage) -> Result<(), Failure> {
        settle::served(self.cluster, &stage, &self.defined, self.options).await;
        let awaited = stage.awaited;
        let planned = self.check(stage.objects).await?;
        if planned
            .iter()
            .any(|planned| !matches!(planned.step, Step::Done(_)))
        {
            self.record().await?;
        }
        let before = self.changes.changes.len();
        self.write(planned).await?;
        let done = &self.changes.changes[before..];
        if done
            .iter()
            .any(|change| change.action.is_change() && change.id.kind == "CustomResourceDefinition")
        {
            self.cluster.discovery().invalidate();
        }
        if awaited {
            settle::ready(self.cluster, done, self.options)
                .await
                .map_err(Failure::NotReady)?;
        }
        Ok(())
    }

    async fn check(&self, objects: Vec<Object>) -> Result<Vec<Planned>, Failure> {
        let plans = objects.into_iter().map(|object| self.plan(object));
        let plans = stream::iter(plans).buffered(self.options.concurrency.max(1));
        collect(plans.collect().await).map_err(Failure::Objects)
    }

    /// A kind whose CRD is part of this apply may be established and listed a moment before its path answers.
    async fn plan(&self, object: Object) -> Result<Planned, ObjectError> {
        let new = self
            .defined
            .contains_key(&(object.group().to_owned(), object.kind().to_owned()));
        let deadline = Instant::now() + self.options.wait_timeout.min(NEW_KIND);
        let mut pause = Pause::default();
        loop {
            match plan(self.cluster, object.clone(), self.options).await {
                Err(ObjectError::DryRun {
                    error: ClusterError::NotFound { message },
                    ..
                }) if new && message.contains("could not find") && Instant::now() < deadline => {}
                planned => return planned,
            }
            pause.wait().await;
        }
    }

    async fn record(&mut self) -> Result<(), Failure> {
        if self.recorded {
            return Ok(());
        }
        self.intent
            .record(&join(&self.intended, &self.options.previous.entries))
            .await?;
        self.recorded = true;
        Ok(())
    }

    /// Kind by kind; objects of one kind are written together. The first kind with errors is the last one written.
    async fn write(&mut self, planned: Vec<Planned>) -> Result<(), Failure> {
        let mut planned = planned.into_iter().peekable();
        while let Some(first) = planned.next() {
            let id = first.object.id();
            let mut peers = vec![first];
            while let Some(peer) = planned.next_if(|next| is_peer(&next.object.id(), &id)) {
                peers.push(peer);
            }
            let writes = peers
                .into_iter()
                .map(|planned| commit(self.cluster, planned, self.options));
            let written = stream::iter(writes).buffered(self.options.concurrency.max(1));
            let (done, errors) = partition(written.collect().await);
            self.changes.changes.extend(done);
            if !errors.is_empty() {
                return Err(Failure::Objects(errors));
            }
        }
        Ok(())
    }

    /// Without a record of the intent nothing was written, and what stood before stands.
    fn fail(self, failure: Failure) -> ApplyError {
        let inventory = if self.recorded {
            join(&self.intended, &self.options.previous.entries)
        } else {
            self.options.previous.clone()
        };
        let mut changes = self.changes;
        changes.changes.retain(|change| change.action != Action::Deleted);
        ApplyError {
            failure,
            changes,
            inventory,
        }
    }
}

fn partition<T>(results: Vec<Result<T, ObjectError>>) -> (Vec<T>, Vec<ObjectError>) {
    let mut errors = Vec::new();
    let done = results
        .into_iter()
        .filter_map(|result| result.map_err(|error| errors.push(error)).ok());
    let done = done.collect();
    (done, errors)
}

fn collect<T>(results: Vec<Result<T, ObjectError>>) -> Result<Vec<T>, Vec<ObjectError>> {
    let (done, errors) = partition(results);
    if errors.is_empty() { Ok(done) } else { Err(errors) }
}
