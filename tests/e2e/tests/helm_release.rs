//! HelmRelease against the real control plane; the real `helm` looks at what was done.

mod bed;
mod cluster;
mod command;
mod crash;
mod install;
mod relations;
mod uninstall;
mod upgrade;
