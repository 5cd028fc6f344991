//! Fields: keys of maps, fields of structs, methods.

use super::State;
use crate::ast::{Arg, At};
use crate::error::Error;
use crate::format::quote;
use crate::function::Function;
use crate::operand::Operand;
use crate::set::MissingKey;
use crate::value::{Kind, Map, Str, Value};

/// What a name is on a value.
enum Found {
    Method(Function),
    Field(Operand),
    Nothing,
}

impl<'x> State<'x> {
    /// `.a.b.c`; only the last one gets the arguments.
    pub(super) fn fields(
        &mut self,
        dot: &Operand,
        receiver: Operand,
        node: &'x Arg,
        names: &'x [Str],
        args: &'x [Arg],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        let Some((name, before)) = names.split_last() else {
            return Ok(receiver);
        };
        let mut receiver = receiver;
        for name in before {
            receiver = self.field(dot, name, node, &[], None, &receiver)?;
        }
        self.field(dot, name, node, args, last, &receiver)
    }

    fn field(
        &mut self,
        dot: &Operand,
        name: &'x Str,
        node: &'x Arg,
        args: &'x [Arg],
        last: Option<Operand>,
        receiver: &Operand,
    ) -> Result<Operand, Error> {
        if receiver.value.is_nil() {
            return self.field_of_nil(name, receiver);
        }
        let has_args = !args.is_empty() || last.is_some();
        let found = match &receiver.value {
            Value::Map(map) => self.entry(map, name, has_args)?,
            Value::List(list) => match list.kind().method.and_then(|method| method(list, name)) {
                Some(method) => Found::Method(method),
                None => Found::Nothing,
            },
            Value::Object(_) => self.member(receiver, name, has_args)?,
            _ => Found::Nothing,
        };
        match found {
            Found::Field(value) => Ok(value),
            Found::Method(method) => self.call_function(dot, &method, At::Arg(node), name, args, last),
            Found::Nothing => {
                let text = format!("can't evaluate field {name} in type {}", receiver.type_name());
                Err(self.error(text))
            }
        }
    }

    fn field_of_nil(&self, name: &Str, receiver: &Operand) -> Result<Operand, Error> {
        if receiver.is_nil_interface() {
            return Err(self.error(format!("nil pointer evaluating interface {{}}.{name}")));
        }
        if self.missing_key == MissingKey::Error {
            let name = quote(name);
            let name = String::from_utf8_lossy(&name);
            return Err(self.error(format!("nil data; no entry for key {name}")));
        }
        Ok(Operand::INVALID)
    }

    fn entry(&self, map: &Map, name: &Str, has_args: bool) -> Result<Found, Error> {
        let kind = map.kind();
        if let Some(method) = kind.method.and_then(|method| method(map, name)) {
            return Ok(Found::Method(method));
        }
        if has_args {
            return Err(self.error(format!("{name} is not a method but has arguments")));
        }
        if let Some(value) = map.get(name) {
            return Ok(Found::Field(Operand::of(value, kind.element)));
        }
        match self.missing_key {
            MissingKey::Default => Ok(Found::Field(Operand::INVALID)),
            MissingKey::Zero => Ok(Found::Field(Operand::of(kind.element.zero(), kind.element))),
            MissingKey::Error => {
                let name = quote(name);
                let name = String::from_utf8_lossy(&name);
                Err(self.error(format!("map has no entry for key {name}")))
            }
        }
    }

    fn member(&self, receiver: &Operand, name: &Str, has_args: bool) -> Result<Found, Error> {
        let Value::Object(object) = &receiver.value else {
            return Ok(Found::Nothing);
        };
        if let Some(method) = object.method(name) {
            return Ok(Found::Method(method));
        }
        if object.is_nil() && object.kind() == Kind::Pointer {
            let known = object
                .fields()
                .iter()
                .any(|(field, _)| field.as_bytes() == &**name);
            if !known {
                return Ok(Found::Nothing);
            }
            return Err(self.error(format!("nil pointer evaluating {}.{name}", receiver.type_name())));
        }
        let Some(value) = object.field(name) else {
            return Ok(Found::Nothing);
        };
        if has_args {
            return Err(self.error(format!("{name} has arguments but cannot be invoked as function")));
        }
        let boxed = value.is_nil();
        Ok(Found::Field(Operand { value, boxed }))
    }
}
