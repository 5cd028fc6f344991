//! Leader election on one Lease (`coordination.k8s.io/v1`), with the timings of Flux's controllers.
//!
//! Clocks of two machines are never compared: a lease counts as free when its record has not changed for the whole
//! lease duration on our own clock.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Api;
use kube::api::PostParams;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::client::Cluster;
use crate::error::ClusterError;

/// How to take part in an election.
#[derive(Debug, Clone)]
pub struct ElectionOptions {
    /// Where the Lease is.
    pub namespace: String,
    /// The Lease's name.
    pub name: String,
    /// This process, unlike any other (host name and a random part).
    pub identity: String,
    /// An unrenewed lease is free after this time.
    pub lease_duration: Duration,
    /// A leader that could not renew for this time gives up.
    pub renew_deadline: Duration,
    /// Pause between tries.
    pub retry_period: Duration,
}

impl ElectionOptions {
    /// Flux's timings: 35 s, 30 s, 5 s.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>, identity: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            identity: identity.into(),
            lease_duration: Duration::from_secs(35),
            renew_deadline: Duration::from_secs(30),
            retry_period: Duration::from_secs(5),
        }
    }
}

/// A running candidature. Dropping it stops renewing without releasing; see [`Election::release`].
pub struct Election {
    leads: watch::Receiver<bool>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Drop for Election {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Election {
    /// Starts to stand for election, in a task of its own.
    pub fn start(cluster: &Cluster, options: ElectionOptions) -> Self {
        let (told, leads) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let api = Api::namespaced(cluster.client(), &options.namespace);
        let candidate = Candidate {
            api,
            options,
            seen: None,
        };
        let task = tokio::spawn(candidate.run(told, stopped));
        Self {
            leads,
            stop: Some(stop),
            task,
        }
    }

    /// Whether this process leads now.
    pub fn leads(&self) -> bool {
        *self.leads.borrow()
    }

    /// Waits until this process leads.
    pub async fn elected(&mut self) {
        let _ = self.leads.wait_for(|leads| *leads).await;
    }

    /// Waits until this process leads no more; whoever wrote as leader must stop at once.
    pub async fn lost(&mut self) {
        let _ = self.leads.wait_for(|leads| !*leads).await;
    }

    /// Stops, and frees the lease so that another process can lead at once.
    pub async fn release(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

struct Candidate {
    api: Api<Lease>,
    options: ElectionOptions,
    /// The record as it was seen last, and since when it is so.
    seen: Option<(LeaseSpec, Instant)>,
}

impl Candidate {
    #[allow(clippy::cognitive_complexity, reason = "that of tracing's macros")]
    async fn run(mut self, told: watch::Sender<bool>, mut stopped: oneshot::Receiver<()>) {
        let mut renewed: Option<Instant> = None;
        loop {
            let left = renewed.map_or(self.options.renew_deadline, |at| {
                self.options.renew_deadline.saturating_sub(at.elapsed())
            });
            let held = tokio::select! {
                held = tokio::time::timeout(left, self.attempt()) => held,
                _ = &mut stopped => break,
            };
            match held {
                Ok(Ok(true)) => renewed = Some(Instant::now()),
                Ok(Ok(false)) => renewed = None,
                Ok(Err(error)) => {
                    tracing::debug!(lease = self.options.name, %error, "failed to take the lease")
                }
                Err(_) => tracing::debug!(lease = self.options.name, "no answer for the lease in time"),
            }
            renewed = renewed.filter(|at| at.elapsed() < self.options.renew_deadline);
            tell(&told, renewed.is_some(), &self.options);
            let pause = self.options.retry_period.mul_f64(rand::random_range(1.0..1.2));
            let until_lost = renewed.map_or(pause, |at| {
                pause.min(self.options.renew_deadline.saturating_sub(at.elapsed()))
            });
            tokio::select! {
                () = tokio::time::sleep(until_lost) => {}
                _ = &mut stopped => break,
            }
        }
        if *told.borrow() {
            let _ = told.send(false);
            self.free().await;
        }
    }

    /// Takes or renews the lease. False when another process holds it.
    async fn attempt(&mut self) -> Result<bool, ClusterError> {
        let Some(mut lease) = self.api.get_opt(&self.options.name).await? else {
            return self.create().await;
        };
        let spec = lease.spec.clone().unwrap_or_default();
        let holder = spec.holder_identity.clone().unwrap_or_default();
        if holder != self.options.identity && !holder.is_empty() && !self.expired(&spec) {
            return Ok(false);
        }
        lease.spec = Some(self.record(&spec, holder != self.options.identity));
        match self
            .api
            .replace(&self.options.name, &PostParams::default(), &lease)
            .await
            .map_err(ClusterError::from)
        {
            Ok(_) => Ok(true),
            Err(ClusterError::Conflict { .. }) => Ok(holder == self.options.identity && !self.expired(&spec)),
            Err(error) => Err(error),
        }
    }

    async fn create(&self) -> Result<bool, ClusterError> {
        let mut lease = Lease {
            spec: Some(self.record(&LeaseSpec::default(), true)),
            ..Lease::default()
        };
        lease.metadata.name = Some(self.options.name.clone());
        match self
            .api
            .create(&PostParams::default(), &lease)
            .await
            .map_err(ClusterError::from)
        {
            Ok(_) => Ok(true),
            Err(ClusterError::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn expired(&mut self, spec: &LeaseSpec) -> bool {
        match &self.seen {
            Some((seen, since)) if seen == spec => {
                let named = spec
                    .lease_duration_seconds
                    .and_then(|seconds| u64::try_from(seconds).ok());
                let duration = named.map_or(self.options.lease_duration, Duration::from_secs);
                since.elapsed() >= duration
            }
            _ => {
                self.seen = Some((spec.clone(), Instant::now()));
                false
            }
        }
    }

    fn record(&self, old: &LeaseSpec, taken: bool) -> LeaseSpec {
        let now = Some(MicroTime(k8s_openapi::jiff::Timestamp::now()));
        let seconds = i32::try_from(self.options.lease_duration.as_secs()).unwrap_or(i32::MAX);
        LeaseSpec {
            holder_identity: Some(self.options.identity.clone()),
            lease_duration_seconds: Some(seconds.max(1)),
            acquire_time: if taken {
                now.clone()
            } else {
                old.acquire_time.clone()
            },
            renew_time: now,
            lease_transitions: Some(
                old.lease_transitions.unwrap_or(0) + i32::from(taken && old.holder_identity.is_some()),
            ),
            ..old.clone()
        }
    }

    async fn free(&self) {
        let freed = async {
            let mut lease = self.api.get(&self.options.name).await?;
            let Some(spec) = lease.spec.as_mut() else {
                return Ok(());
            };
            if spec.holder_identity.as_deref() != Some(&self.options.identity) {
                return Ok(());
            }
            spec.holder_identity = Some(String::new());
            spec.lease_duration_seconds = Some(1);
            self.api
                .replace(&self.options.name, &PostParams::default(), &lease)
                .await
                .map(|_| ())
        };
        match tokio::time::timeout(self.options.retry_period, freed).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(lease = self.options.name, error = %ClusterError::from(error), "failed to free the lease")
            }
            Err(_) => tracing::warn!(lease = self.options.name, "failed to free the lease in time"),
        }
    }
}

fn tell(told: &watch::Sender<bool>, leads: bool, options: &ElectionOptions) {
    let changed = told.send_if_modified(|known| std::mem::replace(known, leads) != leads);
    if changed {
        tracing::info!(
            lease = options.name,
            identity = options.identity,
            leads,
            "leadership changed"
        );
    }
}
