//! No text and no value makes an evaluation run away.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use flowstone_feel::{EvaluationError, ExceededLimit, Expression, Limits, Names, ParseError, Scope, UnaryTests, Value};
use proptest::prelude::*;

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
        assert_eq!(outcome.unwrap_err().limit, ExceededLimit::CallDepth, "{body}");
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
    assert_eq!(error.limit, ExceededLimit::ListItems);
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
            Err(error) if error.limit == limit => {}
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
    assert_eq!(error.limit, ExceededLimit::Fuel);
    assert_eq!(
        error.to_string(),
        "the FEEL evaluation was stopped: it needs more computation than one evaluation may take"
    );
}

/// Pieces of FEEL, so that random texts come close to valid ones.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "1",
        "2.5",
        "\"a\"",
        "a",
        "b c",
        "a-b",
        "date and time",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".",
        "..",
        "+",
        "-",
        "*",
        "/",
        "**",
        "=",
        "!=",
        "<",
        ">=",
        "and",
        "or",
        "not",
        "in",
        "between",
        "instance of",
        "number",
        "list<number>",
        "if",
        "then",
        "else",
        "for",
        "i",
        "return",
        "some",
        "every",
        "satisfies",
        "function",
        "external",
        "?",
        "@\"2026-01-31\"",
        "null",
        "true",
        "item",
        "partial",
        "sort",
        "sum",
        "//",
        "/*",
        "\"",
        "\\u",
        "🐎",
        "'",
        "9223372036854775807",
        "-9223372036854775808",
        "1E6144",
        "1E-6176",
        "@\"-P768614336404564650Y8M\"",
        "@\"P999999999999D\"",
        "@\"-999999999-01-01\"",
        "@\"999999999-12-31T23:59:59@Europe/Paris\"",
        "abs(",
        "date(",
        "sublist(",
        "years and months duration(",
        "round up(",
        "string(",
        ".year",
        ".time offset",
    ]);
    prop::collection::vec(piece, 0..25).prop_map(|pieces| pieces.join(" "))
}

/// Valid expressions that put all kinds of values into all kinds of operations.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "0",
        "-1",
        "2",
        "1.5",
        "9223372036854775807",
        "1E6144",
        "1E-6176",
        "null",
        "true",
        "\"\"",
        "\"a🐎\"",
        "[]",
        "[1, null]",
        "{}",
        "{a: 1}",
        "[1..3]",
        "(< 5)",
        "a",
        "b c",
        "@\"2024-02-29\"",
        "@\"-999999999-01-01\"",
        "@\"10:00:00\"",
        "@\"23:59:59.999999999+18:00\"",
        "@\"2026-03-29T02:30:00@Europe/Paris\"",
        "@\"999999999-12-31T23:59:59Z\"",
        "@\"P1D\"",
        "@\"-P999999999999DT1S\"",
        "@\"P768614336404564650Y7M\"",
        "@\"-P1M\"",
        "(function(x) x)",
        "sum",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let operator = prop::sample::select(vec![
            "+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in",
        ]);
        let of_one = prop::sample::select(vec![
            "abs",
            "floor",
            "sqrt",
            "exp",
            "log",
            "string",
            "count",
            "sum",
            "max",
            "median",
            "mode",
            "stddev",
            "flatten",
            "date",
            "time",
            "date and time",
            "duration",
            "day of week",
            "week of year",
            "get entries",
            "reverse",
            "sort",
            "number",
            "upper case",
            "not",
            "all",
            "distinct values",
            "range",
            "context",
            "product",
            "odd",
            "string length",
        ]);
        let of_two = prop::sample::select(vec![
            "modulo",
            "decimal",
            "round half up",
            "substring",
            "contains",
            "split",
            "matches",
            "append",
            "remove",
            "sublist",
            "index of",
            "years and months duration",
            "date and time",
            "before",
            "during",
            "overlaps",
            "is",
            "get value",
            "string join",
            "starts with",
            "coincides",
            "sort",
            "union",
            "min",
        ]);
        let of_three = prop::sample::select(vec![
            "substring",
            "insert before",
            "list replace",
            "sublist",
            "replace",
            "date",
            "time",
            "context put",
            "number",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            (of_one, inner.clone()).prop_map(|(name, argument)| format!("{name}({argument})")),
            (of_two, inner.clone(), inner.clone())
                .prop_map(|(name, first, second)| format!("{name}({first}, {second})")),
            (of_three, inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(name, first, second, third)| format!("{name}({first}, {second}, {third})")),
            (inner.clone(), inner.clone()).prop_map(|(base, condition)| format!("({base})[{condition}]")),
            (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("[{first}, {second}]")),
            (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("{{a: {first}, c: {second}}}.c")),
            (inner.clone(), inner.clone()).prop_map(|(start, end)| format!("(for i in {start}..{end} return 1)")),
            (inner.clone(), inner.clone()).prop_map(|(start, end)| format!("({start}..{end}]")),
            (inner.clone(), inner.clone()).prop_map(|(list, body)| format!("(some a in {list} satisfies {body})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(value, low, high)| format!("({value} between {low} and {high})")),
            inner.clone().prop_map(|base| format!("({base}).time offset")),
            inner.clone().prop_map(|base| format!("-({base})")),
            inner
                .clone()
                .prop_map(|base| format!("({base} instance of list<number>)")),
            inner.prop_map(|argument| format!("(function(x: date and time) x)({argument})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn parsing_and_evaluating_never_panics(text in prop_oneof![".{0,60}", pieces()]) {
        let names = Names::from_iter(["b c", "a-b"]);
        if let Ok(expression) = Expression::parse(&text, &names) {
            let scope = Scope::new().with("a", 3).with("b c", Value::list([Value::from(1), Value::Null]));
            let _ = expression.evaluate(&scope, &Limits::default(), "2026-01-31T09:30:00Z".parse().unwrap());
        }
        if let Ok(tests) = UnaryTests::parse(&text, &names) {
            let now = "2026-01-31T09:30:00Z".parse().unwrap();
            let _ = tests.evaluate(&Value::from(1), &Scope::new(), &Limits::default(), now);
        }
        let _ = flowstone_feel::Type::parse(&text, &names);
    }

    #[test]
    fn valid_expressions_are_parsed_and_have_a_value_or_exceed_a_limit(text in expressions()) {
        let names = Names::from_iter(["b c"]);
        let expression = Expression::parse(&text, &names).expect("the generator makes valid expressions");
        let scope = Scope::new().with("a", 3).with("b c", Value::list([Value::from(1), Value::Null]));
        let now = "2026-01-31T09:30:00Z".parse().unwrap();
        let limits = Limits { fuel: 20_000, ..Limits::default() };
        if let Ok(outcome) = expression.evaluate(&scope, &limits, now) {
            prop_assert!(!outcome.value.to_string().is_empty() || outcome.value == Value::from(""));
        }
    }

    #[test]
    fn patterns_never_panic(pattern in r"[a-c\\\[\](){}|^$.*+?0-9,iwdpP-]{0,20}", replacement in r"[a$\\0-9]{0,6}") {
        let scope = Scope::new().with("p", pattern).with("r", replacement);
        let expression = Expression::parse("[matches(\"abcabc\", p), replace(\"abc\", p, r), split(\"abc\", p)]", &Names::new()).unwrap();
        let _ = expression.evaluate(&scope, &Limits::default(), "2026-01-31T09:30:00Z".parse().unwrap());
    }

    #[test]
    fn temporal_texts_never_panic(text in "[-+0-9:TZ@P.YMDHS]{0,24}") {
        let scope = Scope::new().with("t", text);
        let source = "[date(t), time(t), date and time(t), duration(t), duration(t) * 1000000, \
            date(t) + duration(t), @\"999999999-12-31\" + duration(t), @\"-999999999-01-01T00:00:00\" - duration(t)]";
        let expression = Expression::parse(source, &Names::new()).unwrap();
        let _ = expression.evaluate(&scope, &Limits::default(), "2026-01-31T09:30:00Z".parse().unwrap());
    }
}
