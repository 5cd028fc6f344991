//! Sprig's functions, with a note of whether one that is random or tells the time was called.

use std::cell::Cell;
use std::rc::Rc;

use sluice_go_template::{Function, Functions};

use crate::functions::lookup;
use crate::template::Environment;

/// Functions whose results depend on the seed or on the time.
const ENTROPY: [&str; 30] = [
    "now",
    "ago",
    "date",
    "dateInZone",
    "date_in_zone",
    "htmlDate",
    "htmlDateInZone",
    "randAlphaNum",
    "randAlpha",
    "randAscii",
    "randNumeric",
    "randBytes",
    "randInt",
    "shuffle",
    "uuidv4",
    "bcrypt",
    "htpasswd",
    "encryptAES",
    "genPrivateKey",
    "genCA",
    "genCAWithKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "dateModify",
    "date_modify",
    "mustDateModify",
    "must_date_modify",
    "buildCustomCert",
];

/// The functions, and the note.
pub(crate) struct Sprig {
    pub functions: Functions,
    pub used_entropy: Rc<Cell<bool>>,
}

/// Sprig's functions for one render.
pub(crate) fn functions(environment: &Environment, lint: bool) -> Sprig {
    let seconds = i64::try_from(environment.now_ms / 1000).unwrap_or(i64::MAX);
    // names are never resolved: a template would tell a server what it renders
    let mut functions = sluice_sprig::functions(sluice_sprig::Environment {
        lint,
        lookup: Some(lookup(Rc::clone(&environment.cluster))),
        ..sluice_sprig::Environment::new(seconds, environment.seed)
    });
    let used_entropy = Rc::new(Cell::new(false));
    for name in ENTROPY {
        if let Some(function) = functions.remove(name) {
            functions.insert(name, noted(name, function, Rc::clone(&used_entropy)));
        }
    }
    Sprig {
        functions,
        used_entropy,
    }
}

fn noted(name: &'static str, function: Rc<Function>, used: Rc<Cell<bool>>) -> Function {
    let (params, rest, result) = (function.params().to_vec(), function.rest(), function.result());
    let body = move |context: &mut sluice_go_template::Context, args: &[sluice_go_template::Value]| {
        used.set(true);
        function.call(context, name, args)
    };
    let noted = match rest {
        Some(rest) => Function::variadic(&params, rest, body),
        None => Function::new(&params, body),
    };
    noted.returning(result)
}
