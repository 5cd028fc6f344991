//! Fetches a file by its address alone, under the egress policy and a size cap and without credentials: artifacts that
//! another process serves (the caller knows the digest), and public files.

use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderMap;
use sluice_model::port::EndpointError;
use url::Url;

use crate::client::{Outgoing, read_body};
use crate::transport::Transport;

impl Transport {
    /// The body at an address, at most `limit` bytes.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `Transient` when the server may answer later, else why not. No text holds
    /// the address, whose query may be a secret.
    pub async fn download(
        &self,
        address: &str,
        limit: usize,
        timeout: Duration,
    ) -> Result<Bytes, EndpointError> {
        let get = get(address)?;
        let client = self.plain_client()?;
        let exchange = async {
            let response = client.send(get).await?;
            refused(response.status().as_u16())?;
            read_body(response, limit).await
        };
        within(timeout, exchange).await
    }

    /// The status and the body at a public address, redirects to other hosts followed; the body of an error is empty.
    ///
    /// # Errors
    /// `Transient` when the server may answer later, else why there is no answer. No text holds the address.
    pub async fn get_public(
        &self,
        address: &str,
        limit: usize,
        timeout: Duration,
    ) -> Result<(u16, Bytes), EndpointError> {
        let get = get(address)?;
        let client = self.plain_client()?;
        let exchange = async {
            let response = client.send_anywhere(get).await?;
            let status = response.status().as_u16();
            if !(200..300).contains(&status) {
                return Ok((status, Bytes::new()));
            }
            Ok((status, read_body(response, limit).await?))
        };
        within(timeout, exchange).await
    }
}

fn get(address: &str) -> Result<Outgoing, EndpointError> {
    let url =
        Url::parse(address).map_err(|error| EndpointError::Invalid(format!("invalid address: {error}")))?;
    Ok(Outgoing {
        method: http::Method::GET,
        url,
        headers: HeaderMap::new(),
        body: Bytes::new(),
    })
}

async fn within<T>(
    timeout: Duration,
    exchange: impl Future<Output = Result<T, EndpointError>>,
) -> Result<T, EndpointError> {
    tokio::time::timeout(timeout, exchange).await.unwrap_or_else(|_| {
        Err(EndpointError::Transient {
            message: format!("not complete after {} s", timeout.as_secs()),
            after_ms: None,
        })
    })
}

fn refused(status: u16) -> Result<(), EndpointError> {
    let message = format!("the server answered with status {status}");
    match status {
        200 => Ok(()),
        404 | 410 => Err(EndpointError::NotFound(message)),
        401 | 403 => Err(EndpointError::Unauthorized(message)),
        408 | 429 | 500..=599 => Err(EndpointError::Transient {
            message,
            after_ms: None,
        }),
        _ => Err(EndpointError::Failed(message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::TransportOptions;

    #[test]
    fn statuses_tell_what_may_help() {
        assert!(refused(200).is_ok());
        assert!(matches!(refused(404), Err(EndpointError::NotFound(_))));
        assert!(matches!(refused(503), Err(EndpointError::Transient { .. })));
        assert!(matches!(refused(206), Err(EndpointError::Failed(_))));
    }

    /// N2: an address in a status leads neither to a metadata service nor to another scheme.
    #[tokio::test]
    async fn n2_addresses_are_under_the_egress_policy() {
        let transport = Transport::new(TransportOptions::default());
        for address in [
            "http://169.254.169.254/latest",
            "http://127.0.0.1/x",
            "file:///etc/passwd",
            "x",
        ] {
            let error = transport.download(address, 1024, Duration::from_secs(5)).await;
            let public = transport.get_public(address, 1024, Duration::from_secs(5)).await;
            for error in [error.map(drop), public.map(drop)] {
                assert!(
                    matches!(error, Err(EndpointError::Denied(_) | EndpointError::Invalid(_))),
                    "{address}: {error:?}"
                );
            }
        }
    }
}
