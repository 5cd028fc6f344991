//! Entries for fuzzing: any bytes must give an answer, or an error.

use sluice_go_template::{Budget, Limits};

use crate::json::{self, Style, Target};
use crate::pattern::Pattern;
use crate::url::Url;
use crate::{toml, yaml};

/// Reads TOML and writes it again.
pub fn fuzz_toml(data: &[u8]) {
    if let Ok(value) = toml::read(data) {
        // What was read can always be written, if the budget allows.
        let _ = toml::write(&value, &mut Budget::new(Limits::default()));
    }
}

/// Reads JSON, and writes it as JSON and YAML.
pub fn fuzz_json(data: &[u8]) {
    if let Ok(value) = json::read(data, Target::Any) {
        let mut budget = Budget::new(Limits::default());
        let _ = json::write(&value, Style::COMPACT, &mut budget);
        let _ = yaml::write(&value, &mut budget);
    }
}

/// Compiles a pattern (up to the first line break) and runs it over the rest.
pub fn fuzz_pattern(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (pattern, text) = data.split_at(end);
    if let Ok(pattern) = Pattern::compile(pattern) {
        let _ = pattern.replace_all(text, b"${1}x$0");
        let _ = pattern.split(text, 5);
    }
}

/// Takes a URL apart and puts it together.
pub fn fuzz_url(data: &[u8]) {
    if let Ok(url) = Url::parse(data) {
        url.write();
    }
}
