//! Go's `fmt`: the verbs, and `Sprint`, `Sprintf`, `Sprintln`.

mod directive;
mod float;
mod integer;
mod padding;
mod printer;
mod quote;
mod text;
mod verbs;

pub use float::{format_float, shortest};
pub use quote::{quote, quote_to_ascii};

pub(crate) use printer::Printer;

use crate::budget::Budget;
use crate::error::Error;
use crate::value::Value;

/// `fmt.Sprint`: blanks between operands when neither is a string.
pub fn sprint(budget: &mut Budget, args: &[Value]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    print_to(&mut out, budget, |printer| printer.print(args))?;
    Ok(out)
}

/// `fmt.Sprintln`: blanks between operands, a line feed at the end.
pub fn sprintln(budget: &mut Budget, args: &[Value]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    print_to(&mut out, budget, |printer| printer.println(args))?;
    Ok(out)
}

/// `fmt.Sprintf`.
pub fn sprintf(budget: &mut Budget, format: &[u8], args: &[Value]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    print_to(&mut out, budget, |printer| printer.printf(format, args))?;
    Ok(out)
}

/// Prints behind what `out` has, within the budget's bytes and the bound on nested values.
pub(crate) fn print_to(
    out: &mut Vec<u8>,
    budget: &mut Budget,
    print: impl FnOnce(&mut Printer<'_>),
) -> Result<(), Error> {
    let before = out.len();
    let room = usize::try_from(budget.bytes_left()).unwrap_or(usize::MAX);
    let mut printer = Printer::new(out, before.saturating_add(room), budget.limits().value_depth);
    print(&mut printer);
    if printer.is_too_deep() {
        let limit = budget.limits().value_depth;
        return Err(Error::budget(format!(
            "cannot print a value nested more than {limit} deep"
        )));
    }
    let overflowed = printer.is_full();
    let written = out.len() - before;
    let more = if overflowed { room.saturating_add(1) } else { 0 };
    budget.charge_bytes(written.saturating_add(more) as u64)
}

/// The type of a value for messages, and the text of `%v`, both bounded.
pub(crate) fn describe(budget: &mut Budget, value: &Value) -> Result<String, Error> {
    let text = sprint(budget, std::slice::from_ref(value))?;
    Ok(crate::unicode::to_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests;
