//! Functions on URLs and host names.

use sluice_go_template::{Error, Map, Type, Value};

use super::Table;
use super::args::{map, text};
use crate::url::Url;

const S: Type = Type::String;

pub(super) fn register(table: &mut Table) {
    table.add("urlParse", &[S], Type::MAP, |_, args| {
        let url =
            Url::parse(text(args, 0)).map_err(|error| Error::new(format!("unable to parse url: {error}")))?;
        let user = url.user.as_ref().map(crate::url::User::write).unwrap_or_default();
        let hostname = url.hostname().to_vec();
        let parts = [
            ("scheme", url.scheme),
            ("host", url.host),
            ("hostname", hostname),
            ("path", url.path),
            ("query", url.query),
            ("opaque", url.opaque),
            ("fragment", url.fragment),
            ("userinfo", user),
        ];
        Ok(Value::map(parts.map(|(name, part)| (name, Value::from(part)))))
    });
    table.add("urlJoin", &[Type::MAP], S, |_, args| {
        join(&map(args, 0)).map(Value::from)
    });
    table.add_stateful(&["getHostByName"], &[S], S, |state, _, args| {
        match &state.environment.resolve {
            Some(resolve) => resolve(text(args, 0)).map(Value::from),
            None => Ok(Value::from("")),
        }
    });
}

fn part(parts: &Map, name: &str) -> Result<Vec<u8>, Error> {
    match parts.get(name) {
        None => Ok(Vec::new()),
        Some(Value::Nil) => Err(super::args::nil_pointer()),
        Some(Value::String(text)) => Ok(text.to_vec()),
        Some(other) => {
            let kind = other.kind();
            Err(Error::new(format!(
                "unable to parse {name} key, must be of type string, but {kind} found"
            )))
        }
    }
}

fn join(parts: &Map) -> Result<Vec<u8>, Error> {
    let mut url = Url {
        scheme: part(parts, "scheme")?,
        host: part(parts, "host")?,
        path: part(parts, "path")?,
        query: part(parts, "query")?,
        opaque: part(parts, "opaque")?,
        fragment: part(parts, "fragment")?,
        ..Url::default()
    };
    let user = part(parts, "userinfo")?;
    if !user.is_empty() {
        let probe = [b"proto://", user.as_slice(), b"@host"].concat();
        let parsed = Url::parse(&probe)
            .map_err(|error| Error::new(format!("unable to parse userinfo in dict: {error}")))?;
        url.user = parsed.user;
    }
    Ok(url.write())
}
