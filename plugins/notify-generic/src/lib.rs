//! The built-in plugin notify-generic: posts events as JSON, signed by the host where the Provider asks for it.
#![cfg(target_family = "wasm")]

use sluice_notify_format::{Event, ObjectReference, Severity, generic};
use sluice_plugin::http::{self, Algorithm, Request, Signature};
use sluice_plugin::notifier::{self, Description, Guest, Meta};
use sluice_plugin::{Error, Result, config};

/// The host joins the address of the Provider and the headers of its Secret.
const TARGET: &str = "target";

struct NotifyGeneric;

impl Meta for NotifyGeneric {
    fn describe() -> Description {
        Description {
            name: "notify-generic".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            config_schema: generic::SCHEMA.into(),
            bindings: vec![TARGET.into()],
            types: vec!["generic".into(), "generic-hmac".into()],
        }
    }
}

impl Guest for NotifyGeneric {
    fn notify(config: String, event: notifier::Event) -> Result<()> {
        let webhook = generic::webhook(config::parse(&config)?, &lift(event)).map_err(Error::failed)?;
        let request = Request {
            method: "POST".into(),
            path: String::new(),
            query: Vec::new(),
            headers: webhook.headers,
            body: webhook.body,
            sign: webhook.signed.then(|| Signature {
                header: generic::SIGNATURE_HEADER.into(),
                prefix: generic::SIGNATURE_PREFIX.into(),
                algorithm: Algorithm::Sha256,
            }),
        };
        http::check(http::send(TARGET, &request)?).map(drop)
    }
}

fn lift(event: notifier::Event) -> Event {
    let object = event.object;
    Event {
        involved_object: ObjectReference {
            kind: object.kind,
            namespace: object.namespace,
            name: object.name,
            uid: object.uid,
            api_version: object.api_version,
            resource_version: object.resource_version,
        },
        severity: match event.severity {
            notifier::Severity::Trace => Severity::Trace,
            notifier::Severity::Info => Severity::Info,
            notifier::Severity::Error => Severity::Error,
        },
        timestamp: event.timestamp,
        message: event.message,
        reason: event.reason,
        metadata: event.metadata.into_iter().collect(),
        reporting_controller: event.reporting_controller,
        reporting_instance: event.reporting_instance,
    }
}

notifier::export!(NotifyGeneric);
