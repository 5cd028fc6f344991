//! Chart.yaml as helm writes it into a package: the known fields, those that are empty left out.

use serde_json::{Map, Value, json};

use crate::metadata::{Dependency, ImportValues, Maintainer, Metadata};

impl Metadata {
    /// The document of Chart.yaml. Charts of the first generation have their dependencies in a file of their own.
    pub(crate) fn document(&self) -> Value {
        let mut out = Map::new();
        for (field, text) in [
            ("name", &self.name),
            ("home", &self.home),
            ("version", &self.version),
            ("description", &self.description),
            ("icon", &self.icon),
            ("apiVersion", &self.api_version),
            ("condition", &self.condition),
            ("tags", &self.tags),
            ("appVersion", &self.app_version),
            ("kubeVersion", &self.kube_version),
            ("type", &self.chart_type),
        ] {
            put_text(&mut out, field, text);
        }
        put_list(&mut out, "sources", &self.sources, |text| json!(text));
        put_list(&mut out, "keywords", &self.keywords, |text| json!(text));
        put_list(&mut out, "maintainers", &self.maintainers, maintainer);
        if self.deprecated {
            out.insert("deprecated".into(), true.into());
        }
        if !self.annotations.is_empty() {
            out.insert("annotations".into(), json!(self.annotations));
        }
        if self.api_version != "v1" {
            put_list(&mut out, "dependencies", &self.dependencies, dependency);
        }
        Value::Object(out)
    }
}

fn put_text(out: &mut Map<String, Value>, field: &str, text: &str) {
    if !text.is_empty() {
        out.insert(field.into(), text.into());
    }
}

fn put_list<T>(out: &mut Map<String, Value>, field: &str, items: &[T], write: impl Fn(&T) -> Value) {
    if !items.is_empty() {
        out.insert(field.into(), items.iter().map(write).collect());
    }
}

fn maintainer(maintainer: &Maintainer) -> Value {
    let mut out = Map::new();
    put_text(&mut out, "name", &maintainer.name);
    put_text(&mut out, "email", &maintainer.email);
    put_text(&mut out, "url", &maintainer.url);
    Value::Object(out)
}

fn dependency(dependency: &Dependency) -> Value {
    let mut out = Map::new();
    out.insert("name".into(), dependency.name.as_str().into());
    put_text(&mut out, "version", &dependency.version);
    out.insert("repository".into(), dependency.repository.as_str().into());
    put_text(&mut out, "condition", &dependency.condition);
    put_list(&mut out, "tags", &dependency.tags, |text| json!(text));
    if dependency.enabled {
        out.insert("enabled".into(), true.into());
    }
    put_list(
        &mut out,
        "import-values",
        &dependency.import_values,
        |value| match value {
            ImportValues::Export(name) => json!(name),
            ImportValues::Pair { child, parent } => json!({"child": child, "parent": parent}),
            ImportValues::Other(other) => other.clone(),
        },
    );
    put_text(&mut out, "alias", &dependency.alias);
    Value::Object(out)
}
