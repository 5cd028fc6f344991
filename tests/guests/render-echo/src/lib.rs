//! A well-behaved renderer: one ConfigMap that holds every file of its root.
#![cfg(target_family = "wasm")]

use guest_frame::json;
use guest_frame::serde_json::Map;
use sluice_plugin::files::Kind;
use sluice_plugin::renderer::{self, Description, Guest, Meta, Rendered, Request};
use sluice_plugin::{Result, log};

struct Echo;

const SCHEMA: &str = r#"{
    "type": "object",
    "additionalProperties": false,
    "properties": {"name": {"type": "string", "default": "echo"}}
}"#;

impl Meta for Echo {
    fn describe() -> Description {
        Description {
            name: "render-echo".into(),
            version: "0.1.0".into(),
            config_schema: SCHEMA.into(),
            bindings: Vec::new(),
            types: vec!["echo".into()],
        }
    }
}

impl Guest for Echo {
    fn render(request: Request) -> Result<Rendered> {
        let config = guest_frame::config(&request.config);
        let tree = &request.inputs[0].tree;
        let mut data = Map::new();
        for entry in tree.entries(&request.root)? {
            if entry.kind == Kind::File {
                let path = format!("{}/{}", request.root, entry.name);
                let text = String::from_utf8_lossy(&tree.read(&path)?).into_owned();
                data.insert(entry.name, text.into());
            }
        }
        log::info("rendered", &[("files", &data.len().to_string())]);
        let metadata = json!({"name": config["name"]});
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data});
        Ok(guest_frame::objects([object]))
    }
}

renderer::export!(Echo);
