//! Functions on integers, and on floats by the machine's arithmetic.

use sluice_go_template::{Context, Error, List, ListType, Type, Value};

use super::args::{any, int, shown, text};
use super::cast::{parse_int_base, parse_int_lossy, to_float, to_int};
use super::{State, Table};

const A: Type = Type::Any;
const I: Type = Type::INT;
const L: Type = Type::INT64;
const F: Type = Type::Float;

pub(super) fn register(table: &mut Table) {
    table.add("atoi", &[Type::String], I, |_, args| {
        Ok(Value::int(parse_int_lossy(text(args, 0), 10)))
    });
    table.add("int", &[A], I, |_, args| Ok(Value::int(to_int(any(args, 0)))));
    table.add("int64", &[A], L, |_, args| Ok(Value::int64(to_int(any(args, 0)))));
    table.add("float64", &[A], F, |_, args| {
        Ok(Value::Float(to_float(any(args, 0))))
    });
    table.add("toDecimal", &[A], L, |context, args| {
        let text = shown(context, any(args, 0))?;
        Ok(Value::int64(parse_int_base(&text, 8).unwrap_or(0)))
    });
    register_arithmetic(table);
    register_floats(table);
    table.add("until", &[I], Type::List(&ListType::INTS), |context, args| {
        let count = int(args, 0);
        steps(context, 0, count, if count < 0 { -1 } else { 1 }).map(ints)
    });
    table.add(
        "untilStep",
        &[I, I, I],
        Type::List(&ListType::INTS),
        |context, args| steps(context, int(args, 0), int(args, 1), int(args, 2)).map(ints),
    );
    table.add_variadic(&["seq"], &[], I, Type::String, sequence);
    table.add_stateful(&["randInt"], &[I, I], I, random_int);
}

fn register_arithmetic(table: &mut Table) {
    table.add("add1", &[A], L, |_, args| {
        Ok(Value::int64(to_int(any(args, 0)).wrapping_add(1)))
    });
    table.add_variadic(&["add"], &[], A, L, |_, args| {
        Ok(Value::int64(args.iter().map(to_int).fold(0, i64::wrapping_add)))
    });
    table.add("sub", &[A, A], L, |_, args| {
        Ok(Value::int64(
            to_int(any(args, 0)).wrapping_sub(to_int(any(args, 1))),
        ))
    });
    table.add("div", &[A, A], L, |_, args| {
        let divisor = divisor(any(args, 1))?;
        Ok(Value::int64(to_int(any(args, 0)).wrapping_div(divisor)))
    });
    table.add("mod", &[A, A], L, |_, args| {
        let divisor = divisor(any(args, 1))?;
        Ok(Value::int64(to_int(any(args, 0)).wrapping_rem(divisor)))
    });
    table.add_variadic(&["mul"], &[A], A, L, |_, args| {
        Ok(Value::int64(args.iter().map(to_int).fold(1, i64::wrapping_mul)))
    });
    table.add_variadic(&["max", "biggest"], &[A], A, L, |_, args| {
        Ok(Value::int64(args.iter().map(to_int).max().unwrap_or_default()))
    });
    table.add_variadic(&["min"], &[A], A, L, |_, args| {
        Ok(Value::int64(args.iter().map(to_int).min().unwrap_or_default()))
    });
}

fn divisor(value: &Value) -> Result<i64, Error> {
    match to_int(value) {
        0 => Err(Error::new("runtime error: integer divide by zero")),
        divisor => Ok(divisor),
    }
}

fn register_floats(table: &mut Table) {
    table.add_variadic(&["maxf"], &[A], A, F, |_, args| {
        Ok(Value::Float(extreme(args, true)))
    });
    table.add_variadic(&["minf"], &[A], A, F, |_, args| {
        Ok(Value::Float(extreme(args, false)))
    });
    table.add("ceil", &[A], F, |_, args| {
        Ok(Value::Float(to_float(any(args, 0)).ceil()))
    });
    table.add("floor", &[A], F, |_, args| {
        Ok(Value::Float(to_float(any(args, 0)).floor()))
    });
    table.add_variadic(&["round"], &[A, I], F, F, |_, args| {
        let round_on = args.get(2).map_or(0.5, to_float);
        Ok(Value::Float(round(
            to_float(any(args, 0)),
            int(args, 1),
            round_on,
        )))
    });
}

/// Go's `math.Max` or `math.Min` over all: infinity wins over NaN, NaN over numbers.
fn extreme(args: &[Value], largest: bool) -> f64 {
    let winner = if largest { f64::INFINITY } else { f64::NEG_INFINITY };
    let pick = |a: f64, b: f64| {
        if a == winner || b == winner {
            winner
        } else if a.is_nan() || b.is_nan() {
            f64::NAN
        } else if a == 0.0 && b == 0.0 {
            let negative = a.is_sign_negative();
            if negative == largest { b } else { a }
        } else if (a > b) == largest {
            a
        } else {
            b
        }
    };
    args.iter().map(to_float).reduce(pick).unwrap_or_default()
}

/// Rounds up when the fraction behind the wanted digits reaches a limit, else down. Negative numbers go down.
fn round(number: f64, places: i64, round_on: f64) -> f64 {
    let scale = power_of_ten(places);
    let digit = scale * number;
    let rounded = if digit - digit.trunc() >= round_on {
        digit.ceil()
    } else {
        digit.floor()
    };
    rounded / scale
}

/// Go's `math.Pow(10, n)`, by the same multiplications, so that the last bit agrees.
fn power_of_ten(exponent: i64) -> f64 {
    if exponent.abs() > 400 {
        return if exponent > 0 { f64::INFINITY } else { 0.0 };
    }
    // 10 is 0.625 * 2^4.
    let (mut result, mut result_exponent) = (1.0, 0i64);
    let (mut square, mut square_exponent) = (0.625, 4i64);
    let mut left = exponent.unsigned_abs();
    while left != 0 {
        if left & 1 == 1 {
            result *= square;
            result_exponent += square_exponent;
        }
        square *= square;
        square_exponent <<= 1;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        left >>= 1;
    }
    if exponent < 0 {
        result = 1.0 / result;
        result_exponent = -result_exponent;
    }
    scale_by_two(result, result_exponent)
}

/// `number * 2^exponent`, in two steps where one would overflow.
fn scale_by_two(number: f64, exponent: i64) -> f64 {
    let half = i32::try_from(exponent / 2).unwrap_or_default();
    let rest = i32::try_from(exponent - exponent / 2).unwrap_or_default();
    number * 2f64.powi(half) * 2f64.powi(rest)
}

/// The numbers of `untilStep`. The budget pays for all of them first.
fn steps(context: &mut Context, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Error> {
    let distance = i128::from(stop) - i128::from(start);
    let step = i128::from(step);
    if distance == 0 || step == 0 || (distance < 0) != (step < 0) {
        return Ok(Vec::new());
    }
    let count = u64::try_from((distance.abs() + step.abs() - 1) / step.abs()).unwrap_or(u64::MAX);
    context.budget().charge_steps(count)?;
    context.budget().charge_bytes(count.saturating_mul(16))?;
    let at = |index: u64| i64::try_from(i128::from(start) + i128::from(index) * step).unwrap_or_default();
    Ok((0..count).map(at).collect())
}

fn ints(numbers: Vec<i64>) -> Value {
    let items = numbers.into_iter().map(Value::int).collect();
    Value::List(List::typed(&ListType::INTS, items))
}

fn sequence(context: &mut Context, args: &[Value]) -> Result<Value, Error> {
    let direction = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let (start, step, end) = match args.len() {
        1 => (1, direction(1, int(args, 0)), int(args, 0)),
        2 => (int(args, 0), direction(int(args, 0), int(args, 1)), int(args, 1)),
        3 => (int(args, 0), int(args, 1), int(args, 2)),
        _ => return Ok(Value::from("")),
    };
    let toward = direction(start, end);
    if args.len() == 3 && toward < 0 && step > 0 {
        return Ok(Value::from(""));
    }
    let numbers = steps(context, start, end.wrapping_add(toward), step)?;
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(Value::from(texts.join(" ")))
}

fn random_int(state: &State, _: &mut Context, args: &[Value]) -> Result<Value, Error> {
    let (low, high) = (int(args, 0), int(args, 1));
    let width = high.wrapping_sub(low);
    if width <= 0 {
        return Err(Error::new("invalid argument to Intn"));
    }
    let offset = state.random.borrow_mut().below(width.unsigned_abs());
    Ok(Value::int(low.wrapping_add(offset.cast_signed())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_as_go_does() {
        assert_eq!(round(123.5555, 3, 0.5), 123.556);
        assert_eq!(round(-2.5, 0, 0.5), -3.0);
        assert_eq!(round(1234.0, -2, 0.5), 1200.0);
        assert_eq!(power_of_ten(22), 1e22);
        assert_eq!(power_of_ten(-2), 0.01);
    }
}
