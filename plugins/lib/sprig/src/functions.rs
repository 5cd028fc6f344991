//! The functions by their names in templates.

mod args;
mod cast;
mod certificates;
mod crypto;
mod data;
mod dates;
mod decimals;
mod defaults;
mod dicts;
mod durations;
mod equality;
mod lists;
mod merge;
mod numbers;
mod paths;
mod patterns;
mod reflection;
mod strings;
mod urls;
mod versions;

use std::cell::RefCell;
use std::rc::Rc;

use sluice_go_template::{Context, Error, Function, Functions, Type, Value};

use crate::crypto::Randomness;
use crate::environment::Environment;

pub(crate) use equality::deep_equal;

type Body = fn(&mut Context, &[Value]) -> Result<Value, Error>;

/// What functions share while one chart is rendered.
struct State {
    environment: Environment,
    random: RefCell<Randomness>,
}

/// The table being filled.
struct Table {
    functions: Functions,
    state: Rc<State>,
}

impl Table {
    /// A function of its arguments alone.
    fn add(&mut self, name: &str, params: &[Type], result: Type, body: Body) {
        self.functions
            .insert(name, Function::new(params, body).returning(result));
    }

    /// The same function under several names.
    fn add_all(&mut self, names: &[&str], params: &[Type], result: Type, body: Body) {
        for name in names {
            self.add(name, params, result, body);
        }
    }

    /// A function with any number of arguments of one type at its end.
    fn add_variadic(&mut self, names: &[&str], params: &[Type], rest: Type, result: Type, body: Body) {
        for name in names {
            let function = Function::variadic(params, rest, body).returning(result);
            self.functions.insert(name, function);
        }
    }

    /// A function that needs time, randomness or the cluster.
    fn add_stateful(
        &mut self,
        names: &[&str],
        params: &[Type],
        result: Type,
        body: fn(&State, &mut Context, &[Value]) -> Result<Value, Error>,
    ) {
        for name in names {
            let state = Rc::clone(&self.state);
            let function = Function::new(params, move |context, args| body(&state, context, args));
            self.functions.insert(name, function.returning(result));
        }
    }
}

/// All functions of Helm 4.3.1. `lookup` finds nothing and `getHostByName` is empty unless the environment says otherwise.
pub fn functions(environment: Environment) -> Functions {
    let random = RefCell::new(Randomness::from_seed(environment.seed));
    let mut table = Table {
        functions: Functions::new(),
        state: Rc::new(State { environment, random }),
    };
    strings::register(&mut table);
    numbers::register(&mut table);
    decimals::register(&mut table);
    lists::register(&mut table);
    dicts::register(&mut table);
    defaults::register(&mut table);
    reflection::register(&mut table);
    data::register(&mut table);
    dates::register(&mut table);
    durations::register(&mut table);
    patterns::register(&mut table);
    crypto::register(&mut table);
    certificates::register(&mut table);
    paths::register(&mut table);
    urls::register(&mut table);
    versions::register(&mut table);
    table.functions
}
