//! The patterns of `.Files.Glob`, with the meaning of the library that helm uses (gobwas/glob, `/` as separator).

/// A compiled pattern: a small machine that tries all alternatives at once, so that no pattern is slow.
#[derive(Debug, Clone)]
pub struct Glob {
    states: Vec<State>,
}

#[derive(Debug, Clone)]
enum State {
    Char(char),
    /// `?`: one character that is no slash.
    One,
    /// One character of a list or range.
    Class {
        negated: bool,
        set: Set,
    },
    /// `*` and `**`: stays here while characters fit, or goes on.
    Loop {
        slash: bool,
    },
    /// Goes on at each of these.
    Split(Vec<usize>),
    Jump(usize),
    End,
}

#[derive(Debug, Clone)]
enum Set {
    List(Vec<char>),
    Range(char, char),
}

struct Parser<'a> {
    text: std::iter::Peekable<std::str::Chars<'a>>,
    states: Vec<State>,
}

/// The depth of `{` that one pattern may have.
const MAX_DEPTH: usize = 32;

impl Glob {
    /// Compiles a pattern; none when it is malformed.
    pub fn parse(pattern: &str) -> Option<Self> {
        let mut parser = Parser {
            text: pattern.chars().peekable(),
            states: Vec::new(),
        };
        parser.sequence(0)?;
        parser.states.push(State::End);
        Some(Self {
            states: parser.states,
        })
    }

    /// Compiles a pattern; a malformed one matches everything, as in helm.
    pub fn lenient(pattern: &str) -> Self {
        Self::parse(pattern).unwrap_or_else(|| Self {
            states: vec![State::Loop { slash: true }, State::End],
        })
    }

    /// Whether the whole of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        let mut current = vec![false; self.states.len()];
        self.enter(&mut current, 0);
        for char in name.chars() {
            let mut next = vec![false; self.states.len()];
            for (at, _) in current.iter().enumerate().filter(|(_, active)| **active) {
                match &self.states[at] {
                    State::Char(own) if *own == char => self.enter(&mut next, at + 1),
                    State::One if char != '/' => self.enter(&mut next, at + 1),
                    State::Class { negated, set } if set.contains(char) != *negated => {
                        self.enter(&mut next, at + 1);
                    }
                    State::Loop { slash } if *slash || char != '/' => self.enter(&mut next, at),
                    _ => {}
                }
            }
            current = next;
        }
        current.last().copied().unwrap_or_default()
    }

    fn enter(&self, active: &mut [bool], at: usize) {
        if std::mem::replace(&mut active[at], true) {
            return;
        }
        match &self.states[at] {
            State::Loop { .. } => self.enter(active, at + 1),
            State::Jump(to) => self.enter(active, *to),
            State::Split(ways) => ways.iter().for_each(|way| self.enter(active, *way)),
            _ => {}
        }
    }
}

impl Set {
    fn contains(&self, char: char) -> bool {
        match self {
            Self::List(chars) => chars.contains(&char),
            Self::Range(low, high) => (*low..=*high).contains(&char),
        }
    }
}

/// What ended a sequence.
#[derive(PartialEq, Eq)]
enum Stop {
    Comma,
    Close,
    End,
}

impl Parser<'_> {
    fn sequence(&mut self, depth: usize) -> Option<Stop> {
        while let Some(next) = self.text.next() {
            match next {
                // the lexer's own mark for the end
                '\0' => return Some(Stop::End),
                '{' => self.alternatives(depth + 1)?,
                ',' if depth > 0 => return Some(Stop::Comma),
                '}' if depth > 0 => return Some(Stop::Close),
                '[' => {
                    let class = self.class()?;
                    self.states.push(class);
                }
                '?' => self.states.push(State::One),
                '*' => {
                    let slash = self.text.next_if_eq(&'*').is_some();
                    self.states.push(State::Loop { slash });
                }
                '\\' => {
                    if let Some(char) = self.text.next() {
                        self.states.push(State::Char(char));
                    }
                }
                char => self.states.push(State::Char(char)),
            }
        }
        Some(Stop::End)
    }

    fn alternatives(&mut self, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let split = self.states.len();
        self.states.push(State::Split(Vec::new()));
        let (mut ways, mut exits) = (Vec::new(), Vec::new());
        loop {
            ways.push(self.states.len());
            let stop = self.sequence(depth)?;
            exits.push(self.states.len());
            self.states.push(State::Jump(0));
            if stop != Stop::Comma {
                break;
            }
        }
        let end = self.states.len();
        self.states[split] = State::Split(ways);
        for exit in exits {
            self.states[exit] = State::Jump(end);
        }
        Some(())
    }

    fn class(&mut self) -> Option<State> {
        let negated = self.text.next_if_eq(&'!').is_some();
        let first = self.text.next()?;
        if self.text.next_if_eq(&'-').is_some() {
            let last = self.text.next()?;
            let closed = self.text.next()? == ']' && first <= last;
            let set = Set::Range(first, last);
            return closed.then_some(State::Class { negated, set });
        }
        let mut chars = Vec::new();
        let mut next = first;
        loop {
            match next {
                ']' => break,
                '\\' => chars.push(self.text.next()?),
                char => chars.push(char),
            }
            next = self.text.next()?;
        }
        let set = Set::List(chars.clone());
        (!chars.is_empty()).then_some(State::Class { negated, set })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_gobwas_does() {
        let cases = [
            ("conf/*", "conf/a", true),
            ("conf/*", "conf/a/b", false),
            ("conf/**", "conf/a/b", true),
            ("**.yaml", "a/b.yaml", true),
            ("*.yaml", "a/b.yaml", false),
            ("{a,b}/*.txt", "b/x.txt", true),
            ("{a,b{c,d}}x", "bdx", true),
            ("a{b,c", "ac", true),
            ("[ab]c", "bc", true),
            ("[!ab]c", "bc", false),
            ("[a-c]", "b", true),
            ("a?c", "a/c", false),
            ("\\*", "*", true),
            ("a}b", "a}b", true),
            ("a,b", "a,b", true),
            ("", "", true),
            ("**", "", true),
        ];
        for (pattern, name, want) in cases {
            assert_eq!(
                Glob::parse(pattern).unwrap().matches(name),
                want,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn a_malformed_pattern_matches_everything() {
        for bad in ["[", "[]", "[c-a]", "[a-bc]"] {
            assert!(Glob::parse(bad).is_none(), "{bad}");
            assert!(Glob::lenient(bad).matches("any/thing"));
        }
    }

    #[test]
    fn a_hostile_pattern_is_not_slow() {
        let glob = Glob::parse(&"*a".repeat(200)).unwrap();
        assert!(!glob.matches(&"a".repeat(150)));
        assert!(Glob::parse(&"{".repeat(100)).is_none());
    }
}
