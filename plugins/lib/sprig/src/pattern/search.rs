//! Searching, replacing and splitting, with Go's rules for empty matches.

use super::Pattern;
use super::expand::Part;
use super::subject::Subject;
use crate::text::rune;

impl Pattern {
    /// `MatchString`.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(&Subject::new(text).text)
    }

    /// `FindString`: the first match, or nothing.
    pub fn find<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let subject = Subject::new(text);
        let found = self.regex.find(&subject.text);
        found.map_or(&[], |found| subject.given(found.start(), found.end()))
    }

    /// The first match from a position on. An empty match within a character is none.
    fn find_from(&self, text: &[u8], mut at: usize) -> Option<(usize, usize)> {
        loop {
            let found = self.regex.find_at(text, at)?;
            if !is_within_rune(text, found.start()) {
                return Some((found.start(), found.end()));
            }
            at = found.start() + 1;
        }
    }

    /// `FindAllStringIndex`: the first `most` matches, all when negative. An empty match right behind another does not count.
    pub fn find_all(&self, text: &[u8], most: i64) -> Vec<(usize, usize)> {
        let subject = Subject::new(text);
        let mut found = self.find_all_in(&subject.text, most);
        for (start, end) in &mut found {
            (*start, *end) = (subject.position(*start), subject.position(*end));
        }
        found
    }

    fn find_all_in(&self, text: &[u8], most: i64) -> Vec<(usize, usize)> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        let (mut at, mut previous_end) = (0, None);
        while found.len() < most && at <= text.len() {
            let Some((start, end)) = self.find_from(text, at) else {
                break;
            };
            let mut accepted = true;
            if end == at {
                accepted = previous_end != Some(start);
                at += rune::decode(&text[at..]).1.max(1);
            } else {
                at = end;
            }
            previous_end = Some(end);
            if accepted {
                found.push((start, end));
            }
        }
        found
    }

    /// `ReplaceAllString`: the replacement text names groups.
    pub fn replace_all(&self, text: &[u8], template: &[u8]) -> Vec<u8> {
        if !template.contains(&b'$') {
            return self.replace_all_literal(text, template);
        }
        let parts = self.parts_of(template);
        let mut out = Vec::with_capacity(text.len());
        let mut groups = self.regex.capture_locations();
        let subject = Subject::new(text);
        self.for_each_match(&subject, &mut out, |out, at| {
            self.regex.captures_read_at(&mut groups, &subject.text, at);
            for part in &parts {
                match part {
                    Part::Text(found) => out.extend_from_slice(found),
                    Part::Group(group) => {
                        let range = groups.get(*group);
                        out.extend_from_slice(range.map_or(&[], |(start, end)| subject.given(start, end)));
                    }
                }
            }
        });
        out
    }

    /// `ReplaceAllLiteralString`.
    pub fn replace_all_literal(&self, text: &[u8], replacement: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        self.for_each_match(&Subject::new(text), &mut out, |out, _| {
            out.extend_from_slice(replacement);
        });
        out
    }

    /// Copies what is not matched, and lets `replace` write the rest; it gets the position of the match.
    fn for_each_match(
        &self,
        subject: &Subject<'_>,
        out: &mut Vec<u8>,
        mut replace: impl FnMut(&mut Vec<u8>, usize),
    ) {
        let text = subject.text.as_ref();
        let (mut last_end, mut at) = (0, 0);
        while at <= text.len() {
            let Some((start, end)) = self.find_from(text, at) else {
                break;
            };
            out.extend_from_slice(subject.given(last_end, start));
            if end > last_end || start == 0 {
                replace(out, start);
            }
            last_end = end;
            at = end.max(at + rune::decode(&text[at..]).1.max(1));
        }
        out.extend_from_slice(subject.given(last_end, text.len()));
    }

    /// `Split`: [`None`] is Go's nil slice, for a count of 0.
    pub fn split<'t>(&self, text: &'t [u8], most: i64) -> Option<Vec<&'t [u8]>> {
        if most == 0 {
            return None;
        }
        if text.is_empty() && !self.is_empty {
            return Some(vec![b""]);
        }
        let mut parts = Vec::new();
        let (mut begin, mut end) = (0, 0);
        for (start, stop) in self.find_all(text, most) {
            if most > 0 && i64::try_from(parts.len()).is_ok_and(|count| count >= most - 1) {
                break;
            }
            end = start;
            if stop != 0 {
                parts.push(&text[begin..end]);
            }
            begin = stop;
        }
        if end != text.len() {
            parts.push(&text[begin..]);
        }
        Some(parts)
    }
}

fn is_within_rune(text: &[u8], at: usize) -> bool {
    let is_continued = text.get(at).is_some_and(|byte| (0x80..0xC0).contains(byte));
    is_continued && (1..=3).any(|back| back <= at && rune::decode(&text[at - back..]).1 > back)
}

#[cfg(test)]
mod tests {
    use super::super::{Pattern, quote_meta};

    fn compile(pattern: &str) -> Pattern {
        Pattern::compile(pattern.as_bytes()).expect(pattern)
    }

    fn replace(pattern: &str, text: &str, template: &str) -> String {
        String::from_utf8(compile(pattern).replace_all(text.as_bytes(), template.as_bytes())).expect("UTF-8")
    }

    #[test]
    fn replaces_as_go_does() {
        assert_eq!(replace("a(x*)b", "-ab-axxb-", "${1}W"), "-W-xxW-");
        assert_eq!(replace("a(x*)b", "-ab-axxb-", "$1W"), "---");
        assert_eq!(replace("", "aé", "-"), "-a-é-");
        assert_eq!(replace("x*", "axb", "-"), "-a-b-");
        assert_eq!(replace("(?P<n>a)", "bab", "<$n$$>"), "b<a$>b");
        assert_eq!(replace(r"(?i)\bÉ", "é É", "x"), "é É");
    }

    #[test]
    fn splits_as_go_does() {
        let split = |pattern: &str, text: &str, most: i64| {
            let pattern = compile(pattern);
            let parts = pattern.split(text.as_bytes(), most).expect("parts");
            parts
                .iter()
                .map(|part| String::from_utf8_lossy(part).into_owned())
                .collect::<Vec<_>>()
                .join("|")
        };
        assert_eq!(split("a*", "abaabaccadaaae", 5), "|b|b|c|cadaaae");
        assert_eq!(split("z+", "pizza", -1), "pi|a");
        assert_eq!(split("", "ab", -1), "a|b");
        assert_eq!(split("a", "", -1), "");
    }

    #[test]
    fn classes_are_ascii_and_brackets_literal() {
        assert!(!compile(r"\w").is_match("é".as_bytes()));
        assert!(compile(r"^[[&&x]+$").is_match(b"[&&x"));
        assert!(compile(r"^a{,2}$").is_match(b"a{,2}"));
        assert!(compile(r"\<x\>").is_match(b"<x>"));
        assert!(compile(r"\pL\Q.*\E\x{e9}\101").is_match("é.*éA".as_bytes()));
        assert_eq!(quote_meta(b"1.2{"), br"1\.2\{");
    }

    /// R9, H9: patterns that explode elsewhere are linear or refused here.
    #[test]
    fn bombs_are_refused_or_linear() {
        for pattern in [
            "(",
            "a**",
            "a{1001}",
            "(a{100}){100}",
            "[b-a]",
            r"\8",
            "(?z)",
            ")",
            "*",
            r"\",
            "[a",
            "(?P<>a)",
        ] {
            let error = Pattern::compile(pattern.as_bytes())
                .expect_err(pattern)
                .to_string();
            assert!(error.starts_with("error parsing regexp: "), "{error}");
        }
        let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(Pattern::compile(deep.as_bytes()).is_err());
        assert!(!compile("(a*)*b").is_match(&[b'a'; 100_000]));
    }
}
