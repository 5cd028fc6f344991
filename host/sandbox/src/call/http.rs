//! Interface `http`: the endpoint that is bound to the object. The host joins the address, adds credentials and signs.

use sluice_model::port::{HmacAlgorithm, HttpRequest, HttpResponse, HttpSignature};

use super::{bound, endpoint_error};
use crate::bindings::imports::sluice::plugin::http::{Algorithm, Host, Request, Response, Signature};
use crate::bindings::imports::sluice::plugin::types::Error;
use crate::store::CallState;
use crate::text;

const SEND: &str = "sluice:plugin/http.send";

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// Headers that a guest may not send: credentials and what belongs to the connection.
const REFUSED: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers that a guest may not see.
const HIDDEN: [&str; 5] = [
    "set-cookie",
    "www-authenticate",
    "proxy-authenticate",
    "authentication-info",
    "proxy-authentication-info",
];

impl Host for CallState {
    async fn send(&mut self, binding: String, request: Request) -> wasmtime::Result<Result<Response, Error>> {
        self.spend_output(request.body.len(), SEND)?;
        let endpoint = match bound(&self.bindings.http, &binding) {
            Ok(endpoint) => endpoint.clone(),
            Err(error) => return Ok(Err(error)),
        };
        let request = match outgoing(request) {
            Ok(request) => request,
            Err(error) => return Ok(Err(error)),
        };
        self.import = Some(SEND);
        let response = endpoint.send(request).await;
        self.import = None;
        let limit = self.limits.output;
        match response {
            Ok(response) if response.body.len() as u64 > limit => Ok(Err(Error::Failed(format!(
                "the response is longer than {limit} bytes"
            )))),
            response => Ok(response.map(incoming).map_err(endpoint_error)),
        }
    }
}

fn outgoing(request: Request) -> Result<HttpRequest, Error> {
    if !METHODS.contains(&request.method.as_str()) {
        let method = text::one_line(&request.method, 32);
        return Err(Error::Denied(format!(
            "method {method:?} is not allowed: want one of {METHODS:?}"
        )));
    }
    for (name, value) in &request.headers {
        check_header(name, value)?;
    }
    let sign = request.sign.map(signature).transpose()?;
    Ok(HttpRequest {
        method: request.method,
        path: request.path,
        query: request.query,
        headers: request.headers,
        body: request.body.into(),
        sign,
    })
}

fn signature(asked: Signature) -> Result<HttpSignature, Error> {
    check_header(&asked.header, &asked.prefix)?;
    let algorithm = match asked.algorithm {
        Algorithm::Sha1 => HmacAlgorithm::Sha1,
        Algorithm::Sha256 => HmacAlgorithm::Sha256,
        Algorithm::Sha512 => HmacAlgorithm::Sha512,
    };
    Ok(HttpSignature {
        header: asked.header,
        prefix: asked.prefix,
        algorithm,
    })
}

/// Refuses credentials, connection headers and whatever could end a header line (request smuggling).
fn check_header(name: &str, value: &str) -> Result<(), Error> {
    let shown = || text::one_line(name, 64);
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(Error::Denied(format!("header name {:?} is not a token", shown())));
    }
    if value
        .bytes()
        .any(|byte| byte != b'\t' && (byte < 0x20 || byte == 0x7f))
    {
        return Err(Error::Denied(format!(
            "the value of header {} holds a control character",
            shown()
        )));
    }
    if REFUSED.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(Error::Denied(format!(
            "header {} is the host's: a plugin may not send it",
            shown()
        )));
    }
    Ok(())
}

fn incoming(response: HttpResponse) -> Response {
    let visible = |(name, _): &(String, String)| !HIDDEN.contains(&name.to_ascii_lowercase().as_str());
    Response {
        status: response.status,
        headers: response.headers.into_iter().filter(visible).collect(),
        body: response.body.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, header: (&str, &str)) -> Request {
        Request {
            method: method.into(),
            path: String::new(),
            query: Vec::new(),
            headers: vec![(header.0.into(), header.1.into())],
            body: Vec::new(),
            sign: None,
        }
    }

    /// P6, P7: a guest neither sets credentials nor smuggles a second request.
    #[test]
    fn refuses_what_is_the_hosts() {
        assert!(outgoing(request("POST", ("Content-Type", "text/plain"))).is_ok());
        for (method, header) in [
            ("CONNECT", ("A", "b")),
            ("POST", ("Authorization", "Bearer x")),
            ("POST", ("HOST", "internal")),
            ("POST", ("X", "a\r\nHost: b")),
            ("POST", ("X\r\nY", "a")),
            ("POST", ("Transfer-Encoding", "chunked")),
        ] {
            assert!(
                matches!(outgoing(request(method, header)), Err(Error::Denied(_))),
                "{method} {header:?}"
            );
        }
    }

    #[test]
    fn hides_credentials_of_a_response() {
        let headers = vec![
            ("Set-Cookie".to_owned(), "a".to_owned()),
            ("ETag".to_owned(), "b".to_owned()),
        ];
        let response = incoming(HttpResponse {
            status: 200,
            headers,
            body: bytes::Bytes::new(),
        });
        assert_eq!(response.headers, [("ETag".to_owned(), "b".to_owned())]);
    }
}
