//! Taking URLs apart.

use std::net::Ipv6Addr;

use super::escape::{Part, escape, unescape};
use super::{Url, UrlError, User, quoted};

impl Url {
    /// `url.Parse`.
    ///
    /// # Errors
    /// The text is no URL.
    pub fn parse(text: &[u8]) -> Result<Self, UrlError> {
        let (before, fragment) = cut(text, b'#');
        let mut url = parse(before).map_err(|error| UrlError::of(before, &error))?;
        if let Some(fragment) = fragment.filter(|fragment| !fragment.is_empty()) {
            url.fragment = unescape(fragment, Part::Fragment).map_err(|error| UrlError::of(text, &error))?;
            if escape(&url.fragment, Part::Fragment) != fragment {
                url.raw_fragment = fragment.to_vec();
            }
        }
        Ok(url)
    }

    /// The host without its port and brackets.
    pub fn hostname(&self) -> &[u8] {
        let mut host = self.host.as_slice();
        if let Some(colon) = host.iter().rposition(|byte| *byte == b':')
            && is_port(&host[colon..])
        {
            host = &host[..colon];
        }
        let inner = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]"));
        inner.unwrap_or(host)
    }
}

fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == at) {
        Some(found) => (&text[..found], Some(&text[found + 1..])),
        None => (text, None),
    }
}

fn parse(text: &[u8]) -> Result<Url, UrlError> {
    if text.iter().any(u8::is_ascii_control) {
        return Err(UrlError::new("net/url: invalid control character in URL"));
    }
    let mut url = Url::default();
    if text == b"*" {
        url.path = text.to_vec();
        return Ok(url);
    }
    let (scheme, mut rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    if rest.ends_with(b"?") && rest.iter().filter(|byte| **byte == b'?').count() == 1 {
        url.force_query = true;
        rest = &rest[..rest.len() - 1];
    } else {
        let (path, query) = cut(rest, b'?');
        url.query = query.unwrap_or_default().to_vec();
        rest = path;
    }
    let has_scheme = !url.scheme.is_empty();
    if !rest.starts_with(b"/") {
        if has_scheme {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err(UrlError::new("first path segment in URL cannot contain colon"));
        }
    }
    if rest.starts_with(b"//") && (has_scheme || !rest.starts_with(b"///")) {
        let authority = &rest[2..];
        let end = authority
            .iter()
            .position(|byte| *byte == b'/')
            .unwrap_or(authority.len());
        rest = &authority[end..];
        parse_authority(&mut url, &authority[..end])?;
    } else if has_scheme && rest.starts_with(b"/") {
        url.omit_host = true;
    }
    url.path = unescape(rest, Part::Path)?;
    if escape(&url.path, Part::Path) != rest {
        url.raw_path = rest.to_vec();
    }
    Ok(url)
}

/// The scheme, and what follows its colon.
fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), UrlError> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err(UrlError::new("missing protocol scheme")),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok((b"", text))
}

fn parse_authority(url: &mut Url, authority: &[u8]) -> Result<(), UrlError> {
    let at = authority.iter().rposition(|byte| *byte == b'@');
    let host = at.map_or(authority, |at| &authority[at + 1..]);
    url.host = parse_host(&url.scheme, host)?;
    let Some(user) = at.map(|at| &authority[..at]) else {
        return Ok(());
    };
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !user.iter().all(allowed) {
        return Err(UrlError::new("net/url: invalid userinfo"));
    }
    let (name, password) = cut(user, b':');
    let password = password.map(|password| unescape(password, Part::User));
    url.user = Some(User {
        name: unescape(name, Part::User)?,
        password: password.transpose()?,
    });
    Ok(())
}

fn is_port(text: &[u8]) -> bool {
    match text.split_first() {
        None => true,
        Some((colon, digits)) => *colon == b':' && digits.iter().all(u8::is_ascii_digit),
    }
}

fn check_port(text: &[u8]) -> Result<(), UrlError> {
    if is_port(text) {
        return Ok(());
    }
    Err(UrlError::new(format!("invalid port {} after host", quoted(text))))
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, UrlError> {
    match host.iter().rposition(|byte| *byte == b'[') {
        Some(0) => return parse_literal(host),
        Some(_) => return Err(UrlError::new("invalid IP-literal")),
        None => {}
    }
    if let Some(mut colon) = host.iter().position(|byte| *byte == b':') {
        let last = host.iter().rposition(|byte| *byte == b':').unwrap_or(colon);
        if !matches!(scheme, b"http" | b"https") {
            colon = last;
        }
        check_port(&host[colon..])?;
    }
    unescape(host, Part::Host)
}

/// An IPv6 address in brackets, with its zone.
fn parse_literal(host: &[u8]) -> Result<Vec<u8>, UrlError> {
    let close = host.iter().rposition(|byte| *byte == b']');
    let close = close.ok_or_else(|| UrlError::new("missing ']' in host"))?;
    let port = &host[close + 1..];
    check_port(port)?;
    let name = &host[1..close];
    let zone = name
        .windows(3)
        .position(|found| found == b"%25")
        .unwrap_or(name.len());
    let address = unescape(&name[..zone], Part::Host)?;
    let literal = [address.clone(), unescape(&name[zone..], Part::Zone)?].concat();
    let parsed = std::str::from_utf8(&address)
        .ok()
        .and_then(|address| address.parse::<Ipv6Addr>().ok());
    if parsed.is_none() {
        if std::str::from_utf8(&literal).is_ok_and(|text| text.parse::<std::net::Ipv4Addr>().is_ok()) {
            return Err(UrlError::new("invalid IP-literal"));
        }
        let shown = quoted(&literal);
        return Err(UrlError::new(format!(
            "invalid host: ParseAddr({shown}): unable to parse IP"
        )));
    }
    Ok([b"[", literal.as_slice(), b"]", port].concat())
}
