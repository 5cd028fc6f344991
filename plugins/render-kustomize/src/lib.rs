//! The built-in plugin render-kustomize: kustomize build over the host's tree.
#![cfg(target_family = "wasm")]

use sluice_files::InputTree;
use sluice_kustomize::{Built, Config, config};
use sluice_plugin::renderer::{Description, Form, Guest, Meta, Object, Rendered, Request};
use sluice_plugin::{Error, Result, renderer};

struct RenderKustomize;

impl Meta for RenderKustomize {
    fn describe() -> Description {
        Description {
            name: "render-kustomize".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            config_schema: config::SCHEMA.into(),
            bindings: Vec::new(),
            types: vec!["kustomize".into()],
        }
    }
}

impl Guest for RenderKustomize {
    fn render(request: Request) -> Result<Rendered> {
        let config = Config::parse(&request.config).map_err(Error::invalid_config)?;
        let Some(input) = request.inputs.into_iter().next() else {
            return Err(Error::invalid_config("the render needs one input: the source"));
        };
        let files = InputTree::new(input.tree);
        let built = sluice_kustomize::build(&files, &request.root, &config.options)
            .map_err(|error| failure(&error, config.remote_bases))?;
        rendered(built, request.want)
    }
}

fn rendered(built: Built, want: Form) -> Result<Rendered> {
    let (mut objects, mut text) = (Vec::new(), Vec::new());
    match want {
        Form::Text => text = built.to_yaml().map_err(Error::failed)?.into_bytes(),
        Form::Objects => {
            objects = built
                .objects
                .into_iter()
                .map(|object| Object {
                    json: object.data.to_string(),
                    origin: object.origin,
                })
                .collect();
        }
    }
    Ok(Rendered {
        objects,
        text,
        extras: Vec::new(),
        warnings: built.warnings,
        used_entropy: false,
    })
}

/// What the host does next depends on why the build failed.
fn failure(error: &sluice_kustomize::Error, remote_bases: bool) -> Error {
    match error.remote() {
        Some(url) if remote_bases => Error::NeedsInput(vec![url.to_owned()]),
        Some(_) => Error::denied(format!("{error}; remote bases are not allowed")),
        None => Error::failed(error),
    }
}

renderer::export!(RenderKustomize);
