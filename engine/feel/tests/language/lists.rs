use super::{check, check_null};

#[test]
fn items_are_found_by_position_and_by_condition() {
    check(&[
        ("[1, 2, 3][1]", "1"),
        ("[1, 2, 3][-1]", "3"),
        ("[1, 2, 3][item >= 2]", "[2, 3]"),
        ("[{x: 1}, {x: 2}][x = 2]", "[{x: 2}]"),
        ("[{x: 1}, {y: 2}][x = 1]", "[{x: 1}]"),
        ("[{item: 1}, {item: 3}][item >= 2]", "[{item: 3}]"),
        ("[{x: 1, y: 2}, {x: 3, y: 4}].y", "[2, 4]"),
        ("[{x: 1}, {y: 2}].x", "[1, null]"),
        ("[].x", "[]"),
        ("[1, 2, 3][true]", "[1, 2, 3]"),
        ("[1, 2, 3][false]", "[]"),
        ("[[1], [2]][2][1]", "2"),
        ("1[1]", "1"),
        ("\"foo\"[item = \"foo\"]", r#"["foo"]"#),
        ("null[1]", "null"),
        ("[1, 2, 3, 4][odd(item)]", "[1, 3]"),
        ("[1, 2, 3][count([1]) + 1]", "2"),
        ("[1, 2, 3][item > 1][1]", "2"),
        ("{l: [1, 2], r: l[item > 1]}.r", "[2]"),
    ]);
    check_null(&["[1, 2][0]", "[1, 2][3]", "[1, 2][-3]", "{a: 1}.b", "(1).x"]);
}

#[test]
fn lists_are_changed_into_new_ones() {
    check(&[
        ("append([1], 2, 3)", "[1, 2, 3]"),
        ("append(1, 2)", "[1, 2]"),
        ("append([1], [2])", "[1, [2]]"),
        ("append([], null)", "[null]"),
        ("concatenate([1, 2], [3], 4)", "[1, 2, 3, 4]"),
        ("insert before([1, 3], 1, 2)", "[2, 1, 3]"),
        ("insert before([1, 3], -1, 2)", "[1, 2, 3]"),
        ("remove([1, 2, 3], 2)", "[1, 3]"),
        ("remove([1, 2, 3], -1)", "[1, 2]"),
        ("list replace([2, 4, 7, 8], 3, 6)", "[2, 4, 6, 8]"),
        (
            "list replace([2, 4, 7, 8], function(item, newItem) item < newItem, 5)",
            "[5, 5, 7, 8]",
        ),
        (
            "list replace(list: [1], match: function(item, newItem) true, newItem: 2)",
            "[2]",
        ),
        ("list replace(list: [1, 2], position: -1, newItem: 3)", "[1, 3]"),
        ("reverse([1, 2, 3])", "[3, 2, 1]"),
        ("flatten([[1, 2], [[3]], 4])", "[1, 2, 3, 4]"),
        ("distinct values([1, 2, 1, \"1\", null, null])", r#"[1, 2, "1", null]"#),
        ("union([1, 2], [2, 3])", "[1, 2, 3]"),
        ("sublist([1, 2, 3], 2)", "[2, 3]"),
        ("sublist([1, 2, 3], 1, 2)", "[1, 2]"),
        ("sublist([1, 2, 3], -2, 1)", "[2]"),
        ("sort([3, 1, 2], function(x, y) x < y)", "[1, 2, 3]"),
        ("sort([3, 1, 2])", "[1, 2, 3]"),
        (
            "sort([{a: 2, b: 1}, {a: 1, b: 2}, {a: 2, b: 3}], function(x, y) x.a < y.a).b",
            "[2, 1, 3]",
        ),
        ("sort(list: [1, 2], precedes: function(x, y) x > y)", "[2, 1]"),
    ]);
    check_null(&[
        "remove([1], 2)",
        "insert before([1], 0, 2)",
        "list replace([1], 0, 2)",
        "list replace([1], function(item, newItem) 1, 2)",
        "sublist([1, 2], 0)",
        "sublist([1, 2], 1, 3)",
        "sort([1, \"a\"], function(x, y) x < y)",
        "sort([1, 2], 3)",
    ]);
}

#[test]
fn questions_about_lists_are_answered() {
    check(&[
        ("list contains([1, 2], 2)", "true"),
        ("list contains([1, null], null)", "true"),
        ("list contains([[1]], [1])", "true"),
        ("list contains(\"a\", \"a\")", "true"),
        ("count([1, null])", "2"),
        ("count([])", "0"),
        ("count(1)", "1"),
        ("index of([1, 2, 1], 1)", "[1, 3]"),
        ("index of([1, null], null)", "[2]"),
        ("all([true, true])", "true"),
        ("all([])", "true"),
        ("all([null, false])", "false"),
        ("all([true, null])", "null"),
        ("all(true, false)", "false"),
        ("any([false, true, null])", "true"),
        ("any([])", "false"),
        ("any([false, 1])", "null"),
    ]);
}

#[test]
fn many_values_make_one() {
    check(&[
        ("min([3, 1, 2])", "1"),
        ("max(3, 1, 2)", "3"),
        ("min([\"b\", \"a\"])", "a"),
        ("max([@\"2026-01-31\", @\"2026-02-01\"])", "2026-02-01"),
        ("sum([1, 2.5])", "3.5"),
        ("sum(1, 2)", "3"),
        ("sum([@\"PT1H\", @\"PT30M\"])", "PT1H30M"),
        ("mean([1, 2, 3, 4])", "2.5"),
        ("product([2, 3, 4])", "24"),
        ("median([8, 2, 5, 3, 4])", "4"),
        ("median([6, 1, 2, 3])", "2.5"),
        ("stddev([2, 4, 7, 5])", "2.081665999466132735282297706979931"),
        ("mode([6, 3, 9, 6, 6])", "[6]"),
        ("mode([6, 1, 9, 6, 1])", "[1, 6]"),
        ("mode([])", "[]"),
        ("min([])", "null"),
        ("sum([])", "null"),
        ("median([])", "null"),
        ("stddev([1])", "null"),
    ]);
    check_null(&[
        "min([1, \"a\"])",
        "sum([1, null])",
        "mean([\"a\"])",
        "stddev([1, true])",
        "max()",
    ]);
}
