//! Functions that templates call: their signature, Go's checks of arguments, and the table of names.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::rc::Rc;

use crate::context::Context;
use crate::error::Error;
use crate::value::{Type, Value};

type Body = dyn Fn(&mut Context, &[Value]) -> Result<Value, Error>;

/// A Go function. Its body gets arguments that were checked against the signature.
///
/// What the body returns as an error appears as `error calling NAME: TEXT`. Go functions that panic do the same.
#[derive(Clone)]
pub struct Function {
    params: Rc<[Type]>,
    variadic: Option<Type>,
    result: Type,
    body: Rc<Body>,
}

impl Function {
    /// A function with a fixed number of parameters and a result of type `interface {}`.
    pub fn new(
        params: &[Type],
        body: impl Fn(&mut Context, &[Value]) -> Result<Value, Error> + 'static,
    ) -> Self {
        Self {
            params: Rc::from(params),
            variadic: None,
            result: Type::Any,
            body: Rc::new(body),
        }
    }

    /// A function whose last parameter is `...rest`; the body gets all arguments in one slice.
    pub fn variadic(
        params: &[Type],
        rest: Type,
        body: impl Fn(&mut Context, &[Value]) -> Result<Value, Error> + 'static,
    ) -> Self {
        Self {
            variadic: Some(rest),
            ..Self::new(params, body)
        }
    }

    /// Declares the type of the result. It matters for `%T` of the function and for a nil result only.
    #[must_use]
    pub fn returning(mut self, result: Type) -> Self {
        self.result = result;
        self
    }

    /// The fixed parameters.
    pub fn params(&self) -> &[Type] {
        &self.params
    }

    /// The element type of the variadic parameter.
    pub fn rest(&self) -> Option<Type> {
        self.variadic
    }

    /// The type of the result.
    pub fn result(&self) -> Type {
        self.result
    }

    /// The type of the argument at a position.
    pub fn param(&self, at: usize) -> Option<Type> {
        self.params.get(at).copied().or(self.variadic)
    }

    /// What `%T` prints.
    pub fn type_name(&self) -> String {
        let mut name = String::from("func(");
        for (at, param) in self.params.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            let _ = write!(name, "{comma}{param}");
        }
        if let Some(rest) = self.variadic {
            let comma = if self.params.is_empty() { "" } else { ", " };
            let _ = write!(name, "{comma}...{rest}");
        }
        let _ = write!(name, ") {}", self.result);
        name
    }

    /// Calls it with values, with the checks of the builtin `call`: count and type of arguments.
    pub fn call(&self, context: &mut Context, name: &str, args: &[Value]) -> Result<Value, Error> {
        let count = self.params.len();
        if self.variadic.is_some() {
            if args.len() < count {
                let text = format!(
                    "wrong number of args for {name}: got {} want at least {count}",
                    args.len()
                );
                return Err(Error::new(text));
            }
        } else if args.len() != count {
            let text = format!("wrong number of args for {name}: got {} want {count}", args.len());
            return Err(Error::new(text));
        }
        let mut prepared = Vec::with_capacity(args.len());
        for (at, arg) in args.iter().enumerate() {
            let param = self.param(at).unwrap_or(Type::Any);
            let arg = prepare(arg, param)
                .map_err(|text| Error::wrap(format!("arg {at}: {text}"), Error::new(text)))?;
            prepared.push(arg);
        }
        self.invoke(context, &prepared)
    }

    /// Runs the body with arguments that were checked already.
    pub(crate) fn invoke(&self, context: &mut Context, args: &[Value]) -> Result<Value, Error> {
        (self.body)(context, args)
    }
}

/// Go's check of a value that is passed by `call` or used as a key: assignable, or an integer of another width.
pub(crate) fn prepare(value: &Value, want: Type) -> Result<Value, String> {
    if value.is_nil() {
        if want.can_be_nil() {
            return Ok(want.zero());
        }
        return Err(format!("value is nil; should be of type {want}"));
    }
    if let Some(assigned) = want.assign(value) {
        return Ok(assigned.into_owned());
    }
    match (value, want) {
        (Value::Int(_, number), Type::Int(kind)) => Ok(Value::Int(kind, kind.wrap(*number))),
        (Value::Int(_, number), Type::Uint(kind)) => Ok(Value::Uint(kind, kind.wrap(number.cast_unsigned()))),
        (Value::Uint(_, number), Type::Int(kind)) => Ok(Value::Int(kind, kind.wrap(number.cast_signed()))),
        (Value::Uint(_, number), Type::Uint(kind)) => Ok(Value::Uint(kind, kind.wrap(*number))),
        _ => Err(format!("value has type {}; should be {want}", value.type_name())),
    }
}

/// Names and the functions behind them.
#[derive(Clone, Default)]
pub struct Functions(HashMap<Box<str>, Rc<Function>>);

impl Functions {
    /// No functions; the builtins of `text/template` are always there and can be overridden by name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces one.
    pub fn insert(&mut self, name: &str, function: Function) {
        self.0.insert(Box::from(name), Rc::new(function));
    }

    /// Removes one.
    pub fn remove(&mut self, name: &str) -> Option<Rc<Function>> {
        self.0.remove(name)
    }

    /// Finds one.
    pub fn get(&self, name: &str) -> Option<&Rc<Function>> {
        self.0.get(name)
    }

    /// Whether the name is taken.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(AsRef::as_ref)
    }
}
