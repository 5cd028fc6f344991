//! Calls of the host itself, with credentials that it made for the one call: key services, token endpoints.

use std::time::Duration;

use ::http::Method;
use ::http::header::{HeaderMap, HeaderName};
use bytes::Bytes;
use sluice_model::port::{EndpointError, HttpResponse};
use url::Url;
use zeroize::Zeroizing;

use crate::client::{ClientSettings, Outgoing, read_body, sensitive};
use crate::transport::Transport;

/// One POST of the host.
pub struct HostCall {
    /// `https://…`, or `http://…`.
    pub url: String,
    /// With credentials; none of them is shown or followed to another host.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// Bytes to send.
    pub body: Zeroizing<Vec<u8>>,
    /// Of the call with its answer.
    pub timeout: Duration,
    /// Largest body of the answer, in bytes.
    pub max_response: usize,
}

impl Transport {
    /// Makes the call under the egress policy. An answer of any status is an answer.
    ///
    /// # Errors
    /// The address is invalid or refused, or there was no answer. The message does not repeat the address.
    pub async fn call(&self, call: HostCall) -> Result<HttpResponse, EndpointError> {
        let timeout = call.timeout;
        let answer = tokio::time::timeout(timeout, self.exchange(call)).await;
        answer.unwrap_or_else(|_| {
            Err(EndpointError::Transient {
                message: format!("request timed out after {timeout:?}"),
                after_ms: None,
            })
        })
    }

    async fn exchange(&self, call: HostCall) -> Result<HttpResponse, EndpointError> {
        let url = Url::parse(&call.url)
            .map_err(|error| EndpointError::Invalid(format!("invalid address: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::Invalid(
                "invalid address: it holds credentials".into(),
            ));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &call.headers {
            headers.insert(HeaderName::from_static(name), sensitive(value)?);
        }
        let outgoing = Outgoing {
            method: Method::POST,
            url,
            headers,
            body: Bytes::from_owner(call.body),
        };
        let response = self
            .settled_client(&ClientSettings::default())?
            .send(outgoing)
            .await?;
        let status = response.status().as_u16();
        let body = read_body(response, call.max_response).await?;
        Ok(HttpResponse {
            status,
            headers: Vec::new(),
            body,
        })
    }
}
