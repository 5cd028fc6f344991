//! Paths that may match many nodes (`*`, `[name=regex]`) and create what is missing: kyaml's `PathMatcher`.

use regex::Regex;
use sluice_yaml::{Annotated, EmitOptions, Kind, Limits, Node};

use super::path::{as_index, is_list_index, split_list_index};
use super::{expect_kind, is_null, set_field, untagged};

/// A node that a path led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Match {
    /// Positions in `content`, from the node where the search began.
    At(Vec<usize>),
    /// Inside of text that was read as YAML on the way, or of a null; writing to it changes nothing.
    Detached,
}

/// The node at a match's positions.
pub(crate) fn at_mut<'n>(node: &'n mut Node, at: &[usize]) -> Option<&'n mut Node> {
    at.iter()
        .try_fold(node, |node, index| node.content.get_mut(*index))
}

/// The positions of a node, itself and not its equal, below another.
pub(crate) fn position_of(root: &Node, wanted: &Node) -> Option<Vec<usize>> {
    if std::ptr::eq(root, wanted) {
        return Some(Vec::new());
    }
    root.content.iter().enumerate().find_map(|(index, child)| {
        let mut at = position_of(child, wanted)?;
        at.insert(0, index);
        Some(at)
    })
}

/// How the nodes of a tree are printed for the regular expressions of a path.
type Print<'p> = &'p dyn Fn(&Node) -> String;

struct Search<'p> {
    print: Print<'p>,
    create: Option<Kind>,
    limits: Limits,
    at: Vec<usize>,
    found: Vec<Match>,
}

/// All nodes that the path leads to; with `create`, missing fields and elements are made, the last one of that kind.
pub(crate) fn match_paths(
    node: &mut Node,
    path: &[String],
    create: Option<Kind>,
) -> Result<Vec<Match>, String> {
    match_printed_paths(node, path, create, &printed)
}

/// As [`match_paths`], in a tree that is the root of a document with notes: comments and anchors are part of what regular
/// expressions see.
pub(crate) fn match_paths_in(
    document: &mut Annotated,
    path: &[String],
    create: Option<Kind>,
) -> Result<Vec<Match>, String> {
    let mut root = std::mem::replace(&mut document.root, Node::null());
    let print = |node: &Node| {
        document
            .emit_part(node, &EmitOptions::KYAML)
            .map_or_else(|_| node.value.clone(), |text| text.trim().to_owned())
    };
    let found = match_printed_paths(&mut root, path, create, &print);
    document.root = root;
    found
}

fn match_printed_paths(
    node: &mut Node,
    path: &[String],
    create: Option<Kind>,
    print: Print<'_>,
) -> Result<Vec<Match>, String> {
    let mut search = Search {
        print,
        create,
        limits: Limits::default(),
        at: Vec::new(),
        found: Vec::new(),
    };
    search.walk(node, path)?;
    Ok(search.found)
}

impl Search<'_> {
    fn walk(&mut self, node: &mut Node, path: &[String]) -> Result<(), String> {
        let Some((part, rest)) = path.split_first() else {
            self.found.push(Match::At(self.at.clone()));
            return Ok(());
        };
        if let Some(index) = as_index(part) {
            return self.index(node, part, index, rest);
        }
        if is_list_index(part) {
            return self.elements(node, part, rest);
        }
        if part == "*" {
            return self.every(node, rest);
        }
        self.field(node, part, rest)
    }

    fn down(&mut self, node: &mut Node, index: usize, path: &[String]) -> Result<(), String> {
        self.at.push(index);
        let result = match node.content.get_mut(index) {
            Some(child) => self.walk(child, path),
            None => Ok(()),
        };
        self.at.pop();
        result
    }

    fn every(&mut self, node: &mut Node, rest: &[String]) -> Result<(), String> {
        expect_kind(node, Kind::Sequence).map_err(|error| error.to_string())?;
        (0..node.content.len()).try_for_each(|index| self.down(node, index, rest))
    }

    fn field(&mut self, node: &mut Node, name: &str, rest: &[String]) -> Result<(), String> {
        if is_null(node) {
            return self.inside_null(rest);
        }
        expect_kind(node, Kind::Mapping).map_err(|error| error.to_string())?;
        if node.get(name).is_none() {
            let Some(create) = self.create else { return Ok(()) };
            set_field(node, name, untagged(kind_before(rest, create))).map_err(|error| error.to_string())?;
        }
        let Some(pair) = node
            .pairs()
            .position(|(key, _)| key.is_scalar() && key.value == name)
        else {
            return Ok(());
        };
        let value = &node.content[pair * 2 + 1];
        if value.is_scalar() && !rest.is_empty() {
            return self.inside_text(value, rest);
        }
        self.down(node, pair * 2 + 1, rest)
    }

    /// Text that is YAML itself: the path goes on in a copy.
    fn inside_text(&mut self, value: &Node, rest: &[String]) -> Result<(), String> {
        let parsed =
            Annotated::parse(value.value.as_bytes(), &self.limits).map_err(|error| error.to_string())?;
        let Some(mut parsed) = parsed else {
            return Err("wrong node kind: expected MappingNode but got nothing".into());
        };
        let found = match_paths_in(&mut parsed, rest, self.create)?;
        self.found.extend(found.iter().map(|_| Match::Detached));
        Ok(())
    }

    /// kustomize hangs what it creates below the null, which is written as null all the same.
    fn inside_null(&mut self, rest: &[String]) -> Result<(), String> {
        let Some(create) = self.create else {
            return Ok(());
        };
        let mut node = untagged(kind_before(rest, create));
        let found = match_printed_paths(&mut node, rest, self.create, self.print)?;
        self.found.extend(found.iter().map(|_| Match::Detached));
        Ok(())
    }

    fn index(&mut self, node: &mut Node, part: &str, index: usize, rest: &[String]) -> Result<(), String> {
        expect_kind(node, Kind::Sequence).map_err(|error| error.to_string())?;
        let count = node.content.len();
        if let (Some(create), true) = (self.create, count == index) {
            node.content.push(untagged(kind_before(rest, create)));
        }
        if node.content.len() <= index {
            return Err(format!("index {part} specified but only {count} elements found"));
        }
        self.down(node, index, rest)
    }

    fn elements(&mut self, node: &mut Node, part: &str, rest: &[String]) -> Result<(), String> {
        let (name, pattern) = split_list_index(part)?;
        expect_kind(node, Kind::Sequence).map_err(|error| error.to_string())?;
        let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
        let before = self.found.len();
        self.matching(node, name, &regex, rest)?;
        let Some(_) = self.create.filter(|_| self.found.len() == before) else {
            return Ok(());
        };
        let value = Node::scalar(pattern);
        let element = if name.is_empty() {
            value
        } else {
            let mut map = untagged(Kind::Mapping);
            super::push_field(&mut map, name, value);
            map
        };
        node.content.push(element);
        self.matching(node, name, &regex, rest)
    }

    fn matching(
        &mut self,
        node: &mut Node,
        name: &str,
        regex: &Regex,
        rest: &[String],
    ) -> Result<(), String> {
        for index in 0..node.content.len() {
            let element = &node.content[index];
            if name.is_empty() {
                // Scalars end the path, whatever follows.
                if regex.is_match(&(self.print)(element)) {
                    self.down(node, index, &[])?;
                }
            } else if element
                .get(name)
                .is_some_and(|field| regex.is_match(&(self.print)(field)))
            {
                self.down(node, index, rest)?;
            }
        }
        Ok(())
    }
}

/// The text that a regular expression sees: the node as YAML, quotes included.
fn printed(node: &Node) -> String {
    if node.is_scalar()
        && !node.is_quoted()
        && !node.value.contains('\n')
        && node.tag != sluice_yaml::Tag::Str
    {
        return node.value.trim().to_owned();
    }
    sluice_yaml::emit_node(node, &EmitOptions::KYAML)
        .map_or_else(|_| node.value.clone(), |text| text.trim().to_owned())
}

/// The kind of a created node, by the part of the path that comes after it.
fn kind_before(rest: &[String], last: Kind) -> Kind {
    match rest.first() {
        None => last,
        Some(next) if next.is_empty() => last,
        Some(next) if is_list_index(next) || as_index(next).is_some() => Kind::Sequence,
        Some(_) => Kind::Mapping,
    }
}

#[cfg(test)]
mod tests {
    use super::super::split_path_smart;
    use super::*;

    fn parse(text: &str) -> Node {
        sluice_yaml::parse_document(text.as_bytes(), &Limits::default())
            .expect("YAML")
            .expect("a document")
    }

    #[test]
    fn matches_all_elements() {
        let mut node = parse("list: [{name: a, v: 1}, {name: ab, v: 2}, {name: b, v: 3}]");
        let found = match_paths(&mut node, &split_path_smart("list.[name=a].v", '.'), None).expect("fine");
        assert_eq!(found.len(), 2);
        let found = match_paths(&mut node, &split_path_smart("list.*.v", '.'), None).expect("fine");
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn creates_what_is_missing() {
        let mut node = parse("a: {}");
        let path = split_path_smart("a.list.[name=x].v", '.');
        let found = match_paths(&mut node, &path, Some(Kind::Scalar)).expect("fine");
        let Some(Match::At(at)) = found.first() else {
            panic!("nothing created")
        };
        at_mut(&mut node, at).expect("there").value = "1".into();
        assert_eq!(node, parse("a: {list: [{name: x, v: 1}]}"));
    }

    #[test]
    fn text_is_read_but_detached() {
        let mut node = parse("a: 'b: 1'");
        let found = match_paths(&mut node, &split_path_smart("a.b", '.'), None).expect("fine");
        assert_eq!(found, [Match::Detached]);
    }
}
