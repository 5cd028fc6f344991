//! Tags.

use super::Emitter;
use crate::node::Tag;
use crate::scanner::is_word;

/// A tag as it is written.
pub(super) struct WrittenTag<'a> {
    handle: &'static str,
    suffix: &'a str,
}

impl<'a> WrittenTag<'a> {
    pub(super) fn of(tag: &'a Tag) -> Option<Self> {
        let text = tag.as_str();
        if text.is_empty() {
            return None;
        }
        let known = text
            .strip_prefix("tag:yaml.org,2002:")
            .or_else(|| text.strip_prefix("!!"));
        Some(match (known, text.strip_prefix('!')) {
            (Some(suffix), _) => Self { handle: "!!", suffix },
            (None, Some(suffix)) => Self { handle: "!", suffix },
            (None, None) => Self {
                handle: "",
                suffix: text,
            },
        })
    }

    /// A tag of YAML itself.
    pub(super) fn standard(suffix: &'static str) -> Self {
        Self { handle: "!!", suffix }
    }

    /// What counts of it for the length of a key.
    pub(super) fn len(&self) -> usize {
        self.handle.len() + self.suffix.len()
    }
}

impl Emitter {
    pub(super) fn write_tag(&mut self, tag: &WrittenTag<'_>) {
        if tag.handle.is_empty() {
            self.write_indicator("!<", true, false, false);
            self.write_tag_content(tag.suffix);
            self.write_indicator(">", false, false, false);
            return;
        }
        if !self.whitespace {
            self.put(' ');
        }
        self.put_text(tag.handle);
        self.write_tag_content(tag.suffix);
    }

    fn write_tag_content(&mut self, content: &str) {
        for byte in content.bytes() {
            if is_word(byte) || b";/?:@&=+$,_.~*'()[]".contains(&byte) {
                self.put(char::from(byte));
            } else {
                self.put_text(&format!("%{byte:02X}"));
            }
        }
        self.whitespace = false;
        self.indention = false;
    }
}
