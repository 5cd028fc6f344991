//! The syntax tree of an expression. Macros are nodes of their own, so that nothing is expanded.

use std::sync::Arc;

use crate::value::Value;

/// A node with its place in the source and the depth of the tree below it.
#[derive(Debug, Clone)]
pub(crate) struct Expr {
    /// Offset in the source, in bytes.
    pub(crate) at: usize,
    pub(crate) depth: usize,
    pub(crate) node: Node,
}

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Literal(Value),
    Ident(Arc<str>),
    Select {
        of: Box<Expr>,
        field: Arc<str>,
        how: Access,
    },
    Index {
        of: Box<Expr>,
        key: Box<Expr>,
        optional: bool,
    },
    Call {
        function: Arc<str>,
        target: Option<Box<Expr>>,
        args: Vec<Expr>,
    },
    List(Vec<Item>),
    Map(Vec<Entry>),
    /// A whole chain of one operator.
    Logic {
        decides: bool,
        terms: Vec<Expr>,
    },
    If(Box<[Expr; 3]>),
    Fold(Box<Fold>),
}

/// How a field is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// `a.b`
    Plain,
    /// `a.?b`
    Optional,
    /// `has(a.b)`
    Test,
}

#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) value: Expr,
    pub(crate) optional: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Expr,
    pub(crate) value: Expr,
    pub(crate) optional: bool,
}

/// A macro over the elements of a value.
#[derive(Debug, Clone)]
pub(crate) struct Fold {
    pub(crate) kind: FoldKind,
    pub(crate) range: Expr,
    pub(crate) variable: Arc<str>,
    /// Of `map` with three arguments.
    pub(crate) filter: Option<Expr>,
    pub(crate) body: Expr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FoldKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    OptMap,
    OptFlatMap,
}

impl Node {
    /// The depth of the tree of which this is the root.
    pub(crate) fn depth(&self) -> usize {
        let most = |children: &mut dyn Iterator<Item = &Expr>| children.map(|child| child.depth).max();
        let below = match self {
            Self::Literal(_) | Self::Ident(_) => None,
            Self::Select { of, .. } => Some(of.depth),
            Self::Index { of, key, .. } => Some(of.depth.max(key.depth)),
            Self::Call { target, args, .. } => most(&mut args.iter().chain(target.as_deref())),
            Self::List(items) => most(&mut items.iter().map(|item| &item.value)),
            Self::Map(entries) => most(&mut entries.iter().flat_map(|entry| [&entry.key, &entry.value])),
            Self::Logic { terms, .. } => most(&mut terms.iter()),
            Self::If(parts) => most(&mut parts.iter()),
            Self::Fold(fold) => most(&mut [&fold.range, &fold.body].into_iter().chain(&fold.filter)),
        };
        below.unwrap_or(0) + 1
    }
}

impl Expr {
    /// The dotted name that this spells, if it is one: `a.b.c`.
    pub(crate) fn dotted(&self) -> Option<String> {
        match &self.node {
            Node::Ident(name) => Some(name.to_string()),
            Node::Select {
                of,
                field,
                how: Access::Plain,
            } => Some(format!("{}.{field}", of.dotted()?)),
            _ => None,
        }
    }
}
