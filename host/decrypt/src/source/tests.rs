//! Which files a build's kustomizations name.

use super::*;
use sluice_model::tree::{File, Node, Tree, TreeBuilder};

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut builder = TreeBuilder::default();
    for (path, text) in files {
        let file = File::inline(Bytes::copy_from_slice(text.as_bytes()), false);
        builder.add(path, Node::File(file)).expect("path is free");
    }
    builder.build()
}

fn named(files: &[(&str, &str)], root: &str, components: &[&str]) -> Vec<(String, Format)> {
    let components: Vec<String> = components.iter().map(|text| (*text).to_owned()).collect();
    named_files(&tree(files), root, &components).into_iter().collect()
}

#[test]
fn finds_what_generators_and_patches_name_through_all_levels() {
    let files = [
        (
            "apps/web/kustomization.yaml",
            "resources: [../base, deploy.yaml, 'https://example.com/x']\ncomponents: [../../parts/tls]\n\
             secretGenerator:\n- name: a\n  files: [token, app.ini=settings.txt, ../shared/config.json]\n  envs: [vars, x.yaml]\n\
             configMapGenerator:\n- name: b\n  files: [plain.yaml]\n\
             patches:\n- path: patch.yaml\n- patch: '{}'\n- path: /absolute\n- path: ../../../outside\n",
        ),
        (
            "apps/base/Kustomization",
            "secretGenerator: [{name: c, env: old.env}]\nresources: [../web]\n",
        ),
        ("parts/tls/kustomization.yml", "patches: [{path: tls.json}]\n"),
        ("parts/extra/kustomization.yaml", "patches: [{path: extra.yml}]\n"),
        (
            "apps/web/deploy.yaml",
            "secretGenerator: [{name: x, files: [not.named]}]\n",
        ),
    ];
    let want = [
        ("apps/base/old.env", Format::Dotenv),
        ("apps/shared/config.json", Format::Json),
        ("apps/web/patch.yaml", Format::Yaml),
        ("apps/web/settings.txt", Format::Ini),
        ("apps/web/token", Format::Binary),
        ("apps/web/vars", Format::Dotenv),
        ("apps/web/x.yaml", Format::Yaml),
        ("parts/extra/extra.yml", Format::Yaml),
        ("parts/tls/tls.json", Format::Json),
    ];
    let want: Vec<(String, Format)> = want.map(|(path, format)| (path.to_owned(), format)).to_vec();
    assert_eq!(named(&files, "apps/web", &["../../parts/extra"]), want);
}

/// R1, R2, CVE-2022-24877, -24878: cycles end, and nothing outside of the tree is named.
#[test]
fn r2_cycles_and_broken_files_end() {
    let files = [
        ("a/kustomization.yaml", "resources: [../b, ., .., ../../..]\n"),
        (
            "b/kustomization.yaml",
            "resources: [../a]\ncomponents: 7\npatches: {path: x}\nsecretGenerator: [text]\n",
        ),
        ("kustomization.yaml", ": : :\n- broken ["),
    ];
    assert!(named(&files, "a", &[]).is_empty());
}

#[test]
fn an_opened_tree_answers_with_the_ids_of_what_is_stored() {
    let stored = tree(&[("a/secret", "ciphertext"), ("a/plain", "text")]);
    let opened = OpenedTree {
        inner: Arc::new(stored.clone()),
        files: HashMap::from([("a/secret".to_owned(), Bytes::from_static(b"plain"))]),
    };
    assert_eq!(opened.read("a/./secret").expect("reads"), "plain");
    assert_eq!(opened.read("a/plain").expect("reads"), "text");
    assert_eq!(opened.stat("a/secret").expect("is there").size, 10);
    for path in ["", "a", "a/secret"] {
        assert_eq!(
            opened.id(path).expect("has ids"),
            stored.id(path).expect("has ids")
        );
    }
}
