//! Every built-in function: arguments by position and by name, too few and too many, null and of a wrong kind.

use super::evaluate;

/// What an argument of a function may be besides a value of its kind.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    /// Nothing else: null and other kinds make the call null.
    Only,
    /// Null too.
    NullToo,
    /// Everything but null: a single value is the list of it.
    AnyList,
    /// Everything.
    Anything,
}

use Takes::{AnyList, Anything, NullToo, Only};

/// A parameter: its name, an argument for it, and what else it takes.
type Parameter = (&'static str, &'static str, Takes);

struct Row {
    function: &'static str,
    parameters: &'static [Parameter],
    /// How many of them may be left out.
    optional: usize,
    /// Whether the last one takes several arguments by position.
    variadic: bool,
    expected: &'static str,
}

const fn row(function: &'static str, parameters: &'static [Parameter], expected: &'static str) -> Row {
    Row {
        function,
        parameters,
        optional: 0,
        variadic: false,
        expected,
    }
}

const fn optional(
    function: &'static str,
    parameters: &'static [Parameter],
    optional: usize,
    expected: &'static str,
) -> Row {
    Row {
        optional,
        ..row(function, parameters, expected)
    }
}

const fn variadic(function: &'static str, parameters: &'static [Parameter], expected: &'static str) -> Row {
    Row {
        variadic: true,
        ..row(function, parameters, expected)
    }
}

const DAY: &str = "@\"2024-02-29\"";

const ROWS: &[Row] = &[
    row("decimal", &[("n", "2.345", Only), ("scale", "2", Only)], "2.34"),
    optional("floor", &[("n", "-2.34", Only), ("scale", "1", Only)], 1, "-2.4"),
    optional("ceiling", &[("n", "-2.34", Only), ("scale", "1", Only)], 1, "-2.3"),
    row("round up", &[("n", "2.31", Only), ("scale", "1", Only)], "2.4"),
    row("round down", &[("n", "2.39", Only), ("scale", "1", Only)], "2.3"),
    row("round half up", &[("n", "2.35", Only), ("scale", "1", Only)], "2.4"),
    row("round half down", &[("n", "2.35", Only), ("scale", "1", Only)], "2.3"),
    row("abs", &[("n", "-7", Only)], "7"),
    row("modulo", &[("dividend", "-7", Only), ("divisor", "4", Only)], "1"),
    row("sqrt", &[("number", "49", Only)], "7"),
    row("log", &[("number", "1", Only)], "0"),
    row("exp", &[("number", "0", Only)], "1"),
    row("odd", &[("number", "-3", Only)], "true"),
    row("even", &[("number", "-3", Only)], "false"),
    optional(
        "number",
        &[
            ("from", "\"7.654,5\"", Only),
            ("grouping separator", "\".\"", Only),
            ("decimal separator", "\",\"", Only),
        ],
        2,
        "7654.5",
    ),
    row("string length", &[("string", "\"héllo🐎\"", Only)], "6"),
    row("upper case", &[("string", "\"straße 1\"", Only)], "STRASSE 1"),
    row("lower case", &[("string", "\"ÄPFEL\"", Only)], "äpfel"),
    optional(
        "substring",
        &[
            ("string", "\"🐎stable\"", Only),
            ("start position", "2", Only),
            ("length", "3", Only),
        ],
        1,
        "sta",
    ),
    row(
        "substring before",
        &[("string", "\"key=value\"", Only), ("match", "\"=\"", Only)],
        "key",
    ),
    row(
        "substring after",
        &[("string", "\"key=value\"", Only), ("match", "\"=\"", Only)],
        "value",
    ),
    row(
        "contains",
        &[("string", "\"orchard\"", Only), ("match", "\"char\"", Only)],
        "true",
    ),
    row(
        "starts with",
        &[("string", "\"orchard\"", Only), ("match", "\"or\"", Only)],
        "true",
    ),
    row(
        "ends with",
        &[("string", "\"orchard\"", Only), ("match", "\"or\"", Only)],
        "false",
    ),
    optional(
        "matches",
        &[
            ("input", "\"Order 66\"", Only),
            ("pattern", "\"^ORDER\"", Only),
            ("flags", "\"i\"", NullToo),
        ],
        1,
        "true",
    ),
    optional(
        "replace",
        &[
            ("input", "\"a1b22\"", Only),
            ("pattern", "\"([0-9]+)\"", Only),
            ("replacement", "\"<$1>\"", Only),
            ("flags", "\"i\"", NullToo),
        ],
        1,
        "a<1>b<22>",
    ),
    row(
        "split",
        &[("string", "\"a, b,c\"", Only), ("delimiter", "\",\\s*\"", Only)],
        "[\"a\", \"b\", \"c\"]",
    ),
    optional(
        "string join",
        &[("list", "[\"a\", null, \"b\"]", Only), ("delimiter", "\"-\"", NullToo)],
        1,
        "a-b",
    ),
    row("date", &[("from", "\"2024-02-29\"", Only)], "2024-02-29"),
    row(
        "date",
        &[("year", "2024", Only), ("month", "2", Only), ("day", "29", Only)],
        "2024-02-29",
    ),
    row("time", &[("from", "\"24:00:00\"", Only)], "00:00:00"),
    optional(
        "time",
        &[
            ("hour", "9", Only),
            ("minute", "5", Only),
            ("second", "1.5", Only),
            ("offset", "@\"-PT2H30M\"", NullToo),
        ],
        1,
        "09:05:01.5-02:30",
    ),
    row(
        "date and time",
        &[("date", DAY, Only), ("time", "@\"10:00:00Z\"", Only)],
        "2024-02-29T10:00:00Z",
    ),
    row("duration", &[("from", "\"P14M\"", Only)], "P1Y2M"),
    row(
        "years and months duration",
        &[("from", DAY, Only), ("to", "@\"2025-02-28\"", Only)],
        "P11M",
    ),
    row("day of year", &[("date", DAY, Only)], "60"),
    row("day of week", &[("date", DAY, Only)], "Thursday"),
    row("month of year", &[("date", DAY, Only)], "February"),
    row("week of year", &[("date", DAY, Only)], "9"),
    row("get value", &[("m", "{a b: 3}", Only), ("key", "\"a b\"", Only)], "3"),
    row("get entries", &[("m", "{a: 3}", Only)], "[{key: \"a\", value: 3}]"),
    row("context", &[("entries", "[{key: \"a\", value: 3}]", Only)], "{a: 3}"),
    row(
        "context put",
        &[
            ("context", "{a: 3}", Only),
            ("key", "\"b\"", Only),
            ("value", "4", Anything),
        ],
        "{a: 3, b: 4}",
    ),
    row(
        "context merge",
        &[("contexts", "[{a: 3}, {a: 4, b: 5}]", Only)],
        "{a: 4, b: 5}",
    ),
    row("not", &[("negand", "false", Only)], "true"),
    row(
        "is",
        &[
            ("value1", "@\"10:00:00Z\"", Anything),
            ("value2", "@\"10:00:00+01:00\"", Anything),
        ],
        "false",
    ),
    row(
        "list contains",
        &[("list", "[1, null]", AnyList), ("element", "null", Anything)],
        "true",
    ),
    row("count", &[("list", "[1, [2, 3]]", AnyList)], "2"),
    optional(
        "sublist",
        &[
            ("list", "[1, 2, 3]", AnyList),
            ("start position", "-2", Only),
            ("length", "1", Only),
        ],
        1,
        "[2]",
    ),
    row(
        "insert before",
        &[
            ("list", "[1, 2]", AnyList),
            ("position", "-1", Only),
            ("newItem", "9", Anything),
        ],
        "[1, 9, 2]",
    ),
    row(
        "remove",
        &[("list", "[1, 2]", AnyList), ("position", "-1", Only)],
        "[1]",
    ),
    row(
        "list replace",
        &[
            ("list", "[1, 2]", AnyList),
            ("position", "2", Only),
            ("newItem", "9", Anything),
        ],
        "[1, 9]",
    ),
    row("reverse", &[("list", "[1, [2, 3]]", AnyList)], "[[2, 3], 1]"),
    row(
        "index of",
        &[("list", "[1, 2, 1]", AnyList), ("match", "1", Anything)],
        "[1, 3]",
    ),
    row(
        "distinct values",
        &[("list", "[1, 1.0, \"1\", null, null]", AnyList)],
        "[1, \"1\", null]",
    ),
    row("flatten", &[("list", "[[1, [2]], [], 3]", AnyList)], "[1, 2, 3]"),
    optional(
        "sort",
        &[
            ("list", "[1, 3, 2]", AnyList),
            ("precedes", "function(a, b) a > b", Only),
        ],
        1,
        "[3, 2, 1]",
    ),
    variadic("min", &[("list", "[3, 2, 5]", Only)], "2"),
    variadic("max", &[("list", "[3, 2, 5]", Only)], "5"),
    variadic("sum", &[("list", "[3, 2, 5]", Only)], "10"),
    variadic("mean", &[("list", "[3, 2, 4]", Only)], "3"),
    variadic("product", &[("list", "[3, 2, 5]", Only)], "30"),
    variadic("median", &[("list", "[3, 2, 5]", Only)], "3"),
    variadic(
        "stddev",
        &[("list", "[2, 4]", Only)],
        "1.414213562373095048801688724209698",
    ),
    variadic("mode", &[("list", "[3, 2, 3]", Only)], "[3]"),
    variadic("all", &[("list", "[true, true]", Only)], "true"),
    variadic("any", &[("list", "[false, true]", Only)], "true"),
    row("range", &[("from", "\"(1..5]\"", Only)], "(1..5]"),
    row("before", &[("point", "1", Only), ("range", "(1..2]", Only)], "true"),
    row("after", &[("range", "[3..4]", Only), ("point", "2", Only)], "true"),
    row(
        "meets",
        &[("range1", "[1..2]", Only), ("range2", "[2..3]", Only)],
        "true",
    ),
    row(
        "met by",
        &[("range1", "[2..3]", Only), ("range2", "[1..2]", Only)],
        "true",
    ),
    row(
        "overlaps",
        &[("range1", "[1..4]", Only), ("range2", "[3..5]", Only)],
        "true",
    ),
    row(
        "overlaps before",
        &[("range1", "[1..4]", Only), ("range2", "[3..5]", Only)],
        "true",
    ),
    row(
        "overlaps after",
        &[("range1", "[3..5]", Only), ("range2", "[1..4]", Only)],
        "true",
    ),
    row("finishes", &[("point", "5", Only), ("range", "[3..5]", Only)], "true"),
    row(
        "finished by",
        &[("range", "[3..5]", Only), ("point", "5", Only)],
        "true",
    ),
    row("includes", &[("range", "[3..5]", Only), ("point", "4", Only)], "true"),
    row("during", &[("point", "4", Only), ("range", "[3..5]", Only)], "true"),
    row("starts", &[("point", "3", Only), ("range", "[3..5]", Only)], "true"),
    row("started by", &[("range", "[3..5]", Only), ("point", "3", Only)], "true"),
    row(
        "coincides",
        &[("range1", "[3..5]", Only), ("range2", "[3..5]", Only)],
        "true",
    ),
];

/// Checks calls of a function and tells what differs.
struct Calls<'r> {
    row: &'r Row,
    differences: &'r mut Vec<String>,
}

impl Calls<'_> {
    fn expect(&mut self, arguments: &str, expected: &str) {
        let call = format!("{}({arguments})", self.row.function);
        let actual = evaluate(&call).to_string();
        if actual != expected {
            self.differences.push(format!("{call} gives {actual}, not {expected}"));
        }
    }

    /// The call with one argument replaced.
    fn with(&self, replaced: usize, by: &str) -> String {
        let parameters = self.row.parameters.iter().enumerate();
        let arguments = parameters.map(|(index, (_, argument, _))| if index == replaced { by } else { argument });
        arguments.collect::<Vec<_>>().join(", ")
    }
}

#[test]
fn arguments_are_given_by_position_or_by_name() {
    let mut differences = Vec::new();
    for row in ROWS {
        let mut calls = Calls {
            row,
            differences: &mut differences,
        };
        let arguments: Vec<&str> = row.parameters.iter().map(|(_, argument, _)| *argument).collect();
        calls.expect(&arguments.join(", "), row.expected);
        let named: Vec<String> = row
            .parameters
            .iter()
            .map(|(name, argument, _)| format!("{name}: {argument}"))
            .collect();
        calls.expect(&named.join(", "), row.expected);
        let wrong = named.join(", ").replacen(':', " other:", 1);
        calls.expect(&wrong, "null");
        let twice = format!("{}, {}", named.join(", "), named[0]);
        calls.expect(&twice, "null");
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn too_few_and_too_many_arguments_make_null() {
    let mut differences = Vec::new();
    // These have another form with fewer or more arguments.
    let overloaded = ["date", "time", "date and time", "number"];
    for row in ROWS.iter().filter(|row| !overloaded.contains(&row.function)) {
        let mut calls = Calls {
            row,
            differences: &mut differences,
        };
        calls.expect("", "null");
        let arguments: Vec<&str> = row.parameters.iter().map(|(_, argument, _)| *argument).collect();
        let required = arguments.len() - row.optional;
        calls.expect(&arguments[..required - 1].join(", "), "null");
        if !row.variadic {
            calls.expect(&format!("{}, 1", arguments.join(", ")), "null");
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn null_and_values_of_a_wrong_kind_make_null() {
    let mut differences = Vec::new();
    for row in ROWS.iter() {
        let mut calls = Calls {
            row,
            differences: &mut differences,
        };
        for (index, (_, _, takes)) in row.parameters.iter().enumerate() {
            if matches!(takes, Only | AnyList) {
                let arguments = calls.with(index, "null");
                calls.expect(&arguments, "null");
            }
            if matches!(takes, Only | NullToo) {
                // No function takes a list of two functions where it wants one value of a kind.
                let arguments = calls.with(index, "[function() 1, function() 2]");
                calls.expect(&arguments, "null");
            }
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn a_list_of_one_item_is_that_item_where_one_is_wanted() {
    let mut differences = Vec::new();
    for row in ROWS.iter().filter(|row| !row.variadic) {
        let mut calls = Calls {
            row,
            differences: &mut differences,
        };
        for (index, (name, argument, takes)) in row.parameters.iter().enumerate() {
            if *takes == Only && !argument.starts_with('[') && !["from", "position", "precedes"].contains(name) {
                let arguments = calls.with(index, &format!("[{argument}]"));
                calls.expect(&arguments, row.expected);
            }
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}
