//! When an error of ours says what helm's says.

/// The error alone: no log before it, and no hint behind it, which are the command line's.
pub fn error_of(text: &str) -> &str {
    let start = text.find("Error: ").map_or(0, |at| at + "Error: ".len());
    let error = &text[start..];
    let end = error.find("\n\nUse --debug flag").unwrap_or(error.len());
    error[..end].trim()
}

/// Where the words differ on purpose: what helm's error says, and what ours has to say then.
const OTHERWISE: [(&str, &[&str]); 3] = [
    // A schema elsewhere is never fetched.
    ("HTTP request failed for", &["is not fetched"]),
    // A tree has no devices, so that such a file is empty, and what is wrong besides is told.
    (
        "cannot load irregular file",
        &[
            "invalid chart apiVersion",
            "YAML parse error",
            "cannot load values.yaml",
        ],
    ),
    // Charts of apiVersion v3 are not known.
    ("unsupported chart dependency type", &["invalid chart apiVersion"]),
];

/// Whether both say the same.
pub fn is_same_error(theirs: &str, ours: &str) -> bool {
    let (theirs, ours) = (theirs.trim(), ours.trim());
    if ours == theirs || lines(ours) == lines(theirs) {
        return true;
    }
    if let (Some(ours), Some(theirs)) = (mismatch(ours), mismatch(theirs)) {
        return ours == theirs;
    }
    OTHERWISE
        .iter()
        .filter(|(said, _)| theirs.contains(said))
        .any(|(_, wanted)| wanted.iter().any(|wanted| ours.contains(wanted)))
}

/// Values that are no table for a subchart: helm prints them with a wrong verb (`%!t(string=x)`), ours tells their type.
fn mismatch(error: &str) -> Option<&str> {
    let name = error.find("type mismatch on ")? + "type mismatch on ".len();
    let end = error.get(name..)?.find(": ")?;
    error.get(..name + end)
}

/// The violations of a schema stand in the order of Go's maps, which changes, and ours leave out the values themselves.
fn lines(error: &str) -> Vec<String> {
    let mut lines: Vec<String> = error.lines().map(without_value).collect();
    if error.starts_with("values don't meet the specifications") {
        lines.sort();
    }
    lines
}

fn without_value(line: &str) -> String {
    let Some((place, _)) = line.split_once(": ") else {
        return line.to_owned();
    };
    for told in [" does not match pattern ", " is not valid "] {
        if let Some((_, rest)) = line.split_once(told) {
            let rest = rest.split(": ").next().unwrap_or(rest);
            return format!("{place}: the value{told}{rest}");
        }
    }
    line.to_owned()
}
