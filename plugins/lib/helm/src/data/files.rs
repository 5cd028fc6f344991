//! `.Files`: the files of a chart that are no templates. A file is read when a template asks for it.

use std::any::Any;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sluice_chart::{File, Glob, base_name};
use sluice_go_template::{Error, Function, Kind, Map, MapType, Object, Str, Type, Value};
use sluice_yaml::{Flavour, emit_value};

/// The type of what `.Files.Glob` gives, which has the methods of `.Files` too.
static FILES: MapType = MapType {
    name: "engine.files",
    underlying: "map[string][]uint8",
    element: Type::Bytes,
    method: Some(|map, name| method(&Source::Map(map.clone()), name)),
};

/// `.Files` of a chart.
pub(crate) fn chart_files(files: &Rc<Vec<File>>) -> Value {
    Value::object(ChartFiles(Rc::clone(files)))
}

struct ChartFiles(Rc<Vec<File>>);

impl Object for ChartFiles {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        FILES.name
    }

    fn kind(&self) -> Kind {
        Kind::Map
    }

    fn method(&self, name: &[u8]) -> Option<Function> {
        method(&Source::Chart(Rc::clone(&self.0)), name)
    }

    /// All of them, for templates that range over `.Files` itself. What cannot be read is empty.
    fn basic(&self) -> Option<Value> {
        let entry = |file: &File| {
            (
                Str::from(&*file.name),
                Value::Bytes(file.bytes().unwrap_or_default()),
            )
        };
        Some(Value::Map(Map::from_entries(&FILES, self.0.iter().map(entry))))
    }

    fn truth(&self) -> bool {
        !self.0.is_empty()
    }
}

#[derive(Clone)]
enum Source {
    Chart(Rc<Vec<File>>),
    Map(Map),
}

impl Source {
    fn find(&self, name: &[u8]) -> Result<Option<Str>, Error> {
        match self {
            Self::Chart(files) => {
                let file = files.iter().rfind(|file| file.name.as_bytes() == name);
                file.map(read).transpose()
            }
            Self::Map(map) => Ok(map.get(name).and_then(|value| bytes(&value))),
        }
    }

    fn matching(&self, glob: &Glob) -> Result<Vec<(Str, Str)>, Error> {
        match self {
            Self::Chart(files) => {
                let matching = files.iter().filter(|file| glob.matches(&file.name));
                matching
                    .map(|file| Ok((Str::from(&*file.name), read(file)?)))
                    .collect()
            }
            Self::Map(_) => {
                let all = self.all()?.into_iter();
                Ok(all.filter(|(name, _)| glob.matches(&name.to_lossy())).collect())
            }
        }
    }

    fn all(&self) -> Result<Vec<(Str, Str)>, Error> {
        match self {
            Self::Chart(files) => files
                .iter()
                .map(|file| Ok((Str::from(&*file.name), read(file)?)))
                .collect(),
            Self::Map(map) => {
                let entries = map.entries().into_iter();
                Ok(entries
                    .filter_map(|(name, value)| Some((name, bytes(&value)?)))
                    .collect())
            }
        }
    }
}

fn read(file: &File) -> Result<Str, Error> {
    file.bytes()
        .map_err(|error| Error::new(format!("reading {}: {error}", file.name)))
}

fn bytes(value: &Value) -> Option<Str> {
    match value {
        Value::Bytes(bytes) | Value::String(bytes) => Some(bytes.clone()),
        _ => None,
    }
}

fn method(source: &Source, name: &[u8]) -> Option<Function> {
    let source = source.clone();
    let text = &[Type::String];
    Some(match name {
        b"Get" => Function::new(text, move |_, args| {
            Ok(Value::String(source.find(argument(args))?.unwrap_or_default()))
        }),
        b"GetBytes" => Function::new(text, move |_, args| {
            Ok(Value::Bytes(source.find(argument(args))?.unwrap_or_default()))
        }),
        b"Glob" => Function::new(text, move |_, args| {
            let glob = Glob::lenient(&String::from_utf8_lossy(argument(args)));
            let found = source.matching(&glob)?.into_iter();
            let entries = found.map(|(name, bytes)| (name, Value::Bytes(bytes)));
            Ok(Value::Map(Map::from_entries(&FILES, entries)))
        }),
        b"AsConfig" => Function::new(&[], move |_, _| {
            flatten(&source, |bytes| {
                sluice_go_template::unicode::to_lossy(bytes).into_owned()
            })
        }),
        b"AsSecrets" => Function::new(&[], move |_, _| flatten(&source, |bytes| STANDARD.encode(bytes))),
        b"Lines" => Function::new(text, move |_, args| {
            let found = source.find(argument(args))?.unwrap_or_default();
            if found.is_empty() {
                return Ok(Value::strings::<Str>([]));
            }
            let text = found.strip_suffix(b"\n").unwrap_or(&found);
            Ok(Value::strings(text.split(|byte| *byte == b'\n')))
        }),
        _ => return None,
    })
}

fn argument(args: &[Value]) -> &[u8] {
    args.first().and_then(Value::as_bytes).unwrap_or_default()
}

/// Files under their last names as a YAML map without the final line break; nothing when it cannot be written.
fn flatten(source: &Source, text: impl Fn(&[u8]) -> String) -> Result<Value, Error> {
    let mut map = serde_json::Map::new();
    for (name, bytes) in source.all()? {
        map.insert(base_name(&name.to_lossy()).to_owned(), text(&bytes).into());
    }
    let yaml = emit_value(&serde_json::Value::Object(map), Flavour::Sigs).unwrap_or_default();
    Ok(Value::from(yaml.strip_suffix('\n').unwrap_or(&yaml)))
}
