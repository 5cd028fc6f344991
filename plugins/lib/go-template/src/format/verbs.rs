//! Values under verbs: what a verb means for each kind, and `%!verb(type=value)` where it means nothing.

use super::printer::Printer;
use crate::unicode::push;
use crate::value::{Kind, List, Map, Object, Str, Value};

/// Stands for the address of a pointer, map, slice or function, which has no meaning outside of a process.
const ADDRESS: u64 = 0xc0_0000_0000;

impl Printer<'_> {
    /// An argument under a verb.
    pub(crate) fn arg(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil, _) => self.wrong(value, verb),
            (_, 'T') => {
                let name = value.type_name();
                self.pad(self.truncate(name.as_bytes()));
            }
            (_, 'p') => self.pointer(value, verb),
            (Value::List(_) | Value::Map(_) | Value::Function(_), 'w') => self.wrong(value, verb),
            (Value::Bytes(bytes), _) => self.byte_slice(bytes, verb, "[]byte"),
            (Value::Object(object), _) if self.method(value, &**object, verb) => {}
            _ => self.value(value, verb, 0),
        }
    }

    /// A value at a depth within the argument.
    fn value(&mut self, value: &Value, verb: char, depth: usize) {
        if depth > self.depth_limit {
            self.too_deep = true;
        }
        if self.is_done() {
            return;
        }
        match value {
            Value::Nil if self.flags.sharp_v => self.write(b"interface {}(nil)"),
            Value::Nil => self.write(b"<nil>"),
            Value::Bytes(bytes) => self.byte_slice(bytes, verb, "[]uint8"),
            Value::List(list) => self.list(list, verb, depth),
            Value::Map(map) => self.map(map, verb, depth),
            Value::Object(object) => self.object(value, &**object, verb, depth),
            Value::Function(_) => self.pointer(value, verb),
            scalar => {
                if !self.scalar(scalar, verb) {
                    self.wrong(scalar, verb);
                }
            }
        }
    }

    fn scalar(&mut self, value: &Value, verb: char) -> bool {
        match value {
            Value::Bool(flag) if matches!(verb, 't' | 'v') => {
                self.pad(if *flag { b"true" } else { b"false" });
                true
            }
            Value::Int(_, number) => self.integer(number.cast_unsigned(), true, verb),
            Value::Uint(_, number) => self.integer(*number, false, verb),
            Value::Float(number) => self.float(*number, verb),
            Value::Complex(pair) => self.complex(pair.0, pair.1, verb),
            Value::String(text) => self.text(text, verb),
            _ => false,
        }
    }

    fn complex(&mut self, real: f64, imaginary: f64, verb: char) -> bool {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return false;
        }
        let plus = self.flags.plus;
        self.write_byte(b'(');
        self.float(real, verb);
        self.flags.plus = true;
        self.float(imaginary, verb);
        self.write(b"i)");
        self.flags.plus = plus;
        true
    }

    pub(super) fn byte(&mut self, byte: u8, verb: char) {
        let value = Value::Uint(crate::value::UintKind::Uint8, u64::from(byte));
        self.value(&value, verb, 1);
    }

    /// `%!verb(type=value)`.
    fn wrong(&mut self, value: &Value, verb: char) {
        let outer = std::mem::replace(&mut self.complaining, true);
        let mut text = b"%!".to_vec();
        push(&mut text, verb);
        text.push(b'(');
        self.write(&text);
        if value.is_nil() {
            self.write(b"<nil>");
        } else {
            self.write(value.type_name().as_bytes());
            self.write_byte(b'=');
            self.value(value, 'v', 0);
        }
        self.write_byte(b')');
        self.complaining = outer;
    }

    /// The text of `Error()` or `String()`, for the verbs that want text. Says whether that was all.
    fn method(&mut self, value: &Value, object: &dyn Object, verb: char) -> bool {
        if self.complaining {
            return false;
        }
        if verb == 'w' {
            self.wrong(value, verb);
            return true;
        }
        if self.flags.sharp_v {
            let text = object.go_string();
            if let Some(text) = &text {
                self.pad(self.truncate(text));
            }
            return text.is_some();
        }
        if !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return false;
        }
        let Some(text) = object.string() else {
            return false;
        };
        self.text(&text, verb)
    }

    fn separator(&mut self, at: usize) {
        if at > 0 {
            self.write(if self.flags.sharp_v { b", " } else { b" " });
        }
    }

    fn list(&mut self, list: &List, verb: char, depth: usize) {
        if self.flags.sharp_v {
            self.write(list.kind().name.as_bytes());
            if list.is_nil() {
                self.write(b"(nil)");
                return;
            }
        }
        self.write(if self.flags.sharp_v { b"{" } else { b"[" });
        for (at, item) in list.iter().enumerate() {
            if self.is_done() {
                return;
            }
            self.separator(at);
            self.element(item, verb, depth + 1);
        }
        self.write(if self.flags.sharp_v { b"}" } else { b"]" });
    }

    fn map(&mut self, map: &Map, verb: char, depth: usize) {
        if self.flags.sharp_v {
            self.write(map.kind().name.as_bytes());
            if map.is_nil() {
                self.write(b"(nil)");
                return;
            }
            self.write_byte(b'{');
        } else {
            self.write(b"map[");
        }
        map.read(|entries| {
            for (at, (key, value)) in entries.iter().enumerate() {
                if self.is_done() {
                    return;
                }
                self.separator(at);
                self.key(key, verb, depth + 1);
                self.write_byte(b':');
                self.element(value, verb, depth + 1);
            }
        });
        self.write(if self.flags.sharp_v { b"}" } else { b"]" });
    }

    fn key(&mut self, key: &Str, verb: char, depth: usize) {
        if !self.text(key, verb) {
            self.value(&Value::String(key.clone()), verb, depth);
        }
    }

    fn element(&mut self, value: &Value, verb: char, depth: usize) {
        match value {
            Value::Object(object) if self.method(value, &**object, verb) => {}
            _ => self.value(value, verb, depth),
        }
    }

    fn object(&mut self, value: &Value, object: &dyn Object, verb: char, depth: usize) {
        match object.basic() {
            None => {}
            Some(basic @ (Value::Map(_) | Value::List(_) | Value::Bytes(_))) => {
                return self.value(&basic, verb, depth);
            }
            Some(basic) => {
                if !self.scalar(&basic, verb) {
                    self.wrong(value, verb);
                }
                return;
            }
        }
        match object.kind() {
            Kind::Pointer if depth > 0 || object.is_nil() => self.pointer(value, verb),
            Kind::Pointer => {
                self.write_byte(b'&');
                self.structure(object, verb, depth + 1);
            }
            _ => self.structure(object, verb, depth),
        }
    }

    fn structure(&mut self, object: &dyn Object, verb: char, depth: usize) {
        if self.flags.sharp_v {
            self.write(object.type_name().trim_start_matches('*').as_bytes());
        }
        self.write_byte(b'{');
        for (at, (name, value)) in object.fields().iter().enumerate() {
            self.separator(at);
            if self.flags.plus_v || self.flags.sharp_v {
                self.write(name.as_bytes());
                self.write_byte(b':');
            }
            self.element(value, verb, depth + 1);
        }
        self.write_byte(b'}');
    }

    fn pointer(&mut self, value: &Value, verb: char) {
        let is_reference = matches!(value.kind(), Kind::Func | Kind::Map | Kind::Pointer | Kind::Slice);
        let address = if value.is_nil_reference() { 0 } else { ADDRESS };
        match verb {
            _ if !is_reference => self.wrong(value, verb),
            'v' if self.flags.sharp_v => {
                self.write(format!("({})(", value.type_name()).as_bytes());
                if address == 0 {
                    self.write(b"nil");
                } else {
                    self.hexadecimal(address, true);
                }
                self.write_byte(b')');
            }
            'v' if address == 0 => self.pad(b"<nil>"),
            'v' | 'p' => self.hexadecimal(address, !self.flags.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => {
                self.integer(address, false, verb);
            }
            _ => self.wrong(value, verb),
        }
    }
}
