//! C14: whatever happens, nothing is deleted that is not on record or not ours, and nothing that we made is forgotten.
//! Random sequences of applies, prunes, failures and other people's changes, against an API server in memory.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod server;

use async_trait::async_trait;
use parking_lot::Mutex;
use proptest::prelude::*;
use serde_json::json;
use sluice_apply::{
    ApplyOptions, Intent, IntentError, Owner, PruneOptions, apply, diff_inventory, inventory::join, prune,
};
use sluice_model::{Health, Inventory, Object, Verdict};

use server::{NAMES, Server, labels};

/// What happens in one step.
#[derive(Debug, Clone)]
enum Step {
    /// An owner applies the named objects and prunes what is stale.
    Reconcile {
        owner: usize,
        wanted: [bool; NAMES.len()],
        kept: Option<usize>,
    },
    /// The same, but the record of the intent is refused: a crash before the first write.
    Crash {
        owner: usize,
        wanted: [bool; NAMES.len()],
    },
    /// An owner is deleted: it prunes all that is on record.
    Finalize { owner: usize },
    /// Someone makes an object without owner, or makes it anew under the same name.
    Recreate { name: usize },
    /// Someone deletes an object.
    Delete { name: usize },
    /// Someone hands an object to an owner, or to nobody.
    Hand { name: usize, owner: Option<usize> },
    /// The next delete of an object is refused.
    Refuse { name: usize },
    /// Between the look at an object and its deletion, someone hands it to nobody.
    Race { name: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (owner, name) = (0..2_usize, 0..NAMES.len());
    let wanted = proptest::array::uniform5(any::<bool>());
    let step = prop_oneof![
        4 => (owner.clone(), wanted, proptest::option::of(name.clone()))
            .prop_map(|(owner, wanted, kept)| Step::Reconcile { owner, wanted, kept }),
        1 => (owner.clone(), wanted).prop_map(|(owner, wanted)| Step::Crash { owner, wanted }),
        1 => owner.clone().prop_map(|owner| Step::Finalize { owner }),
        1 => name.clone().prop_map(|name| Step::Recreate { name }),
        1 => name.clone().prop_map(|name| Step::Delete { name }),
        2 => (name.clone(), proptest::option::of(owner)).prop_map(|(name, owner)| Step::Hand { name, owner }),
        1 => name.clone().prop_map(|name| Step::Refuse { name }),
        2 => name.prop_map(|name| Step::Race { name }),
    ];
    proptest::collection::vec(step, 1..16)
}

fn owner(index: usize) -> Owner {
    Owner {
        group_prefix: "kustomize.toolkit.fluxcd.io".into(),
        name: format!("owner-{index}"),
        namespace: "ns".into(),
    }
}

fn verdict(_: &Object) -> Verdict {
    Verdict::new(Health::Current, "")
}

struct Record {
    refuse: bool,
    seen: Mutex<Option<Inventory>>,
}

#[async_trait]
impl Intent for Record {
    async fn record(&self, inventory: &Inventory) -> Result<(), IntentError> {
        if self.refuse {
            return Err(IntentError("refused".into()));
        }
        *self.seen.lock() = Some(inventory.clone());
        Ok(())
    }
}

fn objects(wanted: &[bool], kept: Option<usize>) -> Vec<Object> {
    let named = NAMES.iter().enumerate().filter(|(at, _)| wanted[*at]);
    named
        .filter_map(|(at, name)| {
            let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": name, "namespace": "ns"}, "data": {"a": "b"}});
            if kept == Some(at) {
                object["metadata"]["annotations"] = json!({"kustomize.toolkit.fluxcd.io/prune": "disabled"});
            }
            Object::from_value(object)
        })
        .collect()
}

struct World {
    server: Server,
    records: [Inventory; 2],
}

impl World {
    async fn reconcile(&mut self, index: usize, wanted: &[bool], kept: Option<usize>, refuse: bool) {
        let before = self.records[index].clone();
        let mut options = ApplyOptions::new("kustomize-controller", owner(index), verdict);
        options.previous = before.clone();
        let record = Record {
            refuse,
            seen: Mutex::default(),
        };
        let applied = apply(&self.server.cluster, objects(wanted, kept), &options, &record).await;
        let applied = match applied {
            Ok(applied) => applied,
            Err(error) => {
                self.records[index] = error.inventory;
                return;
            }
        };
        let stale = diff_inventory(&before, &applied.inventory);
        self.server.acts(index, &before);
        let pruned = prune(&self.server.cluster, &stale, &PruneOptions::new(owner(index))).await;
        self.server.rests();
        let failed: Vec<_> = pruned.failed.into_iter().map(|(entry, _)| entry).collect();
        self.records[index] = join(&applied.inventory, &failed);
    }

    async fn finalize(&mut self, index: usize) {
        let known = self.records[index].clone();
        self.server.acts(index, &known);
        let pruned = prune(
            &self.server.cluster,
            &known.entries,
            &PruneOptions::new(owner(index)),
        )
        .await;
        self.server.rests();
        let entries = pruned.failed.into_iter().map(|(entry, _)| entry).collect();
        self.records[index] = Inventory { entries };
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::Reconcile { owner, wanted, kept } => self.reconcile(*owner, wanted, *kept, false).await,
            Step::Crash { owner, wanted } => self.reconcile(*owner, wanted, None, true).await,
            Step::Finalize { owner } => self.finalize(*owner).await,
            Step::Recreate { name } => self.server.recreate(NAMES[*name]),
            Step::Delete { name } => self.server.remove(NAMES[*name]),
            Step::Hand { name, owner } => self.server.hand(NAMES[*name], owner.map(labels)),
            Step::Refuse { name } => self.server.refuse(NAMES[*name]),
            Step::Race { name } => self.server.race(NAMES[*name]),
        }
    }

    /// What an owner made and still carries its labels is on its record.
    fn forgotten(&self) -> Vec<String> {
        let made = self.server.made();
        let missing = made.into_iter().filter(|(index, id)| {
            let known = &self.records[*index].entries;
            !known.iter().any(|entry| entry.id == *id)
        });
        missing
            .map(|(index, id)| format!("{id} of owner {index}"))
            .collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn c14_only_what_is_on_record_and_ours_is_deleted_and_nothing_is_forgotten(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (wrong, forgotten) = runtime.block_on(async {
            let mut world = World { server: Server::start(), records: [Inventory::default(), Inventory::default()] };
            for step in &steps {
                world.step(step).await;
            }
            (world.server.wrong_deletes(), world.forgotten())
        });
        prop_assert!(wrong.is_empty(), "{wrong:?}");
        prop_assert!(forgotten.is_empty(), "{forgotten:?}");
    }
}
