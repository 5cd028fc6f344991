//! All patterns of a repository in order, and the walk through its directories.

use crate::pattern::{Pattern, read_patterns};

const VCS: [&str; 4] = [".git/", ".gitignore", ".gitmodules", ".gitattributes"];
const EXTENSIONS: [&str; 8] = [
    "*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip",
];
const CI: [&str; 9] = [
    ".github/",
    ".circleci/",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
];
const EXTRA: [&str; 3] = ["**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"];

#[derive(Debug, Clone)]
struct Rule {
    /// Components of the directory that the pattern is for; empty for the root.
    domain: Vec<String>,
    pattern: Pattern,
}

impl Rule {
    fn matches(&self, path: &[&str], is_directory: bool) -> bool {
        self.below(path)
            .is_some_and(|path| self.pattern.matches(path, is_directory))
    }

    /// The path below the domain; none when it is not below.
    fn below<'a, 'b>(&self, path: &'a [&'b str]) -> Option<&'a [&'b str]> {
        let below =
            path.len() > self.domain.len() && self.domain.iter().zip(path).all(|(left, right)| left == right);
        below.then(|| &path[self.domain.len()..])
    }
}

/// The patterns of a repository, the ones that decide first at the end.
#[derive(Debug, Clone)]
pub struct Rules {
    rules: Vec<Rule>,
}

/// What is known in a directory of the walk: the last pattern that matches the directory, and with it all below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    /// One more than the index of that pattern; 0 for none.
    decided: usize,
}

impl Rules {
    /// The rules of a repository: the documents found in it with their directories (components of the path, the root
    /// first, then depth first by name), and `spec.ignore`. With no pattern at all the defaults of Flux hold (version
    /// control, archives and images, CI); else only those for version control, before everything else.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a [String], &'a [u8])>, ignore: Option<&str>) -> Self {
        let mut own = Vec::new();
        for (domain, bytes) in files {
            let patterns = read_patterns(bytes).into_iter();
            own.extend(patterns.map(|pattern| Rule {
                domain: domain.to_vec(),
                pattern,
            }));
        }
        let patterns = read_patterns(ignore.unwrap_or_default().as_bytes()).into_iter();
        own.extend(patterns.map(|pattern| Rule {
            domain: Vec::new(),
            pattern,
        }));
        let parse = |line: &&str| Rule {
            domain: Vec::new(),
            pattern: Pattern::new(line),
        };
        let mut rules: Vec<Rule> = VCS.iter().map(parse).collect();
        if own.is_empty() {
            rules.extend(EXTENSIONS.iter().chain(&CI).chain(&EXTRA).map(parse));
        }
        rules.extend(own);
        Self { rules }
    }

    /// Whether a path (components) is left out of the artifact.
    pub fn ignores(&self, path: &[&str], is_directory: bool) -> bool {
        let last = self
            .rules
            .iter()
            .rev()
            .find(|rule| rule.matches(path, is_directory));
        last.is_some_and(|rule| !rule.pattern.includes)
    }

    /// Whether an entry of a directory is left out, and the scope below it when it is a directory. `scope` is that of
    /// the directory which holds it. Gives what [`ignores`](Self::ignores) gives, at the price of the patterns that can
    /// still decide.
    pub fn enter(&self, scope: Scope, path: &[&str], is_directory: bool) -> (bool, Scope) {
        let open = self.rules[scope.decided..].iter().enumerate().rev();
        let hit = open.into_iter().find(|(_, rule)| {
            rule.below(path)
                .is_some_and(|path| rule.pattern.matches_last(path, is_directory))
        });
        let decided = hit.map_or(scope.decided, |(at, _)| scope.decided + at + 1);
        let ignored = decided > 0 && !self.rules[decided - 1].pattern.includes;
        (ignored, Scope { decided })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(rules: &Rules, path: &str, is_directory: bool) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        let whole = rules.ignores(&parts, is_directory);
        let mut scope = Scope::default();
        for end in 1..parts.len() {
            scope = rules.enter(scope, &parts[..end], true).1;
        }
        assert_eq!(
            rules.enter(scope, &parts, is_directory).0,
            whole,
            "{path}: both ways agree"
        );
        whole
    }

    #[test]
    fn defaults_hold_without_patterns_only() {
        let defaults = Rules::new([], None);
        for path in [
            "a.jpg",
            "x/y.tar.gz",
            ".github/workflows/a.yaml",
            "a/.sops.yaml",
            ".gitignore",
        ] {
            assert!(ignored(&defaults, path, false), "{path}");
        }
        assert!(!ignored(&defaults, "a.yaml", false));
        assert!(
            ignored(&Rules::new([], Some("# none\n")), "a.jpg", false),
            "a comment is no pattern"
        );
        let own = Rules::new([], Some("b.yaml\n"));
        assert!(!ignored(&own, "a.jpg", false));
        assert!(ignored(&own, ".gitignore", false));
        assert!(ignored(&own, "x/b.yaml", false));
    }

    #[test]
    fn files_below_excluded_directories_come_back() {
        let rules = Rules::new([], Some("/*\n!/deploy\n!/apps/one/\n"));
        assert!(ignored(&rules, "README.md", false));
        assert!(!ignored(&rules, "deploy/a.yaml", false));
        assert!(ignored(&rules, "apps", true));
        assert!(!ignored(&rules, "apps/one/a.yaml", false), "unlike git");
        assert!(ignored(&rules, "apps/two/a.yaml", false));
    }

    #[test]
    fn patterns_stay_in_their_directory() {
        let domain = vec!["a".to_owned()];
        let rules = Rules::new(
            [(domain.as_slice(), b"*.txt\n/x\n".as_slice())],
            Some("!keep.txt"),
        );
        assert!(ignored(&rules, "a/b/c.txt", false));
        assert!(!ignored(&rules, "b/c.txt", false));
        assert!(ignored(&rules, "a/x", false));
        assert!(!ignored(&rules, "x", false));
        assert!(!ignored(&rules, "a/keep.txt", false), "spec.ignore decides last");
        assert!(!ignored(&rules, "a.jpg", false), "the defaults are replaced");
    }
}
