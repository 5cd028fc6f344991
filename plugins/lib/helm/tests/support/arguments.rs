//! The command line of `helm template` as a config of the library; flags that change nothing here are not known.

use serde_json::{Value, json};

/// The flags with a layer of values, in the order in which helm merges them.
const LAYERS: [(&str, &str); 6] = [
    ("--values", "file"),
    ("--set-json", "setJson"),
    ("--set", "set"),
    ("--set-string", "setString"),
    ("--set-file", "setFile"),
    ("--set-literal", "setLiteral"),
];

/// What a command line asks for.
pub struct Arguments {
    /// The library's config.
    pub config: Value,
    /// Path of the chart, as it was given.
    pub chart: String,
}

#[derive(Default)]
struct Lists {
    layers: Vec<(usize, Value)>,
    apis: Vec<String>,
    only: Vec<String>,
    positional: Vec<String>,
}

/// Reads `[template] [NAME] CHART [flags]`.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Arguments, String> {
    let mut config = json!({"release": {"name": "release-name"}});
    let mut lists = Lists::default();
    let mut rest = arguments.into_iter().peekable();
    rest.next_if(|first| first == "template");
    while let Some(argument) = rest.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
            _ => (argument.clone(), None),
        };
        let mut value = || inline.clone().or_else(|| rest.next()).unwrap_or_default();
        let name = if name == "-f" { "--values" } else { name.as_str() };
        if let Some(at) = LAYERS.iter().position(|(flag, _)| *flag == name) {
            lists.add_layer(at, &value());
        } else if name.starts_with('-') {
            set_flag(&mut config, &mut lists, name, &mut value)?;
        } else {
            lists.positional.push(argument);
        }
    }
    Ok(lists.finish(config))
}

fn set_flag(
    config: &mut Value,
    lists: &mut Lists,
    name: &str,
    value: &mut dyn FnMut() -> String,
) -> Result<(), String> {
    match name {
        "-n" | "--namespace" => config["release"]["namespace"] = value().into(),
        "--name-template" => config["release"]["nameTemplate"] = value().into(),
        "--is-upgrade" => config["release"]["isUpgrade"] = true.into(),
        "--kube-version" => config["kubeVersion"] = value().into(),
        "-a" | "--api-versions" => lists.apis.extend(value().split(',').map(str::to_owned)),
        "-s" | "--show-only" => lists.only.push(value()),
        "--include-crds" => config["includeCrds"] = true.into(),
        "--skip-tests" => config["skipTests"] = true.into(),
        "--no-hooks" => config["noHooks"] = true.into(),
        "--skip-schema-validation" => config["skipSchemaValidation"] = true.into(),
        "--dry-run" | "--debug" => {}
        flag => return Err(format!("unknown flag: {flag}")),
    }
    Ok(())
}

impl Lists {
    fn add_layer(&mut self, at: usize, value: &str) {
        let layer = |part: &str| (at, json!({LAYERS[at].1: part}));
        if at == 0 {
            self.layers.extend(value.split(',').map(layer));
        } else {
            self.layers.push(layer(value));
        }
    }

    fn finish(mut self, mut config: Value) -> Arguments {
        self.layers.sort_by_key(|(at, _)| *at);
        config["values"] = self.layers.into_iter().map(|(_, layer)| layer).collect();
        (config["apiVersions"], config["showOnly"]) = (self.apis.into(), self.only.into());
        let chart = self.positional.pop().unwrap_or_default();
        if let Some(name) = self.positional.pop() {
            config["release"]["name"] = name.into();
        }
        Arguments { config, chart }
    }
}
