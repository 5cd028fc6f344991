//! The built-in plugin render-kustomize: kustomize build over the host's tree.
#![cfg(target_family = "wasm")]

use sluice_files::InputTree;
use sluice_kustomize::{Built, Config, Mounts, config};
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
        let mut inputs = request.inputs.into_iter();
        let Some(main) = inputs.next() else {
            return Err(Error::invalid_config("the render needs one input: the source"));
        };
        let others = inputs.map(|input| (input.name, InputTree::new(input.tree)));
        let (files, held) = Mounts::new(InputTree::new(main.tree), others.collect());
        let mut options = config.options;
        options.elsewhere.held = held;
        let built = sluice_kustomize::build(&files, &request.root, &options).map_err(failure)?;
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
fn failure(error: sluice_kustomize::Error) -> Error {
    match error {
        sluice_kustomize::Error::Needs(needs) => Error::NeedsInput(needs),
        error if error.remote().is_some() => Error::denied(format!("{error}; remote bases are not allowed")),
        error => Error::failed(error),
    }
}

renderer::export!(RenderKustomize);
