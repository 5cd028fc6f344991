use super::*;

fn texts(input: &[u8]) -> Result<Vec<String>, String> {
    let documents = parse_documents(input, &Limits::default()).map_err(|error| error.to_string())?;
    Ok(documents
        .into_iter()
        .map(|node| node.get("a").map(|value| value.value.clone()).unwrap_or_default())
        .collect())
}

/// Trap A16: streams, line endings, byte order marks.
#[test]
fn documents_line_endings_and_byte_order_marks() {
    assert_eq!(
        texts(b"a: 1\n---\na: 2\n--- # c\na: 3\n...\n"),
        Ok(vec!["1".into(), "2".into(), "3".into()])
    );
    assert_eq!(texts(b"a: |\r\n  x\r\n  y\r\n"), Ok(vec!["x\ny\n".into()]));
    assert_eq!(texts(b"\xEF\xBB\xBFa: 1\r\n"), Ok(vec!["1".into()]));
    assert_eq!(texts(b"\xFF\xFEa\0:\0 \x001\0"), Ok(vec!["1".into()]));
    assert_eq!(texts(b"# nothing\n"), Ok(vec![]));
    assert_eq!(texts(b"---\n"), Ok(vec![String::new()]));
}

/// Trap A17, and that a bad byte hides the errors shortly before it.
#[test]
fn characters_that_are_not_allowed() {
    for (input, message) in [
        (&b"a: \x00"[..], "control characters are not allowed"),
        (b"a: \x1b[0m", "control characters are not allowed"),
        (b"a: \x7f", "control characters are not allowed"),
        (b"a: \xff", "invalid leading UTF-8 octet"),
        (b"a: \xc3\x28", "invalid trailing UTF-8 octet"),
        (b"a: \xc0\x80", "invalid length of a UTF-8 sequence"),
        (b"a: \xed\xa0\x80", "invalid Unicode character"),
        (b"a: [}\nb: \x01", "control characters are not allowed"),
    ] {
        assert_eq!(texts(input), Err(format!("yaml: {message}")));
    }
    let far = [&b"a: [}\n"[..], &b"- far\n".repeat(200), b"\x01"].concat();
    assert_eq!(
        texts(&far),
        Err("yaml: did not find expected node content".into())
    );
}

#[test]
fn only_the_first_document_is_read() {
    let limits = Limits::default();
    assert!(
        parse_document(b"a: 1\n---\n@", &limits).is_err(),
        "v3 looks two tokens ahead"
    );
    assert!(parse_node(b"a: 1\n---\n@", Schema::V2, &limits).is_ok());
    let first = parse_document(b"a: 1\n---\nb: 2\nc: [", &Limits::default())
        .unwrap()
        .unwrap();
    assert_eq!(first.get("a").map(|value| value.value.as_str()), Some("1"));
    assert!(parse_document(b"", &Limits::default()).unwrap().is_none());
}

#[test]
fn versions_name_different_lines() {
    let text = b"a:\n  b: |x\nc: d\n";
    let line = |schema| parse_node(text, schema, &Limits::default()).unwrap_err().line;
    assert_eq!((line(Schema::V2), line(Schema::V3)), (Some(2), Some(2)));
    let text = b"x: y\na: 'b\n\n\n";
    assert_eq!(
        parse_node(text, Schema::V3, &Limits::default()).unwrap_err().line,
        Some(2)
    );
    assert_eq!(
        parse_node(text, Schema::V2, &Limits::default()).unwrap_err().line,
        Some(5)
    );
}
