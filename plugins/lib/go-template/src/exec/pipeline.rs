//! Commands and variables.

use super::{PIPE_STACK, State};
use crate::ast::{Arg, At, Command, Number, Pipe, Slots, Target, Variable};
use crate::error::Error;
use crate::operand::Operand;
use crate::value::Value;

impl<'x> State<'x> {
    /// The value of a pipeline, without its declarations.
    pub(super) fn commands(&mut self, dot: &Operand, pipe: &'x Pipe) -> Result<Operand, Error> {
        self.at = At::Pipe(pipe);
        let mut value = None;
        for command in &pipe.commands {
            let mut result = self.command(dot, command, value)?;
            // What is inside of an interface goes on, not the interface.
            result.boxed = false;
            value = Some(result);
        }
        Ok(value.unwrap_or(Operand::INVALID))
    }

    /// A pipeline within parentheses.
    pub(super) fn nested(&mut self, dot: &Operand, pipe: &'x Pipe) -> Result<Operand, Error> {
        self.descend(PIPE_STACK)?;
        let value = self.pipeline(dot, pipe);
        self.context.stack -= PIPE_STACK;
        value
    }

    fn command(
        &mut self,
        dot: &Operand,
        command: &'x Command,
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        self.step()?;
        let [first, args @ ..] = command.args.as_slice() else {
            return Ok(Operand::INVALID);
        };
        match first {
            Arg::Field(field) => {
                self.at = At::Arg(first);
                self.fields(dot, dot.clone(), first, &field.names, args, last)
            }
            Arg::Chain(chain) => {
                self.at = At::Arg(first);
                let base = self.base(dot, &chain.base)?;
                self.fields(dot, base, first, &chain.names, args, last)
            }
            Arg::Call(call) => {
                self.at = At::Arg(first);
                self.call(dot, call, At::Command(command), args, last)
            }
            Arg::Variable(variable) => self.variable(dot, first, variable, args, last),
            Arg::Pipe(pipe) => {
                self.not_a_function(first, args, last.as_ref())?;
                self.nested(dot, pipe)
            }
            Arg::Dot(_) | Arg::Nil(_) | Arg::Bool(..) | Arg::Number(_) | Arg::String(_) => {
                self.at = At::Arg(first);
                self.not_a_function(first, args, last.as_ref())?;
                self.literal(dot, first)
            }
        }
    }

    fn literal(&mut self, dot: &Operand, arg: &'x Arg) -> Result<Operand, Error> {
        Ok(match arg {
            Arg::Dot(_) => dot.clone(),
            Arg::Bool(_, value) => Operand::plain(Value::Bool(*value)),
            Arg::Number(number) => Operand::plain(self.ideal(number)?),
            Arg::String(quoted) => Operand::plain(quoted.value.clone()),
            _ => return Err(self.error("nil is not a command")),
        })
    }

    fn not_a_function(&self, first: &'x Arg, args: &[Arg], last: Option<&Operand>) -> Result<(), Error> {
        if args.is_empty() && last.is_none() {
            return Ok(());
        }
        let node = self.template.source.write(At::Arg(first));
        Err(self.error(format!("can't give argument to non-function {node}")))
    }

    /// A number where no type is wanted: its syntax decides.
    pub(super) fn ideal(&self, number: &Number) -> Result<Value, Error> {
        let text = &number.text;
        let has = |set: &[u8]| text.iter().any(|byte| set.contains(byte));
        let is_hexadecimal = matches!(**text, [b'0', b'x' | b'X', _, ..]) && !has(b"pP");
        let is_rune = text.first() == Some(&b'\'');
        if let Some(pair) = number.complex {
            return Ok(Value::Complex(std::rc::Rc::new(pair)));
        }
        if let Some(float) = number
            .float
            .filter(|_| !is_hexadecimal && !is_rune && has(b".eEpP"))
        {
            return Ok(Value::Float(float));
        }
        match number.int {
            Some(int) => Ok(Value::int(int)),
            None => Err(self.error(format!("{text} overflows int"))),
        }
    }

    /// What stands before the fields of a chain.
    pub(super) fn base(&mut self, dot: &Operand, base: &'x Arg) -> Result<Operand, Error> {
        self.at = At::Arg(base);
        match base {
            Arg::Pipe(pipe) => self.nested(dot, pipe),
            Arg::Call(call) => self.call(dot, call, At::Arg(base), &[], None),
            Arg::Chain(chain) => {
                let inner = self.base(dot, &chain.base)?;
                self.fields(dot, inner, base, &chain.names, &[], None)
            }
            other => self.literal(dot, other),
        }
    }

    pub(super) fn variable(
        &mut self,
        dot: &Operand,
        node: &'x Arg,
        variable: &'x Variable,
        args: &'x [Arg],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        self.at = At::Arg(node);
        let Some(value) = self.find(&variable.slots) else {
            return Err(self.error(format!("undefined variable: {}", variable.name)));
        };
        let value = value.clone();
        if variable.names.is_empty() {
            self.not_a_function(node, args, last.as_ref())?;
            return Ok(value);
        }
        self.fields(dot, value, node, &variable.names, args, last)
    }

    fn find(&self, slots: &Slots) -> Option<&Operand> {
        let slot = self.slot(slots)?;
        self.variables.get(slot)?.as_ref()
    }

    /// The innermost declaration that was executed.
    fn slot(&self, slots: &Slots) -> Option<usize> {
        let candidates = slots.first.iter().chain(&slots.shadowed);
        let mut candidates = candidates.map(|slot| *slot as usize);
        candidates.find(|slot| self.variables.get(*slot).is_some_and(Option::is_some))
    }

    pub(super) fn declare(&mut self, slot: u32, value: Operand) {
        if let Some(variable) = self.variables.get_mut(slot as usize) {
            *variable = Some(value);
        }
    }

    pub(super) fn assign(&mut self, target: &Target, value: Operand) -> Result<(), Error> {
        let Some(slot) = self.slot(&target.slots) else {
            return Err(self.error(format!("undefined variable: {}", target.name)));
        };
        self.variables[slot] = Some(value);
        Ok(())
    }
}
