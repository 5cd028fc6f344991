//! A well-behaved renderer: it lists its root and makes one ConfigMap that holds every file.
#![cfg(target_family = "wasm")]

use sluice_plugin::files::Kind;
use sluice_plugin::renderer::{self, Description, Guest, Meta, Object, Rendered, Request};
use sluice_plugin::{Result, log};

struct Echo;

impl Meta for Echo {
    fn describe() -> Description {
        Description {
            name: "render-echo".into(),
            version: "0.1.0".into(),
            config_schema: r#"{"type":"object","properties":{"name":{"type":"string","default":"echo"}}}"#
                .into(),
            bindings: Vec::new(),
            types: vec!["echo".into()],
        }
    }
}

impl Guest for Echo {
    fn render(request: Request) -> Result<Rendered> {
        let config: serde_json::Value = sluice_plugin::config::parse(&request.config)?;
        let tree = &request.inputs[0].tree;
        let mut data = serde_json::Map::new();
        for entry in tree.entries(&request.root)? {
            if entry.kind == Kind::File {
                let path = format!("{}/{}", request.root, entry.name);
                let text = String::from_utf8_lossy(&tree.read(&path)?).into_owned();
                data.insert(entry.name, text.into());
            }
        }
        log::info("rendered", &[("files", &data.len().to_string())]);
        let object = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": config["name"]}, "data": data});
        let objects = vec![Object {
            json: object.to_string(),
            origin: None,
        }];
        Ok(Rendered {
            objects,
            text: Vec::new(),
            extras: Vec::new(),
            warnings: Vec::new(),
            used_entropy: false,
        })
    }
}

renderer::export!(Echo);
