//! The store of plugins: builtin ones, installed ones over them, last good kept.

use bytes::Bytes;
use sluice_sandbox::{Embedded, Grants, PluginSource, PluginStore, World};

use crate::guests::{bytes, sandbox};

fn file() -> PluginSource {
    PluginSource::File {
        path: "x.wasm".into(),
    }
}

#[tokio::test]
async fn installed_plugins_hide_builtin_ones() {
    let store = PluginStore::new(sandbox());
    let builtins = ["render-echo", "notify-echo"].map(|name| Embedded::new(name, bytes(name)));
    store.add_builtins(builtins).await.expect("loads");
    let names = |store: &PluginStore| store.list().into_iter().map(|info| info.name).collect::<Vec<_>>();
    assert_eq!(names(&store), ["notify-echo", "render-echo"]);
    let info = store.list().remove(0);
    assert_eq!(
        (info.worlds, info.types),
        (vec![World::Notifier], vec!["notify-echo".to_owned()])
    );
    assert_eq!(
        (info.source, info.version.as_str()),
        (PluginSource::Builtin, "0.1.0")
    );
    store
        .install("render-echo", bytes("unsteady"), Grants::none(), file())
        .await
        .expect("loads");
    assert_eq!(
        store.get("render-echo").expect("is there").description().name,
        "unsteady"
    );
    assert_eq!(names(&store).len(), 2);
    assert!(store.remove("render-echo") && !store.remove("render-echo"));
    assert_eq!(
        store.get("render-echo").expect("is there").description().name,
        "render-echo"
    );
    assert!(store.serving(World::Notifier, "notify-echo").is_some());
    assert!(store.serving(World::Renderer, "notify-echo").is_none());
}

#[tokio::test]
async fn a_bad_replacement_keeps_the_last_good() {
    let store = PluginStore::new(sandbox());
    store
        .install("x", bytes("render-echo"), Grants::none(), file())
        .await
        .expect("loads");
    let digest = store.get("x").expect("is there").digest();
    for bad in [
        bytes("forbidden-import"),
        bytes("bad-description"),
        Bytes::from_static(b"junk"),
    ] {
        assert!(store.install("x", bad, Grants::none(), file()).await.is_err());
        assert_eq!(store.get("x").expect("is there").digest(), digest);
    }
    assert!(store.get("y").is_none());
}
