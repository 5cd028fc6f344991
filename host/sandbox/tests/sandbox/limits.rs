//! P1, P2, P3, P5, P9: what a guest may use, and that nobody else notices when it wants more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_sandbox::{Clock, Failure, Grants, GuestError, Limits, LoadFailure};

use crate::guests::{SHORT, assert_others_work, bytes, call, plugin, render, request, sandbox};

const LIMIT: Duration = Duration::from_millis(300);

/// The shortest of some runs: the machine that runs tests is busy with other things, too.
async fn stopped_after(guest: &str, limits: Limits, clock: Clock) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..4 {
        let started = Instant::now();
        let error = render(guest, "", limits).await.expect_err("never ends by itself");
        best = best.min(started.elapsed());
        assert!(
            matches!(&error.failure, Failure::Timeout { clock: ran_out, .. } if *ran_out == clock),
            "{error}"
        );
        assert_eq!(error.reason(), "PluginTimeout");
        assert!(
            error.to_string().contains(guest) && error.to_string().contains("sha256:"),
            "{error}"
        );
    }
    best
}

#[tokio::test]
async fn p1_a_loop_is_stopped_in_time() {
    plugin("loop-forever").await;
    let limits = Limits { wall: LIMIT, ..SHORT };
    let took = stopped_after("loop-forever", limits, Clock::Wall).await;
    assert!(
        took >= LIMIT && took < LIMIT + Duration::from_millis(100),
        "{took:?}"
    );
    assert_others_work().await;
}

#[tokio::test]
async fn p1_a_loop_is_stopped_by_its_cpu_budget() {
    plugin("loop-forever").await;
    let limits = Limits { cpu: LIMIT, ..SHORT };
    let took = stopped_after("loop-forever", limits, Clock::Cpu).await;
    assert!(took < LIMIT + Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn p1_a_loop_of_host_calls_is_stopped_in_time() {
    plugin("loop-in-host").await;
    let limits = Limits { wall: LIMIT, ..SHORT };
    let took = stopped_after("loop-in-host", limits, Clock::Wall).await;
    assert!(took < LIMIT + Duration::from_millis(100), "{took:?}");
    assert_others_work().await;
}

#[tokio::test]
async fn p1_waiting_in_a_host_call_is_stopped_in_time() {
    plugin("sleep").await;
    let limits = Limits { wall: LIMIT, ..SHORT };
    let took = stopped_after("sleep", limits, Clock::Wall).await;
    assert!(took < LIMIT + Duration::from_millis(100), "{took:?}");
}

/// A computing guest gives the thread back at each tick: a runtime of one thread still serves others.
#[tokio::test(flavor = "current_thread")]
async fn p1_a_loop_does_not_hold_its_thread() {
    let looping = plugin("loop-forever").await;
    let run = tokio::spawn(async move {
        looping
            .render(
                &call(Limits {
                    wall: Duration::from_secs(2),
                    ..SHORT
                }),
                request("{}"),
            )
            .await
            .map(|_| ())
    });
    tokio::task::yield_now().await;
    assert_others_work().await;
    assert!(
        !run.is_finished(),
        "the other call ended while the loop still ran"
    );
    run.abort();
}

#[tokio::test]
async fn p1_a_loop_in_describe_is_a_refused_plugin() {
    let error = sandbox()
        .load(bytes("loop-in-describe"), Grants::all())
        .await
        .map(|_| ())
        .expect_err("loops");
    let LoadFailure::Describe(failure) = &error.failure else {
        panic!("{error}")
    };
    assert!(matches!(**failure, Failure::Timeout { .. }), "{error}");
    assert_eq!(error.reason(), "PluginTimeout");
}

#[tokio::test]
async fn p2_memory_stops_at_the_limit() {
    let limit = SHORT.memory;
    let error = render("memory-bomb", "", SHORT)
        .await
        .expect_err("wants too much");
    assert!(
        matches!(error.failure, Failure::MemoryLimit { limit: told } if told == limit),
        "{error}"
    );
    assert_eq!(error.reason(), "PluginMemoryLimit");
    assert_others_work().await;
}

/// The operator's ceiling holds whatever a plugin asks for.
#[tokio::test]
async fn p2_a_ceiling_holds() {
    let ceiling = Limits {
        memory: 16 << 20,
        ..Limits::CEILING
    };
    let config = sluice_sandbox::SandboxConfig {
        ceiling,
        ..Default::default()
    };
    let small = sluice_sandbox::Sandbox::new(config).expect("starts");
    let bomb = small
        .load(bytes("memory-bomb"), Grants::all())
        .await
        .expect("loads");
    let error = bomb
        .render(&call(SHORT), request("{}"))
        .await
        .expect_err("wants too much");
    assert!(
        matches!(error.failure, Failure::MemoryLimit { limit } if limit == 16 << 20),
        "{error}"
    );
}

/// P2: an instance that is too large from the start is refused by the same limits.
#[tokio::test]
async fn p2_instances_and_tables_have_limits() {
    let echo = plugin("render-echo").await;
    let refused = |limits| {
        let echo = Arc::clone(&echo);
        async move {
            echo.render(&call(limits), request("{}"))
                .await
                .map(|_| ())
                .expect_err("is too large")
                .failure
        }
    };
    let memory = refused(Limits {
        memory: 64 << 10,
        ..SHORT
    })
    .await;
    assert!(matches!(memory, Failure::MemoryLimit { .. }), "{memory}");
    let tables = refused(Limits {
        table_elements: 1,
        ..SHORT
    })
    .await;
    assert!(
        matches!(
            tables,
            Failure::ResourceLimit {
                resource: "table elements",
                limit: 1
            }
        ),
        "{tables}"
    );
    let instances = refused(Limits {
        instances: 1,
        ..SHORT
    })
    .await;
    assert!(
        matches!(instances, Failure::ResourceLimit { limit: 1, .. }),
        "{instances}"
    );
    assert_others_work().await;
}

#[tokio::test]
async fn p2_recursion_ends_in_a_trap() {
    for (mode, says) in [("engine", "call stack exhausted"), ("memory", "out of bounds")] {
        let error = render("deep-recursion", mode, SHORT)
            .await
            .expect_err("never ends");
        assert!(
            matches!(&error.failure, Failure::Trap { message, .. } if message.contains(says)),
            "{mode}: {error}"
        );
        assert_eq!(error.reason(), "PluginTrapped");
    }
    assert_others_work().await;
}

#[tokio::test]
async fn p3_a_crash_is_an_error_of_its_call() {
    for mode in ["panic", "unreachable", "abort", "exit", "drop"] {
        let error = render("trap", mode, SHORT).await.expect_err("crashes");
        assert!(matches!(error.failure, Failure::Trap { .. }), "{mode}: {error}");
        assert_others_work().await;
    }
    let error = render("trap", "panic", SHORT).await.expect_err("crashes");
    let text = error.to_string();
    assert!(
        text.contains("boom") && text.contains("trap") && !text.contains('\x1b'),
        "{text}"
    );
}

#[tokio::test]
async fn p5_output_stops_at_the_limit() {
    let limits = Limits {
        memory: 256 << 20,
        ..SHORT
    };
    for mode in ["text", "list"] {
        let error = render("huge-output", mode, limits)
            .await
            .expect_err("gives too much");
        assert!(
            matches!(error.failure, Failure::OutputLimit { limit, .. } if limit == SHORT.output),
            "{mode}: {error}"
        );
        assert_eq!(error.reason(), "PluginOutputLimit");
    }
    let enough = Limits {
        output: 64 << 20,
        ..limits
    };
    let outcome = render("huge-output", "text", enough).await.expect("fits");
    assert_eq!(outcome.text.len(), 48 << 20);
    assert_others_work().await;
}

#[tokio::test]
async fn p5_objects_that_are_none_are_refused() {
    for mode in ["half", "list", "deep"] {
        let error = render("invalid-output", mode, SHORT)
            .await
            .expect_err("is no object");
        assert!(
            matches!(&error.failure, Failure::InvalidOutput(text) if text.contains("app/x.yaml")),
            "{mode}: {error}"
        );
    }
    let error = render("invalid-output", "utf8", SHORT)
        .await
        .expect_err("is no text");
    assert!(
        matches!(&error.failure, Failure::Trap { message, .. } if message.contains("utf-8")),
        "{error}"
    );
    assert_others_work().await;
}

#[tokio::test]
async fn p9_a_flood_of_logs_is_cut_off() {
    let outcome = render("log-flood", "", SHORT).await.expect("only talks too much");
    let stats = outcome.stats;
    let kept: usize = stats.log.iter().map(|line| line.message.len()).sum();
    assert!(
        kept as u64 <= SHORT.log && stats.log.len() > 10,
        "{kept} bytes in {} lines",
        stats.log.len()
    );
    assert!(stats.log_dropped > 19_000, "{}", stats.log_dropped);
    let first = &stats.log[0];
    let forged = |text: &str| text.chars().any(|c| c.is_control() || c == '\u{202e}');
    assert!(
        !forged(&first.message) && !forged(&first.fields[0].0) && !forged(&first.fields[0].1),
        "{first:?}"
    );
    assert!(sandbox().metrics().log_lines_dropped >= stats.log_dropped);
}

#[tokio::test]
async fn what_a_guest_says_keeps_its_case_and_loses_its_control_characters() {
    let said = |mode: &'static str| async move {
        render("errors", mode, SHORT)
            .await
            .expect_err("fails")
            .guest()
            .expect("the guest said so")
            .clone()
    };
    let text = || "not  this\ntime".to_owned();
    assert_eq!(said("invalid-config").await, GuestError::InvalidConfig(text()));
    assert_eq!(said("not-found").await, GuestError::NotFound(text()));
    assert_eq!(said("denied").await, GuestError::Denied(text()));
    assert_eq!(
        said("transient").await,
        GuestError::Transient {
            message: text(),
            after_ms: Some(1500)
        }
    );
    assert_eq!(said("failed").await, GuestError::Failed(text()));
    assert!(matches!(said("needs-input").await, GuestError::NeedsInput(names) if names.len() == 1));
    assert!(matches!(said("long").await, GuestError::Failed(text) if text.len() < 10_000));
    let stalled = render("errors", "invalid-config", SHORT)
        .await
        .expect_err("fails");
    assert!(stalled.is_stalled() && stalled.reason() == "InvalidConfig");
}

/// T10: a namespace of loops leaves room for another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_one_namespace_does_not_take_all_permits() {
    let looping = plugin("loop-forever").await;
    let limits = Limits {
        wall: Duration::from_secs(3),
        ..SHORT
    };
    let noisy: Vec<_> = (0..40)
        .map(|_| {
            let looping = Arc::clone(&looping);
            tokio::spawn(async move { looping.render(&call(limits), request("{}")).await.map(|_| ()) })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let echo = plugin("render-echo").await;
    let mut quiet = call(SHORT);
    quiet.object.namespace = "quiet".into();
    let started = Instant::now();
    echo.render(&quiet, request("{}")).await.expect("renders");
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    noisy.iter().for_each(tokio::task::JoinHandle::abort);
}
