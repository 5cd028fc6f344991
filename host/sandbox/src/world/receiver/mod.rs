//! World `receiver-plugin`, an adapter a version of the contract.

pub mod v0_1;
