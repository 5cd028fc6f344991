//! What came out of a question, of ours and of the real helm.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result};
use base64::Engine as _;
use serde_json::Value;

use crate::library::Library;

/// Output, or error.
pub type Outcome = std::result::Result<Vec<u8>, String>;

/// The answer of the real helm; a process that dies is started again.
pub fn ask(library: &mut Library, request: &Value) -> Result<Outcome> {
    let Some(answer) = library.ask(request)? else {
        *library = Library::start("helm-library")?;
        return Ok(Err("panic: the process died".into()));
    };
    if let Some(error) = answer["error"].as_str() {
        return Ok(Err(error.to_owned()));
    }
    let text = answer["output"].as_str().unwrap_or_default();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .context("output")?;
    Ok(Ok(bytes))
}

/// Our answer; a panic is an error that nothing equals.
pub fn ours(work: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|cause| {
        let text = cause.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| cause.downcast_ref::<&str>().copied());
        Err(format!("panic of ours: {}", text.unwrap_or("unknown")))
    })
}

/// For a report.
pub fn shown(outcome: &Outcome) -> String {
    match outcome {
        Ok(output) => format!("{:?}", String::from_utf8_lossy(output)),
        Err(error) => format!("error {error:?}"),
    }
}
