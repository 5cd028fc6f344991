//! The printer: where text goes, and what bounds it.

use super::padding::Flags;
use crate::value::Value;

/// Writes values behind what a buffer has.
pub(crate) struct Printer<'o> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) flags: Flags,
    /// Set while a complaint is written: methods are not called then.
    pub(super) complaining: bool,
    pub(super) limit: usize,
    pub(super) full: bool,
    pub(super) depth_limit: usize,
    pub(super) too_deep: bool,
}

impl<'o> Printer<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>, limit: usize, depth_limit: usize) -> Self {
        Self {
            out,
            flags: Flags::default(),
            complaining: false,
            limit,
            full: false,
            depth_limit,
            too_deep: false,
        }
    }

    /// Whether text was dropped because the limit was reached.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether a value was nested too deep, or holds itself.
    pub(super) fn is_too_deep(&self) -> bool {
        self.too_deep
    }

    /// Whether more text is pointless.
    pub(super) fn is_done(&self) -> bool {
        self.full || self.too_deep
    }

    /// `Fprint`.
    pub(crate) fn print(&mut self, args: &[Value]) {
        let mut after_string = false;
        for (at, arg) in args.iter().enumerate() {
            let is_string = matches!(arg.kind(), crate::value::Kind::String);
            if at > 0 && !is_string && !after_string {
                self.write_byte(b' ');
            }
            self.arg(arg, 'v');
            after_string = is_string;
        }
    }

    /// `Fprintln`.
    pub(crate) fn println(&mut self, args: &[Value]) {
        for (at, arg) in args.iter().enumerate() {
            if at > 0 {
                self.write_byte(b' ');
            }
            self.arg(arg, 'v');
        }
        self.write_byte(b'\n');
    }
}
