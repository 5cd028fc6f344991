//! Random cases: overlays over bases and components, all fields of kustomizations, scalars of every nasty kind.

pub mod embedded;
pub mod fields;
pub mod generators;
pub mod kustomization;
pub mod objects;
pub mod patches;
pub mod replacements;
pub mod scalars;
pub mod workload;
pub mod yaml;

use crate::case::Case;
use crate::random::Random;
use kustomization::{Layer, Role, write_layer};
use objects::Known;

/// The files of a case while it is made.
#[derive(Debug, Default)]
pub struct Files(pub Vec<(String, Vec<u8>)>);

impl Files {
    /// Adds a file; the last one of a path counts.
    pub fn add(&mut self, path: String, bytes: impl Into<Vec<u8>>) {
        self.0.retain(|(known, _)| *known != path);
        self.0.push((path, bytes.into()));
    }
}

/// The case of a seed; a calm one uses a third of the features, so that most of them build.
pub fn case(random: &mut Random, is_calm: bool) -> Case {
    let mut files = Files::default();
    let mut known: Vec<Known> = Vec::new();
    let mut below: Vec<String> = Vec::new();
    let bases = [0, 1, 1, 1, 2][random.below(5)];
    for number in 0..bases {
        let directory = format!("base{number}");
        let layer = Layer {
            directory: &directory,
            role: Role::Base,
            below: &[],
            components: &[],
            is_calm,
        };
        write_layer(random, &layer, &mut known, &mut files);
        below.push(format!("../{directory}"));
    }
    if bases > 0 && random.chance(20) {
        let layer = Layer {
            directory: "middle",
            role: Role::Overlay,
            below: &below,
            components: &[],
            is_calm,
        };
        write_layer(random, &layer, &mut known, &mut files);
        below = vec!["../middle".into()];
    }
    let mut components = Vec::new();
    if random.chance(20) {
        let layer = Layer {
            directory: "component",
            role: Role::Component,
            below: &[],
            components: &[],
            is_calm,
        };
        write_layer(random, &layer, &mut known, &mut files);
        components.push("../component".to_owned());
    }
    let layer = Layer {
        directory: "app",
        role: Role::Overlay,
        below: &below,
        components: &components,
        is_calm,
    };
    write_layer(random, &layer, &mut known, &mut files);
    Case {
        files: files.0,
        directory: "app".into(),
        reorder: ["", "", "none", "legacy"][random.below(4)],
        anywhere: random.chance(20),
    }
}
