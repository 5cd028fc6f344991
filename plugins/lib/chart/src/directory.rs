//! Charts in a directory: walked with `.helmignore`, the files that every load needs read at once, the others when a
//! template asks for them.

use std::rc::Rc;

use crate::chart::File;
use crate::error::LoadError;
use crate::files::{EntryKind, Files, FilesError, extension, join};
use crate::ignore::IgnoreRules;
use crate::limits::Budget;

/// The name of the file with ignore rules.
const IGNORE_FILE: &str = ".helmignore";

/// Files that are read at once: more calls of the host take longer, and more bytes at once touch more memory.
const BATCH: usize = 16;

struct Walk<'a> {
    files: &'a Rc<dyn Files>,
    root: &'a str,
    rules: IgnoreRules,
    budget: &'a mut Budget,
    found: Vec<String>,
}

/// The files of the chart at `root` that are not ignored, sorted within their directories.
pub(crate) fn read(files: &Rc<dyn Files>, root: &str, budget: &mut Budget) -> Result<Vec<File>, LoadError> {
    let rules = match files.read(&join(root, IGNORE_FILE)) {
        Ok(text) => IgnoreRules::parse(&text)?,
        Err(FilesError::NotFound) => IgnoreRules::builtin(),
        Err(error) => return Err(failed(IGNORE_FILE.into(), error)),
    };
    let mut walk = Walk {
        files,
        root,
        rules,
        budget,
        found: Vec::new(),
    };
    walk.directory("", 0)?;
    let found = walk.found;
    let mut loaded = read_needed(files, root, &found, budget)?.into_iter();
    let mut out = Vec::with_capacity(found.len());
    for name in found {
        let needed = if is_needed(&name) { loaded.next() } else { None };
        out.push(needed.unwrap_or_else(|| {
            let path = join(root, &name);
            File::deferred(name, Rc::clone(files), path)
        }));
    }
    Ok(out)
}

/// Reads what is needed of the files, in their order, a batch at a time.
fn read_needed(
    files: &Rc<dyn Files>,
    root: &str,
    found: &[String],
    budget: &mut Budget,
) -> Result<Vec<File>, LoadError> {
    let needed: Vec<&String> = found.iter().filter(|name| is_needed(name)).collect();
    let mut loaded = Vec::with_capacity(needed.len());
    for names in needed.chunks(BATCH) {
        let paths: Vec<String> = names.iter().map(|name| join(root, name)).collect();
        let read = files
            .read_many(&paths)
            .map_err(|(path, error)| failed(path, error))?;
        for (name, bytes) in names.iter().zip(read) {
            budget.take_bytes(bytes.len())?;
            loaded.push(File::loaded((*name).clone(), &bytes));
        }
    }
    Ok(loaded)
}

fn failed(path: String, error: FilesError) -> LoadError {
    LoadError::Read { path, error }
}

impl Walk<'_> {
    fn directory(&mut self, dir: &str, depth: usize) -> Result<(), LoadError> {
        self.budget.check_depth(depth)?;
        let path = if dir.is_empty() {
            self.root.to_owned()
        } else {
            join(self.root, dir)
        };
        let entries = self.files.entries(&path).map_err(|error| failed(path, error))?;
        for entry in entries {
            let name = join(dir, &entry.name);
            self.budget.take_file()?;
            match entry.kind {
                EntryKind::Symlink => return Err(LoadError::DanglingLink(name)),
                EntryKind::Directory if self.rules.ignores(&name, true) => {}
                EntryKind::Directory => self.directory(&name, depth + 1)?,
                EntryKind::File if self.rules.ignores(&name, false) => {}
                EntryKind::File => self.found.push(name),
            }
        }
        Ok(())
    }
}

/// Whether loading looks into a file whatever the templates do.
fn is_needed(name: &str) -> bool {
    match name {
        "Chart.yaml" | "Chart.lock" | "values.yaml" | "values.schema.json" | "requirements.yaml"
        | "requirements.lock" => return true,
        _ => {}
    }
    if name.starts_with("templates/") {
        return true;
    }
    let Some(rest) = name.strip_prefix("charts/") else {
        return false;
    };
    let (entry, inside) = rest.split_once('/').unwrap_or((rest, ""));
    if extension(name) == ".prov" || entry.starts_with(['_', '.']) {
        return false;
    }
    extension(entry) == ".tgz" || is_needed(inside)
}
