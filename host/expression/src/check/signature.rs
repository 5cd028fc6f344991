//! The overloads of all functions, as a table to read, and the choice among them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::types::Type;

/// `name(parameters) result`, members with their receiver in front of a dot. A and B stand for any one type.
const TABLE: &str = "
!_(bool) bool
-_(int) int; -_(double) double; -_(duration) duration
_==_(A, A) bool; _!=_(A, A) bool
_in_(A, list(A)) bool; _in_(A, map(A, B)) bool
_+_(int, int) int; _+_(uint, uint) uint; _+_(double, double) double; _+_(string, string) string
_+_(bytes, bytes) bytes; _+_(list(A), list(A)) list(A); _+_(duration, duration) duration
_+_(timestamp, duration) timestamp; _+_(duration, timestamp) timestamp
_-_(int, int) int; _-_(uint, uint) uint; _-_(double, double) double; _-_(duration, duration) duration
_-_(timestamp, timestamp) duration; _-_(timestamp, duration) timestamp
_*_(int, int) int; _*_(uint, uint) uint; _*_(double, double) double
_/_(int, int) int; _/_(uint, uint) uint; _/_(double, double) double
_%_(int, int) int; _%_(uint, uint) uint
size(string) int; size(bytes) int; size(list(A)) int; size(map(A, B)) int
string.size() int; bytes.size() int; list(A).size() int; map(A, B).size() int
matches(string, string) bool; string.matches(string) bool
string.contains(string) bool; string.startsWith(string) bool; string.endsWith(string) bool
type(A) type; dyn(A) dyn
int(int) int; int(uint) int; int(double) int; int(string) int; int(timestamp) int; int(duration) int
uint(uint) uint; uint(int) uint; uint(double) uint; uint(string) uint
double(double) double; double(int) double; double(uint) double; double(string) double
string(string) string; string(bool) string; string(int) string; string(uint) string; string(double) string
string(bytes) string; string(timestamp) string; string(duration) string
bytes(bytes) bytes; bytes(string) bytes; bool(bool) bool; bool(string) bool
duration(duration) duration; duration(string) duration
timestamp(timestamp) timestamp; timestamp(string) timestamp; timestamp(int) timestamp
string.charAt(int) string; string.lowerAscii() string; string.upperAscii() string; string.trim() string
string.indexOf(string) int; string.indexOf(string, int) int
string.lastIndexOf(string) int; string.lastIndexOf(string, int) int
string.replace(string, string) string; string.replace(string, string, int) string
string.split(string) list(string); string.split(string, int) list(string)
string.substring(int) string; string.substring(int, int) string
string.format(list(dyn)) string; string.reverse() string; strings.quote(string) string
list(string).join() string; list(string).join(string) string
base64.encode(bytes) string; base64.decode(string) bytes
sets.contains(list(A), list(A)) bool; sets.equivalent(list(A), list(A)) bool
sets.intersects(list(A), list(A)) bool
optional.of(A) optional(A); optional.ofNonZeroValue(A) optional(A); optional.none() optional(dyn)
optional.unwrap(list(optional(A))) list(A); list(optional(A)).unwrapOpt() list(A)
optional(A).hasValue() bool; optional(A).value() A; optional(A).or(optional(A)) optional(A)
optional(A).orValue(A) A; list(A).first() optional(A); list(A).last() optional(A)
";

const TIME_PARTS: [&str; 6] = [
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfYear",
    "getDayOfWeek",
];
const CLOCK_PARTS: [&str; 4] = ["getHours", "getMinutes", "getSeconds", "getMilliseconds"];
const ORDERED: [&str; 4] = ["_<_", "_<=_", "_>_", "_>=_"];

#[derive(Debug)]
struct Overload {
    is_member: bool,
    parameters: Vec<Type>,
    result: Type,
}

type Table = HashMap<String, Vec<Overload>>;

static OVERLOADS: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    for line in TABLE
        .split([';', '\n'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        if let Some((name, overload)) = read(line) {
            table.entry(name).or_default().push(overload);
        }
    }
    add_comparisons(&mut table);
    add_times(&mut table);
    table
});

fn add_comparisons(table: &mut Table) {
    let numbers = [Type::Int, Type::Uint, Type::Double];
    let others = [
        Type::Bool,
        Type::String,
        Type::Bytes,
        Type::Timestamp,
        Type::Duration,
    ];
    for name in ORDERED {
        let mixed = numbers.iter().flat_map(|a| numbers.iter().map(move |b| (a, b)));
        for (a, b) in mixed.chain(others.iter().map(|other| (other, other))) {
            table.entry(name.to_owned()).or_default().push(Overload {
                is_member: false,
                parameters: vec![a.clone(), b.clone()],
                result: Type::Bool,
            });
        }
    }
}

fn add_times(table: &mut Table) {
    let mut add = |name: &str, parameters: Vec<Type>| {
        table.entry(name.to_owned()).or_default().push(Overload {
            is_member: true,
            parameters,
            result: Type::Int,
        });
    };
    for name in TIME_PARTS.iter().chain(&CLOCK_PARTS) {
        add(name, vec![Type::Timestamp]);
        add(name, vec![Type::Timestamp, Type::String]);
    }
    for name in CLOCK_PARTS {
        add(name, vec![Type::Duration]);
    }
}

/// Reads a line of the table.
fn read(line: &str) -> Option<(String, Overload)> {
    let (receiver, rest) = receiver(line);
    let (name, rest) = rest.split_once('(')?;
    let close = closing(rest)?;
    let mut parameters: Vec<Type> = receiver.into_iter().collect();
    let mut list = &rest[..close];
    while !list.trim().is_empty() {
        let (parameter, after) = read_type(list.trim_start_matches([',', ' ']))?;
        parameters.push(parameter);
        list = after;
    }
    let (result, _) = read_type(rest[close + 1..].trim())?;
    let is_member = line.len() > name.len() && !line.starts_with(name);
    Some((
        name.to_owned(),
        Overload {
            is_member,
            parameters,
            result,
        },
    ))
}

/// The receiver's type, where the line begins with one and a dot.
fn receiver(line: &str) -> (Option<Type>, &str) {
    let read = read_type(line).and_then(|(receiver, rest)| Some((receiver, rest.strip_prefix('.')?)));
    match read {
        Some((receiver, rest)) if !super::function::is_namespaced(line.split('(').next().unwrap_or(line)) => {
            (Some(receiver), rest)
        }
        _ => (None, line),
    }
}

/// Where the bracket closes that was open before the text.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        (open == 0).then_some(at)
    })
}

fn read_type(text: &str) -> Option<(Type, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let simple = match name {
        "dyn" => Type::Dyn,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        "type" => Type::Type,
        "A" => Type::Param('A'),
        "B" => Type::Param('B'),
        "list" | "optional" | "map" => {
            let (first, rest) = read_type(rest.strip_prefix('(')?)?;
            let (found, rest) = match name {
                "list" => (Type::list(first), rest),
                "optional" => (Type::optional(first), rest),
                _ => {
                    let (second, rest) = read_type(rest.strip_prefix(", ")?)?;
                    (Type::map(first, second), rest)
                }
            };
            return Some((found, rest.strip_prefix(')')?));
        }
        _ => return None,
    };
    Some((simple, rest))
}

/// What a call gives.
pub(super) fn resolve(name: &str, is_member: bool, args: &[Type]) -> Result<Type, String> {
    let overloads = OVERLOADS.get(name).map(Vec::as_slice).unwrap_or_default();
    if overloads.is_empty() {
        return Err(format!("undeclared reference to '{name}'"));
    }
    let mut results = overloads
        .iter()
        .filter(|overload| overload.is_member == is_member)
        .filter_map(|overload| result_of(overload, args));
    let Some(first) = results.next() else {
        let types: Vec<String> = args.iter().map(ToString::to_string).collect();
        let types = match types.split_first() {
            Some((receiver, rest)) if is_member => format!("{receiver}.({})", rest.join(", ")),
            _ => format!("({})", types.join(", ")),
        };
        return Err(format!(
            "found no matching overload for '{name}' applied to '{types}'"
        ));
    };
    // with arguments of any type several overloads may match
    Ok(if results.all(|result| result == first) {
        first
    } else {
        Type::Dyn
    })
}

fn result_of(overload: &Overload, args: &[Type]) -> Option<Type> {
    if overload.parameters.len() != args.len() {
        return None;
    }
    let mut bound = HashMap::new();
    for (parameter, arg) in overload.parameters.iter().zip(args) {
        if !binds(parameter, arg, &mut bound) {
            return None;
        }
    }
    Some(substitute(&overload.result, &bound))
}

fn binds(parameter: &Type, arg: &Type, bound: &mut HashMap<char, Type>) -> bool {
    match (parameter, arg) {
        (Type::Param(name), arg) => {
            let joined = match bound.get(name) {
                Some(known) => known.join(arg),
                None => Some(arg.clone()),
            };
            joined.map(|joined| bound.insert(*name, joined)).is_some()
        }
        (_, Type::Dyn) => true,
        (Type::List(parameter), Type::List(arg)) | (Type::Optional(parameter), Type::Optional(arg)) => {
            binds(parameter, arg, bound)
        }
        (Type::Map(key, value), Type::Map(arg_key, arg_value)) => {
            binds(key, arg_key, bound) && binds(value, arg_value, bound)
        }
        (parameter, arg) => arg.fits(parameter),
    }
}

fn substitute(result: &Type, bound: &HashMap<char, Type>) -> Type {
    match result {
        Type::Param(name) => bound.get(name).cloned().unwrap_or(Type::Dyn),
        Type::List(item) => Type::list(substitute(item, bound)),
        Type::Optional(value) => Type::optional(substitute(value, bound)),
        Type::Map(key, value) => Type::map(substitute(key, bound), substitute(value, bound)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = TABLE
            .split([';', '\n'])
            .map(str::trim)
            .filter(|line| !line.is_empty());
        for line in lines {
            let (name, overload) = read(line).unwrap_or_else(|| panic!("not read: {line}"));
            let (head, _) = line.split_once(name.as_str()).expect("has its name");
            assert_eq!(overload.is_member, head.ends_with('.'), "{line}");
            assert!(OVERLOADS.contains_key(&name), "{line}");
        }
        assert!(resolve("size", true, &[Type::String]).is_ok_and(|found| found == Type::Int));
        assert!(resolve("strings.quote", false, &[Type::String]).is_ok());
        assert!(resolve("quote", true, &[Type::String]).is_err());
    }
}
