//! Errors of templates as helm 4 prints them.

use sluice_go_template::{Error, ErrorKind};
use sluice_sprig::{MESSAGE_END as END, MESSAGE_START as START};

/// An error of parsing: the place and the last part of the text.
pub(crate) fn parse_error(file: &str, error: &Error) -> String {
    let text = error.text();
    let tokens: Vec<&str> = text.split(": ").collect();
    match tokens[..] {
        [_, place, .., last] => format!("parse error at ({place}): {last}"),
        [_, last] => format!("parse error at ({last}): {last}"),
        _ => format!("parse error in ({file}): {text}"),
    }
}

/// An error of execution: a marked message with its place, else the places from the outside in, else the text as it is.
pub(crate) fn exec_error(file: &str, error: &Error) -> String {
    let text = error.text();
    if !error.chain().any(|error| error.kind() == ErrorKind::Exec) {
        return text.to_owned();
    }
    let mut tokens = text.splitn(3, ": ");
    let (Some(_), Some(place), Some(rest)) = (tokens.next(), tokens.next(), tokens.next()) else {
        return format!("execution error in ({file}): {text}");
    };
    if let Some(message) = marked(rest) {
        return format!("execution error at ({place}): {message}");
    }
    let mut steps: Vec<Step<'_>> = Vec::new();
    for error in error.chain() {
        match Step::parse(error.text()) {
            Some(step) if steps.last() == Some(&step) => {}
            Some(step) => steps.push(step),
            None => return text.to_owned(),
        }
    }
    let told: String = steps.iter().map(Step::tell).collect();
    told.trim().to_owned()
}

/// From the first start mark to the last end mark.
fn marked(text: &str) -> Option<&str> {
    let start = text.find(START)? + START.len();
    let end = text.rfind(END)?;
    text.get(start..end)
}

/// One place that an error went through.
#[derive(PartialEq, Eq)]
struct Step<'a> {
    place: &'a str,
    function: Option<(&'a str, &'a str)>,
    message: &'a str,
}

impl<'a> Step<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("template: ")?;
        if rest.starts_with("no template ") {
            return Some(Self {
                place: "",
                function: None,
                message: text,
            });
        }
        if let Some((place, after)) = rest.split_once(": executing ") {
            return Self::parse_executing(place, after).or_else(|| Self::parse_simple(rest));
        }
        Self::parse_simple(rest)
    }

    fn parse_executing(place: &'a str, after: &'a str) -> Option<Self> {
        let (function, after) = after.strip_prefix('"')?.split_once('"')?;
        let (node, message) = after.strip_prefix(" at <")?.split_once(">: ")?;
        Some(Self {
            place,
            function: Some((function, node)),
            message: message.split(" template:").next().unwrap_or(message),
        })
    }

    fn parse_simple(rest: &'a str) -> Option<Self> {
        let (place, message) = rest.rsplit_once(": ")?;
        Some(Self {
            place,
            function: None,
            message: message.split(" template:").next().unwrap_or(message),
        })
    }

    fn tell(&self) -> String {
        let mut out = String::new();
        if !self.place.is_empty() {
            out.push_str(&format!("{}\n  ", self.place));
        }
        if let Some((function, node)) = self.function {
            out.push_str(&format!("executing \"{function}\" at <{node}>:\n    "));
        }
        if !self.message.is_empty() {
            out.push_str(&format!("{}\n", self.message));
        }
        out
    }
}
