//! Bad input: each error names the object, the file, the line where there is one, and the field; what was applied last
//! stays.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{
    commit_of, config_map, deployment, failed_for, failed_with, inventory, is_current, kustomization_file,
    message,
};
use sluice_testbed::{Change, Repository};

/// A deployed Kustomization `app` of one ConfigMap, and what must outlive all that follows.
struct Applied {
    case: Case,
    repository: Repository,
    good: Value,
}

impl Applied {
    async fn start(name: &str) -> Result<Self> {
        let case = Case::start(name).await?;
        let repository = case.simple_repository("app")?;
        let good = case.deploy("app", &repository).await?;
        Ok(Self {
            case,
            repository,
            good,
        })
    }

    /// Commits, and expects a failure for `reason` whose message has all of `wanted`.
    async fn fails(&self, what: &str, changes: &[Change], reason: &str, wanted: &[&str]) -> Result<()> {
        let commit = self.repository.commit("main", what, changes)?;
        self.case.request("GitRepository", "app").await?;
        let failed = self
            .case
            .until("Kustomization", "app", what, |it| {
                failed_for(it, reason) && commit_of(&it["status"]["lastAttemptedRevision"]) == commit
            })
            .await?;
        for part in wanted {
            assert!(
                message(&failed).contains(part),
                "{what}: no {part:?} in {:?}",
                message(&failed)
            );
        }
        self.stands(&failed).await.context(what.to_owned())
    }

    async fn stands(&self, failed: &Value) -> Result<()> {
        let status = |object: &Value| object["status"]["lastAppliedRevision"].clone();
        assert_eq!(status(failed), status(&self.good));
        assert_eq!(inventory(failed), inventory(&self.good));
        let settings = self.case.get("ConfigMap", "settings").await?;
        assert_eq!(settings["data"]["color"], "blue");
        Ok(())
    }

    async fn is_fixed(&self) -> Result<()> {
        let files = [
            Change::text("app/kustomization.yaml", kustomization_file(&["settings.yaml"])),
            Change::text("app/settings.yaml", config_map("settings", "color", "green")),
        ];
        let commit = self.repository.commit("main", "fixed", &files)?;
        self.case.roll_out("app", &commit).await?;
        let settings = self.case.get("ConfigMap", "settings").await?;
        assert_eq!(settings["data"]["color"], "green");
        Ok(())
    }
}

#[tokio::test]
async fn a_build_that_fails_names_file_line_and_field() -> Result<()> {
    let applied = Applied::start("bad-build").await?;
    let green = config_map("settings", "color", "green");
    let broken = format!("{green}---\napiVersion: v1\nkind: ConfigMap\n  metadata: x\n");
    applied
        .fails(
            "YAML is broken in the second document",
            &[Change::text("app/settings.yaml", broken)],
            "BuildFailed",
            &["settings.yaml", "line 10"],
        )
        .await?;
    let nameless = format!("{green}---\napiVersion: v1\nkind: Secret\n");
    applied
        .fails(
            "an object has no name",
            &[Change::text("app/settings.yaml", nameless)],
            "BuildFailed",
            &["settings.yaml", "line 8", "metadata.name", "Secret"],
        )
        .await?;
    let count = "resources: [settings.yaml]\nreplicas:\n- name: web\n  count: many\n";
    applied
        .fails(
            "a field of the kustomization has a wrong type",
            &[
                Change::text("app/settings.yaml", green),
                Change::text("app/kustomization.yaml", count),
            ],
            "BuildFailed",
            &["app/kustomization.yaml", "replicas.count"],
        )
        .await?;
    let patched = "resources: [settings.yaml]\npatches:\n- path: patch.yaml\n";
    applied
        .fails(
            "a patch fits nothing",
            &[
                Change::text("app/kustomization.yaml", patched),
                Change::text("app/patch.yaml", config_map("other", "color", "red")),
            ],
            "BuildFailed",
            &["app/kustomization.yaml", "patch.yaml", "ConfigMap", "other"],
        )
        .await?;
    applied.is_fixed().await
}

/// A stage tells all of its errors, each with its object and field; Flux drops the unknown field in silence.
#[tokio::test]
async fn an_apply_that_fails_names_all_objects_and_fields() -> Result<()> {
    let applied = Applied::start("bad-apply").await?;
    let namespace = applied.case.namespace.clone();
    let wrong = "apiVersion: v1\nkind: Service\nmetadata:\n  name: wrong\nspec:\n  ports:\n  - port: 99999\n";
    let web = deployment("web", None).replace("        image:", "        prots: []\n        image:");
    let files = [
        Change::text(
            "app/kustomization.yaml",
            kustomization_file(&["settings.yaml", "wrong.yaml", "web.yaml"]),
        ),
        Change::text("app/settings.yaml", config_map("settings", "color", "green")),
        Change::text("app/wrong.yaml", wrong),
        Change::text("app/web.yaml", web),
    ];
    let wanted = [
        format!("Service/{namespace}/wrong"),
        "spec.ports[0].port".to_owned(),
        format!("Deployment/{namespace}/web"),
        "prots".to_owned(),
    ];
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    applied
        .fails("two objects are refused", &files, "ReconciliationFailed", &wanted)
        .await?;
    applied.is_fixed().await
}

/// S9: a path out of the artifact is refused by the name of its field.
#[tokio::test]
async fn a_spec_that_cannot_be_used_names_the_field() -> Result<()> {
    let applied = Applied::start("bad-spec").await?;
    let case = &applied.case;
    let path = json!({"spec": {"path": "../outside"}});
    case.merge("Kustomization", "app", path).await?;
    let failed = case
        .until("Kustomization", "app", "names the path", |it| {
            failed_with(it, "ArtifactFailed", "spec.path")
        })
        .await?;
    applied.stands(&failed).await?;
    let patches = json!({"spec": {"path": "./app", "patches": [{"patch": "kind: [\n", "target": {"kind": "ConfigMap"}}]}});
    case.merge("Kustomization", "app", patches).await?;
    let failed = case
        .until("Kustomization", "app", "names the patch", |it| {
            failed_with(it, "BuildFailed", "inline patch for ConfigMap")
        })
        .await?;
    applied.stands(&failed).await?;
    case.merge("Kustomization", "app", json!({"spec": {"patches": null}}))
        .await?;
    case.until("Kustomization", "app", "is ready again", is_current)
        .await?;
    Ok(())
}
