use super::*;

#[test]
fn bools_differ_between_versions() {
    for text in ["yes", "No", "on", "OFF", "y", "n"] {
        assert!(matches!(resolve(text, Schema::V2), Scalar::Bool(_)), "{text}");
        assert_eq!(resolve(text, Schema::V3), Scalar::Str, "{text}");
    }
    assert_eq!(resolve("tRue", Schema::V2), Scalar::Str);
}

#[test]
fn integers_of_all_bases() {
    for (text, value) in [
        ("0777", 511),
        ("0o777", 511),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("+5", 5),
        ("-0x10", -16),
        ("010", 8),
        ("0b-11", -3),
        ("-9223372036854775808", i64::MIN),
    ] {
        assert_eq!(resolve(text, Schema::V3), Scalar::Int(value), "{text}");
    }
    assert_eq!(resolve("0o-7", Schema::V3), Scalar::Int(-7));
    assert_eq!(resolve("0o-7", Schema::V2), Scalar::Str);
    assert_eq!(
        resolve("18446744073709551615", Schema::V3),
        Scalar::Uint(u64::MAX)
    );
    assert_eq!(
        resolve("18446744073709551616", Schema::V3),
        Scalar::Float(18446744073709551616.0)
    );
}

#[test]
fn floats_and_what_is_none() {
    assert_eq!(resolve("08", Schema::V2), Scalar::Float(8.0));
    assert_eq!(resolve("1e3", Schema::V2), Scalar::Float(1000.0));
    assert_eq!(resolve("1.", Schema::V2), Scalar::Float(1.0));
    assert_eq!(resolve(".5_0", Schema::V2), Scalar::Float(0.5));
    for text in [
        "1e999", "._5", ".5_", ".", "-", "+", "1:20", "0x", "1e", "0b12", "1__", "--1",
    ] {
        let expected = if text == "1__" {
            Scalar::Int(1)
        } else {
            Scalar::Str
        };
        assert_eq!(resolve(text, Schema::V3), expected, "{text}");
    }
}

#[test]
fn timestamps_print_as_rfc3339() {
    for (text, expected) in [
        ("2020-01-01", "2020-01-01T00:00:00Z"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
        (
            "2001-12-14 21:59:43.123456789123",
            "2001-12-14T21:59:43.123456789Z",
        ),
        ("2001-1-2T1:2:3+00:00", "2001-01-02T01:02:03Z"),
        ("2001-1-2T1:2:3+01:60", "2001-01-02T01:02:03+02:00"),
    ] {
        assert_eq!(
            parse_timestamp(text).map(|found| found.to_string()),
            Some(expected.to_string()),
            "{text}"
        );
    }
    for text in [
        "2020-13-01",
        "2019-02-29",
        "2020-01-01T00:00:00",
        "2020-01-01 24:00:00",
        "20200-01-01",
    ] {
        assert_eq!(parse_timestamp(text), None, "{text}");
    }
}

#[test]
fn floats_print_as_go_prints_them() {
    for (value, plain, json) in [
        (123456.0, "123456", "123456"),
        (1234567.0, "1.234567e+06", "1234567"),
        (12345678.5, "1.23456785e+07", "12345678.5"),
        (1e21, "1e+21", "1e+21"),
        (1e20, "1e+20", "100000000000000000000"),
        (0.00001, "1e-05", "0.00001"),
        (0.0000001, "1e-07", "1e-7"),
        (0.5, "0.5", "0.5"),
        (-2.5e-10, "-2.5e-10", "-2.5e-10"),
        (0.0, "0", "0"),
    ] {
        assert_eq!(format_float(value, FloatPrecision::Double), plain);
        assert_eq!(format_json_float(value), json);
    }
    assert_eq!(format_float(0.1, FloatPrecision::Single), "0.1");
}

#[test]
fn explicit_tags_convert_or_fail() {
    assert_eq!(decode("1", &Tag::Float, Schema::V3), Ok(Data::Float(1.0)));
    assert_eq!(
        decode("aGk=", &Tag::Binary, Schema::V3),
        Ok(Data::Str("hi".into()))
    );
    let error = decode("abc", &Tag::Int, Schema::V3).map_err(|error| error.to_string());
    assert_eq!(error, Err("yaml: cannot decode !!str `abc` as a !!int".into()));
}
