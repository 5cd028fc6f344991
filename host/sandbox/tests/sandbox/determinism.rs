//! P12: same input, same bytes.

use crate::guests::{SHORT, bytes, call, plugin, render, request};

#[tokio::test]
async fn p12_the_same_input_gives_the_same_bytes() {
    let first = render("unsteady", "", SHORT).await.expect("renders");
    assert!(!first.used_entropy && first.text.len() > 500);
    for _ in 0..100 {
        assert_eq!(
            render("unsteady", "", SHORT).await.expect("renders").text,
            first.text
        );
    }
    // another engine, without the pool and the cache
    let config = sluice_sandbox::SandboxConfig {
        is_pooled: false,
        ..Default::default()
    };
    let other = sluice_sandbox::Sandbox::new(config).expect("starts");
    assert!(!other.metrics().pooling);
    let again = other
        .load(bytes("unsteady"), sluice_sandbox::Grants::none())
        .await
        .expect("loads");
    let again = again
        .render(&call(SHORT), request("{\"mode\":\"\"}"))
        .await
        .expect("renders");
    assert_eq!(again.text, first.text);
}

#[tokio::test]
async fn traces_of_equal_renders_are_equal() {
    let echo = plugin("render-echo").await;
    let left = echo.render(&call(SHORT), request("{}")).await.expect("renders");
    let right = echo.render(&call(SHORT), request("{}")).await.expect("renders");
    assert_eq!((left.trace, left.objects), (right.trace, right.objects));
}
