//! Text, actions and control structures.

use super::token::{Kind, Token};
use super::tree::{Item, Parser};
use crate::ast::{Action, Arm, Branch, Invoke, Node, Pipe, Pos};
use crate::error::Error;
use crate::value::Str;

impl Parser<'_> {
    /// Nodes up to `{{end}}` or `{{else}}`.
    pub fn item_list(&mut self) -> Result<(Vec<Node>, Item), Error> {
        let mut nodes = Vec::new();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => nodes.push(node),
                end => return Ok((nodes, end)),
            }
        }
        Err(self.error("unexpected EOF"))
    }

    pub fn text_or_action(&mut self) -> Result<Item, Error> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.start as Pos..token.end as Pos))),
            Kind::LeftDelim => {
                self.tree.action_line = token.line;
                let item = self.action();
                if item.is_ok() {
                    self.tree.action_line = 0;
                }
                item
            }
            _ => Err(self.unexpected(token, "input")),
        }
    }

    fn action(&mut self) -> Result<Item, Error> {
        let token = self.next_non_space();
        let node = match token.kind {
            Kind::Block => self.block_control()?,
            Kind::Break => self.jump(token, "break", Node::Break(token.start as Pos))?,
            Kind::Continue => self.jump(token, "continue", Node::Continue(token.start as Pos))?,
            Kind::Else => return self.else_control(),
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::End);
            }
            Kind::If => Node::If(Box::new(self.control(Kind::If)?)),
            Kind::Range => Node::Range(Box::new(self.control(Kind::Range)?)),
            Kind::With => Node::With(Box::new(self.control(Kind::With)?)),
            Kind::Template => self.template_control()?,
            _ => {
                self.backup();
                let pos = self.peek().start as Pos;
                let pipe = self.pipeline("command", Kind::RightDelim)?;
                Node::Action(Action { pos, pipe })
            }
        };
        Ok(Item::Node(node))
    }

    fn jump(&mut self, _keyword: Token, name: &str, node: Node) -> Result<Node, Error> {
        let token = self.next_non_space();
        if token.kind != Kind::RightDelim {
            return Err(self.unexpected(token, &format!("{{{{{name}}}}}")));
        }
        if self.tree.range_depth == 0 {
            return Err(self.error(format!("{{{{{name}}}}} outside {{{{range}}}}")));
        }
        Ok(node)
    }

    fn else_control(&mut self) -> Result<Item, Error> {
        if !matches!(self.peek_non_space().kind, Kind::If | Kind::With) {
            self.expect(Kind::RightDelim, "else")?;
        }
        Ok(Item::Else)
    }

    /// `if`, `with` or `range` behind its keyword.
    fn control(&mut self, kind: Kind) -> Result<Branch, Error> {
        self.enter()?;
        let context = match kind {
            Kind::If => "if",
            Kind::With => "with",
            _ => "range",
        };
        let names = self.tree.names.len();
        let declared = self.tree.declared.len();
        let (arm, mut end) = self.arm(context, kind)?;
        let mut branch = Branch {
            pos: arm.pipe.pos,
            arm,
            chained: Vec::new(),
            otherwise: Vec::new(),
        };
        // `{{else if}}` and `{{else with}}` end with the same `{{end}}`.
        while matches!(end, Item::Else) {
            if kind == Kind::Range || self.peek().kind != kind {
                branch.otherwise = self.otherwise()?;
                break;
            }
            self.next();
            let (arm, next) = self.arm(context, kind)?;
            branch.chained.push(arm);
            end = next;
        }
        self.tree.names.truncate(names);
        self.tree.declared.truncate(declared);
        self.depth -= 1;
        Ok(branch)
    }

    /// A pipeline and what is done where it holds.
    fn arm(&mut self, context: &str, kind: Kind) -> Result<(Arm, Item), Error> {
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        let in_range = usize::from(kind == Kind::Range);
        self.tree.range_depth += in_range;
        let (body, end) = self.item_list()?;
        self.tree.range_depth -= in_range;
        Ok((Arm { pipe, body }, end))
    }

    fn otherwise(&mut self) -> Result<Vec<Node>, Error> {
        let (nodes, end) = self.item_list()?;
        match end {
            Item::End => Ok(nodes),
            other => Err(self.error(format!("expected end; found {}", other.text()))),
        }
    }

    fn block_control(&mut self) -> Result<Node, Error> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        self.block(&name)?;
        Ok(invoke(token, name, Some(pipe)))
    }

    fn template_control(&mut self) -> Result<Node, Error> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let mut pipe = None;
        if self.next_non_space().kind != Kind::RightDelim {
            self.backup();
            pipe = Some(self.pipeline(CONTEXT, Kind::RightDelim)?);
        }
        Ok(invoke(token, name, pipe))
    }

    fn template_name(&self, token: Token, context: &str) -> Result<Str, Error> {
        match token.kind {
            Kind::String | Kind::RawString => self.unquote(token),
            _ => Err(self.unexpected(token, context)),
        }
    }
}

fn invoke(token: Token, name: Str, pipe: Option<Pipe>) -> Node {
    let pos = token.start as Pos;
    Node::Invoke(Box::new(Invoke { pos, name, pipe }))
}
