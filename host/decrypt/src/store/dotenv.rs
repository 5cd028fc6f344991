//! dotenv: `NAME=value` lines and `#` comments; metadata are the names that begin with `sops_`.

use zeroize::Zeroizing;

use super::{Format, Loaded, utf8};
use crate::error::SopsError;
use crate::metadata::{Metadata, unflatten};
use crate::tree::{Branch, Item, Key, Value};

const PREFIX: &str = "sops_";

pub(super) fn load(bytes: &[u8]) -> Result<Loaded, SopsError> {
    let text = utf8(bytes, Format::Dotenv)?;
    let (mut branch, mut flat) = (Branch::new(), Vec::new());
    for (at, line) in text.split('\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix('#') {
            let key = Key::Comment(comment.as_bytes().to_vec().into());
            branch.push(Item {
                key,
                value: Value::Null,
            });
            continue;
        }
        let (name, value) = line.split_once('=').ok_or_else(|| SopsError::Parse {
            format: Format::Dotenv,
            reason: format!("line {} has no '='", at + 1),
        })?;
        match name.strip_prefix(PREFIX) {
            Some(name) => flat.push((name, value)),
            None => branch.push(Item {
                key: Key::Name(name.into()),
                value: Value::text(value.replace("\\n", "\n")),
            }),
        }
    }
    if flat.is_empty() {
        return Err(SopsError::NoMetadata);
    }
    let stored = unflatten(flat.into_iter()).map_err(SopsError::Metadata)?;
    Ok(Loaded {
        documents: vec![branch],
        metadata: Metadata::read(stored)?,
    })
}

pub(super) fn emit(documents: &[Branch]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let mut out = Zeroizing::new(Vec::new());
    for Item { key, value } in documents.first().into_iter().flatten() {
        match (key, value) {
            (_, Value::Branch(_) | Value::List(_)) => return Err("a value is a map or list"),
            (Key::Comment(text), _) => {
                out.push(b'#');
                out.extend_from_slice(text);
            }
            (Key::Name(name), value) => {
                out.extend_from_slice(name.as_bytes());
                out.push(b'=');
                match value {
                    Value::Str(text) => {
                        text.split(|byte| *byte == b'\n')
                            .enumerate()
                            .for_each(|(at, line)| {
                                out.extend_from_slice(if at > 0 { b"\\n" } else { b"" });
                                out.extend_from_slice(line);
                            })
                    }
                    other => out.extend_from_slice(&other.plain()),
                }
            }
        }
        out.push(b'\n');
    }
    Ok(out)
}
