//! Nodes as Go writes them back, for the context of errors.

use std::ops::Range;

use super::{Arg, At, Command, Node, Pipe, Pos, Source};
use crate::format::quote;
use crate::value::Str;

/// Text of the source that is shown of a node that no error of Go's names.
const EXCERPT: usize = 40;

impl Source {
    /// The node as text.
    pub fn write(&self, at: At<'_>) -> String {
        let mut out = Vec::new();
        match at {
            At::Node(node) => self.node(&mut out, node),
            At::Pipe(pipe) => self.pipe(&mut out, pipe),
            At::Command(command) => self.command(&mut out, command),
            At::Arg(arg) => self.arg(&mut out, arg),
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    fn slice(&self, range: &Range<Pos>) -> &[u8] {
        self.text
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    fn node(&self, out: &mut Vec<u8>, node: &Node) {
        match node {
            Node::Text(range) => {
                let text = self.slice(range);
                out.extend_from_slice(&text[..text.len().min(EXCERPT)]);
            }
            Node::Action(action) => {
                out.extend_from_slice(b"{{");
                self.pipe(out, &action.pipe);
                out.extend_from_slice(b"}}");
            }
            Node::If(branch) => self.head(out, b"if", &branch.arm.pipe),
            Node::With(branch) => self.head(out, b"with", &branch.arm.pipe),
            Node::Range(branch) => self.head(out, b"range", &branch.arm.pipe),
            Node::Invoke(invoke) => {
                out.extend_from_slice(b"{{template ");
                out.extend(quote(&invoke.name));
                if let Some(pipe) = &invoke.pipe {
                    out.push(b' ');
                    self.pipe(out, pipe);
                }
                out.extend_from_slice(b"}}");
            }
            Node::Break(_) => out.extend_from_slice(b"{{break}}"),
            Node::Continue(_) => out.extend_from_slice(b"{{continue}}"),
        }
    }

    fn head(&self, out: &mut Vec<u8>, keyword: &[u8], pipe: &Pipe) {
        out.extend_from_slice(b"{{");
        out.extend_from_slice(keyword);
        out.push(b' ');
        self.pipe(out, pipe);
        out.extend_from_slice(b"}}");
    }

    fn pipe(&self, out: &mut Vec<u8>, pipe: &Pipe) {
        for (at, variable) in pipe.variables.iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(b", ");
            }
            out.extend_from_slice(&variable.name);
        }
        if !pipe.variables.is_empty() {
            out.extend_from_slice(if pipe.is_assignment { b" = " } else { b" := " });
        }
        for (at, command) in pipe.commands.iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(b" | ");
            }
            self.command(out, command);
        }
    }

    fn command(&self, out: &mut Vec<u8>, command: &Command) {
        for (at, arg) in command.args.iter().enumerate() {
            if at > 0 {
                out.push(b' ');
            }
            self.operand(out, arg);
        }
    }

    /// An argument; a pipeline in parentheses.
    fn operand(&self, out: &mut Vec<u8>, arg: &Arg) {
        if let Arg::Pipe(pipe) = arg {
            out.push(b'(');
            self.pipe(out, pipe);
            out.push(b')');
        } else {
            self.arg(out, arg);
        }
    }

    pub(crate) fn arg(&self, out: &mut Vec<u8>, arg: &Arg) {
        match arg {
            Arg::Dot(_) => out.push(b'.'),
            Arg::Nil(_) => out.extend_from_slice(b"nil"),
            Arg::Bool(_, true) => out.extend_from_slice(b"true"),
            Arg::Bool(_, false) => out.extend_from_slice(b"false"),
            Arg::Number(number) => out.extend_from_slice(&number.text),
            Arg::String(quoted) => out.extend_from_slice(self.slice(&quoted.original)),
            Arg::Field(field) => names(out, &field.names),
            Arg::Variable(variable) => {
                out.extend_from_slice(&variable.name);
                names(out, &variable.names);
            }
            Arg::Call(call) => out.extend_from_slice(&call.name),
            Arg::Chain(chain) => {
                self.operand(out, &chain.base);
                names(out, &chain.names);
            }
            Arg::Pipe(pipe) => self.pipe(out, pipe),
        }
    }
}

fn names(out: &mut Vec<u8>, names: &[Str]) {
    for name in names {
        out.push(b'.');
        out.extend_from_slice(name);
    }
}
