//! Whatever the text and the values: a value, or a typed error.

#![allow(clippy::unwrap_used)]

use flowstone_feel::{Expression, Limits, Names, Scope, UnaryTests, Value};
use proptest::prelude::*;

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
