//! What a release that keeps its values is to be made of.

use serde_json::Value;
use sluice_release::Release;

use super::super::{chart, reuse, source};
use super::{Atomic, Stop};

/// The values of the release that stands.
pub(in super::super) struct Kept {
    /// As the renderer takes them.
    pub(in super::super) input: Value,
    /// Of those that the next revision would have.
    pub(super) digest: String,
}

impl Atomic {
    /// Looks up the values of the release that stands, where the spec wants them kept, and merges the spec's over them.
    pub(super) async fn keep_values(&mut self, history: &[Release]) -> Result<(), Stop> {
        self.kept = None;
        let Some(former) = reuse::former(history).filter(|_| reuse::is_wanted(&self.pass.object.spec)) else {
            return Ok(());
        };
        self.desired.layers.conceal(&former.config);
        let input = reuse::input(former);
        let merged = self.merged(&input).await;
        let merged = merged.map_err(|error| {
            self.unknown_state(&format!("failed to keep the values of the release: {error}"))
        })?;
        let digest = reuse::digest(&merged, former);
        self.kept = Some(Kept { input, digest });
        Ok(())
    }

    async fn merged(&self, input: &Value) -> Result<serde_json::Map<String, Value>, String> {
        let (engine, desired) = (&self.pass.shared.engine, &self.desired);
        let bytes = source::chart_bytes(engine, &self.pass.object, &desired.artifact).await;
        let bytes = bytes.map_err(|error| error.to_string())?;
        let call = chart::call(engine, chart::RENDERER, &self.pass.key);
        let loaded = chart::load(&desired.plugin, &call, bytes, &desired.layers, Some(input)).await;
        loaded
            .map(|(_, config)| config)
            .map_err(|failure| failure.message)
    }
}
