//! The executor: walks a template and writes its text.

mod args;
mod call;
mod field;
mod iterate;
mod pipeline;

use std::rc::Rc;

use crate::ast::{At, Branch, Invoke, Node, Pipe, Template};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::format::{print_to, quote};
use crate::operand::Operand;
use crate::set::{MissingKey, TemplateSet};
use crate::value::{Pointed, Value};

/// Bytes of stack that are reckoned for a template, a control structure, a pipeline in parentheses, each with the call
/// that may be around it; measured with `examples/stack.rs`. A guest takes less than half of what is reckoned.
const TEMPLATE_STACK: usize = 2400;
const BRANCH_STACK: usize = 1100;
const PIPE_STACK: usize = 1600;

/// How a list of nodes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

/// The execution of one template.
struct State<'x> {
    context: &'x mut Context,
    set: &'x Rc<TemplateSet>,
    template: &'x Template,
    out: &'x mut Vec<u8>,
    /// By slot; [`None`] where the declaration was not executed.
    variables: Vec<Option<Operand>>,
    /// The node that errors name.
    at: At<'x>,
    missing_key: MissingKey,
}

/// Executes a template of a set with the data as `.` and `$`.
pub(crate) fn execute(
    set: &Rc<TemplateSet>,
    context: &mut Context,
    template: &Template,
    data: Value,
) -> Result<Vec<u8>, Error> {
    let outer = context.enter(set);
    let mut out = Vec::new();
    let result = run(set, context, template, &mut out, &Operand::plain(data), None);
    context.leave(outer);
    result.map(|()| out)
}

fn run(
    set: &Rc<TemplateSet>,
    context: &mut Context,
    template: &Template,
    out: &mut Vec<u8>,
    dot: &Operand,
    caller: Option<(&Template, At<'_>)>,
) -> Result<(), Error> {
    let limits = *context.limits();
    if context.depth >= limits.depth || context.stack + TEMPLATE_STACK > limits.stack {
        let error = Error::budget(format!("exceeded maximum template depth ({})", context.depth));
        return Err(match caller {
            Some((template, at)) => located(template, at, error.text(), Some(error.clone())),
            None => error,
        });
    }
    let Some(first) = template.nodes.first() else {
        return Ok(());
    };
    context.depth += 1;
    context.stack += TEMPLATE_STACK;
    let mut variables = vec![None; template.slots];
    variables[0] = Some(dot.clone());
    let mut state = State {
        missing_key: set.missing_key(),
        context,
        set,
        template,
        out,
        variables,
        at: At::Node(first),
    };
    let result = state.walk(dot, &template.nodes);
    state.context.depth -= 1;
    state.context.stack -= TEMPLATE_STACK;
    result.map(|_| ())
}

/// An error with the place of a node.
#[cold]
fn located(template: &Template, at: At<'_>, message: &str, cause: Option<Error>) -> Error {
    let source = &template.source;
    let (line, column) = source.location(at.pos());
    let name = quote(&template.name);
    let text = format!(
        "template: {}:{line}:{column}: executing {} at <{}>: {message}",
        source.name,
        String::from_utf8_lossy(&name),
        source.write(at),
    );
    Error::build(ErrorKind::Exec, text, cause)
}

impl<'x> State<'x> {
    #[cold]
    fn error(&self, text: impl AsRef<str>) -> Error {
        located(self.template, self.at, text.as_ref(), None)
    }

    /// The place of the current node around an error of the budget.
    #[cold]
    fn exhausted(&self, error: &Error) -> Error {
        located(self.template, self.at, error.text(), Some(error.clone()))
    }

    fn step(&mut self) -> Result<(), Error> {
        match self.context.budget().charge_steps(1) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.exhausted(&error)),
        }
    }

    /// Takes stack for something that nests; the caller gives it back.
    fn descend(&mut self, bytes: usize) -> Result<(), Error> {
        if self.context.stack + bytes > self.context.limits().stack {
            let error = Error::budget("exceeded maximum nesting of templates".to_owned());
            return Err(self.exhausted(&error));
        }
        self.context.stack += bytes;
        Ok(())
    }

    fn walk(&mut self, dot: &Operand, nodes: &'x [Node]) -> Result<Flow, Error> {
        for node in nodes {
            self.at = At::Node(node);
            self.step()?;
            let flow = match node {
                Node::Text(range) => {
                    let template = self.template;
                    let text = template.source.text.get(range.start as usize..range.end as usize);
                    self.write(text.unwrap_or_default())?;
                    continue;
                }
                Node::Action(action) => {
                    let value = self.pipeline(dot, &action.pipe)?;
                    if action.pipe.variables.is_empty() {
                        self.at = At::Node(node);
                        self.print(&value.value)?;
                    }
                    continue;
                }
                Node::If(branch) => self.branch(dot, branch, false)?,
                Node::With(branch) => self.branch(dot, branch, true)?,
                Node::Range(branch) => self.iterate(dot, branch)?,
                Node::Invoke(invoke) => {
                    self.invoke(dot, invoke)?;
                    continue;
                }
                Node::Break(_) => Flow::Break,
                Node::Continue(_) => Flow::Continue,
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// `if` and `with`.
    fn branch(&mut self, dot: &Operand, branch: &'x Branch, sets_dot: bool) -> Result<Flow, Error> {
        self.descend(BRANCH_STACK)?;
        let flow = self.choose(dot, branch, sets_dot);
        self.context.stack -= BRANCH_STACK;
        flow
    }

    fn choose(&mut self, dot: &Operand, branch: &'x Branch, sets_dot: bool) -> Result<Flow, Error> {
        for (at, arm) in std::iter::once(&branch.arm).chain(&branch.chained).enumerate() {
            if at > 0 {
                self.step()?;
            }
            let value = self.pipeline(dot, &arm.pipe)?;
            if value.value.truth() {
                let dot = if sets_dot { &value } else { dot };
                return self.walk(dot, &arm.body);
            }
        }
        self.walk(dot, &branch.otherwise)
    }

    fn invoke(&mut self, dot: &Operand, invoke: &'x Invoke) -> Result<(), Error> {
        let Some(template) = self.set.find(&invoke.name) else {
            let name = quote(&invoke.name);
            return Err(self.error(format!("template {} not defined", String::from_utf8_lossy(&name))));
        };
        let dot = match &invoke.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Operand::INVALID,
        };
        let caller = (self.template, self.at);
        run(self.set, self.context, &template, self.out, &dot, Some(caller))
    }

    fn write(&mut self, text: &[u8]) -> Result<(), Error> {
        if let Err(error) = self.context.budget().charge_bytes(text.len() as u64) {
            return Err(self.exhausted(&error));
        }
        self.out.extend_from_slice(text);
        Ok(())
    }

    /// What `{{ value }}` writes.
    fn print(&mut self, value: &Value) -> Result<(), Error> {
        match value {
            Value::String(text) => self.write(text),
            Value::Nil => self.write(b"<no value>"),
            Value::Bool(true) => self.write(b"true"),
            Value::Bool(false) => self.write(b"false"),
            Value::Int(_, number) => self.write_number(*number),
            Value::Function(_) => {
                let node = self.template.source.write(self.at);
                Err(self.error(format!("can't print {node} of type {}", value.type_name())))
            }
            _ => match Pointed::printed(value) {
                Some(pointed) => self.print_with(|printer| printer.arg(&pointed, 'v')),
                None => self.print_with(|printer| printer.arg(value, 'v')),
            },
        }
    }

    /// A number without the printer's machinery.
    fn write_number(&mut self, number: i64) -> Result<(), Error> {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = number.unsigned_abs();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            at -= 1;
            digits[at] = b'-';
        }
        self.write(&digits[at..])
    }

    fn print_with(&mut self, print: impl FnOnce(&mut crate::format::Printer<'_>)) -> Result<(), Error> {
        let budget = self.context.budget();
        print_to(self.out, budget, print).map_err(|error| self.exhausted(&error))
    }

    fn pipeline(&mut self, dot: &Operand, pipe: &'x Pipe) -> Result<Operand, Error> {
        let value = self.commands(dot, pipe)?;
        for target in &pipe.variables {
            if pipe.is_assignment {
                self.assign(target, value.clone())?;
            } else if let Some(slot) = target.slots.first {
                self.declare(slot, value.clone());
            }
        }
        Ok(value)
    }
}
