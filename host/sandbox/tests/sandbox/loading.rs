//! P4, P10, G6: what is refused before it runs, and what WASI answers when it does.

use bytes::Bytes;
use sluice_sandbox::{
    Grants, ImportRefusal, Interface, LoadError, LoadFailure, Sandbox, SandboxConfig, World, inspect,
};

use crate::guests::{SHORT, assert_others_work, bytes, call, plugin, request, sandbox};

async fn refused(component: Bytes, grants: Grants) -> LoadError {
    sandbox()
        .load(component, grants)
        .await
        .map(|_| ())
        .expect_err("is refused")
}

#[tokio::test]
async fn p4_an_interface_outside_the_world_is_refused_by_name() {
    let error = refused(bytes("forbidden-import"), Grants::all()).await;
    let LoadFailure::BadImport { import, why } = &error.failure else {
        panic!("{error}")
    };
    assert_eq!(
        (import.as_str(), *why),
        ("sluice:plugin/http@0.1.0", ImportRefusal::OutsideWorld)
    );
    assert_eq!(error.reason(), "PluginImportDenied");
    assert!(error.to_string().contains("sha256:"), "{error}");
    assert_others_work().await;
}

/// G7: what was not granted is refused, so a new version cannot widen its powers.
#[tokio::test]
async fn p4_an_interface_that_was_not_granted_is_refused_by_name() {
    for (guest, import, power) in [
        ("notify-echo", "sluice:plugin/http@0.1.0", Interface::Http),
        ("render-lookup", "sluice:plugin/cluster@0.1.0", Interface::Cluster),
        ("source-fake", "sluice:plugin/git@0.1.0", Interface::Git),
    ] {
        let others: Grants = Interface::ALL
            .into_iter()
            .filter(|other| *other != power)
            .collect();
        let error = refused(bytes(guest), others).await;
        assert!(
            matches!(&error.failure, LoadFailure::BadImport { import: named, why: ImportRefusal::NotGranted } if named == import),
            "{error}"
        );
        let only: Grants = [power].into_iter().collect();
        assert!(sandbox().load(bytes(guest), only).await.is_ok());
    }
}

#[tokio::test]
async fn p4_wasi_is_empty() {
    let outcome = plugin("nosy")
        .await
        .render(&call(SHORT), request("{}"))
        .await
        .expect("asks");
    let told: serde_json::Value = serde_json::from_str(&outcome.objects[0].json).expect("JSON");
    for name in ["read", "list", "write", "tcp", "listen", "udp", "dns"] {
        assert_eq!(told[name], false, "{name}: {told}");
    }
    assert_eq!(
        (&told["env"], &told["args"], &told["now"]),
        (&0.into(), &0.into(), &serde_json::Value::Null)
    );
    assert!(!outcome.used_entropy, "hash tables take constant seeds");
    let outcome = plugin("nosy")
        .await
        .render(&call(SHORT), request("{\"clock\":true}"))
        .await
        .expect("asks");
    assert!(
        outcome.objects[0].json.contains("\"now\":1000") && outcome.used_entropy,
        "{:?}",
        outcome.objects
    );
}

#[tokio::test]
async fn p10_other_contracts_are_refused() {
    for (guest, says) in [
        ("wrong-world", "none of the worlds"),
        ("wrong-version", "0.2.0"),
        ("wrong-shape", ""),
    ] {
        let error = refused(bytes(guest), Grants::all()).await;
        assert!(
            matches!(&error.failure, LoadFailure::ContractMismatch(text) if text.contains(says)),
            "{guest}: {error}"
        );
        assert_eq!(error.reason(), "PluginContractMismatch");
    }
}

#[tokio::test]
async fn p10_what_is_no_component_is_refused() {
    assert!(matches!(
        refused(Bytes::new(), Grants::all()).await.failure,
        LoadFailure::Malformed(_)
    ));
    let core = Bytes::from_static(b"\0asm\x01\0\0\0");
    assert!(matches!(
        refused(core, Grants::all()).await.failure,
        LoadFailure::CoreModule
    ));
    let whole = bytes("render-echo");
    for cut in [9, 100, whole.len() / 2, whole.len() - 1] {
        let error = refused(whole.slice(..cut), Grants::all()).await;
        let kind = matches!(
            error.failure,
            LoadFailure::Malformed(_) | LoadFailure::ContractMismatch(_) | LoadFailure::Compile(_)
        );
        assert!(kind, "cut at {cut}: {error}");
    }
    let mut noisy = whole.to_vec();
    for at in (200..noisy.len()).step_by(97) {
        noisy[at] ^= 0x55;
    }
    refused(noisy.into(), Grants::all()).await;
    assert_others_work().await;
}

#[tokio::test]
async fn p10_a_component_over_the_size_limit_is_refused_unread() {
    let config = SandboxConfig {
        component_bytes: 1000,
        ..SandboxConfig::default()
    };
    let small = Sandbox::new(config).expect("starts");
    let error = small
        .load(bytes("render-echo"), Grants::all())
        .await
        .map(|_| ())
        .expect_err("is too large");
    assert!(
        matches!(error.failure, LoadFailure::TooLarge { limit: 1000, .. }),
        "{error}"
    );
}

/// P11: machine code never comes from outside.
#[tokio::test]
async fn p11_precompiled_code_is_refused() {
    let engine = wasmtime::Engine::default();
    let code = engine
        .precompile_component(&bytes("render-echo"))
        .expect("compiles");
    assert!(matches!(
        refused(code.into(), Grants::all()).await.failure,
        LoadFailure::Precompiled
    ));
}

#[tokio::test]
async fn g6_a_name_that_is_a_path_is_refused() {
    let error = refused(bytes("bad-description"), Grants::all()).await;
    assert!(
        matches!(
            error.failure,
            LoadFailure::InvalidDescription { field: "name", .. }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn tells_what_a_component_is() {
    let found = inspect(&bytes("notify-echo")).expect("a component");
    assert_eq!(found.worlds, [World::Notifier]);
    assert!(
        found
            .imports
            .iter()
            .any(|name| name == "sluice:plugin/http@0.1.0"),
        "{:?}",
        found.imports
    );
    assert!(
        !found
            .imports
            .iter()
            .any(|name| name.starts_with("sluice:plugin/git")),
        "{:?}",
        found.imports
    );
    assert!(
        found
            .exports
            .iter()
            .any(|name| name == "sluice:plugin/meta@0.1.0"),
        "{:?}",
        found.exports
    );
    assert!(
        found.sizes.functions > 10 && found.sizes.code > 1000,
        "{:?}",
        found.sizes
    );
    let loaded = plugin("notify-echo").await;
    assert_eq!(
        (loaded.imports(), loaded.worlds()),
        (&found.imports[..], &found.worlds[..])
    );
    assert_eq!(loaded.description().name, "notify-echo");
    assert_eq!(loaded.digest(), sluice_model::Digest::of(&bytes("notify-echo")));
}
