//! Calls that are syntax: `has`, and those that bind a name to each element of a value.

use crate::ast::{Access, Expr, Fold, FoldKind, Node};
use crate::constant;
use crate::parser::{SyntaxError, node};

/// A call without a receiver.
pub(crate) fn global(at: usize, function: &str, mut args: Vec<Expr>) -> Result<Expr, SyntaxError> {
    if function == "has" && args.len() == 1 {
        let Some(Expr {
            node:
                Node::Select {
                    of,
                    field,
                    how: Access::Plain,
                },
            ..
        }) = args.pop()
        else {
            return Err((at, "invalid argument to has() macro".into()));
        };
        let how = Access::Test;
        return node(at, Node::Select { of, field, how });
    }
    constant::check(at, function, None, &args)?;
    let function = function.into();
    node(
        at,
        Node::Call {
            function,
            target: None,
            args,
        },
    )
}

/// A call with a receiver.
pub(crate) fn member(at: usize, of: Expr, function: &str, args: Vec<Expr>) -> Result<Expr, SyntaxError> {
    let kind = match (function, args.len()) {
        ("all", 2) => FoldKind::All,
        ("exists", 2) => FoldKind::Exists,
        ("exists_one", 2) => FoldKind::ExistsOne,
        ("map", 2 | 3) => FoldKind::Map,
        ("filter", 2) => FoldKind::Filter,
        ("optMap", 2) => FoldKind::OptMap,
        ("optFlatMap", 2) => FoldKind::OptFlatMap,
        _ => {
            constant::check(at, function, Some(&of), &args)?;
            let (function, target) = (function.into(), Some(Box::new(of)));
            return node(
                at,
                Node::Call {
                    function,
                    target,
                    args,
                },
            );
        }
    };
    fold(at, kind, of, args)
}

fn fold(at: usize, kind: FoldKind, range: Expr, mut args: Vec<Expr>) -> Result<Expr, SyntaxError> {
    let (Some(body), variable) = (args.pop(), args.first()) else {
        return Err((at, "argument missing".into()));
    };
    let Some(Node::Ident(variable)) = variable.map(|first| first.node.clone()) else {
        return Err((at, "argument must be a simple name".into()));
    };
    let filter = (args.len() == 2).then(|| args.pop()).flatten();
    let fold = Fold {
        kind,
        range,
        variable,
        filter,
        body,
    };
    node(at, Node::Fold(Box::new(fold)))
}
