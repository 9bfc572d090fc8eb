use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flowstone_feel::{Evaluation, ExceededLimit, Expression, Function, Limits, Names, Parameter, Scope, Type, Value};

use super::{NOW, check, check_in, check_null};

#[test]
fn literals_are_called_by_position_and_by_name() {
    check(&[
        ("(function(a, b) a - b)(3, 1)", "2"),
        ("(function(a, b) a - b)(b: 3, a: 1)", "-2"),
        ("(function(first name) first name + 1)(first name: 1)", "2"),
        ("{f: function(a) function(b) a + b, r: f(1)(2)}.r", "3"),
        (
            "{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(10)}.r",
            "3628800",
        ),
        ("(function(a: number) a)(\"x\")", "null"),
        ("(function(a: number) a)([1])", "1"),
        ("(function(a: list<number>) a)(1)", "[1]"),
        (
            "(function(a: date and time) a)(@\"2026-01-31\")",
            "2026-01-31T00:00:00Z",
        ),
        ("(function(a: number) a)(null)", "null"),
        ("(function() 1)()", "1"),
        ("{a: 1, f: function() a, r: (function(a) f())(2)}.r", "1"),
        ("(function(f) f(1.5))(floor)", "1"),
    ]);
    check_null(&[
        "(function(a) a)(1, 2)",
        "(function(a) a)()",
        "(function(a) a)(b: 1)",
        "(1)(2)",
        "unknown(1)",
        "floor(1, 2, 3)",
        "floor(m: 1)",
    ]);
    check(&[("function(a) external {java: {class: \"java.lang.Math\"}}", "null")]);
}

fn scope_with_area() -> Scope {
    let area = Function::external(
        "area",
        vec![Parameter::typed("width", Type::Number), Parameter::new("height")],
        Type::Number,
        |arguments, _| match arguments.as_slice() {
            [Value::Number(width), Value::Number(height)] => Ok(width.checked_mul(height).into()),
            _ => Ok(Value::Null),
        },
    );
    Scope::new().with("area", area)
}

#[test]
fn functions_from_outside_are_called_alike() {
    check_in(
        &scope_with_area(),
        &[],
        &[
            ("area(2, 3)", "6"),
            ("area(height: 2, width: 4)", "8"),
            ("area([2], 3)", "6"),
            ("area(\"2\", 3)", "null"),
            ("area(2)", "null"),
            ("for i in 1..2 return area(i, i)", "[1, 4]"),
            ("area instance of function<number, number> -> number", "true"),
            ("area instance of function<string, number> -> number", "false"),
        ],
    );
}

#[test]
fn functions_from_outside_share_the_evaluation() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let body = Expression::parse("again(n + 1)", &Names::new()).unwrap();
    let again = Function::external(
        "again",
        vec![Parameter::new("n")],
        Type::Any,
        move |arguments, evaluation| {
            counted.fetch_add(1, Ordering::Relaxed);
            let inner = Function::external("end", vec![Parameter::new("n")], Type::Any, |arguments, evaluation| {
                evaluation.spend(10_000_000)?;
                Ok(arguments[0].clone())
            });
            let scope = Scope::new().with("n", arguments[0].clone()).with("again", inner);
            evaluation.evaluate(&body, &scope)
        },
    );
    let mut evaluation = Evaluation::new(&Limits::default(), NOW.parse().unwrap());
    let error = evaluation.call(&again, vec![Value::from(1)]).unwrap_err();
    assert_eq!(error.limit(), Some(ExceededLimit::Fuel));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn a_function_can_be_called_from_outside() {
    let mut evaluation = Evaluation::new(&Limits::default(), NOW.parse().unwrap());
    let expression = Expression::parse("function(a, b) a - b", &Names::new()).unwrap();
    let Value::Function(function) = evaluation.evaluate(&expression, &Scope::new()).unwrap() else {
        panic!("not a function");
    };
    assert_eq!(
        evaluation.call(&function, vec![Value::from(3), Value::from(1)]),
        Ok(Value::from(2))
    );
    let named = vec![("b", Value::from(3)), ("a", Value::from(1))];
    assert_eq!(evaluation.call_named(&function, named), Ok(Value::from(-2)));
    assert_eq!(evaluation.call(&function, vec![]), Ok(Value::Null));
    assert_eq!(evaluation.warnings().len(), 1);
}
