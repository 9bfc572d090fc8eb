use flowstone_feel::{Limits, Names, Scope, UnaryTests, Value};

use super::{NOW, evaluate};

#[track_caller]
fn test(tests: &str, input: &str, expected: &str) {
    let parsed = UnaryTests::parse(tests, &Names::from_iter(["limit of order"])).unwrap();
    let scope = Scope::new().with("limit", 10).with("limit of order", 20);
    let outcome = parsed
        .evaluate(&evaluate(input), &scope, &Limits::default(), NOW.parse().unwrap())
        .unwrap();
    assert_eq!(outcome.value.to_string(), expected, "{input} against {tests}");
}

#[test]
fn inputs_are_tested() {
    for (tests, input, expected) in [
        ("-", "null", "true"),
        ("5", "5", "true"),
        ("-5", "-5", "true"),
        ("< 5", "4", "true"),
        (">= 5", "4", "false"),
        ("< limit", "9", "true"),
        ("< limit of order", "19", "true"),
        ("[1..3]", "3", "true"),
        ("(1..3)", "3", "false"),
        ("]1..3[", "2", "true"),
        ("[1..3[, 7", "7", "true"),
        ("1, 2, 3", "2", "true"),
        ("\"a\", \"b\"", "\"c\"", "false"),
        ("not(1, 2)", "3", "true"),
        ("not(1, 2)", "2", "false"),
        ("not([1..3])", "2", "false"),
        ("not(]1..3[)", "2", "false"),
        ("not(\"a\") ", "null", "true"),
        ("true", "true", "true"),
        ("false", "false", "true"),
        ("true", "false", "false"),
        ("[1, 2, 3]", "2", "true"),
        ("? > 5", "6", "true"),
        ("? > 5", "null", "null"),
        ("starts with(?, \"a\")", "\"ab\"", "true"),
        ("not(?)", "false", "true"),
        ("not(starts with(?, \"a\"))", "\"ab\"", "false"),
        ("not(? > 1) or ? > 3", "4", "true"),
        ("= 5", "5", "true"),
        ("!= 5", "5", "false"),
        ("= true", "true", "true"),
        ("null", "null", "true"),
        ("null", "1", "false"),
        ("@\"2026-01-01\"", "@\"2026-01-01\"", "true"),
        ("< 5", "\"a\"", "null"),
        ("limit", "10", "true"),
        ("count([1, 2]) = 2", "\"anything\"", "true"),
    ] {
        test(tests, input, expected);
    }
}

#[test]
fn malformed_tests_are_refused() {
    for tests in ["", "<", "1,", "not(", "1 2", "- 1 -"] {
        assert!(UnaryTests::parse(tests, &Names::new()).is_err(), "{tests}");
    }
}

#[test]
fn parsed_tests_can_be_shared() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    shared(&UnaryTests::parse("< 5", &Names::new()).unwrap());
    shared(&flowstone_feel::Expression::parse("1", &Names::new()).unwrap());
    shared(&Value::Null);
    shared(&Scope::new());
}
