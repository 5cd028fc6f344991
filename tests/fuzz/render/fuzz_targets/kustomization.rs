//! Any bytes as a kustomization over a fixed object, a base and a component.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../support/build.rs"]
mod support;

const OBJECTS: &[u8] = b"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n      - name: c\n        image: nginx:1\n        env:\n        - name: A\n          valueFrom: {configMapKeyRef: {name: cfg, key: k}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: cfg}\ndata: {k: v}\n";

fuzz_target!(|bytes: &[u8]| {
    let _ = support::build_twice(&[
        ("kustomization.yaml", bytes),
        ("a.yaml", OBJECTS),
        (
            "base/kustomization.yaml",
            b"resources: [b.yaml]\nnamePrefix: b-\n",
        ),
        (
            "base/b.yaml",
            b"apiVersion: v1\nkind: Service\nmetadata: {name: s}\n",
        ),
        (
            "c/kustomization.yaml",
            b"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonLabels: {c: d}\n",
        ),
        ("x.env", b"A=1\nB='2'\n"),
    ]);
});
