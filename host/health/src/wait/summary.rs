//! How a set of objects is doing.

use sluice_model::{Health, ObjectId, Verdict};

use crate::error::HealthError;

/// An object that is not Current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which object.
    pub id: ObjectId,
    /// Its health; none when it was not read yet.
    pub verdict: Option<Verdict>,
}

/// The health of a set of objects at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many objects there are.
    pub total: usize,
    /// How many of them are Current.
    pub current: usize,
    /// Those that have failed, in the order of the targets.
    pub failed: Vec<Finding>,
    /// Those that are neither, in the order of the targets.
    pub pending: Vec<Finding>,
}

impl Summary {
    /// Whether all objects are Current.
    pub fn all_current(&self) -> bool {
        self.current == self.total
    }

    /// What the check comes to, or none while there is something to wait for. With `fail_fast` one failed object
    /// decides; without it, the others are waited for.
    pub fn outcome(&self, fail_fast: bool) -> Option<Result<(), HealthError>> {
        if self.all_current() {
            return Some(Ok(()));
        }
        let decided = !self.failed.is_empty() && (fail_fast || self.pending.is_empty());
        decided.then(|| {
            Err(HealthError::Stalled {
                failed: self.failed.clone(),
            })
        })
    }

    /// The error when the time is over.
    pub fn timeout(&self) -> HealthError {
        HealthError::Timeout {
            unhealthy: self.failed.iter().chain(&self.pending).cloned().collect(),
        }
    }

    pub(super) fn add(&mut self, id: &ObjectId, verdict: Option<&Verdict>) {
        self.total += 1;
        let finding = || Finding {
            id: id.clone(),
            verdict: verdict.cloned(),
        };
        match verdict.map(|verdict| verdict.health) {
            Some(Health::Current) => self.current += 1,
            Some(Health::Failed) => self.failed.push(finding()),
            _ => self.pending.push(finding()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> ObjectId {
        ObjectId {
            namespace: "a".into(),
            name: name.into(),
            group: "apps".into(),
            kind: "Deployment".into(),
        }
    }

    fn summary(of: &[(&str, Option<Health>)]) -> Summary {
        let mut summary = Summary::default();
        for (name, health) in of {
            let verdict = health.map(|health| Verdict::new(health, "why"));
            summary.add(&id(name), verdict.as_ref());
        }
        summary
    }

    #[test]
    fn texts_are_flux_texts() {
        let summary = summary(&[
            ("x", Some(Health::Failed)),
            ("y", Some(Health::InProgress)),
            ("z", None),
            ("u", Some(Health::Unknown)),
            ("c", Some(Health::Current)),
        ]);
        let stalled = summary.outcome(true).expect("decided").expect_err("failed");
        assert_eq!(
            stalled.to_string(),
            "failed early due to stalled resources: [Deployment/a/x status: 'Failed']"
        );
        assert_eq!(
            summary.timeout().to_string(),
            "timeout waiting for: [Deployment/a/x status: 'Failed', Deployment/a/y status: 'InProgress', \
             can't determine status for Deployment/a/z, Deployment/a/u status: 'Unknown': why]"
        );
    }

    #[test]
    fn without_fail_fast_the_others_are_waited_for() {
        let waiting = summary(&[("x", Some(Health::Failed)), ("y", Some(Health::InProgress))]);
        assert!(waiting.outcome(false).is_none());
        let over = summary(&[("x", Some(Health::Failed)), ("y", Some(Health::Current))]);
        assert!(over.outcome(false).is_some_and(|outcome| outcome.is_err()));
        assert!(summary(&[]).outcome(true).is_some_and(|outcome| outcome.is_ok()));
    }
}
