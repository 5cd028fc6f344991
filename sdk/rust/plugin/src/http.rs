//! HTTP to an endpoint that the host knows by a binding's name.

pub use crate::bindings::imports::sluice::plugin::http::{Algorithm, Request, Response, Signature, send};
use crate::types::Error;

/// Sends `body` to the binding's own address and gives the response when its status is 2xx.
///
/// # Errors
/// The host's error, or the one [`check`] makes of the status.
pub fn post(binding: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Result<Response, Error> {
    let request = Request {
        method: "POST".into(),
        path: String::new(),
        query: Vec::new(),
        headers: vec![("Content-Type".into(), content_type.into())],
        body: body.into(),
        sign: None,
    };
    check(send(binding, &request)?)
}

/// The response when its status is 2xx.
///
/// # Errors
/// 401 and 403 are `denied`, 404 and 410 `not-found`, 408, 425, 429 and 5xx `transient` (after the time that Retry-After
/// gives in seconds), everything else `failed`.
pub fn check(response: Response) -> Result<Response, Error> {
    let status = response.status;
    let message = || format!("endpoint answered with status {status}");
    match status {
        200..=299 => Ok(response),
        401 | 403 => Err(Error::denied(message())),
        404 | 410 => Err(Error::not_found(message())),
        408 | 425 | 429 | 500..=599 => Err(match retry_after(&response) {
            Some(seconds) => Error::transient_after(message(), seconds.saturating_mul(1000)),
            None => Error::transient(message()),
        }),
        _ => Err(Error::failed(message())),
    }
}

fn retry_after(response: &Response) -> Option<u64> {
    let (_, value) = response
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Retry;

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        Response {
            status,
            headers,
            body: Vec::new(),
        }
    }

    #[test]
    fn maps_statuses_to_cases() {
        assert!(check(response(204, &[])).is_ok());
        assert!(matches!(check(response(403, &[])), Err(Error::Denied(_))));
        assert!(matches!(check(response(404, &[])), Err(Error::NotFound(_))));
        assert!(matches!(check(response(400, &[])), Err(Error::Failed(_))));
        let busy = check(response(429, &[("Retry-After", "2")]));
        assert!(matches!(
            busy,
            Err(Error::Transient(Retry {
                after_ms: Some(2000),
                ..
            }))
        ));
    }
}
