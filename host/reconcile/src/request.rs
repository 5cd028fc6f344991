//! Requests for reconciliation by annotation (`reconcile.fluxcd.io/requestedAt`).

use sluice_api::annotation::REQUESTED_AT;
use sluice_cluster::kube::Resource;

use crate::queue::Reason;

/// The token of the latest request.
pub fn requested_at<K: Resource>(object: &K) -> Option<String> {
    object.meta().annotations.as_ref()?.get(REQUESTED_AT).cloned()
}

/// Why a changed object is due; none when only its status or metadata moved.
pub fn reason_of_change<K: Resource>(old: Option<&K>, new: &K) -> Option<Reason> {
    let Some(old) = old else {
        return Some(Reason::Start);
    };
    let (before, after) = (old.meta(), new.meta());
    if before.uid != after.uid || before.generation != after.generation {
        return Some(Reason::Spec);
    }
    if before.deletion_timestamp.is_none() && after.deletion_timestamp.is_some() {
        return Some(Reason::Spec);
    }
    let (asked_before, asked_now) = (requested_at(old), requested_at(new));
    (asked_now.is_some() && asked_before != asked_now).then_some(Reason::Requested)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_cluster::k8s_openapi::api::core::v1::ConfigMap;

    fn object(generation: i64, asked: Option<&str>) -> ConfigMap {
        let mut object = ConfigMap::default();
        object.metadata.generation = Some(generation);
        object.metadata.annotations = asked.map(|token| {
            [(REQUESTED_AT.to_owned(), token.to_owned())]
                .into_iter()
                .collect()
        });
        object
    }

    #[test]
    fn only_generation_and_request_make_an_object_due() {
        let reason = |old: &ConfigMap, new: &ConfigMap| reason_of_change(Some(old), new);
        assert_eq!(reason(&object(1, None), &object(1, None)), None);
        assert_eq!(reason(&object(1, None), &object(2, None)), Some(Reason::Spec));
        assert_eq!(
            reason(&object(1, None), &object(1, Some("a"))),
            Some(Reason::Requested)
        );
        assert_eq!(reason(&object(1, Some("a")), &object(1, Some("a"))), None);
        assert_eq!(
            reason(&object(1, Some("a")), &object(1, None)),
            None,
            "removing the annotation asks nothing"
        );
    }
}
