//! What every guest has: a description, and results with little in them.

pub use serde_json::{self, Value, json};
pub use sluice_plugin;
use sluice_plugin::renderer::{Object, Rendered};

/// Objects and nothing else.
pub fn objects(objects: impl IntoIterator<Item = Value>) -> Rendered {
    let object = |object: Value| Object {
        json: object.to_string(),
        origin: None,
    };
    Rendered {
        objects: objects.into_iter().map(object).collect(),
        text: Vec::new(),
        extras: Vec::new(),
        warnings: Vec::new(),
        used_entropy: false,
    }
}

/// Text and nothing else.
pub fn text(text: impl Into<Vec<u8>>) -> Rendered {
    Rendered {
        text: text.into(),
        ..objects([])
    }
}

/// The config as JSON.
pub fn config(config: &str) -> Value {
    serde_json::from_str(config).unwrap_or_default()
}

/// Describes a guest of one world.
#[macro_export]
macro_rules! meta {
    ($world:ident, $name:literal) => {
        struct Plugin;

        impl $crate::sluice_plugin::$world::Meta for Plugin {
            fn describe() -> $crate::sluice_plugin::$world::Description {
                $crate::sluice_plugin::$world::Description {
                    name: $name.into(),
                    version: "0.1.0".into(),
                    config_schema: "{}".into(),
                    bindings: Vec::new(),
                    types: vec![$name.into()],
                }
            }
        }

        $crate::sluice_plugin::$world::export!(Plugin);
    };
}

/// A renderer with this name and function.
#[macro_export]
macro_rules! renderer {
    ($name:literal, $render:path) => {
        $crate::meta!(renderer, $name);

        impl $crate::sluice_plugin::renderer::Guest for Plugin {
            fn render(
                request: $crate::sluice_plugin::renderer::Request,
            ) -> $crate::sluice_plugin::Result<$crate::sluice_plugin::renderer::Rendered> {
                $render(request)
            }
        }
    };
}
