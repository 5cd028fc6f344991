//! Functions on floats by decimal arithmetic.

use sluice_go_template::{Error, Type, Value};

use super::Table;
use super::cast::to_float;
use crate::decimal::{Decimal, DecimalError};

type Operation = fn(&Decimal, &Decimal) -> Result<Decimal, DecimalError>;

const A: Type = Type::Any;

pub(super) fn register(table: &mut Table) {
    table.add("add1f", &[A], Type::Float, |_, args| {
        fold(&[args, &[Value::Float(1.0)]].concat(), Decimal::add)
    });
    table.add_variadic(&["addf"], &[], A, Type::Float, |_, args| {
        fold(&[&[Value::Float(0.0)], args].concat(), Decimal::add)
    });
    table.add_variadic(&["subf"], &[A], A, Type::Float, |_, args| {
        fold(args, Decimal::sub)
    });
    table.add_variadic(&["mulf"], &[A], A, Type::Float, |_, args| {
        fold(args, Decimal::mul)
    });
    table.add_variadic(&["divf"], &[A], A, Type::Float, |_, args| {
        fold(args, Decimal::div)
    });
}

fn fold(args: &[Value], operation: Operation) -> Result<Value, Error> {
    let problem = |error: DecimalError| Error::new(error.to_string());
    let mut numbers = args
        .iter()
        .map(|value| Decimal::from_float(to_float(value)).map_err(problem));
    let mut result = numbers
        .next()
        .unwrap_or_else(|| Decimal::from_float(0.0).map_err(problem))?;
    for number in numbers {
        result = operation(&result, &number?).map_err(problem)?;
    }
    Ok(Value::Float(result.to_float()))
}
