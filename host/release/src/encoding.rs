//! The text of a release Secret: base64 of gzip of JSON (helm, `pkg/storage/driver`).

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::record::Release;

/// Most bytes of a release's JSON. A Secret holds 1 MiB at most, compressed; what grows beyond this is a bomb (H12).
pub const MAX_DECODED: u64 = 64 << 20;

const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];

/// The value of the key `release` of a release Secret.
///
/// # Errors
/// The release is no JSON, in words.
pub fn encode(release: &Release) -> Result<String, String> {
    let json = serde_json::to_vec(release).map_err(|error| error.to_string())?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let packed = gzip.write_all(&json).and_then(|()| gzip.finish());
    Ok(STANDARD.encode(packed.map_err(|error| error.to_string())?))
}

/// Reads the value of the key `release`. Plain JSON, as very old clients stored it, is read too.
///
/// # Errors
/// It is no release, in words that quote nothing of it.
pub fn decode(text: &[u8]) -> Result<Release, String> {
    let bytes = STANDARD.decode(text).map_err(|_| "is not base64".to_owned())?;
    let json = if bytes.starts_with(&GZIP) {
        unpack(&bytes)?
    } else {
        bytes
    };
    serde_json::from_slice(&json).map_err(|error| {
        format!(
            "is not the JSON of a release: {:?} at line {} column {}",
            error.classify(),
            error.line(),
            error.column()
        )
    })
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut json = Vec::new();
    let mut reader = GzDecoder::new(bytes).take(MAX_DECODED + 1);
    reader
        .read_to_end(&mut json)
        .map_err(|error| format!("is not gzip: {error}"))?;
    if json.len() as u64 > MAX_DECODED {
        return Err(format!("unpacks to more than {MAX_DECODED} bytes"));
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote() {
        let release = Release {
            name: "web".into(),
            version: 2,
            manifest: "---\na: 1\n".into(),
            ..Release::default()
        };
        let text = encode(&release).expect("text");
        assert_eq!(decode(text.as_bytes()).expect("a release"), release);
        let plain = STANDARD.encode(serde_json::to_vec(&release).expect("JSON"));
        assert_eq!(decode(plain.as_bytes()).expect("a release").name, "web");
    }

    /// H12: a Secret that unpacks without end is refused, and no error quotes what a release holds.
    #[test]
    fn bombs_and_garbage_are_refused_without_a_quote() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        let zeros = vec![b' '; 1 << 20];
        for _ in 0..=(MAX_DECODED >> 20) {
            gzip.write_all(&zeros).expect("written");
        }
        let bomb = STANDARD.encode(gzip.finish().expect("packed"));
        assert!(
            decode(bomb.as_bytes())
                .expect_err("a bomb")
                .contains("unpacks to more")
        );
        assert!(decode(b"***").is_err());
        let secret = STANDARD.encode(br#"{"name": 5, "config": {"password": "hunter2"}}"#);
        let error = decode(secret.as_bytes()).expect_err("no release");
        assert!(!error.contains("hunter2") && error.contains("line 1"), "{error}");
    }
}
