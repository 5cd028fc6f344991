//! Calls of functions, builtins and methods.

use smallvec::SmallVec;

use super::{State, located};
use crate::ast::{Arg, At, Call, Callee};
use crate::builtin::Builtin;
use crate::error::Error;
use crate::function::Function;
use crate::operand::Operand;
use crate::value::{Str, Type, Value};

impl<'x> State<'x> {
    /// `name args`, with the value of the command before as last argument.
    pub(super) fn call(
        &mut self,
        dot: &Operand,
        call: &'x Call,
        node: At<'x>,
        args: &'x [Arg],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        match &call.callee {
            Callee::Function(function) => self.call_function(dot, function, node, &call.name, args, last),
            Callee::Builtin(builtin) => self.call_builtin(dot, *builtin, node, &call.name, args, last),
        }
    }

    /// A function or a bound method.
    pub(super) fn call_function(
        &mut self,
        dot: &Operand,
        function: &Function,
        node: At<'x>,
        name: &'x Str,
        args: &'x [Arg],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        let fixed = function.params().len();
        self.check_count(name, fixed, function.rest().is_some(), args, last.as_ref())?;
        let mut values: SmallVec<[Value; 4]> = SmallVec::with_capacity(args.len() + 1);
        for (at, arg) in args.iter().enumerate() {
            let want = function.param(at).unwrap_or(Type::Any);
            values.push(self.arg(dot, want, arg)?.value);
        }
        if let Some(last) = last {
            let want = function.param(args.len()).unwrap_or(Type::Any);
            values.push(self.validate(last, want)?.value);
        }
        let result = function.invoke(self.context, &values);
        self.returned(
            result.map(|value| Operand::of(value, function.result())),
            node,
            name,
        )
    }

    fn call_builtin(
        &mut self,
        dot: &Operand,
        builtin: Builtin,
        node: At<'x>,
        name: &'x Str,
        args: &'x [Arg],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        let (fixed, variadic) = builtin.arity();
        self.check_count(name, fixed, variadic, args, last.as_ref())?;
        if matches!(builtin, Builtin::And | Builtin::Or) {
            return self.short_circuit(dot, builtin == Builtin::Or, args, last);
        }
        let mut operands: SmallVec<[Operand; 3]> = SmallVec::with_capacity(args.len() + 1);
        for (at, arg) in args.iter().enumerate() {
            operands.push(self.arg(dot, builtin.param(at), arg)?);
        }
        if let Some(last) = last {
            operands.push(self.validate(last, builtin.param(args.len()))?);
        }
        let result = match builtin {
            Builtin::Call => self.call_value(args, &operands),
            _ => builtin.invoke(self.context, &operands),
        };
        self.returned(result, node, name)
    }

    /// `and` and `or` evaluate no further than needed.
    fn short_circuit(
        &mut self,
        dot: &Operand,
        until: bool,
        args: &'x [Arg],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        let mut value = Operand::INVALID;
        for arg in args {
            value = self.arg(dot, Type::Reflect, arg)?;
            if value.value.truth() == until {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    /// The builtin `call`: the first argument is a function value.
    fn call_value(&mut self, args: &'x [Arg], operands: &[Operand]) -> Result<Operand, Error> {
        let [callee, rest @ ..] = operands else {
            return Err(Error::new("call of nil"));
        };
        let name = match (args.first(), &callee.value) {
            (Some(arg), _) => self.template.source.write(At::Arg(arg)),
            (None, Value::String(text)) => text.to_string(),
            (None, Value::Nil) => "<invalid Value>".to_owned(),
            (None, other) => format!("<{} Value>", other.type_name()),
        };
        match &callee.value {
            Value::Nil => Err(Error::new("call of nil")),
            Value::Function(function) => {
                let values = crate::builtin::values(rest);
                let result = function.call(self.context, &name, &values)?;
                Ok(Operand::of(result, function.result()))
            }
            other => Err(Error::new(format!(
                "non-function {name} of type {}",
                other.type_name()
            ))),
        }
    }

    fn check_count(
        &self,
        name: &Str,
        fixed: usize,
        variadic: bool,
        args: &[Arg],
        last: Option<&Operand>,
    ) -> Result<(), Error> {
        let count = args.len() + usize::from(last.is_some());
        if variadic && count < fixed {
            let got = args.len();
            return Err(self.error(format!(
                "wrong number of args for {name}: want at least {fixed} got {got}"
            )));
        }
        if !variadic && count != fixed {
            return Err(self.error(format!(
                "wrong number of args for {name}: want {fixed} got {count}"
            )));
        }
        Ok(())
    }

    fn returned(
        &mut self,
        result: Result<Operand, Error>,
        node: At<'x>,
        name: &Str,
    ) -> Result<Operand, Error> {
        result.map_err(|error| {
            self.at = node;
            let text = format!("error calling {name}: {error}");
            located(self.template, node, &text, Some(error))
        })
    }
}
