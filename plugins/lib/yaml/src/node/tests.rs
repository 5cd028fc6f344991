use super::*;

#[test]
fn set_get_remove_keep_order() {
    let mut node = Node::map_of([("b", Node::int(1)), ("a", Node::string("x"))]);
    assert!(node.set("c", Node::bool(true)).is_none());
    assert_eq!(node.set("b", Node::int(2)).map(|old| old.value), Some("1".into()));
    assert_eq!(node.remove("a").map(|old| old.value), Some("x".into()));
    let keys: Vec<&str> = node.pairs().map(|(key, _)| key.value.as_str()).collect();
    assert_eq!(keys, ["b", "c"]);
    assert_eq!(node.get("b").map(|value| value.value.as_str()), Some("2"));
}

fn read(text: &str) -> Node {
    crate::parse_document(text.as_bytes(), &crate::Limits::default())
        .unwrap()
        .unwrap()
}

fn kyaml(node: &Node) -> String {
    crate::emit_node(node, &crate::EmitOptions::KYAML).unwrap()
}

#[test]
fn merges_expand_behind_own_keys_and_earlier_ones_win() {
    let mut node = read("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: mine\n");
    expand_merges(&mut node).unwrap();
    assert_eq!(kyaml(node.get("c").unwrap()), "x: mine\ny: 2\nz: 4\n");
    let refused = |text: &str| expand_merges(&mut read(text)).unwrap_err().message;
    assert_eq!(
        refused("<<: 1"),
        "map merge requires map or sequence of maps as the value"
    );
    assert_eq!(
        refused("<<: [[{a: 1}]]"),
        "invalid map merge: received a nested sequence"
    );
    assert_eq!(refused("<<: {a: 1}\n<<: {b: 1}"), "duplicate merge key");
    for text in ["a: &a [{b: 1}]\n<<: *a", "a: &a x\n<<: *a"] {
        assert_eq!(
            refused(text),
            "map merge requires map or sequence of maps as the value"
        );
    }
}

#[test]
fn a_key_in_quotes_merges_nothing_and_goes() {
    let mut node = read("a: {\"<<\": {x: 1}, y: 2}\n'<<': z\n");
    expand_merges(&mut node).unwrap();
    assert_eq!(kyaml(&node), "a: {y: 2}\n");
    let mut node = read("\"<<\": z\n<<: {x: 1}\n");
    expand_merges(&mut node).unwrap();
    assert_eq!(kyaml(&node), "!!merge <<: {x: 1}\nx: 1\n");
}

#[test]
fn equality_is_of_values() {
    assert_eq!(read("{a: 1, b: [x, 'y']}"), read("b:\n- \"x\"\n- y\na: 1\n"));
    assert_ne!(read("a: 1"), read("a: \"1\""));
    assert_ne!(read("a: 1\nb: 2"), read("a: 1\nb: 3"));
    assert_eq!(read("a: ~"), read("a: null"));
}

#[test]
fn scalars_by_type() {
    let node = read("s: text\ni: 0x10\nb: true\nn:\nq: \"1\"\n");
    assert_eq!(node.get("s").and_then(Node::as_str), Some("text"));
    assert_eq!(node.get("i").and_then(Node::as_i64), Some(16));
    assert_eq!(node.get("b").and_then(Node::as_bool), Some(true));
    assert!(node.get("n").is_some_and(Node::is_null));
    assert_eq!(node.get("q").and_then(Node::as_i64), None);
    assert_eq!(node.get("q").map(Node::short_tag), Some(Tag::Str));
    assert_eq!(node.get_path(&["s", "t"]).map(|_| ()), None);
    assert_eq!((node.content[2].line, node.content[2].column), (2, 1));
}
