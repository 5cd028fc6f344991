//! Arguments: evaluated for the type of the parameter, and checked against it.

use super::State;
use crate::ast::{Arg, At};
use crate::error::Error;
use crate::operand::Operand;
use crate::value::{Type, Value};

impl<'x> State<'x> {
    /// The value of an argument for a parameter.
    pub(super) fn arg(&mut self, dot: &Operand, want: Type, arg: &'x Arg) -> Result<Operand, Error> {
        self.at = At::Arg(arg);
        let value = match arg {
            Arg::Dot(_) => dot.clone(),
            Arg::Field(field) => self.fields(dot, dot.clone(), arg, &field.names, &[], None)?,
            Arg::Variable(variable) => self.variable(dot, arg, variable, &[], None)?,
            Arg::Pipe(pipe) => self.nested(dot, pipe)?,
            Arg::Call(call) => self.call(dot, call, At::Arg(arg), &[], None)?,
            Arg::Chain(chain) => {
                let base = self.base(dot, &chain.base)?;
                self.fields(dot, base, arg, &chain.names, &[], None)?
            }
            Arg::Nil(_) if want.can_be_nil() => return Ok(Operand::of(want.zero(), want)),
            Arg::Nil(_) => return Err(self.error(format!("cannot assign nil to {want}"))),
            Arg::Bool(..) | Arg::Number(_) | Arg::String(_) => {
                return self.constant(want, arg).map(Operand::plain);
            }
        };
        self.validate(value, want)
    }

    /// A literal as the type of the parameter wants it.
    fn constant(&self, want: Type, arg: &'x Arg) -> Result<Value, Error> {
        let expected = match want {
            Type::Any | Type::Reflect => {
                return match arg {
                    Arg::Bool(_, value) => Ok(Value::Bool(*value)),
                    Arg::Number(number) => self.ideal(number),
                    Arg::String(quoted) => Ok(quoted.value.clone()),
                    _ => Ok(Value::Nil),
                };
            }
            Type::Bool => "bool",
            Type::String => "string",
            Type::Int(_) => "integer",
            Type::Uint(_) => "unsigned integer",
            Type::Float => "float",
            Type::Complex => "complex",
            _ => {
                let node = self.template.source.write(At::Arg(arg));
                return Err(self.error(format!("can't handle {node} for arg of type {want}")));
            }
        };
        let value = match (want, arg) {
            (Type::Bool, Arg::Bool(_, value)) => Some(Value::Bool(*value)),
            (Type::String, Arg::String(quoted)) => Some(quoted.value.clone()),
            (Type::Int(kind), Arg::Number(number)) => number.int.map(|int| Value::Int(kind, kind.wrap(int))),
            (Type::Uint(kind), Arg::Number(number)) => {
                number.uint.map(|uint| Value::Uint(kind, kind.wrap(uint)))
            }
            (Type::Float, Arg::Number(number)) => number.float.map(Value::Float),
            (Type::Complex, Arg::Number(number)) => {
                number.complex.map(|pair| Value::Complex(std::rc::Rc::new(pair)))
            }
            _ => None,
        };
        value.ok_or_else(|| {
            let node = self.template.source.write(At::Arg(arg));
            self.error(format!("expected {expected}; found {node}"))
        })
    }

    /// Go's check that a value can be passed for a type.
    pub(super) fn validate(&self, value: Operand, want: Type) -> Result<Operand, Error> {
        if matches!(want, Type::Reflect) {
            return Ok(value);
        }
        if value.is_invalid() {
            if want.can_be_nil() {
                return Ok(Operand::of(want.zero(), want));
            }
            return Err(self.error(format!("invalid value; expected {want}")));
        }
        if value.is_nil_interface() {
            if matches!(want, Type::Any) {
                return Ok(value);
            }
            return Err(self.error(format!(
                "wrong type for value; expected {want}; got interface {{}}"
            )));
        }
        if matches!(want, Type::Any) {
            return Ok(value);
        }
        if let Some(assigned) = want.assign(&value.value) {
            return Ok(match assigned {
                std::borrow::Cow::Borrowed(_) => value,
                std::borrow::Cow::Owned(owned) => Operand::plain(owned),
            });
        }
        let have = value.value.type_name();
        if let (Type::Struct(name), Some(pointed)) = (want, have.strip_prefix('*'))
            && name == pointed
        {
            return Ok(value);
        }
        Err(self.error(format!("wrong type for value; expected {want}; got {have}")))
    }
}
