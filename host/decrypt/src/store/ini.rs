//! INI: sections of names with values; metadata are the section `sops`.

use zeroize::Zeroizing;

use super::ini_text::{self, Entry, Section};
use super::{Format, Loaded, METADATA_KEY, utf8};
use crate::error::SopsError;
use crate::metadata::{Metadata, unflatten};
use crate::tree::{Branch, Item, Key, Value};

pub(super) fn load(bytes: &[u8]) -> Result<Loaded, SopsError> {
    let text = utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes), Format::Ini)?;
    let sections = ini_text::read(text).map_err(|reason| SopsError::Parse {
        format: Format::Ini,
        reason,
    })?;
    let stored = sections.iter().find(|section| section.name == METADATA_KEY);
    let stored = stored.ok_or(SopsError::NoMetadata)?;
    let flat = stored
        .entries
        .iter()
        .map(|entry| (entry.name.as_str(), entry.value.as_str()));
    let metadata = Metadata::read(unflatten(flat).map_err(SopsError::Metadata)?)?;
    let sections = sections
        .into_iter()
        .filter(|section| section.name != METADATA_KEY);
    Ok(Loaded {
        documents: vec![sections.map(read).collect()],
        metadata,
    })
}

fn read(section: Section) -> Item {
    let mut items = Branch::new();
    let comment = |text: &str| Item {
        key: Key::Comment(strip_mark(text).as_bytes().to_vec().into()),
        value: Value::Null,
    };
    if !section.comment.is_empty() {
        items.push(comment(&section.comment));
    }
    for entry in &section.entries {
        items.push(Item {
            key: Key::Name(entry.name.clone()),
            value: Value::text(entry.value.as_str()),
        });
        if !entry.comment.is_empty() {
            items.push(comment(&entry.comment));
        }
    }
    Item {
        key: Key::Name(section.name),
        value: Value::Branch(items),
    }
}

fn strip_mark(comment: &str) -> &str {
    match comment.as_bytes().first() {
        Some(b';') => comment.trim_start_matches([';', ' ']),
        Some(b'#') => comment.trim_start_matches(['#', ' ']),
        _ => comment,
    }
}

pub(super) fn emit(documents: &[Branch]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let mut sections = Vec::new();
    for item in documents.iter().flatten() {
        if let Key::Name(name) = &item.key {
            sections.push(section(name, &item.value)?);
        }
    }
    Ok(Zeroizing::new(ini_text::write(&sections).into_bytes()))
}

/// A comment behind a name belongs to it, one at the start to the section.
fn section(name: &str, value: &Value) -> Result<Section, &'static str> {
    let Value::Branch(items) = value else {
        return Err("a section is no map");
    };
    if name.is_empty() {
        return Err("a section has no name");
    }
    let mut section = Section::named(name);
    for (at, item) in items.iter().enumerate() {
        match &item.key {
            Key::Comment(text) if at == 0 => section.comment = lossy(text),
            Key::Comment(text) => {
                if let Some(last) = section.last {
                    section.entries[last].comment = lossy(text);
                }
            }
            Key::Name(name) if name.is_empty() => return Err("an entry has no name"),
            Key::Name(name) => {
                if matches!(item.value, Value::Branch(_) | Value::List(_)) {
                    return Err("a value is a map or list");
                }
                section.set(Entry {
                    name: name.clone(),
                    value: lossy(&item.value.plain()),
                    comment: String::new(),
                });
            }
        }
    }
    Ok(section)
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
