//! The same data and functions as `tests/go` has, requests to it, and its answers.

#![allow(
    dead_code,
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::expect_used
)]

pub mod functions;
pub mod grammar;
pub mod oracle;
pub mod random;
pub mod standard;
pub mod wire;

use std::rc::Rc;

use serde_json::{Value as Json, json};
use sluice_go_template::{Context, Error, Limits, MissingKey, Str, TemplateSet};

/// Texts by file name, and what to execute.
#[derive(Clone)]
pub struct Case {
    pub files: Vec<(String, String)>,
    pub missing_key: &'static str,
}

impl Case {
    pub fn request(&self) -> Json {
        let files: Vec<Json> = self
            .files
            .iter()
            .map(|(name, text)| json!([wire::encode(name.as_bytes()), wire::encode(text.as_bytes())]))
            .collect();
        json!({"kind": "exec", "missingkey": self.missing_key, "files": files, "run": "main"})
    }

    /// What this library makes of it, in the form of an answer of the oracle.
    pub fn answer(&self) -> Json {
        let mut context = Context::new(Limits {
            depth: 1500,
            stack: 64 << 20,
            ..Limits::default()
        });
        match self.render(&mut context) {
            (output, Ok(())) => json!({"output": wire::encode(&output)}),
            (output, Err(error)) => {
                let mut chain: Vec<&str> = error.chain().map(Error::text).collect();
                chain.dedup();
                json!({"output": wire::encode(&output), "error": error.text(), "chain": chain})
            }
        }
    }

    fn render(&self, context: &mut Context) -> (Vec<u8>, Result<(), Error>) {
        let missing_key = match self.missing_key {
            "zero" => MissingKey::Zero,
            "error" => MissingKey::Error,
            _ => MissingKey::Default,
        };
        let mut set = TemplateSet::new("gotpl", functions::functions(), missing_key);
        for (name, text) in &self.files {
            if let Err(error) = set.parse(name, text.as_str(), context) {
                return (Vec::new(), Err(error));
            }
        }
        match Rc::new(set).execute(context, &Str::from("main"), standard::data()) {
            Ok(output) => (output, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        }
    }
}

/// All cases of `tests/cases`, each under the three ways to see a missing key.
pub fn cases() -> Vec<Case> {
    let lines = include_str!("../cases/lines.txt").lines();
    let single = lines.map(|line| vec![("main".to_owned(), line.to_owned())]);
    let blocks = include_str!("../cases/blocks.txt").split("====\n").map(|block| {
        let (head, texts) = block.split_once('\n').unwrap();
        let names = head.strip_prefix("%files ").unwrap().split(' ');
        names
            .map(str::to_owned)
            .zip(texts.split("%%%%\n").map(str::to_owned))
            .collect()
    });
    let files: Vec<Vec<(String, String)>> = single.chain(blocks).collect();
    let modes = ["zero", "default", "error"];
    files
        .into_iter()
        .flat_map(|files| {
            modes.map(|missing_key| Case {
                files: files.clone(),
                missing_key,
            })
        })
        .collect()
}
