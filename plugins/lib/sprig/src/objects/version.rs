//! `*semver.Version` in templates.

use std::any::Any;
use std::cmp::Ordering;

use sluice_go_template::{Error, Function, Kind, Object, Str, Type, UintKind, Value};
use sluice_semver::Version;

use super::{argument, getter, is_same};

/// A version: what `semver` returns is a pointer, what its methods return is not.
pub struct VersionValue(pub Version, bool);

impl VersionValue {
    /// The type's name in Go.
    pub const TYPE: &'static str = "*semver.Version";

    /// A `*semver.Version`.
    pub fn pointer(version: Version) -> Self {
        Self(version, true)
    }

    /// What `deepCopy` makes of it: Go's reflection does not reach the fields, so that nothing is copied.
    pub fn blank(&self) -> Value {
        Value::object(Self(Version::default(), self.1))
    }

    fn next(&self, name: &[u8]) -> Option<Function> {
        let version = self.0.clone();
        let part = match name {
            b"IncMajor" => "major",
            b"IncMinor" => "minor",
            b"IncPatch" => "patch",
            _ => return None,
        };
        let function = Function::new(&[], move |_, _| {
            let (major, minor, patch) = (version.major, version.minor, version.patch);
            let overflow = || Error::new(format!("{part} version increment would overflow uint64"));
            let up = |number: u64| number.checked_add(1).ok_or_else(overflow);
            let next = match part {
                "major" => version.with_numbers(up(major)?, 0, 0),
                "minor" => version.with_numbers(major, up(minor)?, 0),
                _ if version.is_prerelease() => version.with_numbers(major, minor, patch),
                _ => version.with_numbers(major, minor, up(patch)?),
            };
            Ok(Value::object(Self(next, false)))
        });
        Some(function.returning(Type::Struct("semver.Version")))
    }
}

fn is_of_pointer(name: &[u8]) -> bool {
    matches!(name, b"Original" | b"Compare" | b"Equal")
        || name.starts_with(b"LessThan")
        || name.starts_with(b"GreaterThan")
}

impl Object for VersionValue {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        if self.1 { Self::TYPE } else { "semver.Version" }
    }

    fn kind(&self) -> Kind {
        if self.1 { Kind::Pointer } else { Kind::Struct }
    }

    fn fields(&self) -> Vec<(&str, Value)> {
        let number = |number: u64| Value::Uint(UintKind::Uint64, number);
        let text = |text: &str| Value::from(text);
        vec![
            ("major", number(self.0.major)),
            ("minor", number(self.0.minor)),
            ("patch", number(self.0.patch)),
            ("pre", text(&self.0.pre)),
            ("metadata", text(&self.0.metadata)),
            ("original", text(self.0.original())),
        ]
    }

    fn string(&self) -> Option<Str> {
        Some(Str::from(self.0.normal()))
    }

    fn json(&self) -> Option<Value> {
        Some(Value::from(self.0.normal()))
    }

    fn method(&self, name: &[u8]) -> Option<Function> {
        let version = &self.0;
        // Methods of the pointer are not those of the value.
        if !self.1 && is_of_pointer(name) {
            return None;
        }
        let number = |number: u64| {
            getter(
                Type::Uint(UintKind::Uint64),
                Value::Uint(UintKind::Uint64, number),
            )
        };
        let text = |text: &str| getter(Type::String, Value::from(text));
        let accepts: fn(Ordering) -> bool = match name {
            b"Major" => return Some(number(version.major)),
            b"Minor" => return Some(number(version.minor)),
            b"Patch" => return Some(number(version.patch)),
            b"Prerelease" => return Some(text(&version.pre)),
            b"Metadata" => return Some(text(&version.metadata)),
            b"Original" => return Some(text(version.original())),
            b"String" => return Some(text(&version.normal())),
            b"Compare" => {
                let version = version.clone();
                let compare = move |_: &mut _, args: &[Value]| {
                    let order = version.cmp(&argument::<Self>(args, 0)?.0);
                    Ok(Value::int(order as i64))
                };
                return Some(Function::new(&[Type::Pointer(Self::TYPE)], compare).returning(Type::INT));
            }
            b"LessThan" => Ordering::is_lt,
            b"LessThanEqual" => Ordering::is_le,
            b"GreaterThan" => Ordering::is_gt,
            b"GreaterThanEqual" => Ordering::is_ge,
            b"Equal" => Ordering::is_eq,
            _ => return self.next(name),
        };
        let version = version.clone();
        let compare = move |_: &mut _, args: &[Value]| {
            let order = version.cmp(&argument::<Self>(args, 0)?.0);
            Ok(Value::Bool(accepts(order)))
        };
        Some(Function::new(&[Type::Pointer(Self::TYPE)], compare).returning(Type::Bool))
    }

    fn equals(&self, other: &dyn Object) -> Option<bool> {
        is_same(other, |other: &Self| {
            other.1 == self.1
                && other.0.normal() == self.0.normal()
                && other.0.original() == self.0.original()
        })
    }
}
