//! `--output-dir`: the documents of a rendered text, each in the file of its template.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Component, Path};

use anyhow::{Context as _, bail};

const MARK: &str = "---\n# Source: ";

/// Writes the files, and tells of each document as helm does.
pub(super) fn write(folder: &Path, text: &[u8], told: &mut impl Write) -> anyhow::Result<()> {
    let mut begun = BTreeSet::new();
    for document in documents(text) {
        let rest = &document[MARK.len()..];
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let name = std::str::from_utf8(&rest[..end]).context("the name of a template is not UTF-8")?;
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
        if !Path::new(name).components().all(inside) {
            bail!("{name} is not inside of the folder");
        }
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        let is_first = begun.insert(name.to_owned());
        let mut options = std::fs::OpenOptions::new();
        options
            .create(true)
            .write(true)
            .truncate(is_first)
            .append(!is_first);
        let mut file = options.open(&path).with_context(|| path.display().to_string())?;
        file.write_all(document)?;
        writeln!(told, "wrote {}", path.display())?;
    }
    writeln!(told)?;
    Ok(())
}

/// The text cut before each mark.
fn documents(text: &[u8]) -> Vec<&[u8]> {
    let is_start =
        |at: &usize| text[*at..].starts_with(MARK.as_bytes()) && (*at == 0 || text[*at - 1] == b'\n');
    let mut starts: Vec<usize> = (0..text.len()).filter(is_start).collect();
    starts.push(text.len());
    starts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_template_gets_its_file() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let text = b"---\n# Source: c/templates/a.yaml\nx: 1\n---\n# Source: c/templates/a.yaml\nx: 2\n---\n# Source: c/b.yaml\ny\n";
        let mut told = Vec::new();
        write(dir.path(), text, &mut told)?;
        let first = std::fs::read_to_string(dir.path().join("c/templates/a.yaml"))?;
        assert_eq!(
            first,
            "---\n# Source: c/templates/a.yaml\nx: 1\n---\n# Source: c/templates/a.yaml\nx: 2\n"
        );
        assert_eq!(
            std::fs::read_to_string(dir.path().join("c/b.yaml"))?,
            "---\n# Source: c/b.yaml\ny\n"
        );
        assert_eq!(String::from_utf8(told)?.lines().count(), 4);
        Ok(())
    }

    /// H6: a name that leaves the folder is refused.
    #[test]
    fn names_do_not_leave_the_folder() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        assert!(write(dir.path(), b"---\n# Source: ../x.yaml\n", &mut Vec::new()).is_err());
        assert!(write(dir.path(), b"---\n# Source: /etc/x.yaml\n", &mut Vec::new()).is_err());
        Ok(())
    }
}
