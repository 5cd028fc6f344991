//! Fetches a file by its address alone, for artifacts that another process serves: no credentials, no redirects to
//! other hosts, under the egress policy and a size cap. The caller knows the digest.

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
        let url = Url::parse(address)
            .map_err(|error| EndpointError::Invalid(format!("invalid address: {error}")))?;
        let get = Outgoing {
            method: http::Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let client = self.plain_client()?;
        let exchange = async {
            let response = client.send(get).await?;
            refused(response.status().as_u16())?;
            read_body(response, limit).await
        };
        tokio::time::timeout(timeout, exchange).await.unwrap_or_else(|_| {
            Err(EndpointError::Transient {
                message: format!("not complete after {} s", timeout.as_secs()),
                after_ms: None,
            })
        })
    }
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
            assert!(
                matches!(error, Err(EndpointError::Denied(_) | EndpointError::Invalid(_))),
                "{address}: {error:?}"
            );
        }
    }
}
