//! The generated bindings: the one module of the SDK that needs unsafe code.

#![allow(
    unsafe_code,
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used
)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    clippy::cognitive_complexity
)]

pub mod imports {
    include!(concat!(env!("OUT_DIR"), "/imports.rs"));
}

pub mod source {
    include!(concat!(env!("OUT_DIR"), "/source.rs"));
}

pub mod renderer {
    include!(concat!(env!("OUT_DIR"), "/renderer.rs"));
}

pub mod notifier {
    include!(concat!(env!("OUT_DIR"), "/notifier.rs"));
}

pub mod receiver {
    include!(concat!(env!("OUT_DIR"), "/receiver.rs"));
}
