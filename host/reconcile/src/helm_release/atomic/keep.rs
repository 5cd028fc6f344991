//! What a release that keeps its values is to be made of.

use serde_json::{Map, Value};
use sluice_model::Digest;
use sluice_model::digest::DigestBuilder;
use sluice_release::{Release, Status, config_digest};

use super::super::{chart, reuse, source};
use super::{Atomic, Stop};

/// The values of the release that stands.
pub(in super::super) struct Kept {
    /// As the renderer takes them.
    pub(in super::super) input: Value,
    /// Of those that the next revision would have; none where no comparison asks for it.
    pub(super) digest: Option<String>,
}

impl Atomic {
    /// Looks up the values of the release that stands, where the spec wants them kept.
    pub(super) async fn keep_values(&mut self, history: &[Release]) -> Result<(), Stop> {
        self.kept = None;
        let Some(former) = reuse::former(history).filter(|_| reuse::is_wanted(&self.pass.object.spec)) else {
            return Ok(());
        };
        reuse::conceal(&mut self.desired.layers, former, history);
        let input = reuse::input(former);
        let is_compared = history
            .first()
            .is_some_and(|it| it.info.status == Status::Deployed);
        let digest = match is_compared {
            true => Some(self.digest_over(former, &input).await?),
            false => None,
        };
        self.kept = Some(Kept { input, digest });
        Ok(())
    }

    /// The digest of the spec's values over those of a release, made again only when one of both is another.
    async fn digest_over(&mut self, former: &Release, input: &Value) -> Result<String, Stop> {
        let (memory, key) = (&self.pass.shared.memory, &self.pass.key);
        let of = self.key_over(former);
        if let Some(known) = memory.kept(key, &of) {
            return Ok(known);
        }
        match self.merged(input).await {
            Ok(merged) => {
                let digest = reuse::digest(&merged, former);
                memory.set_kept(key, (of, digest.clone()));
                Ok(digest)
            }
            Err(error) => {
                Err(self.unknown_state(&format!("failed to keep the values of the release: {error}")))
            }
        }
    }

    fn key_over(&self, former: &Release) -> Digest {
        let mut builder = DigestBuilder::default();
        builder
            .piece(self.desired.chart.key.as_bytes())
            .piece(config_digest(&former.config).as_bytes());
        builder.finish()
    }

    async fn merged(&self, input: &Value) -> Result<Map<String, Value>, String> {
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
