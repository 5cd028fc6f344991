//! P7, P8, P13: nothing of one call is seen by another.

use std::sync::Arc;

use sluice_sandbox::{Grants, Limits, PluginSource, PluginStore, Sandbox, SandboxConfig};

use crate::guests::{SHORT, bytes, call, render, request, sandbox};

#[tokio::test]
async fn p8_memory_of_one_call_is_not_seen_by_the_next() {
    let limits = Limits {
        memory: 128 << 20,
        ..SHORT
    };
    for _ in 0..40 {
        for mode in ["fill", "look"] {
            let outcome = render("leftovers", mode, limits).await.expect("runs");
            assert_eq!(outcome.text, b"0", "bytes of another call");
        }
    }
}

/// P13: a call that runs ends on the plugin it began with.
#[tokio::test]
async fn p13_a_plugin_is_replaced_between_calls() {
    let store = PluginStore::new(sandbox());
    let source = || PluginSource::File {
        path: "x.wasm".into(),
    };
    store
        .install("x", bytes("unsteady"), Grants::none(), source())
        .await
        .expect("loads");
    let old = store.get("x").expect("is there");
    store
        .install("x", bytes("render-echo"), Grants::none(), source())
        .await
        .expect("loads");
    assert_eq!(
        store.get("x").expect("is there").description().name,
        "render-echo"
    );
    assert_eq!(
        old.render(&call(SHORT), request("{}"))
            .await
            .map(|done| done.objects.len())
            .ok(),
        Some(0)
    );
}

/// Two plugins of one digest share compiled code, even when they are loaded at the same moment, and no state.
#[tokio::test]
async fn one_digest_is_compiled_once() {
    let own = Sandbox::new(SandboxConfig::default()).expect("starts");
    let load = || own.load(bytes("unsteady"), Grants::none());
    let (left, right) = tokio::join!(load(), load());
    let (left, right) = (left.expect("loads"), right.expect("loads"));
    assert!(!Arc::ptr_eq(&left, &right));
    assert_eq!(left.digest(), right.digest());
    let third = load().await.expect("loads");
    assert_eq!((own.metrics().compiled, third.digest()), (1, left.digest()));
}
