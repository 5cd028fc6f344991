//! TLS servers with certificates of our own making.

#![allow(clippy::expect_used, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sluice_model::SecretData;
use sluice_model::port::{EndpointError, HttpRequest};
use sluice_transport::{HttpAuth, HttpTarget, Transport, TransportOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A TLS server for a name, that answers every request with `ok`; its port.
    async fn serve(&self, name: &str) -> u16 {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .expect("a config");
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let mut request = [0u8; 4096];
                    let _ = stream.read(&mut request).await;
                    let _ = stream
                        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                        .await;
                    let _ = stream.shutdown().await;
                }
            }
        });
        port
    }
}

async fn get(port: u16, ca: Option<String>) -> Result<Bytes, EndpointError> {
    let tls = ca.map(|pem| SecretData::new("default/tls", [("ca.crt".to_owned(), pem.into_bytes())]));
    let target = HttpTarget {
        address: Some(format!("https://127.0.0.1:{port}/")),
        secret: None,
        tls,
        proxy: None,
        auth: HttpAuth::None,
        timeout: Duration::from_secs(5),
        max_response: 1024,
    };
    let transport = Transport::new(TransportOptions {
        allow_loopback: true,
        environment_proxy: false,
    });
    let request = HttpRequest {
        method: "GET".into(),
        path: String::new(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Bytes::new(),
        sign: None,
    };
    transport
        .http(&target)?
        .send(request)
        .await
        .map(|answer| answer.body)
}

/// N4: unknown issuers and other names are refused; the Secret's CA is added to the system's.
#[tokio::test(flavor = "multi_thread")]
async fn n4_certificates_are_checked() {
    let ours = Authority::new();
    let port = ours.serve("127.0.0.1").await;
    assert_eq!(get(port, Some(ours.pem())).await.expect("an answer"), "ok");
    let unknown = get(port, None).await.expect_err("unknown issuer");
    assert!(matches!(unknown, EndpointError::Transient { .. }), "{unknown:?}");
    assert!(
        get(port, Some(Authority::new().pem())).await.is_err(),
        "another issuer"
    );
    let elsewhere = ours.serve("elsewhere.example").await;
    assert!(get(elsewhere, Some(ours.pem())).await.is_err(), "another name");
}
