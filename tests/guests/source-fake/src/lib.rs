//! A well-behaved source over the Git interface; its config's mode makes it a bad one.
#![cfg(target_family = "wasm")]

use sluice_plugin::files::Sink;
use sluice_plugin::source::{Guest, Input, Metadata, Revision};
use sluice_plugin::{Error, Result, git};

guest_frame::meta!(source, "source-fake");

impl Guest for Plugin {
    fn resolve(config: String, _last: Option<String>, _inputs: Vec<Input>) -> Result<Revision> {
        let binding = guest_frame::config(&config)["binding"]
            .as_str()
            .unwrap_or("target")
            .to_owned();
        let refs = git::refs(&binding, &["refs/heads/main".into()])?;
        let main = refs.first().ok_or_else(|| Error::not_found("no branch main"))?;
        Ok(Revision {
            id: format!("main@sha1:{}", main.oid),
            pin: main.oid.clone(),
        })
    }

    fn fetch(config: String, revision: Revision, inputs: Vec<Input>, out: &Sink) -> Result<Metadata> {
        let tree = git::snapshot("target", &revision.pin, None)?;
        match guest_frame::config(&config)["mode"].as_str() {
            Some("inputs") => {
                for input in &inputs {
                    out.take(&input.tree, ".", &input.name)?;
                }
            }
            Some("handles") => loop {
                std::mem::forget(git::snapshot("target", &revision.pin, None)?);
            },
            Some("escape") => out.put("../../outside", b"x", false)?,
            Some("twice") => {
                out.take(&tree, "deploy", "deploy")?;
                out.put("deploy/x", b"x", false)?;
            }
            Some("flood") => {
                for at in 0.. {
                    out.put(&at.to_string(), &vec![0; 1 << 20], false)?;
                }
            }
            _ => {
                out.take(&tree, "deploy", "deploy")?;
                out.put("REVISION", revision.pin.as_bytes(), true)?;
            }
        }
        Ok(Metadata {
            summary: "one\nline".into(),
            annotations: vec![("a".into(), "b".into())],
        })
    }
}
