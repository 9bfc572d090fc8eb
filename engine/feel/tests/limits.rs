//! No text and no value makes an evaluation run away.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use flowstone_feel::{EvaluationError, ExceededLimit, Expression, Limits, Names, ParseError, Scope, UnaryTests, Value};

fn evaluate(source: &str) -> Result<Value, EvaluationError> {
    let expression = Expression::parse(source, &Names::new()).expect("the text is valid");
    expression
        .evaluate(
            &Scope::new(),
            &Limits::default(),
            "2026-01-31T09:30:00Z".parse().unwrap(),
        )
        .map(|outcome| outcome.value)
}

fn parse(source: &str) -> Result<Expression, ParseError> {
    Expression::parse(source, &Names::new())
}

/// Runs on a stack of the size that worker threads of a server have.
fn on_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(run)
        .unwrap()
        .join()
        .expect("no stack overflow, no panic")
}

#[test]
fn deep_nesting_is_a_parse_error() {
    let texts = [
        "(".repeat(5_000),
        "[".repeat(5_000),
        "{a:".repeat(5_000),
        "if ".repeat(5_000),
        "for i in ".repeat(5_000),
        "some i in ".repeat(5_000),
        "f(".repeat(5_000),
        "a[".repeat(5_000),
        "1 in (".repeat(5_000),
        "function(a) ".repeat(5_000),
        "]".repeat(5_000),
        "not(".repeat(5_000),
        "< ".repeat(5_000),
        "a instance of ".to_owned() + &"list<".repeat(5_000),
        "a".to_owned() + &".b".repeat(5_000),
        "a".to_owned() + &"[1]".repeat(5_000),
        "-".repeat(5_000),
        "1".to_owned() + &" < 1".repeat(5_000),
    ];
    for text in texts {
        let start = Instant::now();
        on_small_stack({
            let text = text.clone();
            move || {
                parse(&text).expect_err("too deep");
                UnaryTests::parse(&text, &Names::new()).expect_err("too deep");
            }
        });
        assert!(start.elapsed() < Duration::from_millis(500), "{}", &text[..10]);
    }
}

#[test]
fn long_chains_of_operators_are_fine() {
    let sums = [
        "1".to_owned() + &"+1".repeat(2_000),
        "1".to_owned() + &"*1".repeat(2_000),
    ];
    assert_eq!(
        on_small_stack(move || sums.map(|sum| evaluate(&sum))),
        [Ok(Value::from(2_001)), Ok(Value::from(1))]
    );
    let conjunction = "true".to_owned() + &" and true".repeat(2_000);
    assert_eq!(on_small_stack(move || evaluate(&conjunction)), Ok(Value::from(true)));
}

#[test]
fn as_deep_as_the_parser_allows_can_be_evaluated() {
    let nested = |open: &str, inner: &str, close: &str, levels: usize| {
        format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
    };
    let texts = [
        nested("(", "1", ")", 45),
        nested("[", "1", "]", 45),
        nested("{a: ", "1", "}", 45),
        nested("if true then ", "1", " else 2", 45),
        nested("for i in [1] return ", "1", "", 45),
        nested("every i in [1] satisfies ", "true", "", 45),
        nested("abs(", "1", ")", 22),
        nested("1 + (1 * (", "1", "))", 22),
        nested("(function(a) ", "a", ")(1)", 20),
    ];
    for text in texts {
        let shown = text.clone();
        let value = on_small_stack(move || parse(&text).map(|_| evaluate(&text)));
        assert!(matches!(value, Ok(Ok(_))), "{shown}: {value:?}");
    }
}

#[test]
fn recursion_ends_before_the_stack_does() {
    let bodies = [
        "f(f)",
        "[f(f)]",
        "{a: f(f)}",
        "if true then f(f) else 1",
        "if f(f) then 1 else 1",
        "for i in [1], j in [1], k in [1], l in [1], m in [1], n in [1] return f(f)",
        "for i in 1..2 return if i = 1 then 1 else f(f) + partial[1]",
        "every i in [1] satisfies f(f)",
        "abs(abs(f(f)))",
        "1 + (2 * (f(f)))",
        "[1][f(f)]",
        "f(f).a.b.c",
        "1 in (f(f), 2)",
        "f(f) in [1]",
        "1 between f(f) and 2",
        "f(f) instance of number",
        "-f(f)",
        "true and (false or f(f))",
        "[1..f(f)]",
        "sort([1, 2], function(a, b) f(f))",
        "list replace([1], function(a, b) f(f), 2)",
        "(function(x: list<number>) x)(f(f))",
        "(function(x) x)(x: f(f))",
    ];
    for body in bodies {
        let source = format!("{{f: function(f) {body}, r: f(f)}}.r");
        let limits = Limits {
            call_depth: 1_000_000,
            ..Limits::default()
        };
        let outcome = on_small_stack(move || {
            let now = "2026-01-31T09:30:00Z".parse().unwrap();
            parse(&source).unwrap().evaluate(&Scope::new(), &limits, now)
        });
        assert_eq!(outcome.unwrap_err().limit(), Some(ExceededLimit::CallDepth), "{body}");
    }
}

#[test]
fn warnings_are_few_and_short() {
    let source = "{long: string join(for i in 1..50000 return \"0123456789\"), all: for i in 1..1000 return get value({}, long)}";
    let now = "2026-01-31T09:30:00Z".parse().unwrap();
    let outcome = parse(source)
        .unwrap()
        .evaluate(&Scope::new(), &Limits::default(), now)
        .unwrap();
    assert_eq!(outcome.warnings.len(), 50);
    assert!(outcome.warnings.iter().all(|warning| warning.message.len() < 600));
}

#[test]
fn too_long_a_source_is_a_parse_error() {
    let error = parse(&format!("\"{}\"", "x".repeat(70_000))).expect_err("too long");
    assert!(error.message.contains("shorten"), "{error}");
}

#[test]
fn a_loop_of_a_million_is_stopped_at_once_and_ten_thousand_are_fine() {
    let start = Instant::now();
    let error = evaluate("for i in 1..1000000 return i").expect_err("too long a list");
    assert_eq!(error.limit(), Some(ExceededLimit::ListItems));
    assert!(start.elapsed() < Duration::from_millis(100), "{:?}", start.elapsed());
    assert_eq!(evaluate("count(for i in 1..10000 return i)"), Ok(Value::from(10_000)));
    assert_eq!(
        evaluate("count(distinct values(for i in 1..50000 return i))"),
        Ok(Value::from(50_000))
    );
    assert_eq!(
        evaluate("(for i in 1..5000 return if i = 1 then 1 else partial[-1] + 1)[-1]"),
        Ok(Value::from(5_000))
    );
}

#[test]
fn what_costs_too_much_is_stopped() {
    let fuel = ExceededLimit::Fuel;
    let cases = [
        ("every i in 1..1000000000 satisfies true", fuel),
        ("some i in 1..9000000000000000000 satisfies false", fuel),
        ("for i in 1..99999, j in 1..99999 return 1", ExceededLimit::ListItems),
        ("for i in 1..99999, j in 1..99999, k in [] return 1", fuel),
        (
            "for j in 1..6 return for i in 1..90000 return function() i",
            ExceededLimit::Memory,
        ),
        ("count(for i in 1..90000 return for j in 1..1000 return j)", fuel),
        (
            "{f: function(f, n) f(f, n + 1), r: f(f, 1)}.r",
            ExceededLimit::CallDepth,
        ),
        (
            "for i in 1..100 return if i = 1 then \"0123456789\" else partial[-1] + partial[-1]",
            ExceededLimit::StringBytes,
        ),
        (
            "for i in 1..1000 return if i = 1 then [] else [partial[-1]]",
            ExceededLimit::ValueDepth,
        ),
        (
            "for i in 1..1000 return if i = 1 then function(x) x else (function(g) function(x) g)(partial[-1])",
            ExceededLimit::ValueDepth,
        ),
        (
            "{a: for i in 1..60 return if i = 1 then [1, 1] else [partial[-1], partial[-1]], b: a[-1] = a[-1], c: string(a[-1])}",
            fuel,
        ),
        (
            "flatten(for i in 1..60 return if i = 1 then [1, 1] else [partial[-1], partial[-1]])",
            ExceededLimit::ListItems,
        ),
        (
            "{a: for i in 1..60 return if i = 1 then [1, 1] else [partial[-1], partial[-1]], b: a.x}",
            ExceededLimit::Memory,
        ),
        ("{l: for i in 1..30000 return [i], r: distinct values(l)}", fuel),
        ("string(for i in 1..90000 return 10 ** 6000)", fuel),
        (
            "{n: 10 ** 6000, l: for i in 1..90000 return n, r: string(l)}",
            ExceededLimit::StringBytes,
        ),
        (
            "{a: string join(for i in 1..90000 return \"0123456789\"), r: replace(a, \".+\", string join(for i in 1..9000 return \"$0\"))}",
            ExceededLimit::Memory,
        ),
        (
            "matches(string join(for i in 1..90000 return \"0123456789\"), \"(a{100}){100}b\")",
            fuel,
        ),
        ("{l: for i in 1..30000 return i, r: l[count(l[item > 0]) > 0]}", fuel),
        (
            "matches(string join(for i in 1..5000 return \"a\"), \"(a*)*\\1b\")",
            fuel,
        ),
        ("sort(for i in 1..90000 return -i, function(a, b) a < b)", fuel),
    ];
    let mut surprises = Vec::new();
    for (source, limit) in cases {
        let start = Instant::now();
        let outcome = on_small_stack(move || evaluate(source));
        match outcome {
            Err(error) if error.limit() == Some(limit) => {}
            Err(error) => surprises.push(format!("{source}: {error}")),
            Ok(value) => surprises.push(format!("{source} came to {}", value.kind_name())),
        }
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{source}: {:?}",
            start.elapsed()
        );
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
}

#[test]
fn numbers_of_any_size_take_little_time() {
    let start = Instant::now();
    for source in [
        "9 ** 9999999",
        "1.0000001 ** 2000000000",
        "2 ** 0.0000000001",
        "exp(14000)",
        "10 ** 6000 * 10 ** 6000",
        "modulo(10 ** 6000, 7)",
        "1E6111 + 1E-6176",
        "sqrt(1E-6176)",
        "log(9.9E6144)",
        "0.1 ** 6200",
        "-2 ** 2147483649",
    ] {
        evaluate(source).unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn smaller_limits_hold_too() {
    let expression = parse("sum(for i in 1..100 return i)").unwrap();
    let limits = Limits {
        fuel: 50,
        ..Limits::default()
    };
    let error = expression
        .evaluate(&Scope::new(), &limits, "2026-01-31T09:30:00Z".parse().unwrap())
        .expect_err("too little fuel");
    assert_eq!(error.limit(), Some(ExceededLimit::Fuel));
    assert_eq!(
        error.to_string(),
        "the FEEL evaluation was stopped: it needs more computation than one evaluation may take"
    );
}
