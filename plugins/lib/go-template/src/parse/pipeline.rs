//! Pipelines: declarations, commands, operands; variables get their slots.

use smallvec::{SmallVec, smallvec};

use super::token::{Kind, Token};
use super::tree::{Declared, Parser};
use super::{PAREN_LIMIT, number};
use crate::ast::{Arg, Call, Chain, Command, Field, FieldNames, Pipe, Pos, Quoted, Slots, Target, Variable};
use crate::error::Error;
use crate::value::{Str, Value};

impl Parser<'_> {
    pub fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe, Error> {
        let pos = self.peek_non_space().start as Pos;
        let (names, is_assignment) = self.declarations(context)?;
        let mut commands = SmallVec::new();
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.backup();
                    commands.push(self.command()?);
                }
                _ => return Err(self.unexpected(token, context)),
            }
        }
        self.check(&commands, context)?;
        let target = |name| self.target(name, is_assignment);
        Ok(Pipe {
            pos,
            is_assignment,
            variables: names.into_iter().map(target).collect(),
            commands,
        })
    }

    /// `$x :=`, `$x =`, `$i, $e :=`
    fn declarations(&mut self, context: &str) -> Result<(Vec<Str>, bool), Error> {
        let mut names = Vec::new();
        while self.peek_non_space().kind == Kind::Variable {
            let variable = self.next();
            let after = self.peek();
            let next = self.peek_non_space();
            let name = self.names.get(self.text(variable));
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    self.next_non_space();
                    self.tree.names.push(name.clone());
                    names.push(name);
                    return Ok((names, next.kind == Kind::Assign));
                }
                Kind::Char if self.text(next) == b"," => {
                    self.next_non_space();
                    self.tree.names.push(name.clone());
                    names.push(name);
                    if context != "range" || names.len() >= 2 {
                        return Err(self.error(format!("too many declarations in {context}")));
                    }
                    let more = matches!(
                        self.peek_non_space().kind,
                        Kind::Variable | Kind::RightDelim | Kind::RightParen
                    );
                    if !more {
                        return Err(self.error("range can only initialize variables"));
                    }
                }
                _ if after.kind == Kind::Space => {
                    self.backup_behind_two(variable, after);
                    break;
                }
                _ => {
                    self.backup_behind(variable);
                    break;
                }
            }
        }
        Ok((names, false))
    }

    fn check(&self, commands: &[Command], context: &str) -> Result<(), Error> {
        if commands.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        for (at, command) in commands.iter().enumerate().skip(1) {
            let first = command.args.first();
            if matches!(
                first,
                Some(Arg::Bool(..) | Arg::Dot(_) | Arg::Nil(_) | Arg::Number(_) | Arg::String(_))
            ) {
                let stage = at + 1;
                return Err(self.error(format!("non executable command in pipeline stage {stage}")));
            }
        }
        Ok(())
    }

    fn target(&mut self, name: Str, is_assignment: bool) -> Target {
        if is_assignment {
            let slots = self.slots(&name);
            return Target { name, slots };
        }
        let slot = self.tree.slots;
        self.tree.slots += 1;
        let conditional = self.tree.paren_depth > 0;
        self.tree.declared.push(Declared {
            name: name.clone(),
            slot,
            conditional,
        });
        let slots = Slots {
            first: Some(slot),
            shadowed: Vec::new(),
        };
        Target { name, slots }
    }

    /// Where a variable is to be found, innermost declaration first.
    fn slots(&self, name: &[u8]) -> Slots {
        let mut candidates = self
            .tree
            .declared
            .iter()
            .rev()
            .filter(|declared| *declared.name == *name);
        let mut shadowed = Vec::new();
        let first = candidates.next();
        let mut conditional = first.is_some_and(|declared| declared.conditional);
        while conditional {
            let Some(outer) = candidates.next() else { break };
            shadowed.push(outer.slot);
            conditional = outer.conditional;
        }
        Slots {
            first: first.map(|declared| declared.slot),
            shadowed,
        }
    }

    fn command(&mut self) -> Result<Command, Error> {
        let pos = self.peek_non_space().start as Pos;
        let mut args = SmallVec::new();
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                args.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.backup(),
                Kind::Pipe => {}
                _ => return Err(self.unexpected(token, "operand")),
            }
            break;
        }
        if args.is_empty() {
            return Err(self.error("empty command"));
        }
        Ok(Command { pos, args })
    }

    /// A term and the fields behind it.
    fn operand(&mut self) -> Result<Option<Arg>, Error> {
        let Some(mut term) = self.term()? else {
            return Ok(None);
        };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(term));
        }
        let pos = first.start as Pos;
        match &mut term {
            Arg::Field(field) => {
                field.pos = pos;
                self.fields(&mut field.names);
            }
            Arg::Variable(variable) => {
                variable.pos = pos;
                self.fields(&mut variable.names);
            }
            Arg::Bool(..) | Arg::String(_) | Arg::Number(_) | Arg::Nil(_) | Arg::Dot(_) => {
                self.fields(&mut FieldNames::new());
                let mut text = Vec::new();
                self.source.arg(&mut text, &term);
                let text = crate::format::quote(&text);
                let message = format!("unexpected . after term {}", String::from_utf8_lossy(&text));
                return Err(self.error(message));
            }
            Arg::Call(_) | Arg::Chain(_) | Arg::Pipe(_) => {
                let base = term;
                let mut names = FieldNames::new();
                self.fields(&mut names);
                return Ok(Some(Arg::Chain(Box::new(Chain { pos, base, names }))));
            }
        }
        Ok(Some(term))
    }

    /// Adds the fields that stand here.
    fn fields(&mut self, names: &mut FieldNames) {
        while self.peek().kind == Kind::Field {
            let token = self.next();
            names.push(self.names.get(&self.text(token)[1..]));
        }
    }

    fn term(&mut self) -> Result<Option<Arg>, Error> {
        let token = self.next_non_space();
        let pos = token.start as Pos;
        let text = self.text(token);
        Ok(Some(match token.kind {
            Kind::Identifier => self.call(token)?,
            Kind::Dot => Arg::Dot(pos),
            Kind::Nil => Arg::Nil(pos),
            Kind::Variable => self.variable(token)?,
            Kind::Field => Arg::Field(Box::new(Field {
                pos,
                names: smallvec![self.names.get(&text[1..])],
            })),
            Kind::Bool => Arg::Bool(pos, text == b"true"),
            Kind::CharConstant => self.number(number::character(pos, text))?,
            Kind::Complex => self.number(number::complex(pos, text))?,
            Kind::Number => self.number(number::number(pos, text))?,
            Kind::LeftParen => self.parenthesized()?,
            Kind::String | Kind::RawString => Arg::String(Box::new(Quoted {
                pos,
                original: pos..token.end as Pos,
                value: Value::from(self.unquote(token)?),
            })),
            _ => {
                self.backup();
                return Ok(None);
            }
        }))
    }

    fn number(&self, number: Result<crate::ast::Number, String>) -> Result<Arg, Error> {
        number
            .map(|number| Arg::Number(Box::new(number)))
            .map_err(|message| self.error(message))
    }

    fn parenthesized(&mut self) -> Result<Arg, Error> {
        if self.tree.paren_depth >= PAREN_LIMIT {
            return Err(self.error("max expression depth exceeded"));
        }
        self.tree.paren_depth += 1;
        let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
        self.tree.paren_depth -= 1;
        Ok(Arg::Pipe(Box::new(pipe)))
    }

    fn call(&mut self, token: Token) -> Result<Arg, Error> {
        let text = self.text(token);
        let Some((name, callee)) = self.names.callee(text, self.functions) else {
            let name = crate::format::quote(text);
            let message = format!("function {} not defined", String::from_utf8_lossy(&name));
            return Err(self.error(message));
        };
        Ok(Arg::Call(Box::new(Call {
            pos: token.start as Pos,
            name,
            callee,
        })))
    }

    fn variable(&mut self, token: Token) -> Result<Arg, Error> {
        let name = self.text(token);
        if !self.tree.names.iter().any(|known| **known == *name) {
            let name = crate::format::quote(name);
            let message = format!("undefined variable {}", String::from_utf8_lossy(&name));
            return Err(self.error(message));
        }
        Ok(Arg::Variable(Box::new(Variable {
            pos: token.start as Pos,
            name: self.names.get(name),
            slots: self.slots(name),
            names: FieldNames::new(),
        })))
    }
}
