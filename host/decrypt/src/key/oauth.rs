//! OAuth 2 access tokens: a form is exchanged at a token endpoint (RFC 6749).

use zeroize::Zeroizing;

use super::{Reach, json_answer};

/// Exchanges a form for an OAuth 2 access token.
pub(super) async fn exchange(reach: &Reach, url: String, form: String) -> Result<Zeroizing<String>, String> {
    let form = Zeroizing::new(form.into_bytes());
    let headers = vec![(
        "content-type",
        Zeroizing::new("application/x-www-form-urlencoded".to_owned()),
    )];
    let failed = |error: String| format!("failed to get an access token: {error}");
    let response = reach.post(url, headers, form).await.map_err(failed)?;
    let answer = json_answer(&response).map_err(failed)?;
    let token = answer.get("access_token").and_then(serde_json::Value::as_str);
    token
        .map(|token| Zeroizing::new(token.to_owned()))
        .ok_or_else(|| failed("the answer has none".into()))
}
