//! The text of INI files as `gopkg.in/ini.v1` reads and writes it, which is what sops uses.

/// Most entries of a section: looking one up is linear, as sections are small.
const MAX_ENTRIES: usize = 4096;
const DEFAULT: &str = "DEFAULT";
const DELIMITERS: [char; 2] = ['=', ':'];

/// A section.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// `DEFAULT` for what stands before the first one.
    pub name: String,
    /// With its mark.
    pub comment: String,
    /// In order, names once.
    pub entries: Vec<Entry>,
    /// The entry that was set last.
    pub last: Option<usize>,
}

/// A name with a value.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: String,
    pub value: String,
    /// With its mark.
    pub comment: String,
}

impl Section {
    pub fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Sets an entry; one that is there keeps its place, and its comment until it gets another.
    pub fn set(&mut self, entry: Entry) {
        let known = self.entries.iter().position(|known| known.name == entry.name);
        let at = known.unwrap_or(self.entries.len());
        match self.entries.get_mut(at) {
            Some(slot) => slot.value = entry.value,
            None => self.entries.push(entry),
        }
        self.last = Some(at);
    }
}

struct Reader<'a> {
    lines: std::str::SplitInclusive<'a, char>,
    number: usize,
    comment: String,
    unnamed: usize,
}

/// Reads a file. The first section is `DEFAULT`, be it empty.
///
/// # Errors
/// What is wrong, with the line, without its content.
pub(super) fn read(text: &str) -> Result<Vec<Section>, String> {
    let mut reader = Reader {
        lines: text.split_inclusive('\n'),
        number: 0,
        comment: String::new(),
        unnamed: 1,
    };
    let mut sections = vec![Section::named(DEFAULT)];
    while let Some(line) = reader.next() {
        let line = line.trim_start();
        match line.as_bytes().first() {
            None => {}
            Some(b'#' | b';') => reader.comment.push_str(line),
            Some(b'[') => sections.push(reader.section(line)?),
            Some(_) => {
                let entry = reader.entry(line)?;
                let Some(section) = sections.last_mut() else {
                    continue;
                };
                if section.entries.len() >= MAX_ENTRIES {
                    return Err(format!("a section has more than {MAX_ENTRIES} entries"));
                }
                let comment = entry.comment.clone();
                section.set(entry);
                if let Some(slot) = section.last.and_then(|at| section.entries.get_mut(at)) {
                    slot.comment = comment;
                }
            }
        }
    }
    Ok(sections)
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.number += 1;
        self.lines.next()
    }

    fn fail(&self, reason: &str) -> String {
        format!("line {}: {reason}", self.number)
    }

    fn take_comment(&mut self) -> String {
        std::mem::take(&mut self.comment).trim().to_owned()
    }

    fn section(&mut self, line: &str) -> Result<Section, String> {
        let (name, rest) = line[1..]
            .rsplit_once(']')
            .ok_or_else(|| self.fail("a section is not closed"))?;
        if name.is_empty() {
            return Err(self.fail("a section has no name"));
        }
        if let Some(at) = rest.find(['#', ';']) {
            self.comment.push_str(&rest[at..]);
        }
        self.unnamed = 1;
        let mut section = Section::named(name);
        section.comment = self.take_comment();
        Ok(section)
    }

    fn entry(&mut self, line: &str) -> Result<Entry, String> {
        let (name, rest) = self.name(line)?;
        let name = if name == "-" {
            self.unnamed += 1;
            format!("#{}", self.unnamed - 1)
        } else {
            name.to_owned()
        };
        let value = self.value(rest)?;
        if name.is_empty() {
            return Err(self.fail("an entry has no name"));
        }
        let comment = self.take_comment();
        Ok(Entry { name, value, comment })
    }

    fn name<'b>(&self, line: &'b str) -> Result<(&'b str, &'b str), String> {
        let quote = match line.as_bytes() {
            [b'"', b'"', b'"', _, _, _, _, ..] => "\"\"\"",
            [b'"', ..] => "\"",
            [b'`', ..] => "`",
            _ => "",
        };
        let lacks = || self.fail("a line has neither '=' nor ':'");
        if quote.is_empty() {
            let at = line.find(DELIMITERS).ok_or_else(lacks)?;
            if at == 0 {
                return Err(self.fail("an entry has no name"));
            }
            return Ok((line[..at].trim(), &line[at + 1..]));
        }
        let inside = &line[quote.len()..];
        let close = inside
            .find(quote)
            .ok_or_else(|| self.fail("a quoted name is not closed"))?;
        let behind = &inside[close + quote.len()..];
        let at = behind.find(DELIMITERS).ok_or_else(lacks)?;
        Ok((inside[..close].trim(), &behind[at + 1..]))
    }

    fn value(&mut self, text: &str) -> Result<String, String> {
        let text = text.trim_start();
        let quote = match text.as_bytes() {
            [b'"', b'"', b'"', _, ..] => "\"\"\"",
            [b'`', ..] => "`",
            _ => "",
        };
        if !quote.is_empty() {
            let inside = &text[quote.len()..];
            return match inside.rfind(quote) {
                Some(close) => Ok(inside[..close].to_owned()),
                None => self.lines_to(quote, inside),
            };
        }
        let text = text.trim();
        if let Some(text) = text.strip_suffix('\\') {
            return Ok(self.continued(text));
        }
        let mut value = text;
        if let Some(at) = text.find(['#', ';']) {
            self.comment.push_str(&text[at..]);
            value = text[..at].trim();
        }
        Ok(unquoted(value).to_owned())
    }

    /// A quoted value over several lines.
    fn lines_to(&mut self, quote: &str, first: &str) -> Result<String, String> {
        let mut value = first.to_owned();
        while let Some(line) = self.next() {
            if let Some(close) = line.rfind(quote) {
                value.push_str(&line[..close]);
                let rest = &line[close..];
                if let Some(at) = rest.find(['#', ';']) {
                    self.comment.push_str(rest[at..].trim());
                }
                return Ok(value);
            }
            value.push_str(line);
        }
        Err(self.fail("a quoted value is not closed"))
    }

    /// A value whose lines end in a backslash.
    fn continued(&mut self, first: &str) -> String {
        let mut value = first.to_owned();
        while let Some(line) = self.next().map(str::trim).filter(|line| !line.is_empty()) {
            value.push_str(line);
            if !value.ends_with('\\') {
                break;
            }
            value.pop();
        }
        value
    }
}

/// Without the quotes around it, when there are no others of the kind inside.
fn unquoted(text: &str) -> &str {
    for quote in ['\'', '"'] {
        let inside = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inside) = inside.filter(|inside| !inside.contains(quote)) {
            return inside;
        }
    }
    text
}

/// Writes sections, the `=` of each in one column.
pub(super) fn write(sections: &[Section]) -> String {
    let mut out = String::new();
    for (at, section) in sections.iter().enumerate() {
        write_comment(&section.comment, false, &mut out);
        if at > 0 || !section.name.eq_ignore_ascii_case(DEFAULT) {
            out.push_str(&format!("[{}]\n", section.name));
        } else if section.entries.is_empty() {
            continue;
        }
        let width = section
            .entries
            .iter()
            .map(|entry| reserved_width(&entry.name))
            .max();
        for entry in &section.entries {
            write_comment(&entry.comment, true, &mut out);
            let name = written_name(&entry.name);
            let blanks = width.unwrap_or_default().saturating_sub(name.len());
            out.push_str(&name);
            out.extend(std::iter::repeat_n(' ', blanks));
            out.push_str(&format!(" = {}\n", written_value(&entry.value)));
        }
        if at + 1 < sections.len() {
            out.push('\n');
        }
    }
    out
}

fn write_comment(comment: &str, trim: bool, out: &mut String) {
    for line in comment.split('\n').filter(|_| !comment.is_empty()) {
        match line.strip_prefix(['#', ';']) {
            Some(rest) => out.push_str(&format!("{} {}\n", &line[..1], rest.trim())),
            None if trim => out.push_str(&format!("; {}\n", line.trim())),
            None => out.push_str(&format!("; {line}\n")),
        }
    }
}

fn needs_backquotes(name: &str) -> bool {
    name.contains('"') || name.contains(DELIMITERS)
}

fn reserved_width(name: &str) -> usize {
    let quotes = match name {
        _ if needs_backquotes(name) => 2,
        _ if name.contains('`') => 6,
        _ => 0,
    };
    name.len() + quotes
}

fn written_name(name: &str) -> String {
    match name {
        _ if needs_backquotes(name) => format!("`{name}`"),
        _ if name.contains('`') => format!("\"\"\"{name}\"\"\""),
        _ => name.to_owned(),
    }
}

fn written_value(value: &str) -> String {
    if value.contains(['\n', '`']) {
        format!("\"\"\"{value}\"\"\"")
    } else if value.contains(['#', ';']) {
        format!("`{value}`")
    } else if value.trim().len() != value.len() {
        format!("\"{value}\"")
    } else {
        value.to_owned()
    }
}
