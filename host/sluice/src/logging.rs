//! Log lines as Flux's controllers write them: JSON objects with the keys that `flux logs` reads.

use std::fmt;
use std::io::Write as _;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt as console};

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Encoding {
    /// One JSON object a line.
    Json,
    /// For people.
    Console,
}

/// Least severity that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Verbosity {
    /// Everything, of our own crates.
    Trace,
    /// Details of each pass.
    Debug,
    /// What changed.
    Info,
    /// What failed.
    Error,
}

/// Sends all log lines to standard error from now on.
pub fn start(level: Verbosity, encoding: Encoding) {
    let ours = match level {
        Verbosity::Trace => "trace",
        Verbosity::Debug => "debug",
        Verbosity::Info => "info",
        Verbosity::Error => "error",
    };
    let rest = if level == Verbosity::Error {
        "error"
    } else {
        "warn"
    };
    let filter = EnvFilter::new(format!("{rest},sluice={ours},{}", our_crates(ours)));
    let registry = tracing_subscriber::registry().with(filter);
    match encoding {
        Encoding::Json => registry.with(JsonLines).init(),
        Encoding::Console => {
            registry
                .with(console::layer().with_ansi(false).with_writer(std::io::stderr))
                .init();
        }
    }
}

fn our_crates(level: &str) -> String {
    const CRATES: [&str; 14] = [
        "api",
        "transport",
        "cluster",
        "sandbox",
        "fetch",
        "artifact",
        "render",
        "apply",
        "release",
        "health",
        "event",
        "notify",
        "receive",
        "reconcile",
    ];
    CRATES.map(|name| format!("sluice_{name}={level}")).join(",")
}

struct JsonLines;

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::String(format!("{value:?}")));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let key = if field.name() == "message" {
            "msg"
        } else {
            field.name()
        };
        self.0.insert(key.into(), value);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JsonLines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let line = json_line(event, &context);
        // a log line that cannot be written has nowhere to be reported
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

fn json_line<S: Subscriber + for<'a> LookupSpan<'a>>(event: &Event<'_>, context: &Context<'_, S>) -> Value {
    let metadata = event.metadata();
    let mut line = Map::new();
    let level = match *metadata.level() {
        Level::ERROR => "error",
        // the zap levels of Flux's controllers know no warning
        Level::WARN | Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    };
    line.insert("level".into(), level.into());
    line.insert("ts".into(), format!("{:.3}", jiff::Timestamp::now()).into());
    line.insert("logger".into(), metadata.target().into());
    let mut fields = Fields::default();
    event.record(&mut fields);
    if let Some(msg) = fields.0.remove("msg") {
        line.insert("msg".into(), msg);
    }
    for span in context.event_scope(event).into_iter().flatten() {
        if let Some(outer) = span.extensions().get::<Fields>() {
            for (key, value) in &outer.0 {
                line.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    line.extend(fields.0);
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Capture(Arc<Mutex<Vec<Value>>>);

    impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
        fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
            JsonLines.on_new_span(attributes, id, context);
        }
        fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
            self.0
                .lock()
                .expect("not poisoned")
                .push(json_line(event, &context));
        }
    }

    /// L5: control characters of a message cannot forge a line.
    #[test]
    fn lines_carry_the_keys_that_flux_logs_reads() {
        let capture = Capture::default();
        let subscriber = tracing_subscriber::registry().with(capture.clone());
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!(
                "reconcile",
                controllerKind = "Kustomization",
                name = "a",
                namespace = "b"
            );
            let _entered = span.enter();
            tracing::error!(error = "no\nway", "reconciliation \u{1b}[31mfailed");
        });
        let lines = capture.0.lock().expect("not poisoned");
        let line = &lines[0];
        assert_eq!(line["level"], "error");
        assert_eq!(line["controllerKind"], "Kustomization");
        assert_eq!(
            (line["name"].as_str(), line["namespace"].as_str()),
            (Some("a"), Some("b"))
        );
        assert!(line["ts"].as_str().is_some_and(|ts| ts.ends_with('Z')), "{line}");
        let text = line.to_string();
        assert!(!text.contains('\n') && !text.contains('\u{1b}'), "{text}");
    }
}
