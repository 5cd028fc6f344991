//! Label selectors as text (Kubernetes, "Labels and Selectors"): `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1,m<2`.

use super::IgnoreError;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    Absent,
    Greater,
    Less,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

/// All requirements must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabelSelector(Vec<Requirement>);

impl LabelSelector {
    /// None for an empty text.
    pub(super) fn parse(field: &'static str, text: &str) -> Result<Option<Self>, IgnoreError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let fail = |reason: String| IgnoreError {
            field,
            text: text.to_owned(),
            reason,
        };
        let requirements = split(text).into_iter().map(requirement).collect::<Result<_, _>>();
        requirements
            .map(|requirements| Some(Self(requirements)))
            .map_err(fail)
    }

    pub(super) fn matches(&self, get: &dyn Fn(&str) -> Option<String>) -> bool {
        self.0
            .iter()
            .all(|requirement| requirement.holds(get(&requirement.key).as_ref()))
    }
}

impl Requirement {
    fn holds(&self, value: Option<&String>) -> bool {
        let listed = |value: &String| self.values.contains(value);
        let compared = |value: &String| {
            let (left, right) = (
                value.parse::<i64>().ok()?,
                self.values.first()?.parse::<i64>().ok()?,
            );
            Some(left.cmp(&right))
        };
        match (&self.operator, value) {
            (Operator::In, Some(value)) => listed(value),
            (Operator::NotIn, Some(value)) => !listed(value),
            (Operator::Exists, found) => found.is_some(),
            (Operator::Absent, found) => found.is_none(),
            (Operator::Greater, Some(value)) => compared(value).is_some_and(std::cmp::Ordering::is_gt),
            (Operator::Less, Some(value)) => compared(value).is_some_and(std::cmp::Ordering::is_lt),
            (Operator::NotIn, None) => true,
            (Operator::In | Operator::Greater | Operator::Less, None) => false,
        }
    }
}

/// At commas outside of brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_u32);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let text = text.trim();
    let made = |key: &str, operator, values: Vec<String>| {
        let key = key.trim();
        let clean = !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || "()!=<>,".contains(c));
        let bad = || format!("{text:?} is no requirement on a label");
        clean
            .then(|| Requirement {
                key: key.to_owned(),
                operator,
                values,
            })
            .ok_or_else(bad)
    };
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some(key) = text.strip_prefix('!') {
        return made(key, Operator::Absent, Vec::new());
    }
    if let Some((key, value)) = text.split_once("!=") {
        return made(key, Operator::NotIn, one(value));
    }
    if let Some((key, value)) = text.split_once('=') {
        return made(key, Operator::In, one(value.trim_start_matches('=')));
    }
    for (sign, operator) in [('>', Operator::Greater), ('<', Operator::Less)] {
        if let Some((key, value)) = text.split_once(sign) {
            value
                .trim()
                .parse::<i64>()
                .map_err(|_| format!("{value:?} is no integer"))?;
            return made(key, operator, one(value));
        }
    }
    let Some((head, list)) = text.split_once('(') else {
        return made(text, Operator::Exists, Vec::new());
    };
    let list = list
        .strip_suffix(')')
        .ok_or_else(|| format!("a bracket is missing in {text:?}"))?;
    let values = list.split(',').map(|value| value.trim().to_owned()).collect();
    match head.trim().rsplit_once(char::is_whitespace) {
        Some((key, "in")) => made(key, Operator::In, values),
        Some((key, "notin")) => made(key, Operator::NotIn, values),
        _ => Err(format!("{text:?} has neither in nor notin")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, key: &str, value: Option<&str>) -> bool {
        let selector = LabelSelector::parse("s", selector)
            .expect("parses")
            .expect("not empty");
        selector.matches(&|asked| value.filter(|_| asked == key).map(ToOwned::to_owned))
    }

    #[test]
    fn every_operator_does_what_kubernetes_says() {
        assert!(matches("a=b", "a", Some("b")) && matches("a == b", "a", Some("b")));
        assert!(!matches("a=b", "a", None) && matches("a!=b", "a", None) && !matches("a!=b", "a", Some("b")));
        assert!(matches("a in (x, y)", "a", Some("y")) && !matches("a in (x,y)", "a", Some("z")));
        assert!(matches("a notin (x,y)", "a", None) && !matches("a notin (x,y),a", "a", None));
        assert!(matches("a", "a", Some("")) && matches("!a", "b", Some("")) && !matches("!a", "a", Some("")));
        assert!(matches("a>1,a<3", "a", Some("2")) && !matches("a>1", "a", Some("x")));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["a b", "=", "a in (x", "a of (x)", "a>b", "!", ",", "a(b)"] {
            assert!(LabelSelector::parse("s", text).is_err(), "{text}");
        }
    }
}
