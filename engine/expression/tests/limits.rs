//! Wrong, oversized and hostile expressions end in a clear error.

use chrono::DateTime;
use flowstone_expression::{
    EvaluationError, ExceededLimit, Expression, Limits, MAXIMUM_DEPTH, MAXIMUM_SOURCE_BYTES, MapContext, TypedValue,
    Value, Variables,
};

fn evaluate_within(source: &str, limits: Limits) -> Result<Value, EvaluationError> {
    let now = DateTime::from_timestamp(0, 0).expect("the epoch");
    let mut context = MapContext::new(Variables::new(), now)
        .with("x", "abcdefgh")
        .with("big", "b".repeat(5000));
    Expression::parse(source)
        .expect("a valid expression")
        .evaluate(&mut context, &limits)
}

#[track_caller]
fn assert_exceeds(source: &str, limits: Limits, expected: ExceededLimit) {
    match evaluate_within(source, limits) {
        Err(EvaluationError::LimitExceeded { limit, .. }) => assert_eq!(limit, expected),
        other => panic!("{source:.40} gave {other:?}"),
    }
}

#[test]
fn syntax_errors_say_where_and_what() {
    for (source, offset, message) in [
        ("${", 2, "not closed"),
        ("${}", 2, "empty"),
        ("${a", 3, "not closed"),
        ("text ${1 +}", 10, "a value is"),
        ("${a b}", 4, "an operator or '}'"),
        ("${'abc}", 2, "the text is not closed"),
        (r"${'\n'}", 3, "no escape"),
        ("${a = 1}", 4, "compare with '=='"),
        ("${a & b}", 4, "write '&&'"),
        ("${(1}", 4, "')'"),
        ("${a[1}", 5, "']'"),
        ("${a.}", 4, "the name of a property"),
        ("${a ? 1}", 7, "':'"),
        ("${f(1)}", 2, "there is no function 'f'"),
        ("${now(1)}", 2, "takes no arguments"),
        ("${99999999999999999999}", 2, "too large"),
        ("${a instanceof b}", 4, "reserved"),
        ("ü${§}", 4, "'§' is not expected"),
    ] {
        let error = Expression::parse(source).expect_err(source);
        assert_eq!(error.offset, offset, "{source}: {error}");
        assert!(error.message.contains(message), "{source}: {error}");
    }
}

#[test]
fn nesting_is_capped() {
    let nested = |depth: usize, open: &str, close: &str| format!("${{{}1{}}}", open.repeat(depth), close.repeat(depth));
    assert!(Expression::parse(&nested(MAXIMUM_DEPTH - 1, "(", ")")).is_ok());
    for (open, close) in [
        ("(", ")"),
        ("a[", "]"),
        ("'a'.concat(", ")"),
        ("true ? ", ": 1"),
        ("true ? 1 : ", ""),
    ] {
        let error = Expression::parse(&nested(5000, open, close)).expect_err(open);
        assert!(error.message.contains("nested more than 100 levels"), "{error}");
    }
    assert!(Expression::parse(&format!("${{{}", "(".repeat(5000))).is_err());
}

#[test]
fn the_deepest_nesting_fits_a_small_stack() {
    let depth = MAXIMUM_DEPTH - 1;
    for (open, close) in [
        ("(", ")"),
        ("(1+", ")"),
        ("'a'.concat(", ")"),
        ("true ? ", ": 1"),
        ("!empty (", ")"),
    ] {
        let source = format!("${{{}1{}}}", open.repeat(depth), close.repeat(depth));
        let evaluation = move || evaluate_within(&source, Limits::default()).map(drop);
        let thread = std::thread::Builder::new()
            .stack_size(1024 * 1024)
            .spawn(evaluation)
            .unwrap();
        assert_eq!(thread.join().unwrap(), Ok(()), "{open}");
    }
}

#[test]
fn long_chains_need_no_depth() {
    let value = |source: String| evaluate_within(&source, Limits::default());
    assert_eq!(value(format!("${{1{}}}", "+1".repeat(20_000))), Ok(Value::Long(20_001)));
    assert_eq!(
        value(format!("${{{}true}}", "!".repeat(40_000))),
        Ok(Value::Boolean(true))
    );
    assert_eq!(
        value(format!("${{x{}.length()}}", ".trim()".repeat(5_000))),
        Ok(Value::Integer(8))
    );
}

#[test]
fn long_sources_are_refused_but_long_texts_are_not() {
    let long = "a".repeat(MAXIMUM_SOURCE_BYTES + 1);
    assert!(Expression::parse(&long).is_ok());
    assert!(
        Expression::parse(&format!("${{'{long}'}}"))
            .unwrap_err()
            .message
            .contains("longer than 65536 bytes")
    );
}

#[test]
fn work_and_results_are_bounded() {
    let limits = Limits {
        fuel: 100,
        string_bytes: 1000,
        list_items: 3,
    };
    assert_exceeds(&format!("${{1{}}}", "+1".repeat(100)), limits, ExceededLimit::Fuel);
    assert_exceeds("${x.repeat(1000)}", limits, ExceededLimit::StringBytes);
    assert_exceeds("${x.repeat(9223372036854775807)}", limits, ExceededLimit::StringBytes);
    assert_exceeds("${x.replace('', x.repeat(20))}", limits, ExceededLimit::StringBytes);
    assert_exceeds("${x.split('')}", limits, ExceededLimit::ListItems);
    assert_exceeds("-${big}-", limits, ExceededLimit::StringBytes);
    // Passing a long variable on builds nothing.
    assert!(evaluate_within("${big}", limits).is_ok());
}

#[test]
fn doubling_ends_at_the_limit() {
    let mut source = "x".to_owned();
    for _ in 0..60 {
        source.push_str(".replace('', 'abcdefghijklmnop')");
    }
    let error = evaluate_within(&format!("${{{source}}}"), Limits::default()).unwrap_err();
    assert!(matches!(error, EvaluationError::LimitExceeded { .. }), "{error}");
}

#[test]
fn deeply_nested_documents_are_passed_on_unread() {
    let text = "[".repeat(100_000);
    let now = DateTime::from_timestamp(0, 0).unwrap();
    let mut context = MapContext::new(Variables::new(), now).with("x", TypedValue::Json(text.clone()));
    let value = Expression::parse("${x}")
        .unwrap()
        .evaluate(&mut context, &Limits::default())
        .unwrap();
    assert_eq!(value.into_typed(), Ok(TypedValue::Json(text)));
}

#[test]
fn messages_repeat_only_the_beginning_of_a_long_source() {
    let source = format!("${{unknown}}{}", "ä".repeat(10_000));
    assert!(
        evaluate_within(&source, Limits::default())
            .unwrap_err()
            .to_string()
            .len()
            < 700
    );
}
