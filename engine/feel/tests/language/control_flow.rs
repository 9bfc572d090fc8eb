use super::{check, check_null};

#[test]
fn conditionals_take_only_true_for_true() {
    check(&[
        ("if 1 < 2 then \"yes\" else \"no\"", "yes"),
        ("if null then 1 else 2", "2"),
        ("if \"true\" then 1 else 2", "2"),
        ("if false then 1 else if true then 2 else 3", "2"),
    ]);
}

#[test]
fn and_and_or_have_three_truth_values() {
    check(&[
        ("true and null", "null"),
        ("false and null", "false"),
        ("null and false", "false"),
        ("1 and true", "null"),
        ("true or 1", "true"),
        ("null or true", "true"),
        ("false or null", "null"),
        ("not(true)", "false"),
        ("not(null)", "null"),
        ("true or false and false", "true"),
    ]);
}

#[test]
fn loops_go_over_lists_and_ranges() {
    check(&[
        ("for i in [1, 2] return i * 2", "[2, 4]"),
        ("for i in 1..3 return i", "[1, 2, 3]"),
        ("for i in 3..1 return i", "[3, 2, 1]"),
        ("for i in [1..3] return i", "[1, 2, 3]"),
        ("for i in (1..3) return i", "[2]"),
        ("for i in (1..2) return i", "[]"),
        ("for i in 1+1..2*2 return i", "[2, 3, 4]"),
        ("for x in [1, 2], y in [3, 4] return x * y", "[3, 4, 6, 8]"),
        ("for x in [[1, 2], [3]], y in x return y", "[1, 2, 3]"),
        (
            "for i in 0..4 return if i = 0 then 1 else i * partial[-1]",
            "[1, 1, 2, 6, 24]",
        ),
        ("for i in 1..3 return count(partial)", "[0, 1, 2]"),
        ("for i in 1..3 return partial", "[[], [[]], [[], [[]]]]"),
        (
            "for d in @\"2026-01-31\"..@\"2026-02-01\" return d",
            "[2026-01-31, 2026-02-01]",
        ),
        ("for i in 5 return i", "[5]"),
        ("for unit price in [1] return unit price + 1", "[2]"),
        ("for i in [] return i", "[]"),
        ("for i in null return i", "null"),
    ]);
    check_null(&[
        "for i in [3..1] return i",
        "for i in \"a\"..\"c\" return i",
        "for i in 1.5..3 return i",
        "for i in @\"PT1H\"..@\"PT2H\" return i",
    ]);
}

#[test]
fn quantifiers_stop_at_what_decides() {
    check(&[
        ("some i in [1, 2] satisfies i > 1", "true"),
        ("some i in [1, 2] satisfies i > 2", "false"),
        ("every i in [1, 2] satisfies i > 0", "true"),
        ("every i in [] satisfies false", "true"),
        ("some i in [] satisfies true", "false"),
        ("some x in [1, 2], y in [2, 3] satisfies x = y", "true"),
        ("every i in 1..1000 satisfies i < 1001", "true"),
        ("every i in [1, null] satisfies i > 0", "null"),
        ("every i in [null, 0] satisfies i > 0", "false"),
        ("some i in [null, 1] satisfies i > 0", "true"),
        ("some i in null satisfies true", "null"),
    ]);
}

#[test]
fn comments_are_skipped() {
    check(&[
        ("1 + /* one\n more */ 2 // the end", "3"),
        ("// first\n1", "1"),
        ("\"/* no comment */\"", "/* no comment */"),
    ]);
}
