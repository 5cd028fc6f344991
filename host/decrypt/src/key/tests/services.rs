//! Doubles of AWS, Google, Azure and Vault: small servers that verify signatures, assertions and tokens as the real ones do.

use super::*;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const DATA_KEY: &[u8; 32] = b"the data key of a file: 32 bytes";

/// One request: path with query, headers, body.
#[derive(Clone, Debug)]
struct Seen {
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

type Answer = dyn Fn(&Seen) -> (u16, String) + Send + Sync;

struct Double {
    base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// Serves on loopback as long as the test's runtime lives.
async fn serve(answer: impl Fn(&Seen) -> (u16, String) + Send + Sync + 'static) -> Double {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let state: (Arc<Mutex<Vec<Seen>>>, Arc<Answer>) = (seen.clone(), Arc::new(answer));
    let router = Router::new().fallback(any(handle)).with_state(state);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Double { base, seen }
}

type Shared = (Arc<Mutex<Vec<Seen>>>, Arc<Answer>);

async fn handle(State((seen, answer)): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    let path = parts
        .uri
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let one = Seen {
        path,
        headers,
        body: body.to_vec(),
    };
    let (status, text) = answer(&one);
    seen.lock().expect("locks").push(one);
    let status = axum::http::StatusCode::from_u16(status).expect("a status");
    (status, text).into_response()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Whether the request is signed with the secret (Signature Version 4, built up from the request that arrived).
fn is_signed(seen: &Seen, secret: &str, service: &str) -> bool {
    let field = |name: &str| {
        let (_, rest) = seen
            .headers
            .get("authorization")?
            .split_once(&format!("{name}="))?;
        rest.split(',').next().map(|value| value.trim().to_owned())
    };
    let (Some(credential), Some(names), Some(signature)) =
        (field("Credential"), field("SignedHeaders"), field("Signature"))
    else {
        return false;
    };
    let Some((_, scope)) = credential.split_once('/') else {
        return false;
    };
    let lines: String = names
        .split(';')
        .map(|name| format!("{name}:{}\n", seen.headers.get(name).cloned().unwrap_or_default()))
        .collect();
    let body = hex::encode(Sha256::digest(&seen.body));
    let canonical = format!("POST\n{}\n\n{lines}\n{names}\n{body}", seen.path);
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        seen.headers["x-amz-date"],
        hex::encode(Sha256::digest(canonical))
    );
    let key = scope
        .split('/')
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part));
    let must = ["host", "x-amz-date", "content-type"];
    must.iter()
        .all(|name| names.split(';').any(|signed| signed == *name))
        && scope.ends_with(&format!("/eu-central-1/{service}/aws4_request"))
        && hex::encode(mac(&key, &text)) == signature
}

fn aws_key(role: Option<&str>) -> MasterKey {
    MasterKey::AwsKms {
        arn: "arn:aws:kms:eu-central-1:111122223333:key/1234".into(),
        role: role.map(str::to_owned),
        context: BTreeMap::from([("team".into(), "a".into())]),
        enc: STANDARD.encode("sealed"),
    }
}

#[tokio::test]
async fn aws_kms_gets_a_signed_request() {
    let kms = serve(|seen| {
        let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
        let sound = is_signed(seen, "secret-key", "kms")
            && seen.headers["x-amz-target"] == "TrentService.Decrypt"
            && seen.headers["x-amz-security-token"] == "session"
            && body["CiphertextBlob"] == STANDARD.encode("sealed")
            && body["EncryptionContext"] == json!({"team": "a"});
        match sound {
            true => (200, json!({"Plaintext": STANDARD.encode(DATA_KEY)}).to_string()),
            false => (400, json!({"__type": "InvalidSignatureException"}).to_string()),
        }
    })
    .await;
    let reach = reach(Services {
        aws_kms: Some(kms.base.clone()),
        ..Services::default()
    });
    let keys = |secret: &str| {
        let yaml =
            format!("aws_access_key_id: AKID\naws_secret_access_key: {secret}\naws_session_token: session\n");
        import(&[("sops.aws-kms", yaml.as_bytes())], Import::All).expect("imports")
    };
    let opened = keys("secret-key")
        .open(&aws_key(None), &reach)
        .await
        .expect("opens");
    assert_eq!(opened.as_slice(), DATA_KEY);
    let error = keys("wrong-key")
        .open(&aws_key(None), &reach)
        .await
        .expect_err("is refused");
    assert_eq!(error, "the service answered 400: InvalidSignatureException");
}

#[tokio::test]
async fn aws_roles_are_assumed_first() {
    let sts = serve(|seen| {
        let body = String::from_utf8(seen.body.clone()).expect("text");
        let sound = is_signed(seen, "secret-key", "sts")
            && body.contains("Action=AssumeRole")
            && body.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fsops");
        let credentials = "<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>role-key</SecretAccessKey>\
                           <SessionToken>role-token</SessionToken>";
        match sound {
            true => (
                200,
                format!("<AssumeRoleResponse><Credentials>{credentials}</Credentials></AssumeRoleResponse>"),
            ),
            false => (403, String::new()),
        }
    })
    .await;
    let kms = serve(|seen| {
        let sound =
            is_signed(seen, "role-key", "kms") && seen.headers["x-amz-security-token"] == "role-token";
        let status = if sound { 200 } else { 400 };
        (
            status,
            json!({"Plaintext": STANDARD.encode(DATA_KEY)}).to_string(),
        )
    })
    .await;
    let reach = reach(Services {
        aws_kms: Some(kms.base),
        aws_sts: Some(sts.base),
        ..Services::default()
    });
    let yaml = b"aws_access_key_id: AKID\naws_secret_access_key: secret-key\n";
    let keys = import(&[("sops.aws-kms", yaml)], Import::All).expect("imports");
    let opened = keys
        .open(&aws_key(Some("arn:aws:iam::1:role/sops")), &reach)
        .await
        .expect("opens");
    assert_eq!(opened.as_slice(), DATA_KEY);
}

/// An RSA key as PEM, with its public part.
fn rsa_key() -> (String, Vec<u8>) {
    let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("a key");
    let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).expect("DER");
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("text"))
        .collect();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    );
    (pem, pair.public_key().as_ref().to_vec())
}

/// The claims of an assertion, when its signature is of the key.
fn claims(token: &str, public: &[u8]) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
    key.verify(signed.as_bytes(), &signature).ok()?;
    let (_, claims) = signed.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

#[tokio::test]
async fn gcp_kms_gets_a_token_for_a_signed_assertion() {
    let (pem, public) = rsa_key();
    let google = serve(move |seen| {
        if seen.path == "/token" {
            let form = form(&seen.body);
            let claims = claims(&form["assertion"], &public).unwrap_or_default();
            let sound = form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
                && claims["iss"] == "sops@project.test"
                && claims["scope"] == "https://www.googleapis.com/auth/cloudkms"
                && claims["aud"]
                    .as_str()
                    .is_some_and(|audience| audience.ends_with("/token"));
            return match sound {
                true => (200, json!({"access_token": "google-token"}).to_string()),
                false => (400, json!({"error": "invalid_grant"}).to_string()),
            };
        }
        let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        let sound = seen.path == "/v1/projects/p/locations/global/keyRings/r/cryptoKeys/k:decrypt"
            && seen.headers["authorization"] == "Bearer google-token"
            && body["ciphertext"] == STANDARD.encode("sealed");
        let status = if sound { 200 } else { 403 };
        (
            status,
            json!({"plaintext": STANDARD.encode(DATA_KEY)}).to_string(),
        )
    })
    .await;
    let reach = reach(Services {
        gcp_kms: google.base.clone(),
        ..Services::default()
    });
    let master = MasterKey::GcpKms {
        resource: "projects/p/locations/global/keyRings/r/cryptoKeys/k".into(),
        enc: STANDARD.encode("sealed"),
    };
    let keys = |pem: &str| {
        let json = json!({
            "type": "service_account", "client_email": "sops@project.test", "private_key": pem,
            "private_key_id": "1", "token_uri": format!("{}/token", google.base),
        });
        import(&[("sops.gcp-kms", json.to_string().as_bytes())], Import::All).expect("imports")
    };
    let opened = keys(&pem).open(&master, &reach).await.expect("opens");
    assert_eq!(opened.as_slice(), DATA_KEY);
    let (stranger, _) = rsa_key();
    let error = keys(&stranger)
        .open(&master, &reach)
        .await
        .expect_err("is refused");
    assert_eq!(
        error,
        "failed to get an access token: the service answered 400: invalid_grant"
    );
}

#[tokio::test]
async fn azure_key_vault_gets_a_token_of_client_credentials() {
    let azure = serve(|seen| {
        if seen.path == "/my-tenant/oauth2/v2.0/token" {
            let form = form(&seen.body);
            let sound = form["grant_type"] == "client_credentials"
                && form["client_id"] == "client"
                && form["client_secret"] == "azure-secret"
                && form["scope"] == "https://127.0.0.1/.default";
            return match sound {
                true => (200, json!({"access_token": "azure-token"}).to_string()),
                false => (401, json!({"error": "invalid_client"}).to_string()),
            };
        }
        let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        let sound = seen.path == "/keys/sops/0123/decrypt?api-version=7.4"
            && seen.headers["authorization"] == "Bearer azure-token"
            && body == json!({"alg": "RSA-OAEP-256", "value": URL_SAFE_NO_PAD.encode("sealed")});
        let status = if sound { 200 } else { 403 };
        (
            status,
            json!({"value": URL_SAFE_NO_PAD.encode(DATA_KEY)}).to_string(),
        )
    })
    .await;
    let reach = reach(Services {
        azure_domains: vec!["127.0.0.1".into()],
        ..Services::default()
    });
    let master = |vault: &str| MasterKey::AzureKv {
        vault: vault.into(),
        name: "sops".into(),
        version: "0123".into(),
        enc: URL_SAFE_NO_PAD.encode("sealed"),
    };
    let keys = |secret: &str| {
        let yaml = format!(
            "tenantId: my-tenant\nclientId: client\nclientSecret: {secret}\nauthorityHost: {}/\n",
            azure.base
        );
        import(&[("sops.azure-kv", yaml.as_bytes())], Import::All).expect("imports")
    };
    let opened = keys("azure-secret")
        .open(&master(&azure.base), &reach)
        .await
        .expect("opens");
    assert_eq!(opened.as_slice(), DATA_KEY);
    let error = keys("wrong")
        .open(&master(&azure.base), &reach)
        .await
        .expect_err("is refused");
    assert_eq!(
        error,
        "failed to get an access token: the service answered 401: invalid_client"
    );
    let before = azure.seen.lock().expect("locks").len();
    let error = keys("azure-secret")
        .open(&master("http://localhost:1/"), &reach)
        .await;
    assert!(error.expect_err("is refused").contains("vault_url"));
    assert_eq!(
        azure.seen.lock().expect("locks").len(),
        before,
        "no token was asked for"
    );
}

struct Login;

#[async_trait]
impl VaultLogin for Login {
    async fn login(&self, _: &str) -> Result<VaultGrant, String> {
        Ok(VaultGrant {
            path: "auth/kubernetes/login".into(),
            role: "team_sops".into(),
            token: Zeroizing::new("service-account-token".into()),
        })
    }
}

#[tokio::test]
async fn vault_takes_a_token_or_a_login() {
    let vault = serve(|seen| {
        let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        if seen.path == "/v1/auth/kubernetes/login" {
            let sound = body == json!({"role": "team_sops", "jwt": "service-account-token"});
            let status = if sound { 200 } else { 400 };
            return (
                status,
                json!({"auth": {"client_token": "login-token"}}).to_string(),
            );
        }
        let known = ["static-token", "login-token"].contains(&seen.headers["x-vault-token"].as_str());
        match known && seen.path == "/v1/team/sops/decrypt/main" && body["ciphertext"] == "vault:v1:sealed" {
            true => (
                200,
                json!({"data": {"plaintext": STANDARD.encode(DATA_KEY)}}).to_string(),
            ),
            false => (403, json!({"errors": ["permission denied"]}).to_string()),
        }
    })
    .await;
    let master = MasterKey::Vault {
        address: vault.base.clone(),
        engine: "team/sops".into(),
        key: "main".into(),
        enc: "vault:v1:sealed".into(),
    };
    let keys = import(&[("sops.vault-token", b"static-token\n")], Import::All).expect("imports");
    assert_eq!(
        keys.open(&master, &nowhere()).await.expect("opens").as_slice(),
        DATA_KEY
    );
    let mut keys = Keys::default();
    keys.set_vault_login(Arc::new(Login), "team/sops");
    assert_eq!(
        keys.open(&master, &nowhere()).await.expect("opens").as_slice(),
        DATA_KEY
    );
    let keys = import(&[("sops.vault-token", b"canary-token")], Import::All).expect("imports");
    let error = keys.open(&master, &nowhere()).await.expect_err("is refused");
    assert_eq!(error, "the service answered 403: permission denied");
}

/// P6, N2: an address of a file goes through the egress policy like any other.
#[tokio::test]
async fn p6_addresses_of_files_are_checked() {
    let strict = Reach {
        transport: Arc::new(Transport::new(TransportOptions::default())),
        services: Services::default(),
    };
    let keys = import(&[("sops.vault-token", b"token")], Import::All).expect("imports");
    for address in [
        "http://127.0.0.1:8200",
        "http://169.254.169.254",
        "http://[::1]:8200",
        "file:///etc",
    ] {
        let master = MasterKey::Vault {
            address: address.into(),
            engine: "transit".into(),
            key: "k".into(),
            enc: "vault:v1:x".into(),
        };
        assert!(keys.open(&master, &strict).await.is_err(), "{address}");
    }
}
