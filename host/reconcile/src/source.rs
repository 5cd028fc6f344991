//! What the reconcilers of sources that publish one file share: HelmRepository and HelmChart. [`Publisher`] owns a kind's
//! objects from finalizer to deletion, [`pass::Pass`] is one pass over one of them, [`status::Progress`] its conditions.

pub mod failure;
pub mod pass;
pub mod publisher;
pub mod status;

pub use failure::Failure;
pub use pass::Pass;
pub use publisher::{Published, Publisher};
pub use status::Progress;
