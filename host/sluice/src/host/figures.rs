//! Figures that the stages count themselves, read at each scrape.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use sluice_reconcile::Engine;

/// The stages' own counters.
pub struct StageFigures(pub Arc<Engine>);

impl fmt::Debug for StageFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StageFigures")
    }
}

impl StageFigures {
    fn plain(&self) -> Vec<(&'static str, &'static str, u64)> {
        let (renders, requests) = (self.0.renderer.stats(), self.0.cluster.counters().read());
        let sandbox = self.0.plugins.sandbox().metrics();
        vec![
            ("sluice_renders", "Calls of a renderer", renders.renders),
            (
                "sluice_render_memo_hits",
                "Renders that the memo answered",
                renders.memo_hits,
            ),
            (
                "sluice_renders_joined",
                "Renders answered by an equal one under way",
                renders.joined,
            ),
            ("sluice_gets", "Objects read from the cluster", requests.gets),
            ("sluice_dry_runs", "Objects dry-run", requests.dry_runs),
            ("sluice_applies", "Objects applied", requests.applies),
            ("sluice_deletes", "Objects deleted", requests.deletes),
            (
                "sluice_plugin_compilations",
                "Components compiled",
                sandbox.compiled,
            ),
            (
                "sluice_plugin_cache_hits",
                "Compiled components taken from the cache",
                sandbox.cache_hits,
            ),
            (
                "sluice_plugin_cache_rejected",
                "Cache entries that were compiled again",
                sandbox.cache_rejected,
            ),
            (
                "sluice_plugin_log_lines_dropped",
                "Log lines over their call's limit",
                sandbox.log_lines_dropped,
            ),
            (
                "sluice_events_dropped",
                "Events dropped because a queue was full",
                self.0.recorder.dropped(),
            ),
        ]
    }
}

impl Collector for StageFigures {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        for (name, help, value) in self.plain() {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        let sandbox = self.0.plugins.sandbox().metrics();
        let mut calls = encoder.encode_descriptor(
            "sluice_plugin_calls",
            "Calls of plugins",
            None,
            MetricType::Counter,
        )?;
        for (key, count) in &sandbox.calls {
            let labels = [
                ("plugin", key.plugin.as_str()),
                ("function", key.function),
                ("result", key.result),
            ];
            ConstCounter::new(count.count).encode(calls.encode_family(&labels)?)?;
        }
        let gauges = [
            (
                "sluice_plugin_calls_running",
                "Calls that run now",
                sandbox.running as u64,
            ),
            (
                "sluice_plugin_calls_waiting",
                "Calls that wait for a permit",
                sandbox.waiting as u64,
            ),
            (
                "sluice_plugin_pooling",
                "Whether instances come from the pool",
                u64::from(sandbox.pooling),
            ),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        Ok(())
    }
}
