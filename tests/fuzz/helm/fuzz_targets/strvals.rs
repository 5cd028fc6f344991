//! A line of each `--set` flag, merged into nothing and into values that are there; what a line gave stays within its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_go_template::{Map, Value};
use sluice_strvals::{Flag, parse_into};

fn values() -> Map {
    let list = Value::list(vec![Value::from("x"), Value::map([("k", Value::int(1))]), Value::Nil]);
    Map::from_entries(
        &sluice_go_template::MapType::ANY,
        [("a", Value::map([("b", list)])), ("s", Value::from("text")), ("n", Value::Nil)],
    )
}

/// Depth of what was made, so that nothing prints or frees it on a stack that is too small.
fn depth(value: &Value) -> usize {
    let mut deepest = 0;
    let mut open = vec![(value.clone(), 1)];
    while let Some((value, at)) = open.pop() {
        deepest = deepest.max(at);
        match &value {
            Value::Map(map) => open.extend(map.entries().into_iter().map(|(_, value)| (value, at + 1))),
            Value::List(list) => open.extend(list.iter().map(|value| (value.clone(), at + 1))),
            _ => {}
        }
    }
    deepest
}

fuzz_target!(|bytes: &[u8]| {
    let reader = |path: &[u8]| Ok(Value::from(path));
    for flag in [
        Flag::Set,
        Flag::String,
        Flag::Json,
        Flag::Literal,
        Flag::File(&reader),
    ] {
        for into in [Map::new(), values()] {
            if parse_into(bytes, &flag, &into).is_ok() {
                assert!(depth(&Value::Map(into)) < 1_000);
            }
        }
    }
});
