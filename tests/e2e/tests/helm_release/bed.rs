//! Charts that a test publishes as ExternalArtifacts, and the real `helm`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sluice_e2e::Case;
use sluice_e2e::bed::bed;
use sluice_e2e::object::object;
use sluice_testbed::{FileServer, programs};

/// A chart of one test.
#[derive(Debug, Clone)]
pub struct Chart {
    name: String,
    version: String,
    dependencies: String,
    files: Vec<(String, String)>,
}

impl Chart {
    /// A chart with a ConfigMap `<release>-settings` that shows the value `color` and the revision.
    pub fn new(version: &str) -> Self {
        Self::named("web", version)
    }

    /// The same under another name.
    pub fn named(name: &str, version: &str) -> Self {
        let chart = Self {
            name: name.into(),
            version: version.into(),
            dependencies: String::new(),
            files: Vec::new(),
        };
        chart
            .file("values.yaml", "color: blue\n")
            .file(
                "templates/settings.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-settings\n\
                 data:\n  color: {{ .Values.color | quote }}\n  chart: {{ .Chart.Version | quote }}\n",
            )
            .file(
                "templates/NOTES.txt",
                "{{ .Release.Name }} is {{ .Values.color }}.\n",
            )
    }

    /// With a file more, or another one in its place.
    #[must_use]
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.retain(|(known, _)| known != path);
        self.files.push((path.into(), text.into()));
        self
    }

    /// With a dependency that stands in `charts/` and is on where the value `condition` is true.
    #[must_use]
    pub fn dependency(mut self, name: &str, version: &str, condition: &str) -> Self {
        self.dependencies =
            format!("dependencies:\n- {{name: {name}, version: {version}, condition: {condition}}}\n");
        self
    }

    /// The packed chart.
    pub fn pack(&self) -> Result<Vec<u8>> {
        let metadata = format!(
            "apiVersion: v2\nname: {}\nversion: {}\nappVersion: \"7\"\ndescription: A chart for tests\n{}",
            self.name, self.version, self.dependencies
        );
        let mut tar = tar::Builder::new(Vec::new());
        let own = [("Chart.yaml".to_owned(), metadata)];
        for (path, text) in own.iter().chain(&self.files) {
            let mut header = tar::Header::new_ustar();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, format!("{}/{path}", self.name), text.as_bytes())?;
        }
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&tar.into_inner()?)?;
        Ok(gzip.finish()?)
    }
}

/// A Job that runs at points of a release; `pod` as the testbed's pods read it.
pub fn hook(name: &str, events: &str, more: &str, pod: Option<&str>) -> String {
    let pod = pod
        .map(|pod| format!("      annotations: {{testbed.sluice.dev/pod: {pod}}}\n"))
        .unwrap_or_default();
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {{{{ .Release.Name }}}}-{name}\n  annotations:\n    \
         helm.sh/hook: {events}\n{more}spec:\n  backoffLimit: 0\n  template:\n    metadata:\n{pod}      labels: {{job: {name}}}\n    \
         spec:\n      restartPolicy: Never\n      containers:\n      - {{name: main, image: registry.example/{name}:1}}\n"
    )
}

/// Publishes charts.
pub struct Charts {
    files: FileServer,
}

impl Charts {
    pub fn start() -> Result<Self> {
        Ok(Self {
            files: FileServer::start()?,
        })
    }

    /// Publishes a chart as the ExternalArtifact `name`.
    pub async fn publish(&self, case: &Case, name: &str, chart: &Chart) -> Result<()> {
        self.publish_as(case, name, chart, &chart.version).await
    }

    /// The same under a revision.
    pub async fn publish_as(&self, case: &Case, name: &str, chart: &Chart, revision: &str) -> Result<()> {
        let packed = chart.pack()?;
        let digest = format!("sha256:{}", hex::encode(Sha256::digest(&packed)));
        let url = self.files.put(&format!("{}.tgz", &digest[7..]), packed);
        let (version, kind) = ("source.toolkit.fluxcd.io/v1", "ExternalArtifact");
        if !case.exists(kind, name).await? {
            case.apply(object(kind, name, json!({}))).await?;
        }
        let status = json!({
            "artifact": {"path": format!("externalartifact/{name}.tgz"), "url": url, "revision": revision, "digest": digest,
                "lastUpdateTime": "2026-01-01T00:00:00Z"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        });
        case.cluster
            .merge_status(version, kind, &case.namespace, name, status)
            .await?;
        Ok(())
    }
}

/// A HelmRelease of an ExternalArtifact, with an interval that never comes in a test.
#[allow(clippy::needless_pass_by_value, reason = "callers write json!")]
pub fn release(name: &str, chart: &str, more: Value) -> Value {
    let mut spec =
        json!({"interval": "1h", "timeout": "30s", "chartRef": {"kind": "ExternalArtifact", "name": chart}});
    if let (Some(spec), Some(more)) = (spec.as_object_mut(), more.as_object()) {
        spec.extend(more.clone());
    }
    object("HelmRelease", name, spec)
}

/// The real `helm` for one namespace.
pub struct Helm {
    program: PathBuf,
    kubeconfig: PathBuf,
    namespace: String,
}

impl Helm {
    /// None, with a line that says so, when the machine has no helm.
    pub async fn find(namespace: &str) -> Result<Option<Self>> {
        let program = programs::cache_folder()?.join("bin/helm");
        if !program.exists() {
            let _ = writeln!(std::io::stderr(), "SKIPPED: no helm at {}", program.display());
            return Ok(None);
        }
        Ok(Some(Self {
            program,
            kubeconfig: bed().await?.kubeconfig().to_owned(),
            namespace: namespace.to_owned(),
        }))
    }

    /// Runs a command and gives its output.
    pub async fn run(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .args(["--namespace", &self.namespace, "--kubeconfig"])
            .arg(&self.kubeconfig)
            .env("HELM_DRIVER", "secret");
        let output = tokio::task::spawn_blocking(move || command.output())
            .await?
            .context("run helm")?;
        if !output.status.success() {
            bail!("helm {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a command whose output is JSON.
    pub async fn json(&self, args: &[&str]) -> Result<Value> {
        let args = [args, &["-o", "json"]].concat();
        Ok(serde_json::from_str(&self.run(&args).await?)?)
    }

    /// The revisions of a release as `version status`, the first one first.
    pub async fn history(&self, name: &str) -> Result<Vec<String>> {
        let history = self.json(&["history", name]).await?;
        let line = |it: &Value| format!("{} {}", it["revision"], it["status"].as_str().unwrap_or_default());
        Ok(history.as_array().into_iter().flatten().map(line).collect())
    }
}
