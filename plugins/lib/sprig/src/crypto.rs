//! Keys, certificates, password hashes and ciphers, in plain Rust and with the caller's randomness only.

mod certificate;
mod cipher;
mod der;
mod encoding;
mod key;
mod parse_key;
mod password;
mod pem;
mod random;

pub use certificate::{Certificate, CertificateError, Request, Validity, check_pair, issue, self_sign};
pub use cipher::{CipherError, decrypt_aes, encrypt_aes};
pub use encoding::{decode_base32, decode_base64, encode_base32, encode_base64};
pub use key::{PrivateKey, generate};
pub use parse_key::{KeyError, parse_private_key};
pub use password::{bcrypt, derive_password};
pub use random::{Alphabet, Randomness};
