//! Parsed templates: functions are found and variables have slots, so that execution looks up nothing by name.

mod display;

use std::ops::Range;
use std::rc::Rc;

use smallvec::SmallVec;

use crate::builtin::Builtin;
use crate::function::Function;
use crate::value::{Str, Value};

/// A text that was parsed, with the name that errors show.
pub(crate) struct Source {
    pub name: String,
    pub text: Str,
}

impl Source {
    /// Line (from 1) and column (from 0, in bytes) of a position.
    pub fn location(&self, position: usize) -> (usize, usize) {
        let before = &self.text[..position.min(self.text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        (line, before.len() - start)
    }
}

/// A template: the body of a file, of a `define` or of a `block`.
pub(crate) struct Template {
    pub name: Str,
    pub source: Rc<Source>,
    pub nodes: Vec<Node>,
    /// Number of variables, `$` included.
    pub slots: usize,
    /// Nothing but white space and comments.
    pub is_empty: bool,
}

/// Position in the source.
pub(crate) type Pos = u32;

pub(crate) enum Node {
    Text(Range<Pos>),
    Action(Action),
    If(Box<Branch>),
    With(Box<Branch>),
    Range(Box<Branch>),
    Invoke(Box<Invoke>),
    Break(Pos),
    Continue(Pos),
}

pub(crate) struct Action {
    pub pos: Pos,
    pub pipe: Pipe,
}

/// `if`, `with` or `range`; the arms of a chain of `else if` stand side by side, not within each other.
pub(crate) struct Branch {
    pub pos: Pos,
    pub arm: Arm,
    pub chained: Vec<Arm>,
    pub otherwise: Vec<Node>,
}

pub(crate) struct Arm {
    pub pipe: Pipe,
    pub body: Vec<Node>,
}

/// `{{template "name" pipeline}}`
pub(crate) struct Invoke {
    pub pos: Pos,
    pub name: Str,
    pub pipe: Option<Pipe>,
}

pub(crate) struct Pipe {
    pub pos: Pos,
    /// The variables are assigned, not declared.
    pub is_assignment: bool,
    pub variables: Vec<Target>,
    pub commands: SmallVec<[Command; 1]>,
}

/// A variable that a pipeline declares or assigns.
pub(crate) struct Target {
    pub name: Str,
    pub slots: Slots,
}

/// Where a variable is: the innermost declaration first. More than one where the inner one may not have happened.
pub(crate) struct Slots {
    pub first: Option<u32>,
    pub shadowed: Vec<u32>,
}

pub(crate) struct Command {
    pub pos: Pos,
    pub args: SmallVec<[Arg; 3]>,
}

pub(crate) enum Arg {
    Dot(Pos),
    Nil(Pos),
    Bool(Pos, bool),
    Number(Box<Number>),
    String(Box<Quoted>),
    Field(Box<Field>),
    Variable(Box<Variable>),
    Call(Box<Call>),
    Chain(Box<Chain>),
    Pipe(Box<Pipe>),
}

/// A number under all the types that can represent it.
pub(crate) struct Number {
    pub pos: Pos,
    pub text: Str,
    pub int: Option<i64>,
    pub uint: Option<u64>,
    pub float: Option<f64>,
    pub complex: Option<(f64, f64)>,
}

pub(crate) struct Quoted {
    pub pos: Pos,
    /// With its quotes.
    pub original: Range<Pos>,
    pub value: Value,
}

/// The names of a chain of fields; few chains are longer.
pub(crate) type FieldNames = SmallVec<[Str; 3]>;

/// `.a.b`
pub(crate) struct Field {
    pub pos: Pos,
    pub names: FieldNames,
}

/// `$x.a.b`
pub(crate) struct Variable {
    pub pos: Pos,
    pub name: Str,
    pub slots: Slots,
    pub names: FieldNames,
}

/// The name of a function.
pub(crate) struct Call {
    pub pos: Pos,
    pub name: Str,
    pub callee: Callee,
}

#[derive(Clone)]
pub(crate) enum Callee {
    Builtin(Builtin),
    Function(Rc<Function>),
}

/// `(pipeline).a.b`
pub(crate) struct Chain {
    pub pos: Pos,
    pub base: Arg,
    pub names: FieldNames,
}

impl Arg {
    pub fn pos(&self) -> Pos {
        match self {
            Self::Dot(pos) | Self::Nil(pos) | Self::Bool(pos, _) => *pos,
            Self::Number(node) => node.pos,
            Self::String(node) => node.pos,
            Self::Field(node) => node.pos,
            Self::Variable(node) => node.pos,
            Self::Call(node) => node.pos,
            Self::Chain(node) => node.pos,
            Self::Pipe(node) => node.pos,
        }
    }
}

impl Node {
    pub fn pos(&self) -> Pos {
        match self {
            Self::Text(range) => range.start,
            Self::Action(node) => node.pos,
            Self::If(node) | Self::With(node) | Self::Range(node) => node.pos,
            Self::Invoke(node) => node.pos,
            Self::Break(pos) | Self::Continue(pos) => *pos,
        }
    }
}

/// The node at which an execution is, for errors.
#[derive(Clone, Copy)]
pub(crate) enum At<'t> {
    Node(&'t Node),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Arg(&'t Arg),
}

impl At<'_> {
    pub fn pos(self) -> usize {
        let pos = match self {
            Self::Node(node) => node.pos(),
            Self::Pipe(node) => node.pos,
            Self::Command(node) => node.pos,
            Self::Arg(node) => node.pos(),
        };
        pos as usize
    }
}
