//! Edges between objects, looked up from the side that changed: source -> consumers, dependency -> dependants,
//! Secret or plugin -> users.

use std::collections::{BTreeSet, HashMap};

use parking_lot::RwLock;

use crate::key::ObjectKey;

/// What an object refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// Kind of the object referred to.
    pub kind: String,
    /// Which object.
    pub key: ObjectKey,
}

impl Target {
    /// A target of a kind.
    pub fn new(kind: impl Into<String>, key: ObjectKey) -> Self {
        Self {
            kind: kind.into(),
            key,
        }
    }
}

#[derive(Debug, Default)]
struct Edges {
    targets: HashMap<ObjectKey, BTreeSet<Target>>,
    users: HashMap<Target, BTreeSet<ObjectKey>>,
}

/// The references of all objects of one kind.
#[derive(Debug, Default)]
pub struct Index(RwLock<Edges>);

impl Index {
    /// Replaces what an object refers to; an empty set forgets it.
    pub fn set(&self, user: &ObjectKey, targets: impl IntoIterator<Item = Target>) {
        let targets: BTreeSet<Target> = targets.into_iter().collect();
        let mut edges = self.0.write();
        for old in edges.targets.remove(user).unwrap_or_default() {
            if let Some(users) = edges.users.get_mut(&old) {
                users.remove(user);
                if users.is_empty() {
                    edges.users.remove(&old);
                }
            }
        }
        for target in &targets {
            edges
                .users
                .entry(target.clone())
                .or_default()
                .insert(user.clone());
        }
        if !targets.is_empty() {
            edges.targets.insert(user.clone(), targets);
        }
    }

    /// Who refers to a target, sorted.
    pub fn users(&self, target: &Target) -> Vec<ObjectKey> {
        self.0
            .read()
            .users
            .get(target)
            .map(|users| users.iter().cloned().collect())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_users_and_forgets_old_edges() {
        let index = Index::default();
        let (app, db) = (ObjectKey::new("a", "app"), ObjectKey::new("a", "db"));
        let repo = Target::new("GitRepository", ObjectKey::new("a", "repo"));
        index.set(&app, [repo.clone(), Target::new("Kustomization", db.clone())]);
        index.set(&db, [repo.clone()]);
        assert_eq!(index.users(&repo), [app.clone(), db.clone()]);
        index.set(&app, []);
        assert_eq!(index.users(&repo), [db]);
        assert!(index.users(&Target::new("Kustomization", app)).is_empty());
    }
}
