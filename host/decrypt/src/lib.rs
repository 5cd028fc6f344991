//! SOPS: decrypts files and objects with keys that stay in the host (docs/decisions/0003-decryption-is-a-stage.md).
//!
//! A SOPS file holds its values encrypted one by one (AES-256-GCM, a value's path is additional data), the data key
//! encrypted for each of its keys, and a MAC over all values. [`Keys`] are what a Secret holds; [`Sops`] makes the
//! [`SopsDecryptor`] of one object, behind the port `sluice_model::port::Decryptor`: it opens the files that Secret
//! generators and patches name before the build, and objects after it.

mod cipher;
mod data_key;
mod decryptor;
mod error;
mod file;
pub mod fuzz;
mod key;
mod metadata;
mod object;
mod rule;
mod shamir;
mod source;
mod store;
mod tree;
mod walk;

pub use decryptor::{Sops, SopsDecryptor};
pub use error::SopsError;
pub use key::{Import, ImportError, Keys, Services, VaultGrant, VaultLogin, vault_login_path};
pub use object::{is_disabled, is_encrypted_secret};
pub use store::{Format, MAX_FILE};
