//! What a comparison found, for people and for programs.

use std::fmt;
use std::io::Write;

use serde::Serialize;
use serde_json::Value;
use sluice_apply::{Action, Preview};
use sluice_model::Object;
use sluice_yaml::Flavour;

use super::compare::{self, Field};
use super::secret::{Marks, assume_encrypted};
use crate::cli::Output;

/// What would become of one object.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Kind, namespace and name.
    pub object: String,
    /// `created`, `drifted`, `recreated`, `deleted`, `skipped`, `unchanged`, or `note`.
    pub action: &'static str,
    /// Fields that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// For the reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Entry {
    /// Of a preview, with the values of Secrets replaced.
    pub fn of(preview: &Preview, marks: &Marks) -> Self {
        let mut entry = Self {
            object: preview.id.subject(),
            action: name(preview),
            fields: Vec::new(),
            note: None,
        };
        if let (Action::Configured, Some(live), Some(merged)) =
            (preview.action, &preview.live, &preview.merged)
        {
            let (mut live, mut merged) = (live.clone(), merged.clone());
            assume_encrypted(&live, &mut merged);
            marks.put(&mut live);
            marks.put(&mut merged);
            entry.fields = compare::fields(&live.0, &merged.0);
            if entry.fields.is_empty() {
                entry.action = "unchanged";
            }
        }
        entry
    }

    fn is_change(&self) -> bool {
        matches!(self.action, "created" | "drifted" | "recreated" | "deleted")
    }
}

fn name(preview: &Preview) -> &'static str {
    match preview.action {
        Action::Created => "created",
        Action::Configured if preview.recreated => "recreated",
        Action::Configured => "drifted",
        Action::Unchanged => "unchanged",
        Action::Skipped => "skipped",
        Action::Deleted => "deleted",
    }
}

/// Whose objects they are: namespace and name.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// A Kustomization.
    Kustomization(String),
    /// A HelmRelease.
    HelmRelease(String),
}

impl Owner {
    /// The member of the document that lists reports of this sort.
    fn list(&self) -> &'static str {
        match self {
            Self::Kustomization(_) => "kustomizations",
            Self::HelmRelease(_) => "helmReleases",
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kustomization(name) => write!(f, "Kustomization/{name}"),
            Self::HelmRelease(name) => write!(f, "HelmRelease/{name}"),
        }
    }
}

/// What one object would change.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whose objects.
    #[serde(flatten)]
    pub owner: Owner,
    /// Objects in apply order, then those that would be deleted.
    #[serde(rename = "objects")]
    pub entries: Vec<Entry>,
    /// Why objects could not be looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}

impl Report {
    /// With nothing in it.
    pub fn of(owner: Owner) -> Self {
        Self {
            owner,
            entries: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Says something about an object.
    pub fn note(&mut self, object: &Object, text: &str) {
        self.entries.push(Entry {
            object: object.id().subject(),
            action: "note",
            fields: Vec::new(),
            note: Some(text.to_owned()),
        });
    }

    /// Whether anything would change.
    pub fn has_changes(&self) -> bool {
        self.entries.iter().any(Entry::is_change)
    }
}

/// Prints the reports; what is unchanged is left out of the text for people.
pub fn print(reports: &[Report], output: Option<Output>, colours: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let list = reports
        .first()
        .map_or("kustomizations", |report| report.owner.list());
    let value = serde_json::json!({ list: reports });
    match output {
        Some(Output::Json) => writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?,
        Some(Output::Yaml) => write!(out, "{}", sluice_yaml::emit_value(&value, Flavour::Sigs)?)?,
        None => text(&mut out, reports, colours)?,
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BOLD: &str = "1";

fn text(out: &mut impl Write, reports: &[Report], colours: bool) -> anyhow::Result<()> {
    let paint = Paint(colours);
    for (index, report) in reports.iter().enumerate() {
        if index > 0 && report.has_changes() {
            writeln!(
                out,
                "{}",
                paint.with(BOLD, &format!("► {} changes:", report.owner))
            )?;
        }
        for entry in report.entries.iter().filter(|entry| entry.action != "unchanged") {
            let note = entry
                .note
                .as_ref()
                .map(|note| format!(" ({note})"))
                .unwrap_or_default();
            let action = if entry.action == "note" { "" } else { entry.action };
            let line = printable(&format!("► {} {action}{note}", entry.object));
            let colour = match entry.action {
                "created" => GREEN,
                "deleted" | "recreated" => RED,
                "drifted" => BOLD,
                _ => YELLOW,
            };
            writeln!(out, "{}", paint.with(colour, &line))?;
            for field in &entry.fields {
                write_field(out, field, paint)?;
            }
        }
    }
    Ok(())
}

fn write_field(out: &mut impl Write, field: &Field, paint: Paint) -> anyhow::Result<()> {
    let what = match (&field.from, &field.to) {
        (None, _) => "+ added",
        (_, None) => "- removed",
        _ => "± changed",
    };
    writeln!(out, "\n{}\n  {what}", printable(&field.path))?;
    for (value, sign, colour) in [(&field.from, '-', RED), (&field.to, '+', GREEN)] {
        for line in value.iter().flat_map(lines) {
            writeln!(out, "{}", paint.with(colour, &format!("    {sign} {line}")))?;
        }
    }
    writeln!(out)?;
    Ok(())
}

fn lines(value: &Value) -> Vec<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => sluice_yaml::emit_value(other, Flavour::Sigs).unwrap_or_else(|_| other.to_string()),
    };
    text.lines().map(printable).collect()
}

/// L5: what stands in the cluster cannot drive the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(colours: bool) -> String {
        let field = Field {
            path: "data.color".into(),
            from: Some(json!("blue")),
            to: Some(json!("gr\x1b[2Jeen\nlast")),
        };
        let entry = |object: &str, action, fields: &[Field]| Entry {
            object: object.into(),
            action,
            fields: fields.to_vec(),
            note: None,
        };
        let report = Report {
            owner: Owner::Kustomization("ns/app".into()),
            entries: vec![
                entry("ConfigMap/ns/a", "drifted", &[field]),
                entry("ConfigMap/ns/b", "unchanged", &[]),
                entry("ConfigMap/ns/c", "deleted", &[]),
            ],
            errors: Vec::new(),
        };
        let mut out = Vec::new();
        text(&mut out, &[report], colours).expect("prints");
        String::from_utf8(out).expect("text")
    }

    /// L5: no escape of an object reaches the terminal.
    #[test]
    fn text_shows_changes_only_and_no_escapes() {
        let want = "► ConfigMap/ns/a drifted\n\ndata.color\n  ± changed\n    - blue\n    + gr\u{fffd}[2Jeen\n    + last\n\n► ConfigMap/ns/c deleted\n";
        assert_eq!(shown(false), want);
        assert!(shown(true).contains("\x1b[31m► ConfigMap/ns/c deleted\x1b[0m"));
    }
}
