//! Measures how much stack nested templates take: bytes per level of each construct.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::cell::Cell;
use std::rc::Rc;

use sluice_go_template::{Context, Function, Functions, Limits, MissingKey, TemplateSet, Type, Value};

/// The stack below a template whose innermost node calls `here`.
fn deepest(text: &str) -> usize {
    let lowest = Rc::new(Cell::new(0usize));
    let mut functions = Functions::new();
    let seen = Rc::clone(&lowest);
    functions.insert(
        "here",
        Function::new(&[], move |_, _| {
            let local = 0u8;
            seen.set(std::ptr::from_ref(std::hint::black_box(&local)).addr());
            Ok(Value::from(""))
        }),
    );
    functions.insert(
        "include",
        Function::new(&[Type::String, Type::Any], |context, args| {
            Ok(Value::from(
                context.include(args[0].as_str().unwrap(), args[1].clone())?,
            ))
        }),
    );
    functions.insert(
        "tpl",
        Function::new(&[Type::String, Type::Any], |context, args| {
            Ok(Value::from(
                context.tpl(args[0].as_str().unwrap(), args[1].clone())?,
            ))
        }),
    );
    let mut context = Context::new(Limits::default());
    let mut set = TemplateSet::new("gotpl", functions, MissingKey::Zero);
    set.parse("x", text, &context).unwrap();
    let local = 0u8;
    let top = std::ptr::from_ref(std::hint::black_box(&local)).addr();
    Rc::new(set).execute(&mut context, b"x", Value::Nil).unwrap();
    top - lowest.get()
}

fn main() {
    let nest = |open: &str, close: &str, count: usize| {
        format!("{}{{{{ here }}}}{}", open.repeat(count), close.repeat(count))
    };
    let paren =
        |open: &str, count: usize| format!("{{{{ {}here{} }}}}", open.repeat(count), ")".repeat(count));
    let named = |call: &str, count: usize| {
        let defines: String = (0..count)
            .map(|at| {
                format!(
                    "{{{{ define \"{at}\" }}}}{}{{{{ end }}}}",
                    call.replace('#', &(at + 1).to_string())
                )
            })
            .collect();
        format!(
            "{defines}{{{{ define \"{count}\" }}}}{{{{ here }}}}{{{{ end }}}}{}",
            call.replace('#', "0")
        )
    };
    let report = |name: &str, text: &dyn Fn(usize) -> String| {
        let (few, many) = (deepest(&text(5)), deepest(&text(25)));
        println!("{name}: {} bytes per level", (many - few) / 20);
    };
    println!("base: {} bytes", deepest("{{ here }}"));
    report("if", &|count| nest("{{ if true }}", "{{ end }}", count));
    report("with", &|count| nest("{{ with true }}", "{{ end }}", count));
    report("range", &|count| nest("{{ range 1 }}", "{{ end }}", count));
    report("parentheses", &|count| paren("(", count));
    report("parentheses of a builtin", &|count| paren("(print ", count));
    report("template", &|count| named("{{ template \"#\" . }}", count));
    report("include", &|count| named("{{ include \"#\" . }}", count));
    report("tpl and include", &|count| {
        named("{{ tpl \"{{ include `#` . }}\" . }}", count)
    });
}
