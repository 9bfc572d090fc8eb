use flowstone_feel::{Context, Names, Scope, Type, Value};

use super::{check, check_in, evaluate};

#[test]
fn instance_of_tells_kinds_apart() {
    check(&[
        ("1 instance of number", "true"),
        ("-1 instance of number", "true"),
        ("\"a\" instance of number", "false"),
        ("null instance of number", "false"),
        ("null instance of Any", "false"),
        ("null instance of Null", "true"),
        ("true instance of boolean", "true"),
        ("@\"2026-01-31\" instance of date", "true"),
        ("@\"2026-01-31\" instance of date and time", "false"),
        ("@\"10:00:00\" instance of time and true", "true"),
        ("@\"P1D\" instance of days and time duration", "true"),
        ("@\"P1Y\" instance of years and months duration", "true"),
        ("[1, 2] instance of list<number>", "true"),
        ("[1, \"a\"] instance of list<number>", "false"),
        ("[1] instance of list", "true"),
        ("[[1]] instance of list<list<number>>", "true"),
        ("[1..2] instance of range<number>", "true"),
        ("[1..2] instance of range<string>", "false"),
        ("{a: 1, b: 2} instance of context<a: number>", "true"),
        ("{b: 2} instance of context<a: number>", "false"),
        ("{} instance of context", "true"),
        ("{} instance of context<>", "true"),
        ("(function(a: number) 1) instance of function<number> -> number", "true"),
        (
            "(function(a: string) 1) instance of function<number> -> number",
            "false",
        ),
        (
            "(function(a: string) \"x\") instance of function<string> -> number",
            "false",
        ),
        ("(function() 1) instance of function", "true"),
        ("count instance of function", "true"),
        ("1 instance of function", "false"),
    ]);
}

#[test]
fn types_are_read_from_text() {
    let mut names = Names::new();
    names.define_type("tPrice", Type::Number);
    names.define_type(
        "order line",
        Type::Context([("unit price".into(), Type::Number)].into()),
    );
    let cases = [
        ("number", Some(Type::Number)),
        ("date and time", Some(Type::DateTime)),
        ("dateTime", Some(Type::DateTime)),
        ("list< string >", Some(Type::list(Type::String))),
        (
            "context<a b: string>",
            Some(Type::Context([("a b".into(), Type::String)].into())),
        ),
        (
            "function<number, Any> -> list<date>",
            Some(Type::Function(
                [Type::Number, Type::Any].into(),
                Type::list(Type::Date).into(),
            )),
        ),
        ("tPrice", Some(Type::Number)),
        ("list<tPrice>", Some(Type::list(Type::Number))),
        ("order line", names.get_type("order line").cloned()),
        ("numbers", None),
        ("list<", None),
        ("", None),
    ];
    for (source, expected) in cases {
        assert_eq!(Type::parse(source, &names).ok(), expected, "{source}");
    }
    check_in(&Scope::new(), &[], &[("1 instance of number = true", "true")]);
}

#[test]
fn values_are_coerced_as_decisions_need_it() {
    let cases = [
        (Type::Number, "1", "1"),
        (Type::Number, "[1]", "1"),
        (Type::Number, "[1, 2]", "null"),
        (Type::Number, "\"1\"", "null"),
        (Type::list(Type::Number), "1", "[1]"),
        (Type::list(Type::Number), "\"a\"", "null"),
        (Type::list(Type::Any), "null", "null"),
        (Type::list(Type::Number), "[1, null]", "[1, null]"),
        (Type::DateTime, "@\"2026-01-31\"", "2026-01-31T00:00:00Z"),
        (
            Type::list(Type::DateTime),
            "[@\"2026-01-31\"]",
            "[2026-01-31T00:00:00Z]",
        ),
        (Type::Date, "@\"2026-01-31T00:00:00\"", "null"),
        (Type::Any, "[1]", "[1]"),
        (
            Type::Context([("a".into(), Type::Number)].into()),
            "{a: [1], b: 2}",
            "{a: 1, b: 2}",
        ),
        (Type::Context([("a".into(), Type::Number)].into()), "{b: 2}", "null"),
    ];
    for (expected_type, source, expected) in cases {
        let coerced = expected_type.coerce(evaluate(source));
        assert_eq!(coerced.to_string(), expected, "{source} as {expected_type:?}");
    }
}

#[test]
fn null_conforms_to_every_type_but_is_an_instance_of_none() {
    assert!(Type::Number.conforms(&Value::Null));
    assert!(!Type::Number.is_instance(&Value::Null));
    let context = Context::new().with("a", Value::Null);
    assert!(Type::Context([("a".into(), Type::Number)].into()).conforms(&context.into()));
}
