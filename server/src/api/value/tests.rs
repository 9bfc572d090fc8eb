use serde_json::json;

use super::*;

fn read(variable: Json) -> Result<TypedValue, String> {
    from_wire("x", &variable)
        .map(|variable| variable.value)
        .map_err(|error| error.to_string())
}

#[test]
fn typed_values_are_read_as_the_contract_lists_them() {
    let date = DateTime::parse_from_rfc3339("2026-01-31T09:30:00.120Z")
        .unwrap()
        .to_utc();
    for (variable, expected) in [
        (json!({"type": "String", "value": "a"}), TypedValue::from("a")),
        (json!({"type": "string", "value": 7}), TypedValue::from("7")),
        (json!({"type": "Boolean", "value": true}), TypedValue::from(true)),
        (json!({"type": "boolean", "value": "false"}), TypedValue::from(false)),
        (json!({"type": "Short", "value": 5}), TypedValue::from(5_i16)),
        (json!({"type": "Integer", "value": "5"}), TypedValue::from(5)),
        (json!({"type": "Integer", "value": 5.0}), TypedValue::from(5)),
        (
            json!({"type": "long", "value": 1_099_511_627_776_i64}),
            TypedValue::from(1_099_511_627_776_i64),
        ),
        (
            json!({"type": "Long", "value": 9_007_199_254_740_993_i64}),
            TypedValue::from(9_007_199_254_740_993_i64),
        ),
        (json!({"type": "Double", "value": 2}), TypedValue::from(2.0)),
        (json!({"type": "Double", "value": "2.5"}), TypedValue::from(2.5)),
        (
            json!({"type": "Date", "value": "2026-01-31T09:30:00.120+0000"}),
            TypedValue::from(date),
        ),
        (
            json!({"type": "date", "value": "2026-01-31T10:30:00.120+01:00"}),
            TypedValue::from(date),
        ),
        (
            json!({"type": "Date", "value": 1_769_851_800_120_i64}),
            TypedValue::from(date),
        ),
        (
            json!({"type": "Bytes", "value": "AAH/"}),
            TypedValue::from(vec![0, 1, 255]),
        ),
        (
            json!({"type": "Json", "value": "{\"a\": 1}"}),
            TypedValue::Json("{\"a\": 1}".into()),
        ),
        (
            json!({"type": "json", "value": "not json"}),
            TypedValue::Json("not json".into()),
        ),
        (json!({"type": "Xml", "value": "<a/>"}), TypedValue::Xml("<a/>".into())),
        (json!({"type": "Json", "value": null}), TypedValue::Null),
        (json!({"type": "Integer"}), TypedValue::Null),
        (json!({"type": "null", "value": null}), TypedValue::Null),
        (
            json!({"type": "Integer", "value": 1, "valueInfo": {"objectTypeName": null, "serializationDataFormat": null}}),
            TypedValue::from(1),
        ),
        (
            json!({"type": "Object", "value": "{}", "valueInfo": {"objectTypeName": "com.acme.Order", "serializationDataFormat": "application/json"}}),
            TypedValue::json_object("com.acme.Order", "{}"),
        ),
        (
            json!({"type": "object", "value": " [1]"}),
            TypedValue::json_object("java.util.ArrayList", " [1]"),
        ),
        (
            json!({"type": "File", "value": "YQ==", "valueInfo": {"filename": "a.txt", "mimetype": "text/plain", "encoding": null}}),
            TypedValue::File(FileValue {
                filename: "a.txt".into(),
                mime_type: Some("text/plain".into()),
                encoding: None,
                content: b"a".to_vec(),
            }),
        ),
    ] {
        assert_eq!(read(variable.clone()), Ok(expected), "{variable}");
    }
}

#[test]
fn missing_types_are_inferred() {
    for (value, expected) in [
        (json!("a"), TypedValue::from("a")),
        (json!(5), TypedValue::from(5)),
        (json!(5_000_000_000_i64), TypedValue::from(5_000_000_000_i64)),
        (json!(1.5), TypedValue::from(1.5)),
        (json!(false), TypedValue::from(false)),
        (json!(null), TypedValue::Null),
        (
            json!({"a": [1]}),
            TypedValue::json_object("java.util.LinkedHashMap", "{\"a\":[1]}"),
        ),
        (json!([1]), TypedValue::json_object("java.util.ArrayList", "[1]")),
    ] {
        assert_eq!(read(json!({"value": value})), Ok(expected.clone()), "{value}");
        assert_eq!(
            read(json!({"value": value, "type": null, "valueInfo": null})),
            Ok(expected),
            "{value}"
        );
    }
}

#[test]
fn what_cannot_be_set_is_refused_with_the_known_texts() {
    for (variable, status, expected) in [
        (json!({"type": "X", "value": 1}), 400, "Unsupported value type 'X'"),
        (
            json!({"type": "INTEGER", "value": 1}),
            400,
            "Unsupported value type 'INTEGER'",
        ),
        (
            json!({"type": "Integer", "value": "x"}),
            400,
            "Cannot convert value 'x' of type 'Integer' to java type java.lang.Integer",
        ),
        (
            json!({"type": "integer", "value": 3_000_000_000_i64}),
            400,
            "Cannot convert value '3000000000' of type 'integer' to java type java.lang.Integer",
        ),
        (
            json!({"type": "Integer", "value": 1.5}),
            400,
            "Cannot convert value '1.5' of type 'Integer' to java type java.lang.Integer",
        ),
        (
            json!({"type": "Date", "value": "tomorrow"}),
            400,
            "Cannot convert value 'tomorrow' of type 'Date' to java type java.util.Date",
        ),
        (
            json!({"type": "Double", "value": "inf"}),
            400,
            "Cannot convert value 'inf' of type 'Double' to java type java.lang.Double",
        ),
        (
            json!({"type": "Bytes", "value": "%"}),
            400,
            "Cannot convert value '%' of type 'Bytes' to java type [B",
        ),
        (
            json!({"type": "Json", "value": {"a": 1}}),
            400,
            "Must provide 'null' or String value for value of SerializableValue type 'Json'.",
        ),
        (
            json!({"type": "object", "value": [1]}),
            400,
            "Must provide 'null' or String value for value of SerializableValue type 'object'.",
        ),
        (
            json!({"type": "File", "value": "YQ=="}),
            500,
            "Cannot create file without filename! Please set a name into ValueInfo with key filename",
        ),
        (
            json!({"type": "Object", "value": "rO0AB", "valueInfo": {"serializationDataFormat": "application/x-java-serialized-object"}}),
            500,
            "Cannot set variable with name x. Java serialization format is prohibited",
        ),
        (
            json!(5),
            400,
            "Variable 'x' must be an object with the fields value, type and valueInfo",
        ),
    ] {
        let error = from_wire("x", &variable).unwrap_err();
        assert_eq!(error.to_string(), expected, "{variable}");
        assert_eq!(ApiError::from(error.clone()).status.as_u16(), status, "{variable}");
        assert_eq!(
            error.within("Cannot start").message,
            format!("Cannot start: {expected}")
        );
    }
}

#[test]
fn values_are_written_with_their_type_and_an_information_that_is_never_null() {
    let file = TypedValue::File(FileValue {
        filename: "a.txt".into(),
        mime_type: Some("text/plain".into()),
        encoding: None,
        content: b"a".to_vec(),
    });
    let map = TypedValue::json_object("java.util.LinkedHashMap", "{\"x\":1}");
    let info = json!({"objectTypeName": "java.util.LinkedHashMap", "serializationDataFormat": "application/json"});
    for (value, deserialize, expected) in [
        (
            TypedValue::Null,
            true,
            json!({"type": "Null", "value": null, "valueInfo": {}}),
        ),
        (
            TypedValue::from(5),
            true,
            json!({"type": "Integer", "value": 5, "valueInfo": {}}),
        ),
        (
            TypedValue::from(f64::NAN),
            true,
            json!({"type": "Double", "value": "NaN", "valueInfo": {}}),
        ),
        (
            TypedValue::from(DateTime::UNIX_EPOCH),
            true,
            json!({"type": "Date", "value": "1970-01-01T00:00:00.000+0000", "valueInfo": {}}),
        ),
        (
            TypedValue::from(vec![0, 1, 255]),
            true,
            json!({"type": "Bytes", "value": "AAH/", "valueInfo": {}}),
        ),
        (
            TypedValue::Json("{\"a\":1}".into()),
            true,
            json!({"type": "Json", "value": "{\"a\":1}", "valueInfo": {}}),
        ),
        (
            file,
            true,
            json!({"type": "File", "value": null, "valueInfo": {"filename": "a.txt", "mimeType": "text/plain"}}),
        ),
        (
            map.clone(),
            true,
            json!({"type": "Object", "value": {"x": 1}, "valueInfo": info}),
        ),
        (
            map,
            false,
            json!({"type": "Object", "value": "{\"x\":1}", "valueInfo": info}),
        ),
    ] {
        assert_eq!(to_wire(&value, deserialize), expected);
    }
}

#[test]
fn transient_variables_are_left_out_of_what_is_stored() {
    let sent = json!({
        "kept": {"value": 1, "valueInfo": {"transient": false}},
        "gone": {"type": "string", "value": "t", "valueInfo": {"transient": true}},
    });
    let variables = map_from_wire(&sent).unwrap();
    assert_eq!(variables.keys().collect::<Vec<_>>(), ["kept"]);
    assert_eq!(map_from_wire(&Json::Null), Ok(Variables::new()));
    assert_eq!(map_from_wire(&json!([1])), Err(ValueError::NotAMap));
}
