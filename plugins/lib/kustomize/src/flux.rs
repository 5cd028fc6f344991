//! What Flux lays over a kustomization: fields of its own Kustomization object, and a file where there is none.

use crate::error::{Error, Result};
use crate::files::{EntryKind, join};
use crate::kustomization::decode::{Decode, Place, record};
use crate::kustomization::{
    FILE_NAMES, Image, KUSTOMIZATION_KIND, KUSTOMIZATION_VERSION, Kustomization, Parsed, Patch,
};
use crate::loader::Loader;
use crate::objects::parse_objects;
use crate::origin::Origin;
use crate::target::{Target, find_file};

record!(
    /// Fields of `kustomize.toolkit.fluxcd.io` Kustomizations that change the build, by the names they have there.
    FluxOverlay {
        /// Overrides `namespace`.
        target_namespace: Option<String> = "targetNamespace",
        /// Overrides `namePrefix`.
        name_prefix: Option<String> = "namePrefix",
        /// Overrides `nameSuffix`.
        name_suffix: Option<String> = "nameSuffix",
        /// Added to `patches`.
        patches: Vec<Patch> = "patches",
        /// Merged into `images` by name.
        images: Vec<Image> = "images",
        /// Added to `components`.
        components: Vec<String> = "components",
        /// Components that do not exist are left out.
        ignore_missing_components: bool = "ignoreMissingComponents",
        /// Replaces `buildMetadata`.
        build_metadata: Vec<String> = "buildMetadata",
    }
);

impl FluxOverlay {
    /// Reads the overlay from an object with these fields; others are ignored.
    ///
    /// # Errors
    /// A field of another type, named.
    pub fn from_json(value: &serde_json::Value) -> Result<Self> {
        Self::decode(value, &Place::root("Kustomization", false)).map_err(|error| Error::Config {
            what: "overlay",
            file: "spec".into(),
            field: error.field,
            reason: error.reason,
        })
    }

    fn apply(&self, kustomization: &mut Kustomization, loader: &Loader<'_>) -> Result<()> {
        let texts = [
            (&self.target_namespace, &mut kustomization.namespace),
            (&self.name_prefix, &mut kustomization.name_prefix),
            (&self.name_suffix, &mut kustomization.name_suffix),
        ];
        for (new, old) in texts {
            if let Some(new) = new {
                old.clone_from(new);
            }
        }
        kustomization.patches.extend(self.patches.iter().cloned());
        self.add_components(kustomization, loader)?;
        for image in &self.images {
            merge_image(&mut kustomization.images, image);
        }
        if !self.build_metadata.is_empty() {
            kustomization.build_metadata.clone_from(&self.build_metadata);
        }
        Ok(())
    }

    fn add_components(&self, kustomization: &mut Kustomization, loader: &Loader<'_>) -> Result<()> {
        for component in &self.components {
            if !is_local_relative(component) {
                return Err(Error::Config {
                    what: "overlay",
                    file: "spec".into(),
                    field: "components".into(),
                    reason: format!("component path '{component}' must be local and relative"),
                });
            }
            if self.ignore_missing_components {
                let path = join(loader.root(), component).map_err(|_| Error::Escape {
                    path: component.clone(),
                })?;
                if loader.session().files.kind(&path).is_err() {
                    continue;
                }
            }
            kustomization.components.push(component.clone());
        }
        Ok(())
    }
}

/// Tag and digest are one unit: a new one of either takes the place of both.
fn merge_image(images: &mut Vec<Image>, image: &Image) {
    let Some(known) = images.iter_mut().find(|known| known.name == image.name) else {
        let Image {
            name,
            new_name,
            new_tag,
            digest,
            ..
        } = image.clone();
        images.push(Image {
            name,
            new_name,
            new_tag,
            digest,
            ..Image::default()
        });
        return;
    };
    if !image.new_name.is_empty() {
        known.new_name.clone_from(&image.new_name);
    }
    if !image.new_tag.is_empty() || !image.digest.is_empty() {
        known.new_tag.clone_from(&image.new_tag);
        known.digest.clone_from(&image.digest);
    }
}

fn is_local_relative(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let remote = [
        "git::",
        "gh:",
        "ssh://",
        "https://",
        "http://",
        "git@",
        "github.com:",
        "github.com/",
    ];
    let is_remote = remote
        .iter()
        .any(|prefix| prefix.len() < lower.len() && lower.starts_with(prefix));
    !is_remote && !path.starts_with('/') && !lower.strip_prefix("file://").unwrap_or(&lower).starts_with('/')
}

/// The root target of a build in Flux's way: its file is read without strictness, or made when there is none.
pub(crate) fn load_target<'a>(loader: Loader<'a>, overlay: &FluxOverlay) -> Result<Target<'a>> {
    let limits = &loader.session().options.limits.yaml;
    let (mut parsed, file_name) = match find_file(&loader) {
        Ok((name, bytes)) => {
            let file = format!("{}/{name}", loader.root().trim_end_matches('/'));
            let mut parsed = Kustomization::parse(&bytes, &file, false, limits)?;
            if parsed.kustomization.resources.is_empty() {
                parsed.kustomization.build_metadata = vec!["originAnnotations".into()];
            }
            (parsed, name)
        }
        Err(Error::NoKustomization { .. }) => (generate(&loader)?, FILE_NAMES[0].to_owned()),
        Err(error) => return Err(error),
    };
    overlay.apply(&mut parsed.kustomization, &loader)?;
    parsed.says_something = true;
    let file = format!("{}/{file_name}", loader.root().trim_end_matches('/'));
    Target::from_parsed(parsed, file_name, &file, loader, Origin::default())
}

/// A kustomization of all manifests in and below the directory.
fn generate(loader: &Loader<'_>) -> Result<Parsed> {
    let mut kustomization = Kustomization {
        api_version: KUSTOMIZATION_VERSION.into(),
        kind: KUSTOMIZATION_KIND.into(),
        ..Kustomization::default()
    };
    let mut found = Vec::new();
    scan(loader, loader.root(), ".", &mut found)?;
    if found.is_empty() {
        // Something, so that an empty directory is no error.
        kustomization.namespace = "_placeholder".into();
    }
    kustomization.resources = found;
    Ok(Parsed {
        kustomization,
        says_something: true,
    })
}

/// Manifests in their order; directories with a kustomization stand for what is in them.
fn scan(loader: &Loader<'_>, directory: &str, relative: &str, found: &mut Vec<String>) -> Result<()> {
    let session = loader.session();
    session.count_load()?;
    let entries = session.files.entries(directory);
    let entries = entries.map_err(|reason| Error::Read {
        path: directory.into(),
        reason,
    })?;
    for entry in entries {
        let path = format!("{}/{}", directory.trim_end_matches('/'), entry.name);
        let shown = format!("{relative}/{}", entry.name);
        if entry.kind == EntryKind::Directory {
            if has_kustomization(loader, &path) {
                found.push(shown);
            } else {
                scan(loader, &path, &shown, found)?;
            }
            continue;
        }
        if !(entry.name.ends_with(".yaml") || entry.name.ends_with(".yml")) {
            continue;
        }
        let bytes = session.files.read(&path).map_err(|reason| Error::Read {
            path: path.clone(),
            reason,
        })?;
        parse_objects(&bytes, &session.options.limits.yaml).map_err(|error| {
            error
                .in_file(&shown)
                .within(format!("failed to decode Kubernetes YAML from {shown}"))
        })?;
        found.push(shown);
    }
    Ok(())
}

fn has_kustomization(loader: &Loader<'_>, directory: &str) -> bool {
    FILE_NAMES.iter().any(|name| {
        let kind = loader.session().files.kind(&format!("{directory}/{name}"));
        kind.is_ok_and(|kind| kind != EntryKind::Directory)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_and_digest_are_one_unit() {
        let image = |tag: &str, digest: &str| Image {
            name: "a".into(),
            new_tag: tag.into(),
            digest: digest.into(),
            ..Image::default()
        };
        let mut images = vec![image("", "sha256:x")];
        merge_image(&mut images, &image("2", ""));
        assert_eq!(images, [image("2", "")]);
    }

    #[test]
    fn components_are_local() {
        for remote in ["https://x/y", "git@h:x", "/abs", "file:///abs", "GitHub.com/x/y"] {
            assert!(!is_local_relative(remote), "{remote}");
        }
        assert!(is_local_relative("../components/a"));
    }
}
