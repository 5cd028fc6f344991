//! Functions on dates. The local zone is UTC.

use sluice_go_template::{Error, IntKind, Type, Value};

use super::args::{any, text};
use super::cast::parse_int_lossy;
use super::{State, Table};
use crate::objects::MomentValue;
use crate::time::{Duration, Moment, Zone};

const A: Type = Type::Any;
const S: Type = Type::String;
const T: Type = Type::Struct(MomentValue::TYPE);

pub(super) fn register(table: &mut Table) {
    table.add_stateful(&["now"], &[], T, |state, _, _| {
        Ok(moment(state.environment.now.clone()))
    });
    table.add_stateful(&["date"], &[S, A], S, |state, _, args| {
        Ok(in_zone(state, text(args, 0), any(args, 1), b"Local"))
    });
    table.add_stateful(
        &["dateInZone", "date_in_zone"],
        &[S, A, S],
        S,
        |state, _, args| Ok(in_zone(state, text(args, 0), any(args, 1), text(args, 2))),
    );
    table.add_stateful(&["htmlDate"], &[A], S, |state, _, args| {
        Ok(in_zone(state, b"2006-01-02", any(args, 0), b"Local"))
    });
    table.add_stateful(&["htmlDateInZone"], &[A, S], S, |state, _, args| {
        Ok(in_zone(state, b"2006-01-02", any(args, 0), text(args, 1)))
    });
    table.add_stateful(&["ago"], &[A], S, |state, _, args| {
        let since = state.environment.now.since(&time_of(state, any(args, 0), false));
        Ok(Value::from(since.round(Duration(1_000_000_000)).to_string()))
    });
    table.add_all(&["dateModify", "date_modify"], &[S, T], T, |_, args| {
        let date = given(args, 1)?;
        Ok(moment(
            Duration::parse(text(args, 0)).map_or_else(|_| date.clone(), |length| date.add(length)),
        ))
    });
    table.add_all(&["mustDateModify", "must_date_modify"], &[S, T], T, |_, args| {
        let length = Duration::parse(text(args, 0)).map_err(|error| Error::new(error.to_string()))?;
        Ok(moment(given(args, 1)?.add(length)))
    });
    table.add("toDate", &[S, S], T, |_, args| {
        Ok(moment(
            Moment::parse(text(args, 0), text(args, 1)).unwrap_or(Moment::ZERO),
        ))
    });
    table.add("mustToDate", &[S, S], T, |_, args| {
        let parsed = Moment::parse(text(args, 0), text(args, 1));
        parsed.map(moment).map_err(|error| Error::new(error.to_string()))
    });
    table.add("unixEpoch", &[T], S, |_, args| {
        Ok(Value::from(given(args, 0)?.unix.to_string()))
    });
    table.add("duration", &[A], S, |_, args| {
        let seconds = match any(args, 0) {
            Value::String(text) => parse_int_lossy(text, 10),
            Value::Int(IntKind::Int64, seconds) => *seconds,
            _ => 0,
        };
        Ok(Value::from(
            Duration(seconds.wrapping_mul(1_000_000_000)).to_string(),
        ))
    });
    table.add_stateful(&["durationRound"], &[A], S, |state, _, args| {
        let length = match any(args, 0) {
            Value::String(text) => Duration::parse(text).unwrap_or(Duration(0)),
            Value::Int(IntKind::Int64, nanos) => Duration(*nanos),
            other => match other.downcast::<MomentValue>() {
                Some(moment) => state.environment.now.since(&moment.0),
                None => Duration(0),
            },
        };
        Ok(Value::from(length.largest_unit()))
    });
}

fn moment(moment: Moment) -> Value {
    Value::object(MomentValue(moment))
}

fn given(args: &[Value], at: usize) -> Result<&Moment, Error> {
    let found = any(args, at).downcast::<MomentValue>().map(|moment| &moment.0);
    found.ok_or_else(super::args::nil_pointer)
}

/// A time, or seconds since 1970 of the types that sprig knows; now for anything else.
fn time_of(state: &State, value: &Value, with_int32: bool) -> Moment {
    match value {
        Value::Int(IntKind::Int | IntKind::Int64, seconds) => Moment::local(*seconds, 0),
        Value::Int(IntKind::Int32, seconds) if with_int32 => Moment::local(*seconds, 0),
        _ => match value.downcast::<MomentValue>() {
            Some(moment) => moment.0.clone(),
            None => state.environment.now.clone(),
        },
    }
}

/// A zone that is not known is UTC.
fn in_zone(state: &State, layout: &[u8], date: &Value, zone: &[u8]) -> Value {
    let zone = Zone::load(zone).unwrap_or(Zone::Utc);
    Value::from(time_of(state, date, true).in_zone(zone).format(layout))
}
