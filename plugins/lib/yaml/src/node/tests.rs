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
