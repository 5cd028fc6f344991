//! The functions of `tests/go/standard.go`.

use sluice_go_template::{Error, Function, Functions, IntKind, Type, UintKind, Value, format};

fn text(value: &Value) -> Vec<u8> {
    value.as_bytes().unwrap().to_vec()
}

fn length(value: &Value) -> i64 {
    value
        .as_list()
        .map_or_else(|| value.as_map().unwrap().len(), |list| list.len()) as i64
}

fn numbers(args: &[Value]) -> Value {
    Value::List(sluice_go_template::List::typed(
        &sluice_go_template::ListType::INTS,
        args.to_vec(),
    ))
}

/// `func(a string, b ...int) string`, as a value.
pub fn value() -> Function {
    let body = |context: &mut sluice_go_template::Context, args: &[Value]| {
        let args = [args[0].clone(), Value::int(args.len() as i64 - 1)];
        Ok(Value::from(format::sprint(context.budget(), &args)?))
    };
    Function::variadic(&[Type::String], Type::INT, body).returning(Type::String)
}

pub fn functions() -> Functions {
    let mut all = Functions::new();
    let mut add = |name: &str, function: Function| all.insert(name, function);
    add(
        "str",
        Function::new(&[Type::String], |_, args| {
            Ok(Value::from([b"<", &*text(&args[0]), b">"].concat()))
        })
        .returning(Type::String),
    );
    add(
        "num",
        Function::new(&[Type::INT], |_, args| {
            Ok(Value::int(args[0].as_int().unwrap() + 1))
        })
        .returning(Type::INT),
    );
    add(
        "long",
        Function::new(&[Type::INT64], |_, args| {
            Ok(Value::int64(args[0].as_int().unwrap() + 1))
        })
        .returning(Type::INT64),
    );
    let byte = Type::Uint(UintKind::Uint8);
    add(
        "small",
        Function::new(&[byte], |_, args| Ok(args[0].clone())).returning(byte),
    );
    add(
        "real",
        Function::new(&[Type::Float], |_, args| Ok(args[0].clone())).returning(Type::Float),
    );
    add(
        "flag",
        Function::new(&[Type::Bool], |_, args| Ok(Value::Bool(!args[0].truth()))).returning(Type::Bool),
    );
    for (name, param) in [
        ("table", Type::MAP),
        ("labels", Type::STRING_MAP),
        ("items", Type::LIST),
    ] {
        add(
            name,
            Function::new(&[param], |_, args| Ok(Value::int(length(&args[0])))).returning(Type::INT),
        );
    }
    add(
        "words",
        Function::new(&[Type::STRINGS], |_, args| {
            let words: Vec<Vec<u8>> = args[0].as_list().unwrap().iter().map(text).collect();
            Ok(Value::from(words.join(&b"+"[..])))
        })
        .returning(Type::String),
    );
    add("some", Function::new(&[Type::Any], |_, args| Ok(args[0].clone())));
    add(
        "kind",
        Function::new(&[Type::Any], |_, args| {
            Ok(Value::from(args[0].type_name().into_owned()))
        })
        .returning(Type::String),
    );
    add(
        "many",
        Function::variadic(&[Type::String], Type::INT, |context, args| {
            let args = [args[0].clone(), numbers(&args[1..])];
            Ok(Value::from(format::sprint(context.budget(), &args)?))
        })
        .returning(Type::String),
    );
    add(
        "dict",
        Function::new(&[], |_, _| {
            Ok(Value::map([("a", Value::map([("b", Value::from("dict"))]))]))
        })
        .returning(Type::MAP),
    );
    add(
        "list",
        Function::variadic(&[], Type::Any, |_, args| Ok(Value::list(args.to_vec()))).returning(Type::LIST),
    );
    add("null", Function::new(&[], |_, _| Ok(Value::Nil)));
    add(
        "fail",
        Function::new(&[Type::String], |_, args| {
            Err(Error::new(args[0].as_str().unwrap().to_string()))
        })
        .returning(Type::String),
    );
    add(
        "set",
        Function::new(&[Type::MAP, Type::String, Type::Any], |_, args| {
            args[0]
                .as_map()
                .unwrap()
                .insert(args[1].as_str().unwrap(), args[2].clone())?;
            Ok(args[0].clone())
        })
        .returning(Type::MAP),
    );
    add(
        "maker",
        Function::new(&[], |_, _| {
            let repeat = |_: &mut sluice_go_template::Context, args: &[Value]| {
                Ok(Value::from("m".repeat(args[0].as_int().unwrap() as usize)))
            };
            Ok(Value::from(
                Function::new(&[Type::Int(IntKind::Int)], repeat).returning(Type::String),
            ))
        }),
    );
    add(
        "inner",
        Function::new(&[Type::Struct("main.Inner")], |_, args| match &args[0] {
            Value::Object(object) => Ok(object.field(b"Name").unwrap()),
            _ => Ok(Value::Nil),
        })
        .returning(Type::String),
    );
    for (name, param) in [("complex", Type::Complex), ("err", Type::Error)] {
        add(
            name,
            Function::new(&[param], |context, args| {
                Ok(Value::from(format::sprint(context.budget(), args)?))
            })
            .returning(Type::String),
        );
    }
    add(
        "include",
        Function::new(&[Type::String, Type::Any], |context, args| {
            Ok(Value::from(
                context.include(args[0].as_str().unwrap(), args[1].clone())?,
            ))
        })
        .returning(Type::String),
    );
    add(
        "tpl",
        Function::new(&[Type::String, Type::Any], |context, args| {
            Ok(Value::from(
                context.tpl(args[0].as_str().unwrap(), args[1].clone())?,
            ))
        })
        .returning(Type::String),
    );
    all
}
