use std::sync::Arc;

use flowstone_feel::{Context, Expression, Names, Scope, Value};

use super::{check_in, outcome_in};

#[test]
fn names_may_hold_spaces_and_operators() {
    let scope = Scope::new()
        .with("a", 10)
        .with("b", 3)
        .with("a b", 100)
        .with("a-b", 1000)
        .with(
            "days in weekend",
            Value::list([Value::from("saturday"), Value::from("sunday")]),
        )
        .with("Bob's age", 42)
        .with("date and time zone", "UTC")
        .with("🐎", "horse")
        .with("x.y", 5)
        .with("order", Context::new().with("unit price", 7).with("is-paid", true));
    let names = [
        "a",
        "b",
        "a b",
        "a-b",
        "days in weekend",
        "Bob's age",
        "date and time zone",
        "🐎",
        "x.y",
        "order",
        "is-paid",
    ];
    check_in(
        &scope,
        &names,
        &[
            ("a b", "100"),
            ("a   b + 1", "101"),
            ("a - b", "7"),
            ("a-b", "1000"),
            ("a -b", "7"),
            ("for day in days in weekend return day", r#"["saturday", "sunday"]"#),
            ("Bob's age + 1", "43"),
            ("date and time zone", "UTC"),
            ("date and time(\"2026-01-31T00:00:00\").year", "2026"),
            ("🐎", "horse"),
            ("x.y", "5"),
            ("order.unit price * 2", "14"),
            ("order.is-paid", "true"),
            ("[order][unit price > 5 and is-paid].unit price", "[7]"),
            ("order.unit price between 1 and 10", "true"),
            ("if a > b then a b else b", "100"),
        ],
    );
}

#[test]
fn unknown_names_are_null_with_a_warning() {
    let outcome = outcome_in("first name", &Scope::new(), &[]);
    assert!(outcome.value.is_null());
    assert_eq!(outcome.warnings[0].message, "nothing is named 'first name' here");
}

#[test]
fn inner_names_hide_outer_ones_and_functions() {
    let scope = Scope::new().with("x", 1).with("count", 5);
    check_in(
        &scope,
        &[],
        &[
            ("for x in [2] return x", "[2]"),
            ("{x: 3, y: x}.y", "3"),
            ("count + x", "6"),
            ("[{x: 9}][x = 9].x", "[9]"),
        ],
    );
    let inner = scope.with_context(Arc::new(Context::new().with("x", 7)));
    assert_eq!(inner.get("x"), Some(&Value::from(7)));
    assert_eq!(inner.get("count"), Some(&Value::from(5)));
    assert_eq!(scope.get("x"), Some(&Value::from(1)));
    assert_eq!(scope.get("y"), None);
}

#[test]
fn parse_errors_say_where() {
    let cases = [
        ("1 +", 1, 4, "expected a value, found the end of the text"),
        ("1 2", 1, 3, "expected an operator or the end, found `2`"),
        ("[1,\n  2", 2, 4, "expected `]`, found the end of the text"),
        ("if a then b", 1, 12, "expected `else`, found the end of the text"),
        ("\"abc", 1, 1, "this text is not closed with `\"`"),
        ("/* abc", 1, 1, "this comment is not closed with `*/`"),
        ("\"🐎\" + )", 1, 7, "expected a value, found `)`"),
        (
            "a instance of unknown",
            1,
            15,
            "expected a type such as `number` or `list<string>`, found `unknown`",
        ),
    ];
    for (source, line, column, message) in cases {
        let error = Expression::parse(source, &Names::new()).unwrap_err();
        assert_eq!(
            (error.line, error.column, error.message.as_str()),
            (line, column, message),
            "{source}"
        );
    }
}
