//! The storage form of variables, and what random input does to the parsers.

use chrono::{DateTime, Utc};
use flowstone_expression::{
    Expression, FileValue, Limits, MapContext, ObjectValue, TypedValue, Value, Variables, temporal,
};
use proptest::prelude::*;
use serde_json::json;

#[test]
fn the_storage_form_is_stable() {
    let file = FileValue {
        filename: "x.txt".into(),
        mime_type: Some("text/plain".into()),
        encoding: None,
        content: b"filebytes".to_vec(),
    };
    let date: DateTime<Utc> = "2026-01-31T09:30:00.123456Z".parse().unwrap();
    for (value, stored) in [
        (TypedValue::Null, json!({"type": "Null"})),
        (TypedValue::from(true), json!({"type": "Boolean", "value": true})),
        (TypedValue::from(5_i16), json!({"type": "Short", "value": 5})),
        (TypedValue::from(5), json!({"type": "Integer", "value": 5})),
        (TypedValue::from(i64::MIN), json!({"type": "Long", "value": i64::MIN})),
        (TypedValue::from(1.5), json!({"type": "Double", "value": 1.5})),
        (
            TypedValue::from(f64::INFINITY),
            json!({"type": "Double", "value": "Infinity"}),
        ),
        (TypedValue::from("a"), json!({"type": "String", "value": "a"})),
        (
            TypedValue::from(date),
            json!({"type": "Date", "value": "2026-01-31T09:30:00.123456Z"}),
        ),
        (
            TypedValue::from(vec![1_u8, 2]),
            json!({"type": "Bytes", "value": "AQI="}),
        ),
        (
            TypedValue::from(file),
            json!({"type": "File", "value":
                {"filename": "x.txt", "mime_type": "text/plain", "content": "ZmlsZWJ5dGVz"}}),
        ),
        (TypedValue::Json("{}".into()), json!({"type": "Json", "value": "{}"})),
        (TypedValue::Xml("<a/>".into()), json!({"type": "Xml", "value": "<a/>"})),
        (
            TypedValue::json_object("java.util.ArrayList", "[]"),
            json!({"type": "Object", "value":
                {"type_name": "java.util.ArrayList", "format": "application/json", "serialized": "[]"}}),
        ),
    ] {
        assert_eq!(serde_json::to_value(&value).unwrap(), stored);
        assert_eq!(serde_json::from_value::<TypedValue>(stored).unwrap(), value);
    }
    // A database may have normalized the number.
    assert_eq!(
        serde_json::from_value::<TypedValue>(json!({"type": "Double", "value": 5})).unwrap(),
        5.0.into()
    );
}

#[test]
fn untyped_json_gets_the_types_of_the_contract() {
    for (json, typed) in [
        (json!(null), TypedValue::Null),
        (json!(true), TypedValue::Boolean(true)),
        (json!(2_147_483_647), TypedValue::Integer(i32::MAX)),
        (json!(2_147_483_648_i64), TypedValue::Long(2_147_483_648)),
        (json!(1.0), TypedValue::Double(1.0)),
        (json!("a"), TypedValue::String("a".into())),
        (json!([1]), TypedValue::json_object(ObjectValue::LIST_TYPE, "[1]")),
        (
            json!({"a": 1}),
            TypedValue::json_object(ObjectValue::MAP_TYPE, r#"{"a":1}"#),
        ),
    ] {
        assert_eq!(TypedValue::from_untyped_json(&json), typed);
    }
}

#[test]
fn size_estimates_follow_the_content() {
    assert!(TypedValue::from("a".repeat(1000)).estimated_size() >= 1000);
    assert!(TypedValue::from(vec![0_u8; 1000]).estimated_size() >= 1000);
    assert!(TypedValue::from(1).estimated_size() < 200);
}

fn typed_value() -> impl Strategy<Value = TypedValue> {
    let date = (-8_000_000_000_000_i64..8_000_000_000_000, 0_u32..1_000_000)
        .prop_filter_map("an instant", |(seconds, micros)| {
            DateTime::from_timestamp(seconds, micros * 1000)
        });
    let bytes = proptest::collection::vec(any::<u8>(), 0..50);
    let file = (
        any::<String>(),
        any::<Option<String>>(),
        any::<Option<String>>(),
        bytes.clone(),
    )
        .prop_map(|(filename, mime_type, encoding, content)| FileValue {
            filename,
            mime_type,
            encoding,
            content,
        });
    let object =
        (any::<String>(), any::<String>(), any::<String>()).prop_map(|(type_name, format, serialized)| ObjectValue {
            type_name,
            format,
            serialized,
        });
    prop_oneof![
        Just(TypedValue::Null),
        any::<bool>().prop_map(TypedValue::from),
        any::<i16>().prop_map(TypedValue::from),
        any::<i32>().prop_map(TypedValue::from),
        any::<i64>().prop_map(TypedValue::from),
        prop_oneof![Just(i64::MIN), Just(i64::MAX)].prop_map(TypedValue::from),
        any::<f64>().prop_map(TypedValue::from),
        prop_oneof![
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(-0.0),
            Just(f64::MIN_POSITIVE)
        ]
        .prop_map(TypedValue::from),
        any::<String>().prop_map(TypedValue::from),
        date.prop_map(TypedValue::from),
        bytes.prop_map(TypedValue::from),
        file.prop_map(TypedValue::from),
        any::<String>().prop_map(TypedValue::Json),
        any::<String>().prop_map(TypedValue::Xml),
        object.prop_map(TypedValue::from),
    ]
}

/// Pieces that make random sources look like expressions.
fn source() -> impl Strategy<Value = String> {
    let pieces = [
        "${",
        "#{",
        "}",
        "a",
        "x",
        "1",
        "1.5",
        "'t'",
        "'",
        "\"",
        "(",
        ")",
        "[",
        "]",
        ".",
        ",",
        " ",
        "+",
        "-",
        "*",
        "/",
        "%",
        "==",
        "!=",
        "<",
        ">=",
        "&&",
        "||",
        "!",
        "empty ",
        "not ",
        "?",
        ":",
        "now()",
        ".length()",
        ".split('')",
        ".repeat(9)",
        ".get(0)",
        "\\",
        "ä",
        "null",
        "true",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..25).prop_map(|chosen| chosen.concat())
}

proptest! {
    #[test]
    fn stored_values_come_back(value in typed_value()) {
        let stored = serde_json::to_string(&value).unwrap();
        let restored: TypedValue = serde_json::from_str(&stored).unwrap();
        match (&value, &restored) {
            // Bit for bit, but one NaN is as good as another.
            (TypedValue::Double(before), TypedValue::Double(after)) => {
                prop_assert!(before.to_bits() == after.to_bits() || (before.is_nan() && after.is_nan()));
            }
            _ => prop_assert_eq!(&value, &restored),
        }
    }

    #[test]
    fn values_pass_through_evaluation_unchanged(value in typed_value()) {
        let after = Value::from(&value).into_typed().unwrap();
        if !matches!(value, TypedValue::Double(number) if number.is_nan()) {
            prop_assert_eq!(value, after);
        }
    }

    #[test]
    fn any_text_parses_or_is_refused(text in any::<String>()) {
        let _ = Expression::parse(&text);
        let _ = Expression::parse(&format!("${{{text}}}"));
        let _ = temporal::parse_date(&text);
        let _ = temporal::IsoDuration::parse(&text);
    }

    #[test]
    fn expression_like_text_evaluates_or_fails_cleanly(text in source(), value in typed_value()) {
        for source in [text.clone(), format!("${{{text}}}")] {
            if let Ok(expression) = Expression::parse(&source) {
                let now = DateTime::from_timestamp(0, 0).unwrap();
                let mut context = MapContext::new(Variables::new(), now).with("x", value.clone()).with("a", "text");
                let _ = expression.evaluate(&mut context, &Limits::default());
            }
        }
    }

    #[test]
    fn date_like_text_never_panics(text in "[-+0-9TZPW:.,YMDHS ]{0,30}") {
        let now = DateTime::from_timestamp(0, 0).unwrap();
        let _ = temporal::parse_date(&text);
        let _ = temporal::parse_due_date(&text, now);
    }

    #[test]
    fn written_dates_are_read_again(seconds in -60_000_000_000_i64..250_000_000_000, millis in 0_u32..1000) {
        let date = DateTime::from_timestamp(seconds, millis * 1_000_000).unwrap();
        prop_assert_eq!(temporal::parse_date(&temporal::format_date(date)), Ok(date));
    }
}
