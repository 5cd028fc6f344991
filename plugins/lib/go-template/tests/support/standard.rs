//! The data of `tests/go/standard.go`.

use std::any::Any;
use std::rc::Rc;

use sluice_go_template::{
    Error, Function, IntKind, Kind, List, ListType, Map, MapType, Object, Str, Type, UintKind, Value,
};

struct Inner {
    name: &'static str,
    count: i64,
    pointer: bool,
}

impl Object for Inner {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn type_name(&self) -> &str {
        if self.pointer { "*main.Inner" } else { "main.Inner" }
    }
    fn kind(&self) -> Kind {
        if self.pointer { Kind::Pointer } else { Kind::Struct }
    }
    fn fields(&self) -> Vec<(&str, Value)> {
        vec![
            ("Name", Value::from(self.name)),
            ("Count", Value::int(self.count)),
        ]
    }
    fn equals(&self, other: &dyn Object) -> Option<bool> {
        if self.pointer {
            return None;
        }
        Some(
            other
                .as_any()
                .downcast_ref::<Self>()
                .is_some_and(|other| self.name == other.name && self.count == other.count),
        )
    }
}

#[derive(Clone)]
struct Thing {
    name: &'static str,
    inner: Value,
    any: Value,
    nil: bool,
}

impl Object for Thing {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn type_name(&self) -> &str {
        "*main.Thing"
    }
    fn kind(&self) -> Kind {
        Kind::Pointer
    }
    fn is_nil(&self) -> bool {
        self.nil
    }
    fn fields(&self) -> Vec<(&str, Value)> {
        vec![
            ("Name", Value::from(self.name)),
            ("Count", Value::int(5)),
            ("Inner", self.inner.clone()),
            ("Any", self.any.clone()),
        ]
    }
    fn method(&self, name: &[u8]) -> Option<Function> {
        let thing = self.name;
        Some(match name {
            b"Hello" => Function::new(&[Type::String], move |_, args| {
                Ok(Value::from(format!(
                    "{thing} greets {}",
                    args[0].as_str().unwrap()
                )))
            })
            .returning(Type::String),
            b"Sum" => Function::variadic(&[Type::INT], Type::INT, |_, args| {
                Ok(Value::int(args.iter().filter_map(Value::as_int).sum()))
            })
            .returning(Type::INT),
            b"Broken" => Function::new(&[], |_, _| Err(Error::new("broken thing"))).returning(Type::String),
            b"Map" => {
                Function::new(&[], |_, _| Ok(Value::map([("k", Value::from("v"))]))).returning(Type::MAP)
            }
            _ => return None,
        })
    }
}

struct Version;

impl Object for Version {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn type_name(&self) -> &str {
        "main.Version"
    }
    fn field(&self, name: &[u8]) -> Option<Value> {
        (name == b"Major").then(|| Value::from("1"))
    }
    fn fields(&self) -> Vec<(&str, Value)> {
        vec![("Major", Value::from("1"))]
    }
    fn method(&self, name: &[u8]) -> Option<Function> {
        (name == b"String").then(|| Function::new(&[], |_, _| Ok(Value::from("v1"))))
    }
    fn string(&self) -> Option<Str> {
        Some(Str::from("v1"))
    }
    fn equals(&self, other: &dyn Object) -> Option<bool> {
        Some(other.as_any().is::<Self>())
    }
}

struct Wait;

impl Object for Wait {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn type_name(&self) -> &str {
        "time.Duration"
    }
    fn kind(&self) -> Kind {
        Kind::Int(IntKind::Int64)
    }
    fn basic(&self) -> Option<Value> {
        Some(Value::int64(90_000_000_000))
    }
    fn string(&self) -> Option<Str> {
        Some(Str::from("1m30s"))
    }
}

static VALUES: MapType = MapType {
    name: "main.Values",
    underlying: "map[string]interface {}",
    element: Type::Any,
    method: Some(|map: &Map, name: &[u8]| {
        let map = map.clone();
        (name == b"Keys").then(|| {
            Function::new(&[Type::String], move |_, args| {
                let prefix = args[0].as_bytes().unwrap();
                let count = map.keys().iter().filter(|key| key.starts_with(prefix)).count();
                Ok(Value::from([prefix, count.to_string().as_bytes()].concat()))
            })
            .returning(Type::String)
        })
    }),
};

static SET: ListType = ListType {
    name: "main.Set",
    underlying: "[]string",
    element: Type::String,
    method: Some(|list: &List, name: &[u8]| {
        let list = list.clone();
        (name == b"Has").then(|| {
            Function::new(&[Type::String], move |_, args| {
                Ok(Value::Bool(
                    list.iter().any(|item| item.as_bytes() == args[0].as_bytes()),
                ))
            })
            .returning(Type::Bool)
        })
    }),
};

fn typed(kind: &'static ListType, items: Vec<Value>) -> Value {
    Value::List(List::typed(kind, items))
}

pub fn data() -> Value {
    let inner = || {
        Value::object(Inner {
            name: "inner",
            count: 7,
            pointer: true,
        })
    };
    let thing = Thing {
        name: "thing",
        inner: inner(),
        any: Value::Nil,
        nil: false,
    };
    let hollow = Thing {
        name: "hollow",
        inner: Value::object(Nothing),
        any: Value::from("x"),
        nil: false,
    };
    Value::map([
        ("true", Value::Bool(true)),
        ("false", Value::Bool(false)),
        ("zero", Value::int(0)),
        ("one", Value::int(1)),
        ("int", Value::int(17)),
        ("int64", Value::int64(64)),
        ("uint8", Value::Uint(UintKind::Uint8, 200)),
        ("uint64", Value::Uint(UintKind::Uint64, (1 << 63) + 5)),
        ("neg", Value::int(-3)),
        ("float", Value::Float(1.5)),
        ("million", Value::Float(1_234_567.0)),
        ("whole", Value::Float(3.0)),
        ("text", Value::from("some text")),
        ("empty", Value::from("")),
        ("html", Value::from("<a href=\"x\">'&'</a>\0é\u{2028}")),
        ("binary", Value::from(&b"a\xff\xfeb"[..])),
        ("nil", Value::Nil),
        (
            "list",
            Value::list(vec![
                Value::int(1),
                Value::from("two"),
                Value::Float(3.5),
                Value::Nil,
                Value::Bool(true),
            ]),
        ),
        ("none", Value::list(vec![])),
        ("nillist", Value::List(List::nil(&ListType::ANY))),
        ("nilmap", Value::Map(Map::nil(&MapType::ANY))),
        ("strings", Value::strings(["b", "a"])),
        ("ints", typed(&ListType::INTS, vec![Value::int(5), Value::int(6)])),
        (
            "lists",
            typed(
                &ListType::STRING_LISTS,
                vec![Value::strings(["x"]), Value::strings(["y", "z"])],
            ),
        ),
        ("bytes", Value::bytes("bytes")),
        (
            "map",
            Value::map([
                ("b", Value::int(2)),
                ("a", Value::from("A")),
                ("n", Value::Nil),
                (
                    "deep",
                    Value::map([("er", Value::map([("x", Value::from("deepest"))]))]),
                ),
            ]),
        ),
        (
            "labels",
            Value::Map(Map::from_entries(
                &MapType::STRINGS,
                [("app", Value::from("web")), ("tier", Value::from("front"))],
            )),
        ),
        ("nomap", Value::Map(Map::new())),
        ("error", Value::error("an error")),
        ("func", Value::from(super::functions::value())),
        (
            "struct",
            Value::object(Inner {
                name: "in",
                count: 3,
                pointer: false,
            }),
        ),
        ("thing", Value::object(thing.clone())),
        ("hollow", Value::object(hollow)),
        ("nothing", Value::object(Thing { nil: true, ..thing })),
        ("version", Value::object(Version)),
        (
            "values",
            Value::Map(Map::from_entries(
                &VALUES,
                [("a", Value::int(1)), ("ab", Value::map([("x", Value::int(1))]))],
            )),
        ),
        (
            "set",
            Value::List(List::typed(&SET, vec![Value::from("v1"), Value::from("apps/v1")])),
        ),
        ("wait", Value::Object(Rc::new(Wait))),
    ])
}

/// The nil `*main.Inner`.
struct Nothing;

impl Object for Nothing {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn type_name(&self) -> &str {
        "*main.Inner"
    }
    fn kind(&self) -> Kind {
        Kind::Pointer
    }
    fn is_nil(&self) -> bool {
        true
    }
    fn fields(&self) -> Vec<(&str, Value)> {
        vec![("Name", Value::Nil), ("Count", Value::Nil)]
    }
}
