//! From text to a tree, within limits of length and depth (R9).

use std::sync::Arc;

use crate::ast::{Access, Entry, Expr, Item, Node};
use crate::lexer::{self, Token};
use crate::macros;
use crate::value::Value;

/// Longest expression, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;
/// Deepest tree, and deepest nesting while it is read.
pub const MAX_DEPTH: usize = 200;

/// Where, and why not.
pub(crate) type SyntaxError = (usize, String);

const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Reads an expression.
pub(crate) fn parse(source: &str) -> Result<Expr, SyntaxError> {
    if source.len() > MAX_LENGTH {
        return Err((0, format!("longer than {MAX_LENGTH} bytes")));
    }
    let tokens = lexer::tokens(source)?;
    let mut parser = Parser {
        tokens,
        next: 0,
        nesting: 0,
    };
    let expr = parser.expr()?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("the end")),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    nesting: usize,
}

/// How strongly an operator binds; `&&` and `||` are chains of their own.
fn binding(sign: &str) -> Option<u8> {
    Some(match sign {
        "||" => 1,
        "&&" => 2,
        "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" => 3,
        "+" | "-" => 4,
        "*" | "/" | "%" => 5,
        _ => return None,
    })
}

/// Builds a node, unless the tree gets too deep.
pub(crate) fn node(at: usize, node: Node) -> Result<Expr, SyntaxError> {
    let depth = node.depth();
    if depth > MAX_DEPTH {
        return Err((at, format!("nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(Expr { at, depth, node })
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(_, token)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(0, |(at, _)| *at)
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.next += usize::from(found);
        found
    }

    fn want(&mut self, sign: &str) -> Result<(), SyntaxError> {
        if self.eat(sign) {
            return Ok(());
        }
        Err(self.unexpected(&format!("'{sign}'")))
    }

    fn unexpected(&self, wanted: &str) -> SyntaxError {
        let found = match self.peek() {
            Token::End => "the end".to_owned(),
            Token::Ident(name) => format!("'{name}'"),
            Token::Sign(sign) => format!("'{sign}'"),
            Token::Text(_) | Token::Bytes(_) => "a text".to_owned(),
            Token::Int(..) | Token::Uint(_) | Token::Double(_) => "a number".to_owned(),
        };
        (
            self.at(),
            format!("Syntax error: found {found}, expected {wanted}"),
        )
    }

    /// A whole expression: the only way down, so that nesting is counted here.
    fn expr(&mut self) -> Result<Expr, SyntaxError> {
        self.nesting += 1;
        if self.nesting > MAX_DEPTH {
            return Err((self.at(), format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let condition = self.binary(1)?;
        let at = self.at();
        let expr = if self.eat("?") {
            let yes = self.binary(1)?;
            self.want(":")?;
            let no = self.expr()?;
            node(at, Node::If(Box::new([condition, yes, no])))
        } else {
            Ok(condition)
        };
        self.nesting -= 1;
        expr
    }

    fn operator(&self) -> Option<(&'static str, u8)> {
        let sign = match self.peek() {
            Token::Sign(sign) => *sign,
            Token::Ident(name) if name == "in" => "in",
            _ => return None,
        };
        binding(sign).map(|binding| (sign, binding))
    }

    fn binary(&mut self, least: u8) -> Result<Expr, SyntaxError> {
        let mut left = self.unary()?;
        while let Some((sign, binding)) = self.operator().filter(|(_, binding)| *binding >= least) {
            let at = self.at();
            if binding <= 2 {
                left = self.chain(left, sign, binding)?;
                continue;
            }
            self.next += 1;
            let right = self.binary(binding + 1)?;
            let call = Node::Call {
                function: Arc::from(format!("_{sign}_")),
                target: None,
                args: vec![left, right],
            };
            left = node(at, call)?;
        }
        Ok(left)
    }

    /// `a && b && c` is one node, so that long lists of conditions are not deep.
    fn chain(&mut self, first: Expr, sign: &'static str, binding: u8) -> Result<Expr, SyntaxError> {
        let at = self.at();
        let mut terms = vec![first];
        while self.eat(sign) {
            terms.push(self.binary(binding + 1)?);
        }
        node(
            at,
            Node::Logic {
                decides: sign == "||",
                terms,
            },
        )
    }

    fn unary(&mut self) -> Result<Expr, SyntaxError> {
        let mut signs = Vec::new();
        let sign = if self.is("!") { ("!", "!_") } else { ("-", "-_") };
        while self.is(sign.0) && (sign.0 == "!" || self.negative_number().is_none()) {
            signs.push((self.at(), sign.1));
            self.next += 1;
        }
        let mut expr = self.member()?;
        for (at, function) in signs.into_iter().rev() {
            let call = Node::Call {
                function: function.into(),
                target: None,
                args: vec![expr],
            };
            expr = node(at, call)?;
        }
        Ok(expr)
    }

    /// A number right behind a minus: both are one literal.
    fn negative_number(&self) -> Option<Result<Value, SyntaxError>> {
        let (at, token) = self.tokens.get(self.next + 1)?;
        match token {
            Token::Int(digits, radix) => Some(int(*at, &format!("-{digits}"), *radix)),
            Token::Double(number) => Some(Ok(Value::Double(-number))),
            _ => None,
        }
    }

    fn member(&mut self) -> Result<Expr, SyntaxError> {
        let mut expr = self.primary()?;
        loop {
            let at = self.at();
            if self.eat(".") {
                expr = self.select(at, expr)?;
            } else if self.eat("[") {
                let optional = self.eat("?");
                let key = Box::new(self.expr()?);
                self.want("]")?;
                let of = Box::new(expr);
                expr = node(at, Node::Index { of, key, optional })?;
            } else if self.is("{") && expr.dotted().is_some() {
                return Err((at, "message literals are not supported".into()));
            } else {
                return Ok(expr);
            }
        }
    }

    fn select(&mut self, at: usize, of: Expr) -> Result<Expr, SyntaxError> {
        let optional = self.eat("?");
        let Token::Ident(field) = self.peek().clone() else {
            return Err(self.unexpected("a field's name"));
        };
        if matches!(field.as_str(), "in" | "true" | "false" | "null") {
            return Err(self.unexpected("a field's name"));
        }
        self.next += 1;
        if !optional && self.eat("(") {
            let args = self.arguments()?;
            return macros::member(at, of, &field, args);
        }
        let how = if optional { Access::Optional } else { Access::Plain };
        let of = Box::new(of);
        node(
            at,
            Node::Select {
                of,
                field: field.into(),
                how,
            },
        )
    }

    /// Up to and with the closing bracket.
    fn arguments(&mut self) -> Result<Vec<Expr>, SyntaxError> {
        let mut args = Vec::new();
        if self.eat(")") {
            return Ok(args);
        }
        loop {
            args.push(self.expr()?);
            if !self.eat(",") {
                break;
            }
        }
        self.want(")")?;
        Ok(args)
    }

    fn primary(&mut self) -> Result<Expr, SyntaxError> {
        let at = self.at();
        let token = self.peek().clone();
        if token == Token::Sign("-")
            && let Some(number) = self.negative_number()
        {
            self.next += 2;
            return node(at, Node::Literal(number?));
        }
        let literal = match token {
            Token::Int(digits, radix) => int(at, &digits, radix)?,
            Token::Uint(number) => Value::Uint(number),
            Token::Double(number) => Value::Double(number),
            Token::Text(text) => Value::text(text),
            Token::Bytes(bytes) => Value::Bytes(bytes.into()),
            Token::Ident(name) => return self.name(at, &name),
            Token::Sign("(") => {
                self.next += 1;
                let expr = self.expr()?;
                self.want(")")?;
                return Ok(expr);
            }
            Token::Sign("[") => return self.list(at),
            Token::Sign("{") => return self.map(at),
            Token::Sign(".") => {
                self.next += 1;
                return self.primary_name(at);
            }
            Token::Sign(_) | Token::End => return Err(self.unexpected("an expression")),
        };
        self.next += 1;
        node(at, Node::Literal(literal))
    }

    /// A name with a leading dot.
    fn primary_name(&mut self, at: usize) -> Result<Expr, SyntaxError> {
        match self.peek().clone() {
            Token::Ident(name) => self.name(at, &name),
            _ => Err(self.unexpected("a name")),
        }
    }

    fn name(&mut self, at: usize, name: &str) -> Result<Expr, SyntaxError> {
        let literal = match name {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            "in" => return Err(self.unexpected("an expression")),
            _ if RESERVED.contains(&name) => return Err((at, format!("reserved identifier: {name}"))),
            _ => {
                self.next += 1;
                if self.eat("(") {
                    let args = self.arguments()?;
                    return macros::global(at, name, args);
                }
                return node(at, Node::Ident(name.into()));
            }
        };
        self.next += 1;
        node(at, Node::Literal(literal))
    }

    fn list(&mut self, at: usize) -> Result<Expr, SyntaxError> {
        self.next += 1;
        let mut items = Vec::new();
        // a comma alone is no element
        if self.eat(",") && !self.is("]") {
            return Err(self.unexpected("']'"));
        }
        while !self.eat("]") {
            let optional = self.eat("?");
            let value = self.expr()?;
            items.push(Item { value, optional });
            if !self.eat(",") {
                self.want("]")?;
                break;
            }
        }
        node(at, Node::List(items))
    }

    fn map(&mut self, at: usize) -> Result<Expr, SyntaxError> {
        self.next += 1;
        let mut entries = Vec::new();
        if self.eat(",") && !self.is("}") {
            return Err(self.unexpected("'}'"));
        }
        while !self.eat("}") {
            let optional = self.eat("?");
            let key = self.expr()?;
            self.want(":")?;
            let value = self.expr()?;
            entries.push(Entry { key, value, optional });
            if !self.eat(",") {
                self.want("}")?;
                break;
            }
        }
        node(at, Node::Map(entries))
    }
}

fn int(at: usize, digits: &str, radix: u32) -> Result<Value, SyntaxError> {
    i64::from_str_radix(digits, radix)
        .map(Value::Int)
        .map_err(|_| (at, "invalid int literal".into()))
}
