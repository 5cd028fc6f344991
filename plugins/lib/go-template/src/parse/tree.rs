//! The parser's state: lookahead of three tokens, one tree per definition, the rule that merges definitions.

use std::borrow::Cow;
use std::rc::Rc;

use super::lexer::Lexer;
use super::names::Names;
use super::token::{Kind, Token};
use crate::ast::{Node, Source, Template};
use crate::error::{Error, ErrorKind};
use crate::format::quote;
use crate::function::Functions;
use crate::unicode::decode;
use crate::value::Str;

/// A variable that is declared at some place of the text.
pub(super) struct Declared {
    pub name: Str,
    pub slot: u32,
    /// Declared within parentheses, which `and` and `or` may skip.
    pub conditional: bool,
}

/// What belongs to one definition while it is parsed.
pub(super) struct Tree {
    tokens: [Token; 3],
    peeked: usize,
    /// Names that may be used, as Go's parser knows them.
    pub names: Vec<Str>,
    /// Variables as an execution will have them.
    pub declared: Vec<Declared>,
    pub slots: u32,
    pub action_line: usize,
    pub range_depth: usize,
    pub paren_depth: usize,
}

impl Tree {
    fn new(root: Str) -> Self {
        Self {
            tokens: [Token::NONE; 3],
            peeked: 0,
            names: vec![root.clone()],
            declared: vec![Declared {
                name: root,
                slot: 0,
                conditional: false,
            }],
            slots: 1,
            action_line: 0,
            range_depth: 0,
            paren_depth: 0,
        }
    }
}

/// What stands between two delimiters, or before them.
pub(super) enum Item {
    Node(Node),
    End,
    Else,
}

impl Item {
    pub fn text(&self) -> &'static str {
        match self {
            Self::Else => "{{else}}",
            _ => "{{end}}",
        }
    }
}

pub(super) struct Parser<'t> {
    pub source: &'t Rc<Source>,
    pub functions: &'t Functions,
    pub names: &'t mut Names,
    lexer: Lexer<'t>,
    pub tree: Tree,
    pub depth: usize,
    done: Vec<Rc<Template>>,
}

impl<'t> Parser<'t> {
    pub fn new(source: &'t Rc<Source>, functions: &'t Functions, names: &'t mut Names) -> Self {
        let root = names.get(b"$");
        let mut lexer = Lexer::new(&source.text);
        lexer.break_ok = !functions.contains("break");
        lexer.continue_ok = !functions.contains("continue");
        Self {
            source,
            functions,
            names,
            lexer,
            tree: Tree::new(root),
            depth: 0,
            done: Vec::new(),
        }
    }

    /// A tree of its own for a definition; the one before is given.
    fn begin_tree(&mut self) -> Tree {
        let root = self.names.get(b"$");
        std::mem::replace(&mut self.tree, Tree::new(root))
    }

    /// Parses all of the text.
    pub fn run(mut self) -> Result<Vec<Rc<Template>>, Error> {
        let mut nodes = Vec::new();
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delimiter = self.next();
                if self.next_non_space().kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.backup_behind(delimiter);
            }
            match self.text_or_action()? {
                Item::Node(node) => nodes.push(node),
                other => return Err(self.error(format!("unexpected {}", other.text()))),
            }
        }
        let name = Str::from(self.source.name.as_str());
        self.add(&name, nodes)?;
        Ok(self.done)
    }

    fn definition(&mut self) -> Result<(), Error> {
        const CONTEXT: &str = "define clause";
        let outer = self.begin_tree();
        let token = self.next_non_space();
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return Err(self.unexpected(token, CONTEXT));
        }
        let name = self.unquote(token)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        self.enter()?;
        let (nodes, end) = self.item_list()?;
        self.depth -= 1;
        if !matches!(end, Item::End) {
            return Err(self.error(format!("unexpected {} in {CONTEXT}", end.text())));
        }
        self.add(&name, nodes)?;
        self.tree = outer;
        Ok(())
    }

    /// The body of `{{block}}` becomes a definition; the tree of the caller goes on behind it.
    pub fn block(&mut self, name: &Str) -> Result<(), Error> {
        let outer = self.begin_tree();
        self.enter()?;
        let (nodes, end) = self.item_list()?;
        self.depth -= 1;
        if !matches!(end, Item::End) {
            self.tree = outer;
            return Err(self.error(format!("unexpected {} in block clause", end.text())));
        }
        self.add(name, nodes)?;
        self.tree = outer;
        Ok(())
    }

    /// Adds a definition: an empty one never replaces, two full ones are an error.
    fn add(&mut self, name: &Str, nodes: Vec<Node>) -> Result<(), Error> {
        let is_empty = nodes.iter().all(|node| self.is_empty(node));
        let template = Rc::new(Template {
            name: name.clone(),
            source: Rc::clone(self.source),
            nodes,
            slots: self.tree.slots as usize,
            is_empty,
        });
        match self.done.iter_mut().find(|other| other.name == *name) {
            None => self.done.push(template),
            Some(other) if other.is_empty => *other = template,
            Some(_) if is_empty => {}
            Some(_) => {
                let name = String::from_utf8_lossy(&quote(name)).into_owned();
                return Err(self.error(format!("template: multiple definition of template {name}")));
            }
        }
        Ok(())
    }

    fn is_empty(&self, node: &Node) -> bool {
        let Node::Text(range) = node else {
            return false;
        };
        let text = self.source.text.get(range.start as usize..range.end as usize);
        is_white_space(text.unwrap_or_default())
    }

    pub fn text(&self, token: Token) -> &'t [u8] {
        self.source.text.get(token.start..token.end).unwrap_or_default()
    }

    pub fn next(&mut self) -> Token {
        if self.tree.peeked > 0 {
            self.tree.peeked -= 1;
        } else {
            self.tree.tokens[0] = self.lexer.next_token();
        }
        self.tree.tokens[self.tree.peeked]
    }

    pub fn backup(&mut self) {
        self.tree.peeked += 1;
    }

    /// Gives back the last token and one before it.
    pub fn backup_behind(&mut self, first: Token) {
        self.tree.tokens[1] = first;
        self.tree.peeked = 2;
    }

    /// Gives back the last token and two before it.
    pub fn backup_behind_two(&mut self, first: Token, second: Token) {
        self.tree.tokens[1] = second;
        self.tree.tokens[2] = first;
        self.tree.peeked = 3;
    }

    pub fn peek(&mut self) -> Token {
        if self.tree.peeked > 0 {
            return self.tree.tokens[self.tree.peeked - 1];
        }
        self.tree.peeked = 1;
        self.tree.tokens[0] = self.lexer.next_token();
        self.tree.tokens[0]
    }

    pub fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    pub fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.backup();
        token
    }

    pub fn expect(&mut self, kind: Kind, context: &str) -> Result<Token, Error> {
        let token = self.next_non_space();
        if token.kind == kind {
            Ok(token)
        } else {
            Err(self.unexpected(token, context))
        }
    }

    /// One level deeper; the stack of a guest is small.
    pub fn enter(&mut self) -> Result<(), Error> {
        if self.depth >= super::NESTING_LIMIT {
            return Err(self.error("max nesting depth exceeded"));
        }
        self.depth += 1;
        Ok(())
    }

    #[cold]
    pub fn error(&self, message: impl AsRef<str>) -> Error {
        let line = self.tree.tokens[0].line;
        let text = format!("template: {}:{line}: {}", self.source.name, message.as_ref());
        Error::build(ErrorKind::Parse, text, None)
    }

    #[cold]
    pub fn unexpected(&self, token: Token, context: &str) -> Error {
        if token.kind != Kind::Error {
            return self.error(format!("unexpected {} in {context}", self.describe(token)));
        }
        let message = &self.lexer.message;
        let action = self.tree.action_line;
        if action == 0 || action == token.line {
            return self.error(message);
        }
        let place = format!("started at {}:{action}", self.source.name);
        let joint = if message.ends_with(" action") {
            ""
        } else {
            " in action"
        };
        self.error(format!("{message}{joint} {place}"))
    }

    fn describe(&self, token: Token) -> String {
        let text = self.text(token);
        match token.kind {
            Kind::Eof => "EOF".to_owned(),
            kind if kind.is_keyword() => format!("<{}>", String::from_utf8_lossy(text)),
            _ => {
                let mut end = 0;
                for _ in 0..10 {
                    end += decode(&text[end..]).1;
                }
                let (shown, dots) = if text.len() > 10 {
                    (&text[..end], "...")
                } else {
                    (text, "")
                };
                format!("{}{dots}", String::from_utf8_lossy(&quote(shown)))
            }
        }
    }

    pub fn unquote(&self, token: Token) -> Result<Str, Error> {
        match super::literal::unquote(self.text(token)) {
            Some(Cow::Borrowed(bytes)) => Ok(Str::from(bytes)),
            Some(Cow::Owned(bytes)) => Ok(Str::from(bytes)),
            None => Err(self.error("invalid syntax")),
        }
    }
}

/// Go's `bytes.TrimSpace` leaves nothing.
fn is_white_space(text: &[u8]) -> bool {
    match std::str::from_utf8(text) {
        Ok(text) => text.chars().all(char::is_whitespace),
        Err(_) => false,
    }
}
