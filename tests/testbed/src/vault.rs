//! A double of Vault's transit engine on loopback: its ciphertexts are numbers of a table, and a login with a service
//! account's token is checked by the API server, as the real one does it.

use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec};
use kube::api::{Api, PostParams};
use serde_json::{Value, json};

use crate::Cluster;
use crate::http_server::{HttpServer, Socket};

/// The token that may do everything, for `sops encrypt`.
pub const ROOT_TOKEN: &str = "root-token";
/// The token of a login.
const LOGIN_TOKEN: &str = "login-token";

struct Engine {
    cluster: Cluster,
    address: String,
    plaintexts: Mutex<Vec<String>>,
    logins: Mutex<Vec<String>>,
}

/// The server; it ends with this value.
pub struct Vault {
    engine: Arc<Engine>,
    _server: HttpServer,
}

impl Vault {
    /// Starts it.
    ///
    /// # Errors
    /// No port is free.
    pub fn start(cluster: Cluster) -> Result<Self> {
        let socket = Socket::bind()?;
        let engine = Arc::new(Engine {
            cluster,
            address: socket.url("").trim_end_matches('/').to_owned(),
            plaintexts: Mutex::default(),
            logins: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(engine.clone());
        Ok(Self {
            engine,
            _server: socket.serve(router),
        })
    }

    /// Its address.
    pub fn address(&self) -> String {
        self.engine.address.clone()
    }

    /// The roles of the logins that were granted.
    pub fn logins(&self) -> Vec<String> {
        self.engine
            .logins
            .lock()
            .map(|logins| logins.clone())
            .unwrap_or_default()
    }
}

async fn answer(
    State(engine): State<Arc<Engine>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let token = headers.get("x-vault-token").and_then(|token| token.to_str().ok());
    let known = matches!(token, Some(ROOT_TOKEN | LOGIN_TOKEN));
    let answer = match uri.path() {
        "/v1/auth/kubernetes/login" => engine.log_in(&body).await,
        "/v1/transit/encrypt/main" if known => engine.encrypt(&body),
        "/v1/transit/decrypt/main" if known => engine.decrypt(&body),
        path => Err(anyhow::anyhow!("permission denied at {path}")),
    };
    match answer {
        Ok(answer) => (StatusCode::OK, answer.to_string()),
        Err(error) => (
            StatusCode::FORBIDDEN,
            json!({"errors": [error.to_string()]}).to_string(),
        ),
    }
}

impl Engine {
    /// Asks the API server whose token it is, and that it was made for this server.
    async fn log_in(&self, body: &Value) -> Result<Value> {
        let review = TokenReview {
            spec: TokenReviewSpec {
                token: body["jwt"].as_str().unwrap_or_default().to_owned(),
                audiences: Some(vec![self.address.clone()]),
            },
            ..TokenReview::default()
        };
        let api: Api<TokenReview> = Api::all(self.cluster.client());
        let status = api
            .create(&PostParams::default(), &review)
            .await?
            .status
            .unwrap_or_default();
        let role = body["role"].as_str().context("no role")?;
        let user = status.user.and_then(|user| user.username).unwrap_or_default();
        let account = user.strip_prefix("system:serviceaccount:").unwrap_or_default();
        let allowed = status.authenticated == Some(true) && account.replace(':', "_") == role;
        anyhow::ensure!(allowed, "role {role:?} is not for {user:?}");
        if let Ok(mut logins) = self.logins.lock() {
            logins.push(role.to_owned());
        }
        Ok(json!({"auth": {"client_token": LOGIN_TOKEN}}))
    }

    fn encrypt(&self, body: &Value) -> Result<Value> {
        let plaintext = body["plaintext"].as_str().context("no plaintext")?;
        let mut plaintexts = self.plaintexts.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        plaintexts.push(plaintext.to_owned());
        Ok(json!({"data": {"ciphertext": format!("vault:v1:{}", plaintexts.len() - 1)}}))
    }

    fn decrypt(&self, body: &Value) -> Result<Value> {
        let number = body["ciphertext"]
            .as_str()
            .and_then(|text| text.strip_prefix("vault:v1:"));
        let number: usize = number.context("no ciphertext")?.parse()?;
        let plaintexts = self.plaintexts.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        let plaintext = plaintexts.get(number).context("unknown ciphertext")?;
        Ok(json!({"data": {"plaintext": plaintext}}))
    }
}
