//! Which types of Provider get which events.

use sluice_model::event::{Event, Severity};

use crate::metadata::{event_key, object_key};

const COMMIT_STATUS_TYPES: [&str; 6] = [
    "github",
    "gitlab",
    "gitea",
    "bitbucketserver",
    "bitbucket",
    "azuredevops",
];
const CHANGE_REQUEST_TYPES: [&str; 3] = [
    "githubpullrequestcomment",
    "gitlabmergerequestcomment",
    "giteapullrequestcomment",
];
const GENERIC_TYPES: [&str; 2] = ["generic", "generic-hmac"];

/// Whether a type of Provider sets the status of commits.
pub fn sets_commit_status(type_: &str) -> bool {
    COMMIT_STATUS_TYPES.contains(&type_)
}

/// Whether a type of Provider forwards events as they are.
pub fn is_generic(type_: &str) -> bool {
    GENERIC_TYPES.contains(&type_)
}

/// Whether an event is for a type of Provider. Updates of commit status are for Git servers and generic webhooks only;
/// Git servers get nothing that does not tell a commit, unless it is an error.
pub fn passes(event: &Event, type_: &str) -> bool {
    let update = event
        .metadata
        .get(&object_key(event, "commit_status"))
        .is_some_and(|value| value == "update");
    let has = |name: &str| {
        event
            .metadata
            .get(&event_key(name))
            .is_some_and(|value| !value.is_empty())
    };
    if sets_commit_status(type_) {
        return update || has("commit") || event.severity == Severity::Error;
    }
    if CHANGE_REQUEST_TYPES.contains(&type_) {
        return !update && has("change_request");
    }
    !update || is_generic(type_)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::event;

    #[test]
    fn commit_status_updates_go_to_git_and_generic_types() {
        let plain = event(&[]);
        let update = event(&[("kustomize.toolkit.fluxcd.io/commit_status", "update")]);
        let commit = event(&[("event.toolkit.fluxcd.io/commit", "4f3c")]);
        let change = event(&[("event.toolkit.fluxcd.io/change_request", "7")]);
        let mut error = plain.clone();
        error.severity = Severity::Error;
        let table = [
            ("slack", [true, false, true, true, true]),
            ("generic", [true, true, true, true, true]),
            ("generic-hmac", [true, true, true, true, true]),
            ("github", [false, true, true, false, true]),
            ("githubpullrequestcomment", [false, false, false, true, false]),
            ("my-plugin", [true, false, true, true, true]),
        ];
        for (type_, want) in table {
            let got = [&plain, &update, &commit, &change, &error].map(|event| passes(event, type_));
            assert_eq!(got, want, "{type_}");
        }
    }
}
