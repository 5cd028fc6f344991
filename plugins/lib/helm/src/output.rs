//! What `helm template` prints.

use std::io::Write as _;

use sluice_chart::Crd;
use sluice_gitignore::Glob;

use crate::error::Error;
use crate::hook::Hook;
use crate::manifest::{Manifest, split, trim, trim_start};
use crate::options::Options;

/// Bytes that a document gets around its path and content.
const FRAME: usize = "---\n# Source: \n\n".len();

/// The text of a render: custom resource definitions, manifests, hooks.
pub(crate) fn text(
    options: &Options,
    crds: &[Crd],
    manifests: &[Manifest],
    hooks: &[Hook],
) -> Result<Vec<u8>, Error> {
    let sizes = manifests.iter().map(|it| it.path.len() + it.content.len());
    let sizes = sizes.chain(hooks.iter().map(|it| it.path.len() + it.manifest.len()));
    let mut text = Vec::with_capacity(sizes.map(|size| size + FRAME).sum());
    if options.include_crds {
        for crd in crds {
            let bytes = crd.file.bytes().map_err(|error| Error::Read {
                path: crd.path.clone(),
                error,
            })?;
            document(&mut text, &crd.path, &bytes);
        }
    }
    for manifest in manifests {
        document(&mut text, &manifest.path, &manifest.content);
    }
    cut(&mut text);
    text.push(b'\n');
    if !options.no_hooks {
        for hook in hooks
            .iter()
            .filter(|hook| !(options.skip_tests && hook.is_test()))
        {
            document(&mut text, &hook.path, &hook.manifest);
        }
    }
    if options.show_only.is_empty() {
        Ok(text)
    } else {
        only(&text, &options.show_only)
    }
}

/// Takes the white space at both ends away.
fn cut(text: &mut Vec<u8>) {
    let start = text.len() - trim_start(text).len();
    text.drain(..start);
    text.truncate(trim(text).len());
}

fn document(text: &mut Vec<u8>, path: &str, content: &[u8]) {
    // a vector takes what is written
    let _ = write!(text, "---\n# Source: {path}\n");
    text.extend_from_slice(content);
    text.push(b'\n');
}

/// The documents whose source, without the name of the root chart, matches one of the patterns, pattern by pattern.
fn only(text: &[u8], patterns: &[String]) -> Result<Vec<u8>, Error> {
    let documents: Vec<(&[u8], String)> = split(text)
        .into_iter()
        .filter_map(|document| Some((document, source(document)?)))
        .collect();
    let mut out = Vec::new();
    for pattern in patterns {
        let compiled = Glob::new(pattern).ok();
        let matches = |path: &str| compiled.as_ref().is_some_and(|pattern| pattern.matches(path));
        let before = out.len();
        for (document, _) in documents.iter().filter(|(_, path)| matches(path)) {
            out.extend_from_slice(b"---\n");
            out.extend_from_slice(document);
            out.push(b'\n');
        }
        if out.len() == before {
            return Err(Error::NoTemplate(pattern.clone()));
        }
    }
    Ok(out)
}

/// What follows the first slash of the first `# Source:` that has one.
fn source(document: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"# Source: ";
    let mut from = 0;
    while let Some(found) = document[from..]
        .windows(MARK.len())
        .position(|window| window == MARK)
    {
        from += found + MARK.len();
        let rest = &document[from..];
        // the name of the chart may not be empty; a line break in it is as good as any character
        let Some(slash) = rest
            .iter()
            .position(|byte| *byte == b'/')
            .filter(|slash| *slash > 0)
        else {
            continue;
        };
        let path = rest[slash + 1..]
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        if !path.is_empty() {
            return Some(String::from_utf8_lossy(path).into_owned());
        }
    }
    None
}
