//! `range`: over slices, maps, integers.

use super::{BRANCH_STACK, Flow, State};
use crate::ast::{At, Branch};
use crate::error::Error;
use crate::format::describe;
use crate::operand::Operand;
use crate::value::{Pointed, Type, UintKind, Value};

impl<'x> State<'x> {
    pub(super) fn iterate(&mut self, dot: &Operand, branch: &'x Branch) -> Result<Flow, Error> {
        let value = self.pipeline(dot, &branch.arm.pipe)?.value;
        let value = match &value {
            Value::Object(object) => object.basic().unwrap_or(value),
            _ => value,
        };
        self.descend(BRANCH_STACK)?;
        let flow = self.iterations(&value, branch);
        let flow = match flow {
            Ok(false) => self.walk(dot, &branch.otherwise),
            Ok(true) => Ok(Flow::Next),
            Err(error) => Err(error),
        };
        self.context.stack -= BRANCH_STACK;
        flow
    }

    /// Runs the body for every element; says whether there were any.
    fn iterations(&mut self, value: &Value, branch: &'x Branch) -> Result<bool, Error> {
        match value {
            Value::Nil => Ok(false),
            Value::Int(kind, count) => {
                let kind = *kind;
                self.count(value, branch, *count, |number| Value::Int(kind, number))
            }
            Value::Uint(kind, count) => {
                let (kind, count) = (*kind, i64::try_from(*count).unwrap_or(i64::MAX));
                self.count(value, branch, count, |number| {
                    Value::Uint(kind, number.cast_unsigned())
                })
            }
            Value::List(list) => {
                let element = list.kind().element;
                for (index, item) in list.iter().enumerate() {
                    let item = Operand::of(item.clone(), element);
                    if !self.iteration(branch, Operand::plain(Value::int(index as i64)), item)? {
                        break;
                    }
                }
                Ok(!list.is_empty())
            }
            Value::Bytes(bytes) => {
                for (index, byte) in bytes.iter().enumerate() {
                    let item = Operand::plain(Value::Uint(UintKind::Uint8, u64::from(*byte)));
                    if !self.iteration(branch, Operand::plain(Value::int(index as i64)), item)? {
                        break;
                    }
                }
                Ok(!bytes.is_empty())
            }
            Value::Map(map) => {
                let element = map.kind().element;
                let entries = map.entries();
                let any = !entries.is_empty();
                for (key, item) in entries {
                    let key = Operand::of(Value::String(key), Type::String);
                    if !self.iteration(branch, key, Operand::of(item, element))? {
                        break;
                    }
                }
                Ok(any)
            }
            other => {
                let behind = Pointed::behind(other);
                let text = describe(self.context.budget(), behind.as_ref().unwrap_or(other))
                    .map_err(|error| self.exhausted(&error))?;
                Err(self.error(format!("range can't iterate over {text}")))
            }
        }
    }

    fn count(
        &mut self,
        value: &Value,
        branch: &'x Branch,
        count: i64,
        number: impl Fn(i64) -> Value,
    ) -> Result<bool, Error> {
        if branch.arm.pipe.variables.len() > 1 {
            let text = describe(self.context.budget(), value).map_err(|error| self.exhausted(&error))?;
            return Err(self.error(format!("can't use {text} to iterate over more than one variable")));
        }
        for at in 0..count {
            if !self.iteration(branch, Operand::INVALID, Operand::plain(number(at)))? {
                break;
            }
        }
        Ok(count > 0)
    }

    /// One turn of the loop; false after `break`.
    #[allow(clippy::needless_pass_by_value)] // moved into the variables
    fn iteration(&mut self, branch: &'x Branch, index: Operand, item: Operand) -> Result<bool, Error> {
        self.at = At::Pipe(&branch.arm.pipe);
        self.step()?;
        let targets = branch.arm.pipe.variables.as_slice();
        let values = match targets.len() {
            2 => [index, item.clone()],
            _ => [item.clone(), Operand::INVALID],
        };
        for (target, value) in targets.iter().zip(values) {
            if branch.arm.pipe.is_assignment {
                self.assign(target, value)?;
            } else if let Some(slot) = target.slots.first {
                self.declare(slot, value);
            }
        }
        Ok(self.walk(&item, &branch.arm.body)? != Flow::Break)
    }
}
