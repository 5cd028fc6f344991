//! AWS KMS: `TrentService.Decrypt`, with a role of STS when the file names one.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use zeroize::Zeroizing;

use super::credentials::Aws;
use super::sigv4::{Unsigned, sign};
use super::{Opened, Reach, json_answer};

/// Opens a data key with the key of an ARN.
pub(super) async fn open(
    reach: &Reach,
    credentials: &Aws,
    arn: &str,
    role: Option<&str>,
    context: &BTreeMap<String, String>,
    enc: &str,
) -> Result<Opened, String> {
    let place = Place::of_arn(arn)?;
    let assumed = match role {
        Some(role) => Some(assume(reach, credentials, &place, role).await?),
        None => None,
    };
    let mut body = json!({"KeyId": arn, "CiphertextBlob": enc.trim()});
    if !context.is_empty() {
        body["EncryptionContext"] = json!(context);
    }
    let base = reach.services.aws_kms.clone();
    let base = base.unwrap_or_else(|| format!("https://kms.{}.{}", place.region, place.domain));
    let headers = vec![
        ("content-type", "application/x-amz-json-1.1".to_owned()),
        ("x-amz-target", "TrentService.Decrypt".to_owned()),
    ];
    let body = Zeroizing::new(body.to_string().into_bytes());
    let credentials = assumed.as_ref().unwrap_or(credentials);
    let response = send(reach, &base, ("kms", &place), headers, body, credentials).await?;
    let answer = json_answer(&response)?;
    let plain = answer.get("Plaintext").and_then(serde_json::Value::as_str);
    let plain = plain.ok_or("the answer has no Plaintext")?;
    STANDARD
        .decode(plain)
        .map(Zeroizing::new)
        .map_err(|_| "the Plaintext is not base64".into())
}

struct Place {
    region: String,
    domain: &'static str,
}

impl Place {
    /// The region goes into a host's name: nothing but a region passes.
    fn of_arn(arn: &str) -> Result<Self, String> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "kms", region, account, resource] = parts.as_slice() else {
            return Err("the arn is none of a KMS key".into());
        };
        let word = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let is_key = resource.starts_with("key/") || resource.starts_with("alias/");
        let is_account = account.bytes().all(|byte| byte.is_ascii_digit());
        if !partition.starts_with("aws") || !word(partition) || !word(region) || !is_account || !is_key {
            return Err("the arn is none of a KMS key".into());
        }
        let domain = match *partition {
            "aws-cn" => "amazonaws.com.cn",
            _ => "amazonaws.com",
        };
        Ok(Self {
            region: (*region).to_owned(),
            domain,
        })
    }
}

async fn send(
    reach: &Reach,
    base: &str,
    (service, place): (&str, &Place),
    headers: Vec<(&'static str, String)>,
    body: Zeroizing<Vec<u8>>,
    credentials: &Aws,
) -> Result<sluice_model::port::HttpResponse, String> {
    let host = base
        .split_once("://")
        .map_or(base, |(_, rest)| rest)
        .trim_end_matches('/');
    let request = Unsigned {
        host,
        path: "/",
        region: &place.region,
        service,
        headers,
        body: &body,
    };
    let headers = sign(request, credentials, jiff::Timestamp::now());
    reach
        .post(format!("{}/", base.trim_end_matches('/')), headers, body)
        .await
}

/// Credentials of a role, for an hour.
async fn assume(reach: &Reach, credentials: &Aws, place: &Place, role: &str) -> Result<Aws, String> {
    let base = reach.services.aws_sts.clone();
    let base = base.unwrap_or_else(|| format!("https://sts.{}.{}", place.region, place.domain));
    let encoded: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "AssumeRole")
        .append_pair("RoleArn", role)
        .append_pair("RoleSessionName", "sops@sluice")
        .append_pair("Version", "2011-06-15")
        .finish();
    let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    let body = Zeroizing::new(encoded.into_bytes());
    let response = send(reach, &base, ("sts", place), headers, body, credentials).await?;
    if response.status != 200 {
        return Err(format!(
            "the role cannot be assumed: the service answered {}",
            response.status
        ));
    }
    let text = Zeroizing::new(String::from_utf8_lossy(&response.body).into_owned());
    let field = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (value, _) = rest.split_once('<')?;
        Some(value.trim().to_owned())
    };
    match (
        field("AccessKeyId"),
        field("SecretAccessKey"),
        field("SessionToken"),
    ) {
        (Some(access_key), Some(secret_key), session_token @ Some(_)) => Ok(Aws {
            access_key,
            secret_key,
            session_token,
        }),
        _ => Err("the role cannot be assumed: the answer has no credentials".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P6: an arn of a file cannot name another host.
    #[test]
    fn p6_only_regions_go_into_hosts() {
        assert!(Place::of_arn("arn:aws:kms:eu-central-1:111122223333:key/1").is_ok());
        assert!(Place::of_arn("arn:aws-cn:kms:cn-north-1:111122223333:alias/a").is_ok());
        for arn in [
            "arn:aws:kms:evil.example/:1:key/1",
            "arn:aws:kms:a@b:1:key/1",
            "arn:aws:kms::1:key/1",
            "arn:aws:s3:eu-west-1:1:key/1",
            "arn:aws:kms:eu-west-1:1:role/1",
            "",
        ] {
            assert!(Place::of_arn(arn).is_err(), "{arn}");
        }
    }
}
