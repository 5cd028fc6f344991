//! Keys with values for generators: literals, files, and files of `key=value` lines.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::files::base_name;
use crate::kustomization::ConfigMapArgs;
use crate::loader::Loader;

/// Longer lines end a file of `key=value` lines, as they do in kustomize.
const MAX_LINE: usize = 64 * 1024;

/// Reads all sources. Messages never hold a value.
pub(super) fn read(
    args: &ConfigMapArgs,
    kind: &'static str,
    loader: &Loader<'_>,
) -> Result<BTreeMap<String, Vec<u8>>> {
    let wrong = |reason: String| Error::Generator {
        kind,
        name: args.name.clone(),
        reason,
    };
    let mut pairs = BTreeMap::new();
    let mut add = |key: String, value: Vec<u8>| {
        if pairs.contains_key(&key) {
            return Err(wrong(format!(
                "configmap {} illegally repeats the key `{key}`",
                args.name
            )));
        }
        pairs.insert(key, value);
        Ok(())
    };
    for path in &args.envs {
        let content = loader
            .load(path)
            .map_err(|error| error.within("loading KV pairs: env source files"))?;
        for (key, value) in
            parse_env(&content).map_err(|reason| wrong(format!("env source file {path}: {reason}")))?
        {
            add(key, value)?;
        }
    }
    for (at, literal) in args.literals.iter().enumerate() {
        let (key, value) = parse_literal(literal).ok_or_else(|| {
            wrong(format!(
                "invalid literal source number {}, expected key=value",
                at + 1
            ))
        })?;
        add(key.to_owned(), value.as_bytes().to_vec())?;
    }
    for source in &args.files {
        let (key, path) = parse_file_source(source).map_err(wrong)?;
        let content = loader
            .load(path)
            .map_err(|error| error.within("loading KV pairs: file sources"))?;
        add(key.to_owned(), content)?;
    }
    Ok(pairs)
}

fn parse_literal(source: &str) -> Option<(&str, &str)> {
    let (key, value) = source.split_once('=')?;
    if key.is_empty() {
        return None;
    }
    Some((key, strip_quotes(value)))
}

fn strip_quotes(text: &str) -> &str {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(b'"'), Some(b'"')) | (Some(b'\''), Some(b'\'')) if bytes.len() >= 2 => &text[1..text.len() - 1],
        _ => text,
    }
}

/// Key and path of `path` or `key=path`.
fn parse_file_source(source: &str) -> Result<(&str, &str), String> {
    match (source.matches('=').count(), source.split_once('=')) {
        (1, Some(("", path))) => Err(format!(
            "missing key name for file path {path:?} in source {source:?}"
        )),
        (1, Some((key, ""))) => Err(format!(
            "missing file path for key name {key:?} in source {source:?}"
        )),
        (1, Some((key, path))) => Ok((key, path)),
        (0, _) => Ok((base_name(source), source)),
        _ => Err(format!("source {source:?} key name or file path contains '='")),
    }
}

fn parse_env(content: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut pairs = Vec::new();
    for (at, line) in content.split(|byte| *byte == b'\n').enumerate() {
        if line.len() >= MAX_LINE {
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text =
            std::str::from_utf8(line).map_err(|_| format!("line {} has invalid utf8 bytes", at + 1))?;
        let text = if at == 0 {
            text.strip_prefix('\u{feff}').unwrap_or(text)
        } else {
            text
        };
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        if !key.is_empty() {
            pairs.push((key.to_owned(), value.as_bytes().to_vec()));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_lose_matching_quotes_e79() {
        assert_eq!(parse_literal("c=\"q\""), Some(("c", "q")));
        assert_eq!(parse_literal("c='q\""), Some(("c", "'q\"")));
        assert_eq!(parse_literal("c=a=b"), Some(("c", "a=b")));
        assert_eq!(parse_literal("=x"), None);
        assert_eq!(parse_literal("x"), None);
    }

    #[test]
    fn env_files_have_comments_and_marks_e79() {
        let pairs = parse_env("\u{feff}A=1\r\n  # no\n\nKEY\n B = x \n".as_bytes()).expect("text");
        let expected = [("A", "1"), ("KEY", ""), ("B ", " x ")];
        let found: Vec<_> = pairs
            .iter()
            .map(|(k, v)| (k.as_str(), std::str::from_utf8(v).expect("text")))
            .collect();
        assert_eq!(found, expected);
        assert!(parse_env(b"a=\xff").is_err());
    }

    #[test]
    fn file_sources() {
        assert_eq!(parse_file_source("a/b.txt"), Ok(("b.txt", "a/b.txt")));
        assert_eq!(parse_file_source("k=a/b.txt"), Ok(("k", "a/b.txt")));
        assert!(parse_file_source("=x").is_err());
        assert!(parse_file_source("x=").is_err());
        assert!(parse_file_source("a=b=c").is_err());
    }
}
