//! The component: joins the decisions to the contract.

use std::rc::Rc;

use sluice_files::{Files, InputTree};
use sluice_plugin::files::Sink;
use sluice_plugin::http::{self, Request};
use sluice_plugin::source::{self, Description, Guest, Input, Meta, Metadata, Revision};
use sluice_plugin::types::Error;
use sluice_plugin::{Result, config, oci};

use crate::build::{Build, of_archive};
use crate::config::{Config, From, SCHEMA};
use crate::dependency::{ARCHIVE, Inputs};
use crate::error::{REFERENCE, failed};
use crate::registry::{Layer, Registry};
use crate::repository::Remote;
use crate::revision::Pin;
use crate::{index, registry, repository, tree};

const TARGET: &str = "target";
/// Name of the input with a repository's index.
const INDEX: &str = "index";
/// Name of the input with the files of another source.
const SOURCE: &str = "source";

struct SourceHelm;

impl Meta for SourceHelm {
    fn describe() -> Description {
        Description {
            name: "source-helm".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            config_schema: SCHEMA.into(),
            bindings: vec![TARGET.into()],
            types: vec!["helm".into()],
        }
    }
}

impl Guest for SourceHelm {
    fn resolve(config: String, _last: Option<String>, inputs: Vec<Input>) -> Result<Revision> {
        let config: Config = config::parse(&config)?;
        let inputs = named(inputs);
        let pin = match config.from {
            From::Index => {
                let id = index::revision(&Target.get(index::PATH)?);
                return Ok(Revision { pin: id.clone(), id });
            }
            From::Repository => {
                let text = input(&inputs, INDEX)?.read(index::PATH);
                let text =
                    text.map_err(|error| failed(REFERENCE, format!("failed to load index: {error}")))?;
                repository::resolve(&config, &text)?
            }
            From::Registry => registry::resolve(&config, &Target)?,
            From::Tree => tree::resolve(&config, input(&inputs, SOURCE)?)?,
        };
        Ok(Revision {
            id: pin.version.clone(),
            pin: pin.to_text()?,
        })
    }

    fn fetch(config: String, revision: Revision, inputs: Vec<Input>, out: &Sink) -> Result<Metadata> {
        let config: Config = config::parse(&config)?;
        if config.from == From::Index {
            return fetch_index(&config, &revision, out);
        }
        let (inputs, pin) = (named(inputs), Pin::parse(&revision.pin)?);
        let build = match config.from {
            From::Index | From::Repository => of_archive(&config, &pin, repository::fetch(&Target, &pin)?)?,
            From::Registry => of_archive(&config, &pin, registry::fetch(&config, &Target, &pin)?)?,
            From::Tree => tree::fetch(&config, input(&inputs, SOURCE)?, &pin, &inputs)?,
        };
        out.put(ARCHIVE, &build.archive, false)?;
        Ok(told(&build))
    }
}

fn fetch_index(config: &Config, revision: &Revision, out: &Sink) -> Result<Metadata> {
    let raw = Target.get(index::PATH)?;
    if index::revision(&raw) != revision.pin {
        return Err(Error::transient("the index changed while it was fetched"));
    }
    out.put(index::PATH, &index::artifact(&raw, config.max_index)?, false)?;
    Ok(Metadata {
        summary: String::new(),
        annotations: Vec::new(),
    })
}

fn told(build: &Build) -> Metadata {
    let files = build
        .values_files
        .iter()
        .map(|name| ("valuesFile".to_owned(), name.clone()));
    let dependencies = ("dependencies".to_owned(), build.dependencies.to_string());
    Metadata {
        summary: String::new(),
        annotations: files.chain([dependencies]).collect(),
    }
}

fn named(inputs: Vec<Input>) -> Inputs {
    let tree =
        |input: Input| -> (String, Rc<dyn Files>) { (input.name, Rc::new(InputTree::new(input.tree))) };
    inputs.into_iter().map(tree).collect()
}

fn input<'a>(inputs: &'a Inputs, name: &str) -> Result<&'a Rc<dyn Files>> {
    inputs
        .get(name)
        .ok_or_else(|| Error::failed(format!("the call needs the input {name:?}")))
}

struct Target;

impl Remote for Target {
    fn get(&self, address: &str) -> Result<Vec<u8>, Error> {
        let request = Request {
            method: "GET".into(),
            path: address.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
            sign: None,
        };
        Ok(http::check(http::send(TARGET, &request)?)?.body)
    }
}

impl Registry for Target {
    fn tags(&self) -> Result<Vec<String>, Error> {
        oci::tags(TARGET)
    }

    fn manifest(&self, tag: &str) -> Result<(String, Vec<Layer>), Error> {
        let digest = oci::resolve(TARGET, tag)?;
        let manifest = oci::manifest(TARGET, &digest)?;
        let layer = |layer: oci::Layer| Layer {
            media_type: layer.media_type,
            digest: layer.digest,
            size: layer.size,
        };
        Ok((
            manifest.config_media_type,
            manifest.layers.into_iter().map(layer).collect(),
        ))
    }

    fn blob(&self, digest: &str) -> Result<Vec<u8>, Error> {
        oci::blob(TARGET, digest)
    }
}

source::export!(SourceHelm);
