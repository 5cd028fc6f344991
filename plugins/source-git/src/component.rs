//! The component: joins the decisions to the contract.

use sluice_plugin::files::{Kind, Sink, Tree};
use sluice_plugin::source::{self, Description, Guest, Input, Meta, Metadata, Revision};
use sluice_plugin::types::Error;
use sluice_plugin::{Result, config, git};

use crate::commit::subject;
use crate::config::{Config, SCHEMA};
use crate::resolve::{Advertised, Remote, Resolved, resolve};
use crate::select::{Files, select};

const TARGET: &str = "target";

struct SourceGit;

impl Meta for SourceGit {
    fn describe() -> Description {
        Description {
            name: "source-git".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            config_schema: SCHEMA.into(),
            bindings: vec![TARGET.into()],
            types: vec!["git".into()],
        }
    }
}

impl Guest for SourceGit {
    fn resolve(config: String, _last: Option<String>, _inputs: Vec<Input>) -> Result<Revision> {
        let config: Config = config::parse(&config)?;
        let resolved = resolve(&Target, config.reference.as_ref())?;
        Ok(Revision {
            pin: resolved.pin(),
            id: resolved.revision,
        })
    }

    fn fetch(config: String, revision: Revision, _inputs: Vec<Input>, out: &Sink) -> Result<Metadata> {
        let config: Config = config::parse(&config)?;
        let (commit, reference) = Resolved::read_pin(&revision.pin);
        let tree = git::snapshot(TARGET, commit, reference)?;
        for path in select(
            &Snapshot(&tree),
            config.ignore.as_deref(),
            &config.sparse_checkout,
        )? {
            out.take(&tree, &path, &path)?;
        }
        let summary = subject(&git::object(TARGET, commit)?);
        Ok(Metadata {
            summary,
            annotations: Vec::new(),
        })
    }
}

struct Target;

impl Remote for Target {
    fn refs(&self, prefix: &str) -> Result<Vec<Advertised>, Error> {
        let prefixes = if prefix.is_empty() {
            Vec::new()
        } else {
            vec![prefix.to_owned()]
        };
        let found = git::refs(TARGET, &prefixes)?.into_iter();
        Ok(found
            .map(|found| Advertised {
                name: found.name,
                oid: found.oid,
                peeled: found.peeled,
            })
            .collect())
    }

    fn commit(&self, oid: &str) -> Result<Vec<u8>, Error> {
        git::object(TARGET, oid)
    }
}

struct Snapshot<'a>(&'a Tree);

impl Files for Snapshot<'_> {
    fn entries(&self, directory: &str) -> Result<Vec<(String, bool)>, Error> {
        let entries = self.0.entries(directory)?.into_iter();
        Ok(entries
            .map(|entry| (entry.name, entry.kind == Kind::Directory))
            .collect())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        self.0.read(path)
    }
}

source::export!(SourceGit);
