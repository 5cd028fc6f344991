//! Compares with Helm's own functions: recorded answers always, the oracle itself when `SLUICE_SPRIG_ORACLE` names the program
//! that `tests/go` builds.

#[path = "differential/ask.rs"]
mod ask;
#[path = "differential/generate.rs"]
mod generate;
#[path = "differential/live.rs"]
mod live;
#[path = "differential/replay.rs"]
mod replay;
