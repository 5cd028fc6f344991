//! The functions that reach into the engine, and the cluster behind `lookup`.

use std::rc::Rc;

use sluice_go_template::{Error, Function, Functions, IntKind, Map, Type, Value};

/// Reads one object of a cluster, or a list when the name is empty.
pub trait Cluster {
    /// The object; none when there is none.
    ///
    /// # Errors
    /// The cluster's words.
    fn lookup(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<serde_json::Value>, String>;
}

/// No cluster: every look-up is empty, as in `helm template`.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCluster;

impl Cluster for NoCluster {
    fn lookup(&self, _: &str, _: &str, _: &str, _: &str) -> Result<Option<serde_json::Value>, String> {
        Ok(None)
    }
}

/// Adds the functions that reach back into templates.
pub(crate) fn add(functions: &mut Functions) {
    functions.insert("include", include());
    functions.insert("tpl", tpl());
}

fn include() -> Function {
    Function::new(&[Type::String, Type::Any], |context, args| {
        let (Some(name), Some(data)) = (args[0].as_str(), args.get(1)) else {
            return Ok(Value::from(""));
        };
        context.include(name, data.clone()).map(Value::from)
    })
    .returning(Type::String)
}

fn tpl() -> Function {
    Function::new(&[Type::String, Type::Any], |context, args| {
        let (Some(text), Some(data)) = (args[0].as_str(), args.get(1)) else {
            return Ok(Value::from(""));
        };
        context.tpl(text, data.clone()).map(Value::from)
    })
    .returning(Type::String)
}

/// What sprig's `lookup` asks.
pub(crate) fn lookup(cluster: Rc<dyn Cluster>) -> sluice_sprig::Lookup {
    Rc::new(move |api_version, kind, namespace, name| {
        let [api_version, kind, namespace, name] =
            [api_version, kind, namespace, name].map(String::from_utf8_lossy);
        let found = cluster
            .lookup(&api_version, &kind, &namespace, &name)
            .map_err(Error::new)?;
        Ok(found.map_or_else(|| Value::Map(Map::new()), from_cluster))
    })
}

/// An object as Kubernetes' client decodes it: whole numbers are `int64`.
fn from_cluster(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(flag) => Value::Bool(flag),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(IntKind::Int64, number),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(items) => Value::list(items.into_iter().map(from_cluster).collect()),
        serde_json::Value::Object(entries) => {
            Value::map(entries.into_iter().map(|(key, value)| (key, from_cluster(value))))
        }
    }
}
