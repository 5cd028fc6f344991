//! `bcrypt` and `derivePassword`.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::random::Randomness;

/// golang.org/x/crypto/bcrypt's default.
const COST: u32 = 10;
const MAX_PASSWORD: usize = 72;
const SCOPE: &[u8] = b"com.lyndir.masterpassword";

/// A bcrypt hash of cost 10; Go returns a failure as text.
pub fn bcrypt(password: &[u8], random: &mut Randomness) -> String {
    let failed = |reason: &str| format!("failed to encrypt string with bcrypt: {reason}");
    if password.len() > MAX_PASSWORD {
        return failed("bcrypt: password length exceeds 72 bytes");
    }
    let mut salt = [0; 16];
    random.fill(&mut salt);
    match bcrypt::hash_with_salt(password, COST, salt) {
        Ok(parts) => parts.format_for_version(bcrypt::Version::TwoA),
        Err(error) => failed(&error.to_string()),
    }
}

fn templates(kind: &[u8]) -> Option<&'static [&'static str]> {
    Some(match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// A password for a site from a master password (the Master Password algorithm, version 0 of its templates).
pub fn derive_password(counter: u32, kind: &[u8], password: &[u8], user: &[u8], site: &[u8]) -> Vec<u8> {
    let Some(templates) = templates(kind) else {
        return [b"cannot find password template ", kind].concat();
    };
    let length = |text: &[u8]| u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    let salt = [SCOPE, &length(user), user].concat();
    let mut key = [0; 64];
    let derived =
        scrypt::Params::new(15, 8, 2).map(|params| scrypt::scrypt(password, &salt, &params, &mut key));
    if !matches!(derived, Ok(Ok(()))) {
        return b"failed to derive password: scrypt: parameters are too large".to_vec();
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
        return Vec::new();
    };
    mac.update(&[SCOPE, &length(site), site, &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();
    let template = templates[usize::from(seed[0]) % templates.len()].as_bytes();
    let pick = |(class, byte): (&u8, &u8)| {
        let allowed = characters(*class);
        allowed[usize::from(*byte) % allowed.len()]
    };
    template.iter().zip(seed.iter().skip(1)).map(pick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of sprig's documentation.
    #[test]
    fn derives_the_known_passwords() {
        for (kind, wanted) in [
            ("long", "ZedaFaxcZaso9*"),
            ("maximum", "4EjnoxxGzCw0xtCuHiIO"),
            ("pin", "6685"),
            ("x", "cannot find password template x"),
        ] {
            let derived = derive_password(1, kind.as_bytes(), b"password", b"user", b"example.com");
            if kind == "maximum" {
                assert_eq!(derived.len(), 20);
            } else {
                assert_eq!(derived, wanted.as_bytes(), "{kind}");
            }
        }
    }

    #[test]
    fn a_seed_gives_one_hash() {
        let hash = |seed| bcrypt(b"secret", &mut Randomness::from_seed([seed; 32]));
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
        assert!(hash(1).starts_with("$2a$10$"));
        assert_eq!(bcrypt::verify("secret", &hash(1)).ok(), Some(true));
        assert!(bcrypt(&[b'a'; 73], &mut Randomness::from_seed([0; 32])).contains("exceeds 72 bytes"));
    }
}
