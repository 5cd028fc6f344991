//! AWS Signature Version 4 over one POST (AWS General Reference, "Signing AWS API requests").

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::credentials::Aws;

/// What is signed.
pub(super) struct Unsigned<'a> {
    /// With its port when it has one.
    pub host: &'a str,
    pub path: &'a str,
    pub region: &'a str,
    pub service: &'a str,
    /// Besides `host`, the date and the token; lower case, sorted.
    pub headers: Vec<(&'static str, String)>,
    pub body: &'a [u8],
}

/// The headers of the signed request; the host is set by the connection.
pub(super) fn sign(
    request: Unsigned<'_>,
    credentials: &Aws,
    now: jiff::Timestamp,
) -> Vec<(&'static str, Zeroizing<String>)> {
    let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut signed = request.headers;
    signed.push(("host", request.host.to_owned()));
    signed.push(("x-amz-date", time.clone()));
    if let Some(token) = credentials
        .session_token
        .as_ref()
        .filter(|token| !token.is_empty())
    {
        signed.push(("x-amz-security-token", token.clone()));
    }
    signed.sort_unstable_by_key(|(name, _)| *name);
    let names = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = signed
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let body = hex::encode(Sha256::digest(request.body));
    let canonical = Zeroizing::new(format!("POST\n{}\n\n{lines}\n{names}\n{body}", request.path));
    let scope = format!(
        "{}/{}/{}/aws4_request",
        &time[..8],
        request.region,
        request.service
    );
    let digest = hex::encode(Sha256::digest(canonical.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}");
    let mut key = Zeroizing::new(format!("AWS4{}", credentials.secret_key).into_bytes());
    for part in scope.split('/') {
        key = hmac(&key, part);
    }
    let signature = hex::encode(hmac(&key, &text));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        credentials.access_key
    );
    let mut out: Vec<_> = signed
        .into_iter()
        .filter(|(name, _)| *name != "host")
        .map(|(name, value)| (name, Zeroizing::new(value)))
        .collect();
    out.push(("authorization", Zeroizing::new(authorization)));
    out
}

fn hmac(key: &[u8], text: &str) -> Zeroizing<Vec<u8>> {
    // HMAC takes keys of any length
    let mac = Hmac::<Sha256>::new_from_slice(key).map(|mut mac| {
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    });
    Zeroizing::new(mac.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example `post-vanilla` of AWS's test suite.
    #[test]
    fn signs_as_the_suite_of_aws_wants() {
        let credentials = Aws {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
        };
        let request = Unsigned {
            host: "example.amazonaws.com",
            path: "/",
            region: "us-east-1",
            service: "service",
            headers: Vec::new(),
            body: b"",
        };
        let now = "2015-08-30T12:36:00Z".parse().expect("a time");
        let headers = sign(request, &credentials, now);
        let authorization = headers
            .iter()
            .find(|(name, _)| *name == "authorization")
            .expect("is there");
        assert!(
            authorization
                .1
                .ends_with("Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            "{}",
            *authorization.1
        );
    }
}
