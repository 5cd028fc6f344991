//! What the certificate functions return.

use std::any::Any;

use sluice_go_template::{Object, Value};

use super::is_same;
use crate::crypto::Certificate;

/// sprig's `certificate`: fields `Cert` and `Key`.
pub struct CertificateValue(pub Certificate);

impl CertificateValue {
    /// The type's name in Go.
    pub const TYPE: &'static str = "sprig.certificate";
}

impl Object for CertificateValue {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        Self::TYPE
    }

    fn fields(&self) -> Vec<(&str, Value)> {
        vec![
            ("Cert", Value::from(self.0.cert.as_slice())),
            ("Key", Value::from(self.0.key.as_slice())),
        ]
    }

    fn equals(&self, other: &dyn Object) -> Option<bool> {
        is_same(other, |other: &Self| other.0 == self.0)
    }
}
