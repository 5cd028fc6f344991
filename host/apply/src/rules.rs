//! What annotations and labels of an object say about applying and deleting it.

use sluice_model::Object;

use crate::options::Owner;

/// The keys and values of one owner's rules, for example `kustomize.toolkit.fluxcd.io/ssa: Ignore`.
pub(crate) struct Rules<'a> {
    owner: &'a Owner,
}

impl<'a> Rules<'a> {
    pub(crate) fn of(owner: &'a Owner) -> Self {
        Self { owner }
    }

    /// A label or an annotation says so, letter case aside.
    fn says(&self, object: &Object, rule: &str, value: &str) -> bool {
        let key = format!("{}/{rule}", self.owner.group_prefix);
        let is = |found: Option<&str>| found.is_some_and(|found| found.eq_ignore_ascii_case(value));
        is(object.label(&key)) || is(object.annotation(&key))
    }

    /// Neither applied nor pruned.
    pub(crate) fn is_excluded(&self, object: &Object) -> bool {
        self.says(object, "reconcile", "disabled") || self.says(object, "ssa", "Ignore")
    }

    /// Applied only while it does not exist; still pruned.
    pub(crate) fn is_only_created(&self, object: &Object) -> bool {
        self.says(object, "ssa", "IfNotPresent")
    }

    /// Fields of other managers stay theirs.
    pub(crate) fn is_merged(&self, object: &Object) -> bool {
        self.says(object, "ssa", "Merge")
    }

    /// Recreated when an immutable field changes.
    pub(crate) fn is_forced(&self, object: &Object) -> bool {
        self.says(object, "force", "enabled")
    }

    /// Never deleted.
    pub(crate) fn is_kept(&self, object: &Object) -> bool {
        self.says(object, "prune", "disabled") || self.is_excluded(object)
    }

    /// A Secret with SOPS' metadata in it may stay as it is.
    pub(crate) fn is_not_decrypted(&self, object: &Object) -> bool {
        let key = format!("{}/decrypt", self.owner.group_prefix);
        object
            .annotation(&key)
            .is_some_and(|found| found.eq_ignore_ascii_case("disabled"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn labels_and_annotations_count_in_any_case() {
        let owner = Owner {
            group_prefix: "k.io".into(),
            name: "a".into(),
            namespace: "b".into(),
        };
        let object = |field: &str, key: &str, value: &str| {
            Object::from_value(json!({"metadata": {field: {format!("k.io/{key}"): value}}})).expect("a map")
        };
        let rules = Rules::of(&owner);
        assert!(rules.is_excluded(&object("annotations", "ssa", "ignore")));
        assert!(rules.is_excluded(&object("labels", "reconcile", "Disabled")));
        assert!(rules.is_only_created(&object("annotations", "ssa", "IfNotPresent")));
        assert!(!rules.is_kept(&object("annotations", "ssa", "IfNotPresent")));
        assert!(rules.is_kept(&object("annotations", "prune", "disabled")));
        assert!(!rules.is_excluded(&object("annotations", "prune", "disabled")));
    }
}
