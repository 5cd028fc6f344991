//! Hostile kustomizations (R-cases): each ends soon, with an error that says what is wrong.

#![allow(clippy::expect_used, reason = "a test")]

#[path = "support/memory.rs"]
mod memory;

use memory::Memory;
use sluice_kustomize::{BuildOptions, Error, Limits, LoadRestriction, build};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

fn open_options() -> BuildOptions {
    BuildOptions {
        load_restriction: LoadRestriction::None,
        ..BuildOptions::default()
    }
}

fn fails(files: &Memory, directory: &str) -> Error {
    build(files, directory, &open_options()).expect_err("must fail")
}

#[test]
fn r1_paths_never_leave_the_tree_cve_2022_24877() {
    for path in ["../../etc/passwd", "/etc/passwd", "a/../../../x", "../../../.."] {
        for field in [
            "resources",
            "components",
            "crds",
            "configurations",
            "generators",
            "transformers",
        ] {
            let text = format!("{field}: [\"{path}\"]\n");
            let files = Memory::new([("app/kustomization.yaml", text.as_str())]);
            let error = fails(&files, "app");
            let refused = matches!(error.root(), Error::Escape { .. } | Error::NotADirectory { .. });
            assert!(refused, "{field} {path}: {error}");
        }
        let generator = format!("configMapGenerator:\n- name: a\n  files: [\"{path}\"]\n");
        let files = Memory::new([("app/kustomization.yaml", generator.as_str())]);
        assert!(
            matches!(fails(&files, "app").root(), Error::Escape { .. }),
            "{path}"
        );
    }
}

#[test]
fn r1_files_outside_of_the_kustomization_need_leave() {
    let files = Memory::new([
        ("app/kustomization.yaml", "resources: [../x.yaml]\n"),
        ("x.yaml", CONFIG_MAP),
    ]);
    let error = build(&files, "app", &BuildOptions::default()).expect_err("must fail");
    assert!(
        error
            .to_string()
            .contains("security; file '/x.yaml' is not in or below '/app'"),
        "{error}"
    );
    assert!(build(&files, "app", &open_options()).is_ok());
}

#[test]
fn r2_cycles_are_named() {
    let files = Memory::new([
        ("a/kustomization.yaml", "resources: [../b]\n"),
        ("b/kustomization.yaml", "resources: [../a]\n"),
    ]);
    let error = fails(&files, "a");
    assert!(matches!(error.root(), Error::Cycle { .. }), "{error}");
    let files = Memory::new([("a/kustomization.yaml", "components: [../a]\n")]);
    assert!(matches!(fails(&files, "a").root(), Error::Cycle { .. }));
}

#[test]
fn r2_a_thousand_levels_are_too_many_cve_2022_24878() {
    let mut files = Memory::default();
    for level in 0..1000 {
        files.add(
            &format!("d{level}/kustomization.yaml"),
            format!("resources: [../d{}]\n", level + 1),
        );
    }
    files.add("d1000/kustomization.yaml", "resources: [a.yaml]\n");
    files.add("d1000/a.yaml", CONFIG_MAP);
    let error = fails(&files, "d0");
    assert!(matches!(error.root(), Error::Limit { .. }), "{error}");
}

#[test]
fn r2_wide_trees_of_bases_are_bounded() {
    let mut files = Memory::default();
    for level in 0..40 {
        let base = level + 1;
        let text = format!("resources: [../d{base}, ../e{base}]\nnamePrefix: d-\n");
        files.add(&format!("d{level}/kustomization.yaml"), text.clone());
        files.add(&format!("e{level}/kustomization.yaml"), text);
    }
    for name in ["d40", "e40"] {
        files.add(&format!("{name}/kustomization.yaml"), "namePrefix: x-\n");
    }
    let limits = Limits {
        max_loads: 5_000,
        ..Limits::default()
    };
    let error = build(
        &files,
        "d0",
        &BuildOptions {
            limits,
            ..open_options()
        },
    )
    .expect_err("must fail");
    assert!(matches!(error.root(), Error::Limit { .. }), "{error}");
}

#[test]
fn r3_remote_bases_are_refused_with_their_address() {
    for url in [
        "https://example.com/x.yaml",
        "github.com/org/repo//path?ref=v1",
        "git@example.com:org/repo.git",
    ] {
        let text = format!("resources: [\"{url}\"]\n");
        let files = Memory::new([("kustomization.yaml", text.as_str())]);
        assert_eq!(fails(&files, "").remote(), Some(url));
    }
}

#[test]
fn r4_plugins_that_run_code_are_refused() {
    let exec = "apiVersion: example.com/v1\nkind: Exec\nmetadata:\n  name: a\n  annotations:\n    config.kubernetes.io/function: |\n      exec:\n        path: ./run.sh\n";
    for field in ["generators", "transformers", "validators"] {
        let text = format!("{field}: [p.yaml]\n");
        let files = Memory::new([("kustomization.yaml", text.as_str()), ("p.yaml", exec)]);
        let error = fails(&files, "");
        assert!(
            matches!(error.root(), Error::ExternalPlugin { .. }),
            "{field}: {error}"
        );
    }
    let files = Memory::new([("kustomization.yaml", "helmCharts: [{name: c}]\n")]);
    assert!(matches!(fails(&files, "").root(), Error::Helm { .. }));
}

#[test]
fn r5_alias_bombs_and_deep_flow_end_soon() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
    }
    let deep = format!("{CONFIG_MAP}data: {}\n", "[".repeat(1_000_000));
    for text in [format!("{CONFIG_MAP}{bomb}"), deep] {
        let files = Memory::new([
            ("kustomization.yaml", "resources: [a.yaml]\n"),
            ("a.yaml", text.as_str()),
        ]);
        let error = fails(&files, "");
        assert!(error.to_string().contains("a.yaml"), "{error}");
    }
}

#[test]
fn r5_duplicate_keys_are_errors() {
    let files = Memory::new([
        ("kustomization.yaml", "resources: [a.yaml]\n"),
        (
            "a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: 1\n  x: 2\n",
        ),
    ]);
    assert!(fails(&files, "").to_string().contains("already defined"));
}

#[test]
fn r6_many_documents_are_fine_up_to_the_limit() {
    let mut text = String::new();
    for number in 0..2_000 {
        text.push_str(&format!("---\n{CONFIG_MAP}").replace("name: a", &format!("name: a{number}")));
    }
    let files = Memory::new([
        ("kustomization.yaml", "resources: [a.yaml]\n"),
        ("a.yaml", text.as_str()),
    ]);
    assert_eq!(
        build(&files, "", &open_options()).expect("builds").objects.len(),
        2_000
    );
    let limits = Limits {
        max_objects: 1_999,
        ..Limits::default()
    };
    let error = build(
        &files,
        "",
        &BuildOptions {
            limits,
            ..open_options()
        },
    )
    .expect_err("must fail");
    assert!(matches!(error.root(), Error::Limit { .. }));
}

#[test]
fn r7_output_is_bounded() {
    let text = format!("{CONFIG_MAP}data:\n  x: {}\n", "y".repeat(10_000));
    let files = Memory::new([
        ("kustomization.yaml", "resources: [a.yaml]\n"),
        ("a.yaml", text.as_str()),
    ]);
    let limits = Limits {
        max_output: 5_000,
        ..Limits::default()
    };
    let built = build(
        &files,
        "",
        &BuildOptions {
            limits,
            ..open_options()
        },
    )
    .expect("builds");
    assert!(matches!(built.to_yaml(), Err(Error::Limit { .. })));
}

#[test]
fn r8_replacements_that_fan_out_are_bounded() {
    let kustomization = "resources: [a.yaml]\nreplacements:\n- sourceValue: x\n  targets:\n  - select: {kind: ConfigMap}\n    fieldPaths: [list.*]\n";
    let text = format!("{CONFIG_MAP}list: [{}]\n", "a,".repeat(5_000));
    let files = Memory::new([("kustomization.yaml", kustomization), ("a.yaml", text.as_str())]);
    let limits = Limits {
        max_replacements: 1_000,
        ..Limits::default()
    };
    let error = build(
        &files,
        "",
        &BuildOptions {
            limits,
            ..open_options()
        },
    )
    .expect_err("must fail");
    assert!(matches!(error.root(), Error::Limit { .. }), "{error}");
}

#[test]
fn r11_objects_need_kind_and_name_and_ids_of_their_own() {
    for (text, expected) in [
        ("kind: ConfigMap\n", "missing metadata.name"),
        ("apiVersion: v1\nmetadata: {name: a}\n", "missing kind"),
        (
            "apiVersion: v1\nkind: Job\nmetadata: {generateName: a-}\n",
            "missing metadata.name",
        ),
        ("- a\n", "missing Resource metadata"),
    ] {
        let files = Memory::new([("kustomization.yaml", "resources: [a.yaml]\n"), ("a.yaml", text)]);
        let error = fails(&files, "").to_string();
        assert!(error.contains(expected) && error.contains("a.yaml"), "{error}");
    }
    let twice = format!("{CONFIG_MAP}---\n{CONFIG_MAP}");
    let files = Memory::new([
        ("kustomization.yaml", "resources: [a.yaml]\n"),
        ("a.yaml", twice.as_str()),
    ]);
    assert!(
        fails(&files, "")
            .to_string()
            .contains("may not add resource with an already registered id")
    );
}

#[test]
fn r12_template_characters_stay_text() {
    let kustomization = "resources: [a.yaml]\ncommonAnnotations:\n  x: \"a\\n---\\nkind: Secret\"\n  z: \"${X} {{ .z }} $(Z)\"\n";
    let files = Memory::new([("kustomization.yaml", kustomization), ("a.yaml", CONFIG_MAP)]);
    let built = build(&files, "", &open_options()).expect("builds");
    assert_eq!(built.objects.len(), 1);
    let annotations = &built.objects[0].data["metadata"]["annotations"];
    assert_eq!(annotations["x"], "a\n---\nkind: Secret");
    let text = built.to_yaml().expect("text");
    assert!(text.lines().all(|line| line != "---"), "{text}");
}

#[test]
fn r14_schemas_come_from_the_tree_only() {
    let kustomization = "resources: [a.yaml]\nopenapi:\n  path: https://example.com/schema.json\n";
    let files = Memory::new([("kustomization.yaml", kustomization), ("a.yaml", CONFIG_MAP)]);
    assert_eq!(
        fails(&files, "").remote(),
        Some("https://example.com/schema.json")
    );
}

#[test]
fn secrets_never_reach_an_error() {
    let kustomization = "secretGenerator:\n- name: s\n  literals: [hunter2]\n";
    let files = Memory::new([("kustomization.yaml", kustomization)]);
    let error = fails(&files, "").to_string();
    assert!(
        error.contains("literal source number 1") && !error.contains("hunter2"),
        "{error}"
    );
}

#[test]
fn r2_components_that_name_each_other_are_a_cycle() {
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n";
    let (a, b) = (
        format!("{component}components: [../b]\n"),
        format!("{component}components: [../a]\n"),
    );
    let files = Memory::new([
        ("app/kustomization.yaml", "components: [../a]\n"),
        ("a/kustomization.yaml", a.as_str()),
        ("b/kustomization.yaml", b.as_str()),
    ]);
    let error = fails(&files, "app");
    assert!(matches!(error.root(), Error::Cycle { .. }), "{error}");
}

#[test]
fn r5_numbers_beyond_all_types_and_foreign_tags_stay_text() {
    for (value, expected) in [
        ("1e999", "v: 1e999"),
        ("!!python/object:os.system x", "v: x"),
        ("0o17", "v: 15"),
        ("yes", "v: \"yes\""),
        ("on", "v: \"on\""),
    ] {
        let text = format!("{CONFIG_MAP}data:\n  v: {value}\n");
        let files = Memory::new([
            ("kustomization.yaml", "resources: [a.yaml]\n"),
            ("a.yaml", text.as_str()),
        ]);
        let built = build(&files, "", &open_options()).and_then(|built| built.to_yaml());
        let text = built.expect("builds");
        assert!(text.contains(expected), "{value}: {text}");
    }
}

#[test]
fn r5_merge_key_bombs_are_bounded() {
    let mut bomb = String::from("a0: &a0 {k: v}\n");
    for level in 1..40 {
        let before = level - 1;
        bomb.push_str(&format!(
            "a{level}: &a{level} {{x: *a{before}, y: *a{before}, <<: *a{before}}}\n"
        ));
    }
    let text = format!("{CONFIG_MAP}{bomb}");
    let files = Memory::new([
        ("kustomization.yaml", "resources: [a.yaml]\n"),
        ("a.yaml", text.as_str()),
    ]);
    assert!(fails(&files, "").to_string().contains("a.yaml"));
}

#[test]
fn r8_json_patches_that_copy_what_they_copied_are_bounded() {
    let mut patch = String::from("- {op: add, path: /x, value: [1, 2, 3, 4]}\n");
    for _ in 0..60 {
        patch.push_str("- {op: copy, from: /x, path: /x/-}\n");
    }
    let kustomization = "resources: [a.yaml]\npatches:\n- path: p.yaml\n  target: {kind: ConfigMap}\n";
    let files = Memory::new([
        ("kustomization.yaml", kustomization),
        ("a.yaml", CONFIG_MAP),
        ("p.yaml", patch.as_str()),
    ]);
    let error = fails(&files, "").to_string();
    assert!(error.contains("copy operations add more than"), "{error}");
}

#[test]
fn r9_selectors_with_costly_expressions_end_soon() {
    let name = "a".repeat(200);
    let text = CONFIG_MAP.replace("name: a", &format!("name: {name}"));
    for pattern in ["(a+)+b", "(a|aa)+$b", "(.*)*x", "a{1,200}{1,200}{1,200}"] {
        let kustomization = format!(
            "resources: [a.yaml]\npatches:\n- patch: '[{{\"op\": \"remove\", \"path\": \"/kind\"}}]'\n  target: {{name: '{pattern}'}}\n"
        );
        let files = Memory::new([
            ("kustomization.yaml", kustomization.as_str()),
            ("a.yaml", text.as_str()),
        ]);
        let begin = std::time::Instant::now();
        if let Err(error) = build(&files, "", &open_options()) {
            assert!(error.to_string().contains(pattern), "{error}");
        }
        assert!(begin.elapsed().as_secs() < 5, "{pattern}");
    }
}

#[test]
fn r11_lists_inside_of_lists_are_taken_apart_and_generated_names_refused() {
    let nested = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n";
    let files = Memory::new([
        ("kustomization.yaml", "resources: [a.yaml]\n"),
        ("a.yaml", nested),
    ]);
    match build(&files, "", &open_options()) {
        Ok(built) => assert_eq!(built.objects.len(), 1),
        Err(error) => assert!(error.to_string().contains("a.yaml"), "{error}"),
    }
}
