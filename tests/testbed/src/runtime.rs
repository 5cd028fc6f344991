//! The background runtime of the servers: it outlives the runtime of a single test, so that tests can share them.

use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("testbed")
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime,
        Err(error) => panic!("testbed: start the background runtime: {error}"),
    }
});

/// The shared runtime.
pub fn background() -> &'static Runtime {
    &RUNTIME
}

/// Chooses the one TLS provider of the project; harmless when it is chosen already.
pub fn choose_tls_provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
