//! Listen and advertised addresses as Go programs take them: `:9090`, `0.0.0.0:9090`, `localhost:9090`.

use std::net::SocketAddr;

use anyhow::Context as _;

/// The address to listen on; none for `0` and the empty text, which turn a server off.
pub async fn listen(flag: &str, text: &str) -> anyhow::Result<Option<tokio::net::TcpListener>> {
    if text.is_empty() || text == "0" {
        return Ok(None);
    }
    let full = if text.starts_with(':') {
        format!("[::]{text}")
    } else {
        text.to_owned()
    };
    let mut addresses = tokio::net::lookup_host(&full)
        .await
        .with_context(|| format!("--{flag}: {text:?} is no address; give HOST:PORT or :PORT"))?;
    let address: SocketAddr = addresses
        .next()
        .with_context(|| format!("--{flag}: {text:?} has no address"))?;
    match tokio::net::TcpListener::bind(address).await {
        Ok(listener) => Ok(Some(listener)),
        // a host without IPv6 listens on IPv4
        Err(_) if text.starts_with(':') => {
            let fallback = format!("0.0.0.0{text}");
            let listener = tokio::net::TcpListener::bind(&fallback)
                .await
                .with_context(|| format!("--{flag}: failed to listen on {text}"))?;
            Ok(Some(listener))
        }
        Err(error) => Err(error).with_context(|| format!("--{flag}: failed to listen on {text}")),
    }
}

/// Where others reach the artifact server: what was given, else what the listener says (Flux's rule: no host means
/// localhost, all interfaces means the host's name).
pub fn advertised(given: &str, listening: &str, hostname: &str) -> String {
    if !given.is_empty() {
        return given.to_owned();
    }
    let (host, port) = listening.rsplit_once(':').unwrap_or((listening, ""));
    let host = match host {
        "" => "localhost",
        "0.0.0.0" | "[::]" => hostname,
        host => host,
    };
    if port.is_empty() || port == "80" {
        host.to_owned()
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advertises_as_flux_does() {
        assert_eq!(advertised("", ":9090", "pod"), "localhost:9090");
        assert_eq!(advertised("", "0.0.0.0:9090", "pod"), "pod:9090");
        assert_eq!(advertised("", "127.0.0.1:80", "pod"), "127.0.0.1");
        assert_eq!(
            advertised("source.flux-system.svc.", ":9090", "pod"),
            "source.flux-system.svc."
        );
    }

    #[tokio::test]
    async fn zero_turns_a_server_off_and_nonsense_names_the_flag() {
        assert!(listen("metrics-addr", "0").await.expect("is off").is_none());
        let error = listen("metrics-addr", "nonsense").await.expect_err("no port");
        assert!(error.to_string().contains("--metrics-addr"), "{error}");
        assert!(
            listen("health-addr", "127.0.0.1:0")
                .await
                .expect("listens")
                .is_some()
        );
    }
}
