//! Hashes, ciphers, encodings and random texts.

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use sluice_go_template::{Context, Error, Type, UintKind, Value};

use super::args::{int, new_text, text};
use super::{State, Table};
use crate::crypto::{self, Alphabet};

const S: Type = Type::String;
const I: Type = Type::INT;

/// Steps of the budget that costly functions take, so that a loop of them ends: the time of a simple step each.
const BCRYPT_STEPS: u64 = 1_000_000;
const SCRYPT_STEPS: u64 = 4_000_000;

pub(super) fn register(table: &mut Table) {
    table.add("sha1sum", &[S], S, |_, args| {
        Ok(hex(&Sha1::digest(text(args, 0))))
    });
    table.add("sha256sum", &[S], S, |_, args| {
        Ok(hex(&Sha256::digest(text(args, 0))))
    });
    table.add("sha512sum", &[S], S, |_, args| {
        Ok(hex(&Sha512::digest(text(args, 0))))
    });
    table.add("adler32sum", &[S], S, |_, args| {
        Ok(Value::from(adler32(text(args, 0)).to_string()))
    });
    table.add("b64enc", &[S], S, |context, args| {
        new_text(context, crypto::encode_base64(text(args, 0)).into_bytes())
    });
    table.add("b32enc", &[S], S, |context, args| {
        new_text(context, crypto::encode_base32(text(args, 0)))
    });
    table.add("b64dec", &[S], S, |context, args| {
        new_text(
            context,
            crypto::decode_base64(text(args, 0)).unwrap_or_else(String::into_bytes),
        )
    });
    table.add("b32dec", &[S], S, |context, args| {
        new_text(
            context,
            crypto::decode_base32(text(args, 0)).unwrap_or_else(String::into_bytes),
        )
    });
    table.add_stateful(&["encryptAES"], &[S, S], S, |state, context, args| {
        let mut random = state.random.borrow_mut();
        new_text(
            context,
            crypto::encrypt_aes(text(args, 0), text(args, 1), &mut random).into_bytes(),
        )
    });
    table.add("decryptAES", &[S, S], S, |context, args| {
        let plain = crypto::decrypt_aes(text(args, 0), text(args, 1))
            .map_err(|error| Error::new(error.to_string()))?;
        new_text(context, plain)
    });
    register_passwords(table);
    register_random(table);
}

fn hex(bytes: &[u8]) -> Value {
    Value::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The checksum of RFC 1950.
fn adler32(bytes: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    let (mut low, mut high) = (1u32, 0u32);
    // So many sums fit 32 bits.
    for chunk in bytes.chunks(5_552) {
        for byte in chunk {
            low += u32::from(*byte);
            high += low;
        }
        low %= BASE;
        high %= BASE;
    }
    high << 16 | low
}

fn register_passwords(table: &mut Table) {
    table.add_stateful(&["bcrypt"], &[S], S, |state, context, args| {
        context.budget().charge_steps(BCRYPT_STEPS)?;
        Ok(Value::from(crypto::bcrypt(
            text(args, 0),
            &mut state.random.borrow_mut(),
        )))
    });
    table.add_stateful(&["htpasswd"], &[S, S], S, |state, context, args| {
        let user = String::from_utf8_lossy(text(args, 0));
        if user.contains(':') {
            return Ok(Value::from(format!("invalid username: {user}")));
        }
        context.budget().charge_steps(BCRYPT_STEPS)?;
        let hash = crypto::bcrypt(text(args, 1), &mut state.random.borrow_mut());
        Ok(Value::from([text(args, 0), b":", hash.as_bytes()].concat()))
    });
    table.add(
        "derivePassword",
        &[Type::Uint(UintKind::Uint32), S, S, S, S],
        S,
        |context, args| {
            context.budget().charge_steps(SCRYPT_STEPS)?;
            let counter = match args.first() {
                Some(Value::Uint(_, counter)) => u32::try_from(*counter).unwrap_or_default(),
                _ => 0,
            };
            let derived = crypto::derive_password(
                counter,
                text(args, 1),
                text(args, 2),
                text(args, 3),
                text(args, 4),
            );
            Ok(Value::from(derived))
        },
    );
}

fn random_text(
    state: &State,
    context: &mut Context,
    args: &[Value],
    alphabet: Alphabet,
) -> Result<Value, Error> {
    // goutils returns nothing for a negative length.
    let length = usize::try_from(int(args, 0)).unwrap_or(0);
    context.budget().charge_bytes(length as u64)?;
    Ok(Value::from(state.random.borrow_mut().text(length, alphabet)))
}

fn register_random(table: &mut Table) {
    table.add_stateful(&["randAlphaNum"], &[I], S, |state, context, args| {
        random_text(state, context, args, Alphabet::AlphaNumeric)
    });
    table.add_stateful(&["randAlpha"], &[I], S, |state, context, args| {
        random_text(state, context, args, Alphabet::Alphabetic)
    });
    table.add_stateful(&["randNumeric"], &[I], S, |state, context, args| {
        random_text(state, context, args, Alphabet::Numeric)
    });
    table.add_stateful(&["randAscii"], &[I], S, |state, context, args| {
        random_text(state, context, args, Alphabet::Ascii)
    });
    table.add_stateful(&["randBytes"], &[I], S, |state, context, args| {
        let Ok(length) = usize::try_from(int(args, 0)) else {
            return Err(Error::new("runtime error: makeslice: len out of range"));
        };
        context.budget().charge_bytes((length as u64).saturating_mul(2))?;
        let mut bytes = vec![0; length];
        state.random.borrow_mut().fill(&mut bytes);
        Ok(Value::from(crypto::encode_base64(&bytes)))
    });
    table.add_stateful(&["uuidv4"], &[], S, |state, _, _| {
        Ok(Value::from(state.random.borrow_mut().uuid()))
    });
    table.add_stateful(&["shuffle"], &[S], S, |state, _, args| {
        let mut runes: Vec<char> = crate::text::rune::runes(text(args, 0)).collect();
        let mut random = state.random.borrow_mut();
        for at in (1..runes.len()).rev() {
            let other = usize::try_from(random.below(at as u64 + 1)).unwrap_or_default();
            runes.swap(at, other);
        }
        Ok(Value::from(runes.into_iter().collect::<String>()))
    });
}
