//! A receiver that gives a trigger when the signature was right.
#![cfg(target_family = "wasm")]

use sluice_plugin::receiver::{Guest, Trigger, Verdicts};
use sluice_plugin::types::Pairs;
use sluice_plugin::{Error, Result};

guest_frame::meta!(receiver, "receive-echo");

impl Guest for Plugin {
    fn receive(_config: String, headers: Pairs, body: Vec<u8>, verdicts: Verdicts) -> Result<Vec<Trigger>> {
        if verdicts.hmac != Some(true) {
            return Err(Error::denied("the signature is wrong"));
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        let facts = headers.into_iter().chain([("body".to_owned(), body)]).collect();
        Ok(vec![Trigger {
            event: "push".into(),
            facts,
        }])
    }
}
