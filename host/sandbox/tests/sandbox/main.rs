//! The sandbox against guests that misbehave, one way each (adversarial catalogue, section P), and against good ones.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cache;
mod determinism;
mod endpoints;
mod guests;
mod isolation;
mod limits;
mod loading;
mod reads;
mod store;
