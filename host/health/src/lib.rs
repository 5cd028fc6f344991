//! kstatus rules fed by watches.
//!
//! [`status`] tells an object's health from the object alone; [`wait`] follows the health of a set of objects by the
//! signals of the watch hub, so that nobody polls and no worker waits.

#![cfg_attr(
    test,
    allow(
        clippy::needless_pass_by_value,
        reason = "helpers of tests take what json! gives"
    )
)]

mod children;
pub mod error;
pub mod rules;
pub mod status;
pub mod wait;

pub use error::HealthError;
pub use rules::{CustomRules, ExpressionRules};
pub use status::verdict;
pub use wait::{Finding, HealthWatch, Summary, Target};
