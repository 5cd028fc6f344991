//! Names that occur again and again, as they do in templates: one string each, and what a function's name stands for.

use std::rc::Rc;

use crate::ast::Callee;
use crate::builtin::Builtin;
use crate::function::Functions;
use crate::value::Str;

/// Places of the table; a name that meets another one in its place replaces it.
const PLACES: usize = 512;

/// Names seen lately.
pub(crate) struct Names(Vec<Option<Known>>);

struct Known {
    name: Str,
    callee: Option<Callee>,
}

impl Default for Names {
    fn default() -> Self {
        Self(std::iter::repeat_with(|| None).take(PLACES).collect())
    }
}

impl Names {
    /// The string of a name.
    pub fn get(&mut self, name: &[u8]) -> Str {
        self.known(name).name.clone()
    }

    /// The string of a function's name, and the function.
    pub fn callee(&mut self, name: &[u8], functions: &Functions) -> Option<(Str, Callee)> {
        let known = self.known(name);
        if known.callee.is_none() {
            let function = functions.get(&String::from_utf8_lossy(name));
            known.callee = match function {
                Some(function) => Some(Callee::Function(Rc::clone(function))),
                None => Builtin::find(name).map(Callee::Builtin),
            };
        }
        known.callee.clone().map(|callee| (known.name.clone(), callee))
    }

    fn known(&mut self, name: &[u8]) -> &mut Known {
        let place = &mut self.0[place(name)];
        match place {
            Some(known) if *known.name == *name => {}
            _ => *place = None,
        }
        place.get_or_insert_with(|| Known {
            name: Str::from(name),
            callee: None,
        })
    }
}

/// FNV-1a over a name's length, ends and middle: names differ there, and long ones cost no more than short ones.
fn place(name: &[u8]) -> usize {
    let byte = |at: usize| name.get(at).copied().unwrap_or_default();
    let end = name.len().saturating_sub(1);
    let bytes = [
        name.len() as u8,
        byte(0),
        byte(end / 3),
        byte(end / 2),
        byte(end.saturating_sub(1)),
        byte(end),
    ];
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    (hash ^ hash >> 16) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_apart_where_they_share_a_place() {
        let mut names = Names::default();
        for round in 0..2 {
            for number in 0..2_000 {
                let name = format!("name{number}");
                assert_eq!(names.get(name.as_bytes()), name.as_str(), "round {round}");
            }
        }
        let (first, second) = (names.get(b"Values"), names.get(b"Values"));
        assert_eq!(first.as_ptr(), second.as_ptr());
    }

    #[test]
    fn functions_are_found_by_name() {
        let mut names = Names::default();
        let functions = Functions::new();
        assert!(matches!(
            names.callee(b"printf", &functions),
            Some((_, Callee::Builtin(Builtin::Printf)))
        ));
        assert!(names.callee(b"nothing", &functions).is_none());
        assert_eq!(names.get(b"printf"), "printf");
    }
}
