//! ImageTagTransformer: `images`.

use sluice_yaml::{Kind, Node, Tag};

use super::Transformer;
use crate::error::Result;
use crate::fieldspec::{FieldSpecs, Reason};
use crate::image_name::{ImagePattern, split};
use crate::kustomization::Image;
use crate::node::{expect_kind, is_null, set_scalar};
use crate::resmap::ResMap;
use crate::session::Session;

/// Changes name, tag or digest of images.
pub(crate) struct ImageTagTransformer {
    image: Image,
    pattern: ImagePattern,
    field_specs: FieldSpecs,
}

impl ImageTagTransformer {
    pub fn new(image: Image, field_specs: FieldSpecs) -> Result<Self> {
        let pattern = ImagePattern::new(&image.name)?;
        Ok(Self {
            image,
            pattern,
            field_specs,
        })
    }

    /// The new text of an image field; none when it is another image.
    fn changed(&self, text: &str) -> Option<String> {
        if !self.pattern.matches(text) {
            return None;
        }
        let (name, tag, digest) = split(text);
        let image = &self.image;
        let mut out = if image.new_name.is_empty() {
            name.to_owned()
        } else {
            image.new_name.clone()
        };
        let (tag, digest) = match (image.new_tag.as_str(), image.digest.as_str()) {
            ("", "") if image.tag_suffix.is_empty() => (tag.to_owned(), digest),
            ("", "") => (format!("{tag}{}", image.tag_suffix), ""),
            (tag, digest) => (tag.to_owned(), digest),
        };
        if !tag.is_empty() {
            out = format!("{out}:{tag}");
        }
        if !digest.is_empty() {
            out = format!("{out}@{digest}");
        }
        Some(out)
    }

    fn set(&self, field: &mut Node) -> Result<(), Reason> {
        expect_kind(field, Kind::Scalar).map_err(|error| error.to_string())?;
        match self.changed(&field.value) {
            Some(text) => set_scalar(field, text, Tag::None).map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }

    /// The `image` fields of all `containers` and `initContainers`, wherever they are.
    fn walk(&self, node: &mut Node) -> Result<(), Reason> {
        match node.kind {
            Kind::Scalar => Ok(()),
            Kind::Sequence => node.content.iter_mut().try_for_each(|item| self.walk(item)),
            Kind::Mapping => {
                for (key, value) in node.pairs_mut() {
                    self.walk(value)?;
                    if matches!(key.value.as_str(), "containers" | "initContainers") && value.is_seq() {
                        self.set_all(value)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn set_all(&self, containers: &mut Node) -> Result<(), Reason> {
        for container in &mut containers.content {
            expect_kind(container, Kind::Mapping).map_err(|error| error.to_string())?;
            if is_null(container) {
                continue;
            }
            if let Some(field) = container.get_mut("image") {
                self.set(field)?;
            }
        }
        Ok(())
    }
}

impl Transformer for ImageTagTransformer {
    fn kind(&self) -> &'static str {
        "ImageTagTransformer"
    }

    fn transform(&self, objects: &mut ResMap, _session: &Session<'_>) -> Result<()> {
        let wanted = |kind: &str| kind != "CustomResourceDefinition";
        for resource in objects
            .resources_mut()
            .iter_mut()
            .filter(|resource| wanted(resource.id().kind))
        {
            self.walk(resource.node_mut())
                .map_err(|reason| resource.field_error("containers/image", reason))?;
        }
        for resource in objects
            .resources_mut()
            .iter_mut()
            .filter(|resource| wanted(resource.id().kind))
        {
            for spec in &self.field_specs {
                spec.apply(resource.node_mut(), None, &mut |field| self.set(field))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(image: Image, text: &str) -> Option<String> {
        ImageTagTransformer::new(image, Vec::new())
            .expect("a pattern")
            .changed(text)
    }

    fn image(name: &str) -> Image {
        Image {
            name: name.into(),
            ..Image::default()
        }
    }

    #[test]
    fn changes_parts_e78() {
        let tag = |tag: &str| Image {
            new_tag: tag.into(),
            ..image("r:5000/nginx")
        };
        assert_eq!(
            changed(tag("2"), "r:5000/nginx:1@sha256:ab"),
            Some("r:5000/nginx:2".into())
        );
        assert_eq!(changed(tag("2"), "r:5000/nginx"), Some("r:5000/nginx:2".into()));
        assert_eq!(changed(tag("2"), "r:5000/nginxx"), None);
        let digest = Image {
            digest: "sha256:cd".into(),
            ..image("nginx")
        };
        assert_eq!(changed(digest, "nginx:1"), Some("nginx@sha256:cd".into()));
        let renamed = Image {
            new_name: "x/y".into(),
            ..image("nginx")
        };
        assert_eq!(
            changed(renamed, "nginx:1@sha256:ab"),
            Some("x/y:1@sha256:ab".into())
        );
        let suffixed = Image {
            tag_suffix: "-x".into(),
            ..image("nginx")
        };
        assert_eq!(changed(suffixed, "nginx:1"), Some("nginx:1-x".into()));
    }
}
