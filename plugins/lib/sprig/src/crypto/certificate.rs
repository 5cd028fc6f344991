//! Certificates as Go's `x509.CreateCertificate` lays them out.

use std::net::IpAddr;

use sha2::{Digest as _, Sha256};
use x509_cert::Certificate as Parsed;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use super::der;
use super::key::PrivateKey;
use super::parse_key::{KeyError, parse_private_key};
use super::pem;
use super::random::Randomness;

/// `2.5.29` with the last number open.
const EXTENSION: [u8; 2] = [0x55, 0x1D];
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const SERVER_AUTH: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 1];
const CLIENT_AUTH: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 2];

/// A certificate and its key, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate {
    /// The certificate.
    pub cert: Vec<u8>,
    /// The private key.
    pub key: Vec<u8>,
}

/// What a certificate is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Common name of the subject.
    pub common_name: Vec<u8>,
    /// Addresses it is valid for.
    pub addresses: Vec<IpAddr>,
    /// Host names it is valid for.
    pub names: Vec<Vec<u8>>,
    /// Whether it may sign others.
    pub is_authority: bool,
    /// When it is valid.
    pub validity: Validity,
}

/// From when until when, in seconds since 1970.
#[derive(Debug, Clone, Copy, Default)]
pub struct Validity {
    /// First second.
    pub from: i64,
    /// Last second.
    pub until: i64,
}

/// No certificate can be made. The words are sprig's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The PEM of the certificate.
    #[error("unable to decode certificate")]
    NoPem,
    /// The content of the certificate.
    #[error("error parsing certificate: {0}: {1}")]
    Malformed(&'static str, String),
    /// The private key.
    #[error("error parsing private key: {0}")]
    Key(#[from] KeyError),
    /// Signing.
    #[error("error creating certificate: {0}")]
    Create(String),
    /// Writing the key.
    #[error("error pem-encoding key: {0}")]
    Encode(String),
}

/// Whose name and key a certificate is signed with.
struct Issuer<'k> {
    name: Vec<u8>,
    key_identifier: Option<Vec<u8>>,
    public_key: Option<Vec<u8>>,
    key: &'k PrivateKey,
}

/// A certificate signed with its own key.
///
/// # Errors
/// The key cannot sign.
pub fn self_sign(
    request: &Request,
    key: &PrivateKey,
    random: &mut Randomness,
) -> Result<Certificate, CertificateError> {
    let issuer = Issuer {
        name: subject(&request.common_name),
        key_identifier: None,
        public_key: None,
        key,
    };
    create(request, key, &issuer, random)
}

/// A certificate signed by an authority.
///
/// # Errors
/// The authority's certificate or key is unusable, or they do not belong together.
pub fn issue(
    request: &Request,
    key: &PrivateKey,
    authority: &Certificate,
    random: &mut Randomness,
) -> Result<Certificate, CertificateError> {
    let parsed = parse(&authority.cert, "decodedSignerCert.Bytes")?;
    let signer = parse_private_key(&authority.key)?;
    let malformed = |error: x509_cert::der::Error| {
        CertificateError::Malformed("decodedSignerCert.Bytes", error.to_string())
    };
    let tbs = parsed.tbs_certificate();
    let identifier = tbs.get_extension::<SubjectKeyIdentifier>().ok().flatten();
    let issuer = Issuer {
        name: tbs.subject().to_der().map_err(malformed)?,
        key_identifier: identifier.map(|(_, identifier)| identifier.0.as_bytes().to_vec()),
        public_key: Some(tbs.subject_public_key_info().to_der().map_err(malformed)?),
        key: &signer,
    };
    create(request, key, &issuer, random)
}

/// `buildCustomCert`: whether certificate and key can be read. They need not belong together.
///
/// # Errors
/// One of them cannot be read.
pub fn check_pair(cert: &[u8], key: &[u8]) -> Result<(), CertificateError> {
    parse(cert, "decodedCert.Bytes")?;
    parse_private_key(key)?;
    Ok(())
}

fn parse(text: &[u8], name: &'static str) -> Result<Parsed, CertificateError> {
    let block = pem::decode(text).ok_or(CertificateError::NoPem)?;
    Parsed::from_der(&block.content)
        .map_err(|error| CertificateError::Malformed(name, format!("x509: malformed certificate: {error}")))
}

fn create(
    request: &Request,
    key: &PrivateKey,
    issuer: &Issuer<'_>,
    random: &mut Randomness,
) -> Result<Certificate, CertificateError> {
    let create = |reason: &str| CertificateError::Create(reason.to_owned());
    let no_signer = || create("x509: certificate private key does not implement crypto.Signer");
    let algorithm = issuer.key.signature_algorithm().ok_or_else(no_signer)?;
    let signer = issuer.key.public_key().ok_or_else(no_signer)?;
    if issuer
        .public_key
        .as_ref()
        .is_some_and(|wanted| *wanted != signer.0)
    {
        return Err(create(
            "x509: provided PrivateKey doesn't match parent's PublicKey",
        ));
    }
    let unsupported = || create("x509: unsupported public key type: *dsa.PublicKey");
    let (public_key, key_bits) = key.public_key().ok_or_else(unsupported)?;
    let name = subject(&request.common_name);
    let mut serial = [0; 16];
    random.fill(&mut serial);
    let tbs = der::sequence(&[
        &der::element(0xA0, &[&der::integer(&[2])]),
        &der::integer(&serial),
        &algorithm,
        &issuer.name,
        &der::sequence(&[
            &der::time(request.validity.from),
            &der::time(request.validity.until),
        ]),
        &name,
        &public_key,
        &der::element(0xA3, &[&extensions(request, issuer, &name, &key_bits)?]),
    ]);
    let signature = issuer.key.sign(&tbs, random).map_err(CertificateError::Create)?;
    let cert = der::sequence(&[&tbs, &algorithm, &der::bits(&signature)]);
    Ok(Certificate {
        cert: pem::encode("CERTIFICATE", &cert).into_bytes(),
        key: key.to_pem().map_err(CertificateError::Encode)?.into_bytes(),
    })
}

fn subject(common_name: &[u8]) -> Vec<u8> {
    if common_name.is_empty() {
        return der::sequence(&[]);
    }
    let attribute = der::sequence(&[&der::element(der::OID, &[COMMON_NAME]), &der::text(common_name)]);
    der::sequence(&[&der::element(der::SET, &[&attribute])])
}

fn extensions(
    request: &Request,
    issuer: &Issuer<'_>,
    name: &[u8],
    key_bits: &[u8],
) -> Result<Vec<u8>, CertificateError> {
    // Digital signature and key encipherment; an authority signs certificates too.
    let usage: &[u8] = if request.is_authority {
        &[2, 0xA4]
    } else {
        &[5, 0xA0]
    };
    let purposes = [SERVER_AUTH, CLIENT_AUTH]
        .map(|oid| der::element(der::OID, &[oid]))
        .concat();
    let constraints: &[u8] = if request.is_authority {
        der::BOOLEAN_TRUE
    } else {
        &[]
    };
    let mut all = vec![
        extension(15, true, &der::element(der::BITS, &[usage])),
        extension(37, false, &der::sequence(&[&purposes])),
        extension(19, true, &der::sequence(&[constraints])),
    ];
    if request.is_authority {
        let identifier = Sha256::digest(key_bits);
        all.push(extension(
            14,
            false,
            &der::element(der::OCTETS, &[&identifier[..20]]),
        ));
    }
    if let Some(identifier) = issuer.key_identifier.as_ref().filter(|_| issuer.name != name) {
        all.push(extension(
            35,
            false,
            &der::sequence(&[&der::element(0x80, &[identifier])]),
        ));
    }
    let alternatives = alternative_names(request)?;
    if !alternatives.is_empty() {
        all.push(extension(
            17,
            request.common_name.is_empty(),
            &der::sequence(&[&alternatives]),
        ));
    }
    Ok(der::sequence(&[&all.concat()]))
}

fn alternative_names(request: &Request) -> Result<Vec<u8>, CertificateError> {
    let mut out = Vec::new();
    for name in &request.names {
        if !name.is_ascii() {
            let shown = String::from_utf8_lossy(name);
            return Err(CertificateError::Create(format!(
                "x509: {shown:?} cannot be encoded as an IA5String"
            )));
        }
        out.extend(der::element(0x82, &[name]));
    }
    for address in &request.addresses {
        let address = match address {
            IpAddr::V4(address) => der::element(0x87, &[&address.octets()]),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => der::element(0x87, &[&address.octets()]),
                None => der::element(0x87, &[&address.octets()]),
            },
        };
        out.extend(address);
    }
    Ok(out)
}

fn extension(number: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let oid = der::element(der::OID, &[&EXTENSION, &[number]]);
    let critical: &[u8] = if critical { der::BOOLEAN_TRUE } else { &[] };
    der::sequence(&[&oid, critical, &der::element(der::OCTETS, &[value])])
}
