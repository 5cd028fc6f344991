//! The events endpoint over TCP.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::metadata::tests::event;
use crate::router::RouterOptions;
use crate::router::tests::{World, start};

/// An endpoint, and what stops it.
async fn endpoint() -> (
    std::net::SocketAddr,
    CancellationToken,
    tokio::task::JoinHandle<()>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (router, _, stop) = start(&Arc::new(World::default()), &RouterOptions::default());
    let serving = tokio::spawn(serve(listener, router, stop.clone()));
    (address, stop, serving)
}

/// Sends raw bytes and gives the status of the answer.
async fn exchange(address: std::net::SocketAddr, request: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // The server may answer and close before it has read everything.
    drop(stream.write_all(request).await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8_lossy(&answer);
    answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("answer {answer:?}"))
}

async fn post(address: std::net::SocketAddr, body: &[u8]) -> u16 {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    exchange(address, &[head.as_bytes(), body].concat()).await
}

#[tokio::test]
async fn answers_as_flux_does() {
    let (address, stop, serving) = endpoint().await;
    let body = serde_json::to_vec(&event(&[])).expect("serialises");
    assert_eq!(post(address, &body).await, 202);
    assert_eq!(post(address, &body).await, 429);
    assert_eq!(post(address, b"no event").await, 400);
    assert_eq!(post(address, &vec![b' '; MAX_BODY + 1]).await, 413);
    assert_eq!(
        exchange(address, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await,
        405
    );
    stop.cancel();
    serving.await.expect("ended");
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
}

#[tokio::test]
async fn a_body_that_claims_no_length_is_bounded_too() {
    let (address, _stop, _serving) = endpoint().await;
    let mut request =
        b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..3 {
        request.extend_from_slice(b"100000\r\n");
        request.extend_from_slice(&vec![b' '; 0x10_0000]);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"1\r\n \r\n");
    assert_eq!(exchange(address, &request).await, 413);
}

#[tokio::test]
async fn headers_are_bounded() {
    let (address, _stop, _serving) = endpoint().await;
    let head = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Long: {}\r\n\r\n",
        "x".repeat(2 * MAX_HEADERS)
    );
    assert_eq!(exchange(address, head.as_bytes()).await, 431);
}
