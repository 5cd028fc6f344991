//! The built-in plugin render-helm: helm template over the host's tree.
#![cfg(target_family = "wasm")]

mod cluster;

use std::rc::Rc;

use sluice_files::InputTree;
use sluice_helm::{Cluster, Environment, Files, Limits, NoCluster, Options};
use sluice_plugin::renderer::{Description, Entropy, Extra, Form, Guest, Meta, Object, Rendered, Request};
use sluice_plugin::{Error, Result, renderer};

use cluster::TenantCluster;

struct RenderHelm;

/// A render of templates allocates and frees many small things, which this allocator does faster than the default one.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

impl Meta for RenderHelm {
    fn describe() -> Description {
        Description {
            name: "render-helm".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            config_schema: sluice_helm::SCHEMA.into(),
            bindings: Vec::new(),
            types: vec!["helm".into()],
        }
    }
}

/// What nearly every render takes, got from the host at once: otherwise memory grows by 64 KiB, a call to the host each time.
/// Nothing of it is touched before it is used.
const HEAP: usize = 8 << 20;

impl Guest for RenderHelm {
    fn render(request: Request) -> Result<Rendered> {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(HEAP)));
        let options = Options::parse(&request.config).map_err(Error::invalid_config)?;
        let Some(input) = request.inputs.into_iter().next() else {
            return Err(Error::invalid_config("the render needs one input: the source"));
        };
        let files: Rc<dyn Files> = Rc::new(InputTree::new(input.tree));
        if options.load_only {
            return load(&files, &request.root, &options);
        }
        let environment = environment(request.entropy, options.lookup)?;
        let update = options.dependency_update;
        let rendered = sluice_helm::template(&files, &request.root, options, &environment)
            .map_err(|error| failure(error, update))?;
        to_wire(rendered, request.want).map_err(|error| failure(error, update))
    }
}

/// The chart and the user's values, nothing rendered.
fn load(files: &Rc<dyn Files>, root: &str, options: &Options) -> Result<Rendered> {
    let loaded = sluice_helm::load_only(files, root, options);
    let loaded = loaded.map_err(|error| failure(error, options.dependency_update))?;
    Ok(Rendered {
        extras: vec![Extra::Chart(loaded.chart_json(options).to_string())],
        warnings: loaded.warnings,
        objects: Vec::new(),
        text: Vec::new(),
        used_entropy: false,
    })
}

fn environment(entropy: Entropy, lookup: bool) -> Result<Environment> {
    let seed = entropy.seed.try_into();
    let seed = seed.map_err(|_| Error::invalid_config("the seed must have 32 bytes"))?;
    let cluster: Rc<dyn Cluster> = if lookup {
        Rc::new(TenantCluster)
    } else {
        Rc::new(NoCluster)
    };
    Ok(Environment {
        seed,
        now_ms: entropy.now_ms,
        cluster,
        limits: Limits::default(),
    })
}

fn to_wire(rendered: sluice_helm::Rendered, want: Form) -> Result<Rendered, sluice_helm::Error> {
    // The sandbox drops the whole instance after the call, which takes no walk through all trees.
    let mut rendered = std::mem::ManuallyDrop::new(rendered);
    let (mut objects, mut extras, mut text) = (Vec::new(), Vec::new(), Vec::new());
    match want {
        Form::Text => text = rendered.text()?,
        Form::Objects => {
            let object = |(object, path): (serde_json::Value, String)| Object {
                json: object.to_string(),
                origin: Some(path),
            };
            objects = rendered.objects()?.into_iter().map(object).collect();
            let crds = rendered.crd_objects()?.into_iter();
            extras.extend(crds.map(|crd| Extra::Crd(crd.to_string())));
            let hooks = rendered.hook_objects()?.into_iter();
            extras.extend(hooks.map(|hook| Extra::Hook(hook.to_string())));
            extras.push(Extra::Chart(rendered.chart_json()?.to_string()));
        }
    }
    if let Some(notes) = &rendered.notes {
        extras.push(Extra::Notes(String::from_utf8_lossy(notes).into_owned()));
    }
    Ok(Rendered {
        objects,
        text,
        extras,
        used_entropy: rendered.used_entropy,
        warnings: std::mem::take(&mut rendered.warnings),
    })
}

/// What the host does next depends on why the render failed.
fn failure(error: sluice_helm::Error, update: bool) -> Error {
    match &error {
        sluice_helm::Error::MissingDependencies(needed) if update => {
            let wanted = |needed: &sluice_helm::Needed| {
                let chart = serde_json::json!({
                    "chart": needed.name, "version": needed.version, "repository": needed.repository,
                });
                chart.to_string()
            };
            Error::NeedsInput(needed.iter().map(wanted).collect())
        }
        sluice_helm::Error::KubeVersion { .. } | sluice_helm::Error::Set { .. } => {
            Error::invalid_config(error)
        }
        _ => Error::failed(error),
    }
}

renderer::export!(RenderHelm);
