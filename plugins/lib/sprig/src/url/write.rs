//! Putting URLs together.

use super::escape::{Part, escape, is_valid, unescape};
use super::{Url, User};

impl User {
    /// `name:password`, escaped.
    pub fn write(&self) -> Vec<u8> {
        let mut out = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            out.push(b':');
            out.extend(escape(password, Part::User));
        }
        out
    }
}

/// A part as it was written, if that still says the same, else in the usual way.
fn written(raw: &[u8], plain: &[u8], part: Part) -> Vec<u8> {
    let stands =
        !raw.is_empty() && is_valid(raw, part) && unescape(raw, part).is_ok_and(|found| found == plain);
    if stands { raw.to_vec() } else { escape(plain, part) }
}

impl Url {
    /// `URL.String`.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_authority(&mut out);
            self.write_path(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if self.force_query || !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend(written(&self.raw_fragment, &self.fragment, Part::Fragment));
        }
        out
    }

    fn write_authority(&self, out: &mut Vec<u8>) {
        let anything = !self.host.is_empty() || self.user.is_some();
        if !anything && (self.scheme.is_empty() || self.omit_host) {
            return;
        }
        if anything || !self.path.is_empty() {
            out.extend_from_slice(b"//");
        }
        if let Some(user) = &self.user {
            out.extend(user.write());
            out.push(b'@');
        }
        out.extend(escape(&self.host, Part::Host));
    }

    fn write_path(&self, out: &mut Vec<u8>) {
        let path = if self.path == b"*" && self.raw_path.is_empty() {
            b"*".to_vec()
        } else {
            written(&self.raw_path, &self.path, Part::Path)
        };
        if !path.is_empty() && path[0] != b'/' && !self.host.is_empty() {
            out.push(b'/');
        }
        if out.is_empty() {
            let first = path.split(|byte| *byte == b'/').next().unwrap_or_default();
            if first.contains(&b':') {
                out.extend_from_slice(b"./");
            }
        }
        out.extend(path);
    }
}
