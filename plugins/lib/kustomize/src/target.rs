//! One kustomization of a build: what it gathers, and what it does to it, in kustomize's order.

use std::rc::Rc;

use crate::accumulator::Accumulator;
use crate::builtin::{run_generator, transformers_of};
use crate::error::{Error, Result, Within};
use crate::generators::{GeneratedKind, generate, helm_chart};
use crate::kustomization::{FILE_NAMES, GeneratorOptions, Kustomization};
use crate::loader::{Loader, reading};
use crate::objects::parse_objects;
use crate::origin::{ConfiguredBy, Origin};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::session::Session;
use crate::transformer_config::{TransformerConfig, from_crds};
use crate::transformers::Transformer;

mod transformations;
mod validators;

/// A kustomization with its place.
pub(crate) struct Target<'a> {
    pub kustomization: Kustomization,
    file_name: String,
    loader: Loader<'a>,
    origin: Origin,
}

/// A transformer with what is noted on objects that it saw.
pub(crate) struct Configured {
    transformer: Box<dyn Transformer>,
    origin: Option<Rc<Origin>>,
}

impl<'a> Target<'a> {
    /// Reads the kustomization of a directory. `generated`: the text that stands for a missing or changed file.
    pub fn load(loader: Loader<'a>, origin: Origin) -> Result<Self> {
        let (file_name, bytes) = find_file(&loader)?;
        let file = format!("{}/{file_name}", loader.root().trim_end_matches('/'));
        let limits = &loader.session().options.limits.yaml;
        let parsed = Kustomization::parse(&bytes, &file, true, limits)?;
        Self::from_parsed(parsed, file_name, &file, loader, origin)
    }

    /// A kustomization that was read or made already.
    pub fn from_parsed(
        parsed: crate::kustomization::Parsed,
        file_name: String,
        file: &str,
        loader: Loader<'a>,
        origin: Origin,
    ) -> Result<Self> {
        let (kustomization, warnings) = parsed.checked(loader.root(), file)?;
        for warning in warnings {
            loader.session().warn(warning);
        }
        Ok(Self {
            kustomization,
            file_name,
            loader,
            origin,
        })
    }

    /// Origins and transformations are noted on objects.
    fn notes(&self) -> bool {
        !self.kustomization.build_metadata.is_empty()
    }

    fn session(&self) -> &'a Session<'a> {
        self.loader.session()
    }

    /// The kustomization's own file, from the root of the source.
    fn file(&self) -> String {
        format!("{}/{}", self.loader.root().trim_end_matches('/'), self.file_name)
    }

    /// Makes the schema known that the kustomization names.
    pub fn set_schema(&self) -> Result<()> {
        let openapi = &self.kustomization.openapi;
        let document = match openapi.get("path") {
            Some(path) => Some((path.as_str(), self.loader.load(path)?)),
            None => None,
        };
        let version = openapi.get("version").map(String::as_str);
        let session = self.session();
        let builtin_too = session.options.flux.is_some();
        session.openapi.borrow_mut().set(version, document, builtin_too)
    }

    /// Gathers and changes: resources, generators, components, transformers, validators, vars.
    pub fn accumulate(&self, mut gathered: Accumulator) -> Result<Accumulator> {
        self.accumulate_resources(&mut gathered, &self.kustomization.resources)
            .within(|| "accumulating resources")?;
        self.merge_tables(&mut gathered)?;
        self.run_generators(&mut gathered).within(|| self.file())?;
        let mut gathered = self
            .accumulate_components(gathered)
            .within(|| "accumulating components")?;
        self.session().check_objects(gathered.objects.len())?;
        self.run_transformers(&mut gathered).within(|| self.file())?;
        self.run_validators(&mut gathered)?;
        gathered
            .merge_vars(self.kustomization.vars.as_deref().unwrap_or_default())
            .within(|| "merging vars")?;
        Ok(gathered)
    }

    fn accumulate_resources(&self, gathered: &mut Accumulator, paths: &[String]) -> Result<()> {
        self.loader.foresee(paths);
        paths
            .iter()
            .try_for_each(|path| self.accumulate_resource(gathered, path))
    }

    /// A path names a file of objects or the directory of a base.
    fn accumulate_resource(&self, gathered: &mut Accumulator, path: &str) -> Result<()> {
        let file_error = match self.accumulate_file(gathered, path) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if file_error.remote().is_some()
            || matches!(
                file_error.root(),
                Error::Limit { .. } | Error::Escape { .. } | Error::Http { .. }
            )
        {
            return Err(file_error);
        }
        let loader = match self.loader.descend(path) {
            Ok(loader) => loader,
            Err(_) if file_error.is_malformed_yaml() => return Err(file_error),
            Err(error @ (Error::Remote { .. } | Error::Limit { .. })) => return Err(error),
            Err(error) => {
                return Err(Error::Accumulate {
                    file: Box::new(file_error),
                    base: Box::new(error),
                });
            }
        };
        let root = loader.root().to_owned();
        let base = self
            .load_below(loader, path, false)
            .and_then(|base| {
                base.accumulate(Accumulator::default())
                    .within(|| format!("recursed accumulation of path '{root}'"))
            })
            .map_err(|error| Error::Accumulate {
                file: Box::new(file_error),
                base: Box::new(error),
            })?;
        gathered
            .merge(base)
            .within(|| format!("recursed merging from path '{root}'"))
    }

    fn accumulate_file(&self, gathered: &mut Accumulator, path: &str) -> Result<()> {
        let objects = self.read_objects(path);
        reading(objects, path).and_then(|objects| {
            gathered
                .objects
                .append_all(objects)
                .within(|| format!("merging resources from '{path}'"))
        })
    }

    fn read_objects(&self, path: &str) -> Result<Vec<Resource>> {
        let bytes = self.loader.load(path)?;
        let limits = &self.session().options.limits.yaml;
        let nodes = parse_objects(&bytes, limits).map_err(|error| error.in_file(path))?;
        let origin = Rc::new(self.origin.append(path));
        let with_origin = |node| {
            self.session().openapi.borrow().note_kind(&node);
            let mut resource = Resource::new(node);
            resource.origin = Some(Rc::clone(&origin));
            resource.noted = self.notes();
            resource
        };
        let map = ResMap::from_resources(nodes.into_iter().map(with_origin).collect())?;
        Ok(map.into_resources())
    }

    /// Reads a base or component and checks that it is what its place wants.
    fn load_below(&self, loader: Loader<'a>, path: &str, component: bool) -> Result<Target<'a>> {
        let root = loader.root().to_owned();
        let mut below = Target::load(loader, self.origin.append(path))
            .within(|| format!("couldn't make target for path '{root}'"))?;
        below
            .kustomization
            .build_metadata
            .clone_from(&self.kustomization.build_metadata);
        below.set_schema()?;
        let reason = match (component, below.kustomization.is_component()) {
            (true, false) => {
                format!(
                    "expected kind 'Component' for path '{root}' but got '{}'",
                    below.kustomization.kind
                )
            }
            (false, true) => format!("expected kind != 'Component' for path '{root}'"),
            _ => return Ok(below),
        };
        Err(Error::KustomizationType {
            directory: root,
            reason,
        })
    }

    /// Components work on what their parent has gathered.
    fn accumulate_components(&self, mut gathered: Accumulator) -> Result<Accumulator> {
        self.loader.foresee(&self.kustomization.components);
        for path in &self.kustomization.components {
            let loader = self.loader.descend(path)?;
            let root = loader.root().to_owned();
            let component = self
                .load_below(loader, path, true)
                .within(|| "accumulateDirectory")?;
            gathered = component
                .accumulate(gathered)
                .within(|| format!("accumulateDirectory: recursed accumulation of path '{root}'"))?;
            // kustomize checks all ids when it moves the objects back.
            let objects = gathered.objects.take();
            gathered
                .objects
                .append_all(objects)
                .within(|| format!("recursed merging from path '{root}'"))?;
        }
        Ok(gathered)
    }

    fn merge_tables(&self, gathered: &mut Accumulator) -> Result<()> {
        let limits = &self.session().options.limits.yaml;
        let mut tables = Rc::clone(&self.session().defaults);
        for path in &self.kustomization.configurations {
            let table = TransformerConfig::parse(&self.loader.load(path)?, path, limits)?;
            let merged = Rc::make_mut(&mut tables).merge(&table);
            merged.map_err(|reason| Error::Config {
                what: "configuration",
                file: path.clone(),
                field: String::new(),
                reason,
            })?;
        }
        gathered.merge_config(&tables)?;
        for path in &self.kustomization.crds {
            let table = from_crds(&self.loader.load(path)?, path, limits)?;
            gathered.merge_config(&Rc::new(table)).within(|| "merging CRDs")?;
        }
        Ok(())
    }

    fn run_generators(&self, gathered: &mut Accumulator) -> Result<()> {
        let kustomization = &self.kustomization;
        let lists = [
            (GeneratedKind::ConfigMap, &kustomization.config_map_generator),
            (GeneratedKind::Secret, &kustomization.secret_generator),
        ];
        for (kind, list) in lists {
            let origin = Origin::builtin(&self.origin, &self.file_name, kind.generator());
            for args in list {
                let mut args = args.clone();
                args.options =
                    GeneratorOptions::merged(args.options.as_ref(), kustomization.generator_options.as_ref());
                let mut made = generate(kind, &args, &self.loader)?;
                made.origin = Some(Rc::clone(&origin));
                made.noted = self.notes();
                gathered
                    .objects
                    .absorb_all(vec![made])
                    .within(|| "merging from generator")?;
            }
        }
        for chart in &kustomization.helm_charts {
            let globals = kustomization.helm_globals.as_ref();
            let mut chart = chart.clone();
            if chart.namespace.is_empty() {
                chart.namespace.clone_from(&kustomization.namespace);
            }
            let mut made = helm_chart::generate(&chart, globals, &self.loader)?;
            let origin = Origin::builtin(&self.origin, &self.file_name, "HelmChartInflationGenerator");
            for resource in &mut made {
                resource.origin = Some(Rc::clone(&origin));
                resource.noted = self.notes();
            }
            gathered
                .objects
                .absorb_all(made)
                .within(|| "merging from generator")?;
        }
        for config in self.plugin_configs(&kustomization.generators)? {
            let result = run_generator(&config, &self.loader);
            let mut made = result.within(|| "loading generator plugins: failed to load generator")?;
            let origin = plugin_origin(&config);
            made.iter_mut()
                .for_each(|resource| resource.origin.clone_from(&origin));
            gathered
                .objects
                .absorb_all(made)
                .within(|| "merging from generator")?;
        }
        Ok(())
    }

    /// Objects that configure plugins: inline text first, then files and directories.
    fn plugin_configs(&self, entries: &[String]) -> Result<Vec<Resource>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let mut configs = Accumulator::default();
        let mut paths = Vec::new();
        let limits = &self.session().options.limits.yaml;
        for entry in entries {
            match parse_objects(entry.as_bytes(), limits) {
                Ok(nodes) => {
                    let origin = Rc::new(self.origin.append(&self.file_name));
                    let mut inline: Vec<Resource> = nodes.into_iter().map(Resource::new).collect();
                    inline
                        .iter_mut()
                        .for_each(|resource| resource.origin = Some(Rc::clone(&origin)));
                    configs
                        .objects
                        .append_all(inline)
                        .within(|| "configuring external plugin")?;
                }
                Err(_) => paths.push(entry.clone()),
            }
        }
        self.accumulate_resources(&mut configs, &paths)?;
        Ok(configs.objects.into_resources())
    }

    fn run_transformers(&self, gathered: &mut Accumulator) -> Result<()> {
        let mut list = self.configured_transformers(&gathered.config)?;
        list.extend(self.plugin_transformers(&self.kustomization.transformers)?);
        let notes = self.notes();
        for configured in list {
            let changed = configured
                .transformer
                .transform(&mut gathered.objects, self.session());
            changed.map_err(|error| gathered.objects.name_file(error))?;
            if let Some(origin) = configured.origin.filter(|_| notes) {
                gathered.objects.add_transformation(&origin)?;
            }
            gathered.objects.drop_empties();
        }
        Ok(())
    }

    fn plugin_transformers(&self, entries: &[String]) -> Result<Vec<Configured>> {
        let mut list = Vec::new();
        for config in self.plugin_configs(entries)? {
            let made = transformers_of(&config, &self.loader).map_err(|error| match error {
                plugin @ Error::ExternalPlugin { .. } => plugin,
                other => other.within(format!("plugin {} fails configuration", config.id())),
            })?;
            let last = made.len().saturating_sub(1);
            for (at, transformer) in made.into_iter().enumerate() {
                let origin = plugin_origin(&config).filter(|_| at == last);
                list.push(Configured { transformer, origin });
            }
        }
        Ok(list)
    }
}

fn plugin_origin(config: &Resource) -> Option<Rc<Origin>> {
    let origin = config.origin.as_ref()?;
    let id = config.id();
    let by = ConfiguredBy {
        api_version: "builtin".into(),
        kind: id.kind.into(),
        name: id.name.into(),
        namespace: id.namespace.into(),
    };
    Some(Rc::new(Origin {
        path: String::new(),
        repo: origin.repo.clone(),
        reference: origin.reference.clone(),
        configured_in: origin.path.clone(),
        configured_by: Some(by),
    }))
}

/// The one kustomization file of a directory.
pub(crate) fn find_file(loader: &Loader<'_>) -> Result<(String, Vec<u8>)> {
    let mut found = None;
    for name in FILE_NAMES {
        if let Some(bytes) = loader.load_kustomization(name)? {
            if found.is_some() {
                return Err(Error::ManyKustomizations {
                    directory: loader.root().into(),
                });
            }
            found = Some((name.to_owned(), bytes));
        }
    }
    found.ok_or_else(|| Error::NoKustomization {
        directory: loader.root().into(),
    })
}
