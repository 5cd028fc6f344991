//! Flux's source ignore rules.
