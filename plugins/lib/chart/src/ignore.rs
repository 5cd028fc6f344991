//! `.helmignore`: helm's own dialect of ignore rules.

use sluice_gitignore::{BadGlob, Glob};
use thiserror::Error;

use crate::files::base_name;

/// A rule that helm does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IgnoreError {
    /// `**` has no meaning here.
    #[error("double-star (**) syntax is not supported")]
    DoubleStar,
    /// The pattern is not well formed.
    #[error(transparent)]
    Pattern(#[from] BadGlob),
    /// A line longer than the scanner that helm uses takes.
    #[error("bufio.Scanner: token too long")]
    LongLine,
}

const MAX_LINE: usize = 64 * 1024;

#[derive(Debug)]
struct Rule {
    pattern: Glob,
    negated: bool,
    directory: bool,
    /// Without a slash only the last name is compared.
    whole_path: bool,
}

/// The rules of one chart.
#[derive(Debug, Default)]
pub struct IgnoreRules {
    rules: Vec<Rule>,
}

impl IgnoreRules {
    /// Reads a `.helmignore` file. Files that start with a dot in `templates` are always ignored.
    ///
    /// # Errors
    /// The first rule that helm would refuse.
    pub fn parse(text: &[u8]) -> Result<Self, IgnoreError> {
        let mut rules = Self::default();
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        for line in text.split(|byte| *byte == b'\n') {
            if line.len() >= MAX_LINE {
                return Err(IgnoreError::LongLine);
            }
            rules.add(&String::from_utf8_lossy(line))?;
        }
        rules.add("templates/.?*")?;
        Ok(rules)
    }

    /// The rules of a chart without a `.helmignore`.
    pub fn builtin() -> Self {
        let mut rules = Self::default();
        // the rule is well formed
        let _ = rules.add("templates/.?*");
        rules
    }

    fn add(&mut self, line: &str) -> Result<(), IgnoreError> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.contains("**") {
            return Err(IgnoreError::DoubleStar);
        }
        Glob::new(line)?;
        let (negated, rule) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (directory, rule) = rule.strip_suffix('/').map_or((false, rule), |rest| (true, rest));
        let whole_path = rule.contains('/');
        // What is left of a well formed rule may still be malformed; helm then logs and never matches.
        let pattern = Glob::new(rule.strip_prefix('/').unwrap_or(rule))?;
        self.rules.push(Rule {
            pattern,
            negated,
            directory,
            whole_path,
        });
        Ok(())
    }

    /// Whether a path, relative to the chart, is left out. The first rule that decides wins.
    pub fn ignores(&self, path: &str, is_directory: bool) -> bool {
        if matches!(path, "" | "." | "./") {
            return false;
        }
        for rule in &self.rules {
            let name = if rule.whole_path { path } else { base_name(path) };
            if rule.negated {
                if (rule.directory && !is_directory) || !rule.pattern.matches(name) {
                    return true;
                }
            } else if (!rule.directory || is_directory) && rule.pattern.matches(name) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignores_as_helm_does() {
        let rules =
            IgnoreRules::parse(b"\xEF\xBB\xBF# comment\n.git/\n*.bak\n/top.txt\ndocs/*.md\n").unwrap();
        assert!(rules.ignores(".git", true));
        assert!(!rules.ignores(".git", false));
        assert!(rules.ignores("a/b.bak", false));
        assert!(rules.ignores("top.txt", false));
        assert!(!rules.ignores("a/top.txt", false));
        assert!(rules.ignores("docs/x.md", false));
        assert!(rules.ignores("templates/.hidden", false));
        assert!(!rules.ignores("x/templates/.hidden", false));
    }

    #[test]
    fn a_negated_rule_ignores_all_it_does_not_name() {
        let rules = IgnoreRules::parse(b"!Chart.yaml").unwrap();
        assert!(rules.ignores("values.yaml", false));
        assert!(!rules.ignores("Chart.yaml", false));
    }

    #[test]
    fn refuses_what_helm_refuses() {
        assert_eq!(IgnoreRules::parse(b"a/**").unwrap_err(), IgnoreError::DoubleStar);
        assert!(IgnoreRules::parse(b"[").is_err());
    }
}
