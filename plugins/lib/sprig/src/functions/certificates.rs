//! Functions that make keys and certificates.

use std::net::{IpAddr, Ipv4Addr};

use sluice_go_template::{Context, Error, Type, Value};

use super::args::{any, int, shown, text};
use super::{State, Table};
use crate::crypto::{self, Certificate, PrivateKey, Randomness, Request, Validity, parse_private_key};
use crate::objects::CertificateValue;

const S: Type = Type::String;
const I: Type = Type::INT;
const L: Type = Type::LIST;
const C: Type = Type::Struct(CertificateValue::TYPE);

/// Steps of the budget for a key, about the time it takes: a loop of them ends.
const KEY_STEPS: u64 = 4_000_000;
const LARGE_KEY_STEPS: u64 = 30_000_000;

pub(super) fn register(table: &mut Table) {
    table.add_stateful(&["genPrivateKey"], &[S], S, |state, context, args| {
        let steps = match text(args, 0) {
            b"" | b"rsa" | b"dsa" => LARGE_KEY_STEPS,
            _ => KEY_STEPS / 100,
        };
        context.budget().charge_steps(steps)?;
        let generated = crypto::generate(text(args, 0), &mut state.random.borrow_mut());
        // sprig returns its failure as text.
        Ok(Value::from(generated.unwrap_or_else(|failure| failure)))
    });
    table.add("buildCustomCert", &[S, S], C, |_, args| build_custom(args));
    table.add_stateful(&["genCA"], &[S, I], C, |state, context, args| {
        Maker::new(state, context)?.authority(args, None)
    });
    table.add_stateful(&["genCAWithKey"], &[S, I, S], C, |state, context, args| {
        Maker::new(state, context)?.authority(args, Some(text(args, 2)))
    });
    table.add_stateful(
        &["genSelfSignedCert"],
        &[S, L, L, I],
        C,
        |state, context, args| Maker::new(state, context)?.self_signed(args, None),
    );
    table.add_stateful(
        &["genSelfSignedCertWithKey"],
        &[S, L, L, I, S],
        C,
        |state, context, args| Maker::new(state, context)?.self_signed(args, Some(text(args, 4))),
    );
    table.add_stateful(&["genSignedCert"], &[S, L, L, I, C], C, |state, context, args| {
        Maker::new(state, context)?.signed(args, None)
    });
    table.add_stateful(
        &["genSignedCertWithKey"],
        &[S, L, L, I, C, S],
        C,
        |state, context, args| Maker::new(state, context)?.signed(args, Some(text(args, 5))),
    );
}

#[allow(clippy::needless_pass_by_value, reason = "what map_err gives")]
fn failed(error: impl ToString) -> Error {
    Error::new(error.to_string())
}

fn build_custom(args: &[Value]) -> Result<Value, Error> {
    let decode = |at: usize, what: &str| {
        crypto::decode_base64(text(args, at))
            .map_err(|_| Error::new(format!("unable to decode base64 {what}")))
    };
    let (cert, key) = (decode(0, "certificate")?, decode(1, "private key")?);
    crypto::check_pair(&cert, &key).map_err(failed)?;
    Ok(Value::object(CertificateValue(Certificate { cert, key })))
}

/// Makes one certificate.
struct Maker<'s, 'c> {
    state: &'s State,
    context: &'c mut Context,
}

impl<'s, 'c> Maker<'s, 'c> {
    fn new(state: &'s State, context: &'c mut Context) -> Result<Self, Error> {
        context.budget().charge_steps(KEY_STEPS)?;
        Ok(Self { state, context })
    }

    fn random(&self) -> std::cell::RefMut<'s, Randomness> {
        self.state.random.borrow_mut()
    }

    /// The key that was handed in, or a new one.
    fn key(&self, pem: Option<&[u8]>) -> Result<PrivateKey, Error> {
        match pem {
            Some(pem) => {
                parse_private_key(pem).map_err(|error| failed(format!("parsing private key: {error}")))
            }
            None => PrivateKey::generate_rsa(2048, &mut self.random())
                .map_err(|error| failed(format!("error generating rsa key: {error}"))),
        }
    }

    fn request(&self, args: &[Value], days: i64) -> Request {
        let now = self.state.environment.now.unix;
        // Go counts in nanoseconds and runs over.
        let seconds = (24 * 3_600 * 1_000_000_000i64).wrapping_mul(days) / 1_000_000_000;
        Request {
            common_name: text(args, 0).to_vec(),
            validity: Validity {
                from: now,
                until: now.saturating_add(seconds),
            },
            ..Request::default()
        }
    }

    /// A request with the addresses and names of a server.
    fn server_request(&mut self, args: &[Value]) -> Result<Request, Error> {
        let mut request = self.request(args, int(args, 3));
        for value in any(args, 1).as_list().into_iter().flat_map(|list| list.iter()) {
            let Some(address) = value.as_str() else {
                let shown = shown(self.context, value)?;
                return Err(not_a_string("error parsing ip", &shown));
            };
            let parsed = address.to_utf8().and_then(parse_address);
            let problem = || Error::new(format!("error parsing ip: {}", address.to_lossy()));
            request.addresses.push(parsed.ok_or_else(problem)?);
        }
        for value in any(args, 2).as_list().into_iter().flat_map(|list| list.iter()) {
            let Some(name) = value.as_bytes() else {
                let shown = shown(self.context, value)?;
                return Err(not_a_string("error processing alternate dns name", &shown));
            };
            request.names.push(name.to_vec());
        }
        Ok(request)
    }

    fn authority(self, args: &[Value], pem: Option<&[u8]>) -> Result<Value, Error> {
        let key = self.key(pem)?;
        let request = Request {
            is_authority: true,
            ..self.request(args, int(args, 1))
        };
        self.finish(crypto::self_sign(&request, &key, &mut self.random()))
    }

    fn self_signed(mut self, args: &[Value], pem: Option<&[u8]>) -> Result<Value, Error> {
        let key = self.key(pem)?;
        let request = self.server_request(args)?;
        self.finish(crypto::self_sign(&request, &key, &mut self.random()))
    }

    fn signed(mut self, args: &[Value], pem: Option<&[u8]>) -> Result<Value, Error> {
        let key = self.key(pem)?;
        let authority = any(args, 4)
            .downcast::<CertificateValue>()
            .ok_or_else(super::args::nil_pointer)?;
        let request = self.server_request(args)?;
        self.finish(crypto::issue(&request, &key, &authority.0, &mut self.random()))
    }

    fn finish(&self, made: Result<Certificate, crypto::CertificateError>) -> Result<Value, Error> {
        made.map(|made| Value::object(CertificateValue(made)))
            .map_err(failed)
    }
}

fn not_a_string(problem: &str, shown: &[u8]) -> Error {
    Error::new(format!(
        "{problem}: {} is not a string",
        String::from_utf8_lossy(shown)
    ))
}

/// Go's `net.ParseIP`: IPv4 in four numbers without leading zeros, or IPv6 without a zone.
fn parse_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse().ok();
    }
    text.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}
