//! What a document keeps when it is changed. How comments are read and written is in `tests/golden/comments.jsonl`.

use super::*;
use crate::node::Kind;

fn read(text: &str) -> Annotated {
    Annotated::parse(text.as_bytes(), &Limits::default())
        .expect("YAML")
        .expect("a document")
}

fn written(document: &Annotated) -> String {
    document.emit(&EmitOptions::KYAML).expect("written")
}

#[test]
fn comments_go_with_their_nodes() {
    let mut document = read("# of a\na: 1 # one\n# of b\nb: 2 # two\n\n# end\n");
    document.root.content.rotate_left(2);
    assert_eq!(
        written(&document),
        "# of b\nb: 2 # two\n# of a\na: 1 # one\n\n# end\n"
    );
    document.root.content.truncate(2);
    assert_eq!(written(&document), "# of b\nb: 2 # two\n\n# end\n");
}

#[test]
fn a_changed_value_keeps_its_comment_and_a_new_one_has_none() {
    let mut document = read("a: 1 # one\nb: 2 # two\n");
    document.root.content[1].value = "3".into();
    document.root.content[3] = Node::seq(vec![Node::int(4)]);
    assert_eq!(written(&document), "a: 3 # one\nb:\n- 4\n");
}

#[test]
fn an_alias_is_a_text_and_known_as_an_alias() {
    let document = read("a: &x {b: 1}\nc: *x\nd: '*x'\n");
    let [alias, text] = [3, 5].map(|at| &document.root.content[at]);
    assert_eq!((alias.kind, alias.value.as_str()), (Kind::Scalar, "*x"));
    assert!(document.is_alias(alias) && !document.is_alias(text));
    assert_eq!(written(&document), "a: &x {b: 1}\nc: *x\nd: '*x'\n");
}

#[test]
fn aliases_that_would_expand_without_bound_stay_small() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let below = format!("*a{}, ", level - 1).repeat(9);
        text.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            below.trim_end_matches(", ")
        ));
    }
    assert_eq!(written(&read(&text)), text);
}

#[test]
fn an_unknown_alias_is_refused() {
    let error = Annotated::parse(b"a: *x\n", &Limits::default()).expect_err("refused");
    assert_eq!(error.message, "unknown anchor 'x' referenced");
}

#[test]
fn a_part_is_written_with_its_comments() {
    let document = read("# top\n\na: # key\n  # head\n  b: 1 # one\n");
    let part = document.root.get("a").expect("there");
    let text = document.emit_part(part, &EmitOptions::KYAML);
    assert_eq!(text.expect("written"), "# head\nb: 1 # one\n");
}
