//! Conditions of a status and the rules by which they are set (Kubernetes API conventions; Flux `runtime/conditions`).

use std::cmp::Ordering;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_model::condition::types;

/// Longest message the API server takes, in bytes.
const MAX_MESSAGE: usize = 32_768;
const CUT: &str = "...";
const REASON_PATTERN: &str = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$";
const TYPE_PATTERN: &str = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$";

open_enum! {
    /// Whether a condition holds.
    ConditionStatus {
        /// It holds.
        True = "True",
        /// It does not hold.
        False = "False",
        /// Not known yet.
        Unknown = "Unknown",
    }
}

/// One aspect of an object's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// When status, reason or message changed last.
    pub last_transition_time: Time,
    /// For people; at most 32768 bytes.
    #[schemars(length(max = 32_768))]
    pub message: String,
    /// Generation of the object that the condition was set for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,
    /// For programs, in CamelCase.
    #[schemars(length(min = 1, max = 1024), regex(pattern = REASON_PATTERN))]
    pub reason: String,
    /// Whether the condition holds.
    pub status: ConditionStatus,
    /// What the condition is about.
    #[serde(rename = "type")]
    #[schemars(length(max = 316), regex(pattern = TYPE_PATTERN))]
    pub type_: String,
}

/// Reads and sets the conditions of one object at one generation. Every status type's `conditions` field is such a list.
pub struct Conditions<'a> {
    list: &'a mut Vec<Condition>,
    generation: i64,
    now: Timestamp,
}

/// The condition of a type.
pub fn find<'a>(list: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    list.iter().find(|condition| condition.type_ == type_)
}

/// Whether the condition of a type is present and True.
pub fn is_true(list: &[Condition], type_: &str) -> bool {
    find(list, type_).is_some_and(|condition| condition.status == ConditionStatus::True)
}

/// Whether the condition of a type is present and False.
pub fn is_false(list: &[Condition], type_: &str) -> bool {
    find(list, type_).is_some_and(|condition| condition.status == ConditionStatus::False)
}

impl<'a> Conditions<'a> {
    /// The conditions of an object at this generation.
    pub fn new(list: &'a mut Vec<Condition>, generation: i64) -> Self {
        Self::at(list, generation, Timestamp::now())
    }

    /// The same with a clock of the caller's.
    pub fn at(list: &'a mut Vec<Condition>, generation: i64, now: Timestamp) -> Self {
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Self {
            list,
            generation,
            now,
        }
    }

    /// The condition of a type.
    pub fn get(&self, type_: &str) -> Option<&Condition> {
        find(self.list, type_)
    }

    /// Whether the condition of a type is present and True.
    pub fn is_true(&self, type_: &str) -> bool {
        is_true(self.list, type_)
    }

    /// Whether the condition of a type is present and False.
    pub fn is_false(&self, type_: &str) -> bool {
        is_false(self.list, type_)
    }

    /// Sets a condition. The transition time moves when status, reason or message change; the observed generation
    /// always does. Tells whether anything changed.
    pub fn set(&mut self, type_: &str, status: ConditionStatus, reason: &str, message: &str) -> bool {
        let mut condition = Condition {
            last_transition_time: Time(self.now),
            message: trim(message),
            observed_generation: Some(self.generation),
            reason: reason.to_owned(),
            status,
            type_: type_.to_owned(),
        };
        let changed = match self.list.iter_mut().find(|existing| existing.type_ == type_) {
            Some(existing) => {
                if same_state(existing, &condition) {
                    condition.last_transition_time = existing.last_transition_time.clone();
                }
                let changed = *existing != condition;
                *existing = condition;
                changed
            }
            None => {
                self.list.push(condition);
                true
            }
        };
        self.list.sort_by(compare);
        changed
    }

    /// Sets a condition True.
    pub fn mark_true(&mut self, type_: &str, reason: &str, message: &str) -> bool {
        self.set(type_, ConditionStatus::True, reason, message)
    }

    /// Sets a condition False.
    pub fn mark_false(&mut self, type_: &str, reason: &str, message: &str) -> bool {
        self.set(type_, ConditionStatus::False, reason, message)
    }

    /// Sets a condition Unknown.
    pub fn mark_unknown(&mut self, type_: &str, reason: &str, message: &str) -> bool {
        self.set(type_, ConditionStatus::Unknown, reason, message)
    }

    /// Work is under way: Reconciling is True, Stalled goes away.
    pub fn mark_reconciling(&mut self, reason: &str, message: &str) -> bool {
        let deleted = self.delete(types::STALLED);
        self.mark_true(types::RECONCILING, reason, message) || deleted
    }

    /// Nothing but a change of spec helps: Stalled is True, Reconciling goes away.
    pub fn mark_stalled(&mut self, reason: &str, message: &str) -> bool {
        let deleted = self.delete(types::RECONCILING);
        self.mark_true(types::STALLED, reason, message) || deleted
    }

    /// Removes a condition; tells whether it was there.
    pub fn delete(&mut self, type_: &str) -> bool {
        let before = self.list.len();
        self.list.retain(|condition| condition.type_ != type_);
        self.list.len() != before
    }
}

fn same_state(left: &Condition, right: &Condition) -> bool {
    left.status == right.status && left.reason == right.reason && left.message == right.message
}

/// Stalled, Reconciling and Ready first, then the newest observed generation, then by type.
fn compare(left: &Condition, right: &Condition) -> Ordering {
    let weight = |condition: &Condition| match condition.type_.as_str() {
        types::STALLED => 0,
        types::RECONCILING => 1,
        types::READY => 2,
        _ => 3,
    };
    weight(left)
        .cmp(&weight(right))
        .then_with(|| right.observed_generation.cmp(&left.observed_generation))
        .then_with(|| left.type_.cmp(&right.type_))
}

fn trim(message: &str) -> String {
    if message.len() <= MAX_MESSAGE {
        return message.to_owned();
    }
    let end = message.floor_char_boundary(MAX_MESSAGE - CUT.len());
    format!("{}{CUT}", &message[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(second: i64) -> Timestamp {
        Timestamp::new(second, 999_000_000).expect("in range")
    }

    #[test]
    fn transition_time_moves_with_the_state_only() {
        let mut list = Vec::new();
        assert!(Conditions::at(&mut list, 1, seconds(10)).mark_false(types::READY, "Failed", "no"));
        assert_eq!(
            list[0].last_transition_time.0,
            Timestamp::from_second(10).expect("in range")
        );
        assert!(!Conditions::at(&mut list, 1, seconds(20)).mark_false(types::READY, "Failed", "no"));
        assert!(Conditions::at(&mut list, 2, seconds(30)).mark_false(types::READY, "Failed", "no"));
        assert_eq!(list[0].last_transition_time.0.as_second(), 10);
        assert_eq!(list[0].observed_generation, Some(2));
        assert!(Conditions::at(&mut list, 2, seconds(40)).mark_false(types::READY, "Failed", "still no"));
        assert_eq!(list[0].last_transition_time.0.as_second(), 40);
    }

    #[test]
    fn reconciling_and_stalled_exclude_each_other() {
        let mut list = Vec::new();
        let mut conditions = Conditions::new(&mut list, 1);
        conditions.mark_true(types::READY, "Succeeded", "");
        conditions.mark_reconciling("Progressing", "at work");
        conditions.mark_stalled("AccessDenied", "no");
        assert!(conditions.get(types::RECONCILING).is_none());
        assert_eq!(
            list.iter().map(|c| c.type_.as_str()).collect::<Vec<_>>(),
            ["Stalled", "Ready"]
        );
        Conditions::new(&mut list, 1).mark_reconciling("Progressing", "at work");
        assert_eq!(
            list.iter().map(|c| c.type_.as_str()).collect::<Vec<_>>(),
            ["Reconciling", "Ready"]
        );
    }

    #[test]
    fn sorts_the_rest_by_generation_then_name() {
        let mut list = Vec::new();
        Conditions::new(&mut list, 1).mark_true("ArtifactInStorage", "Succeeded", "");
        Conditions::new(&mut list, 2).mark_true("SourceVerified", "Succeeded", "");
        Conditions::new(&mut list, 2).mark_true("FetchFailed", "Failed", "");
        let order: Vec<_> = list.iter().map(|c| c.type_.as_str()).collect();
        assert_eq!(order, ["FetchFailed", "SourceVerified", "ArtifactInStorage"]);
    }

    #[test]
    fn long_messages_are_cut_within_the_limit_and_between_characters() {
        let mut list = Vec::new();
        Conditions::new(&mut list, 1).mark_true(types::READY, "Succeeded", &"é".repeat(20_000));
        assert!(list[0].message.len() <= MAX_MESSAGE && list[0].message.ends_with("é..."));
    }

    #[test]
    fn an_unknown_status_is_kept() {
        let text = r#"{"type":"Ready","status":"Maybe","reason":"X","message":"","lastTransitionTime":"2026-11-23T10:00:00Z"}"#;
        let condition: Condition = serde_json::from_str(text).expect("reads");
        assert_eq!(condition.status, ConditionStatus::Other("Maybe".into()));
    }
}
