//! `make demo`: a commit in a real git server becomes applied objects, through sandboxed components, live.

#![allow(clippy::print_stdout, reason = "showing is what it is for")]

mod board;
mod scenes;
mod shop;
mod world;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::board::Board;
use crate::world::World;

#[tokio::main]
async fn main() -> ExitCode {
    let board = Board::start();
    let shown = tokio::select! {
        shown = show(&board) => shown,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            board.fail(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn show(board: &Board) -> Result<()> {
    let started = Instant::now();
    board.title("Sluice: a commit in a git server becomes applied objects");
    let mut world = World::start(board).await?;
    let shown = scenes::play(board, &world).await;
    if let Err(error) = shown {
        bail!("{error:#}\nthe end of Sluice's log:\n{}", world.log_tail());
    }
    board.title("Over");
    let row = board.row("sluice");
    let (cpu, memory) = (world.sluice.cpu_time()?, world.sluice.resident_memory()? >> 20);
    let status = world.sluice.terminate()?;
    row.done(&format!(
        "stopped ({status}); it had used {:.1} s of CPU, {memory} MiB resident",
        cpu.as_secs_f64()
    ));
    let row = board.row("all of it");
    let pids = world.pids();
    drop(world);
    let left: Vec<u32> = pids
        .into_iter()
        .filter(|pid| std::path::Path::new(&format!("/proc/{pid}")).exists())
        .collect();
    if !left.is_empty() {
        bail!("still running: {left:?}");
    }
    row.done(&format!(
        "took {:.0} s; nothing is left running",
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}
