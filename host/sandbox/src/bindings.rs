//! The host side of the WIT contract, generated. All imports are generated once and shared by the four worlds.

#![allow(
    missing_docs,
    clippy::all,
    clippy::too_many_lines,
    clippy::needless_pass_by_value
)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cognitive_complexity)]

/// Every interface that a plugin may import.
pub mod imports {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1",
        inline: "package sluice:imports;
            world imports {
                import sluice:plugin/types@0.1.0;
                import sluice:plugin/log@0.1.0;
                import sluice:plugin/files@0.1.0;
                import sluice:plugin/http@0.1.0;
                import sluice:plugin/git@0.1.0;
                import sluice:plugin/oci@0.1.0;
                import sluice:plugin/cluster@0.1.0;
            }",
        imports: {
            "sluice:plugin/http": async | trappable,
            "sluice:plugin/git": async | trappable,
            "sluice:plugin/oci": async | trappable,
            "sluice:plugin/cluster": async | trappable,
            default: trappable,
        },
        with: {
            "sluice:plugin/files.tree": crate::call::files::TreeHandle,
            "sluice:plugin/files.sink": crate::call::files::SinkHandle,
        },
        require_store_data_send: true,
    });
}

pub mod source {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1",
        world: "source-plugin",
        exports: { default: async },
        with: {
            "sluice:plugin/types": crate::bindings::imports::sluice::plugin::types,
            "sluice:plugin/log": crate::bindings::imports::sluice::plugin::log,
            "sluice:plugin/files": crate::bindings::imports::sluice::plugin::files,
            "sluice:plugin/http": crate::bindings::imports::sluice::plugin::http,
            "sluice:plugin/git": crate::bindings::imports::sluice::plugin::git,
            "sluice:plugin/oci": crate::bindings::imports::sluice::plugin::oci,
        },
        require_store_data_send: true,
    });
}

pub mod renderer {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1",
        world: "renderer-plugin",
        exports: { default: async },
        with: {
            "sluice:plugin/types": crate::bindings::imports::sluice::plugin::types,
            "sluice:plugin/log": crate::bindings::imports::sluice::plugin::log,
            "sluice:plugin/files": crate::bindings::imports::sluice::plugin::files,
            "sluice:plugin/cluster": crate::bindings::imports::sluice::plugin::cluster,
        },
        require_store_data_send: true,
    });
}

pub mod notifier {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1",
        world: "notifier-plugin",
        exports: { default: async },
        with: {
            "sluice:plugin/types": crate::bindings::imports::sluice::plugin::types,
            "sluice:plugin/log": crate::bindings::imports::sluice::plugin::log,
            "sluice:plugin/http": crate::bindings::imports::sluice::plugin::http,
        },
        require_store_data_send: true,
    });
}

pub mod receiver {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1",
        world: "receiver-plugin",
        exports: { default: async },
        with: {
            "sluice:plugin/types": crate::bindings::imports::sluice::plugin::types,
            "sluice:plugin/log": crate::bindings::imports::sluice::plugin::log,
        },
        require_store_data_send: true,
    });
}
