//! HelmRelease against the real control plane; the real `helm` looks at what was done.

mod bed;
mod cluster;
mod command;
mod crash;
mod fields;
mod install;
mod preview;
mod relations;
mod traps;
mod uninstall;
mod upgrade;
