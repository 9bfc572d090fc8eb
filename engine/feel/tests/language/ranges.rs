use super::{check, check_null};

#[test]
fn membership_is_tested_against_values_ranges_and_lists() {
    check(&[
        ("1 in 1", "true"),
        ("1 in [1..3]", "true"),
        ("1 in (1..3]", "false"),
        ("1 in ]1..3]", "false"),
        ("3 in [1..3[", "false"),
        ("3 in [1..3)", "false"),
        ("1 in (2, 3, 1)", "true"),
        ("1 in [2, 3, 1]", "true"),
        ("1 in (< 2, > 5)", "true"),
        ("1 in > 5", "false"),
        ("1 in != 2", "true"),
        ("[1, 2] in [[1, 2, 3], [1, 2]]", "true"),
        ("{a: 1} in [{b: 1}, {a: 1}]", "true"),
        ("7 in [[1..3], [5..8]]", "true"),
        ("null in [1, null]", "true"),
        ("1 in ([1, 2])[1]", "true"),
        ("3 in (1) + 2", "true"),
        ("1 in ({a: [1]}).a", "true"),
        ("1 in null", "null"),
        ("1 in (null, 1)", "true"),
        ("1 in [null..2]", "null"),
        ("1 in true", "null"),
        ("null in [1..2]", "null"),
        ("\"b\" in [\"a\"..\"c\"]", "true"),
        ("5 between 1 and 10 and true", "true"),
        ("null between 1 and 10", "null"),
        ("1 in [2..3[ or true", "true"),
        ("[1..3[.end included", "false"),
    ]);
}

#[test]
fn ranges_have_properties_and_equality() {
    check(&[
        ("[1..3].start", "1"),
        ("(1..3].start included", "false"),
        ("[1..3].end", "3"),
        ("[1..3].end included", "true"),
        ("(< 3).start", "null"),
        ("(< 3).start included", "false"),
        ("(>= 3).start included", "true"),
        ("(= 3) = [3..3]", "true"),
        ("[1..3] = [1..3]", "true"),
        ("[1..3] = (1..3]", "false"),
        ("]1..3[ = (1..3)", "true"),
        ("range(\"[1..3]\") = [1..3]", "true"),
        (
            "range(\"(@\\\"2026-01-31\\\"..date(\\\"2026-02-01\\\"))\").end",
            "2026-02-01",
        ),
    ]);
    check_null(&[
        "[1..\"a\"]",
        "range(\"[3..1]\")",
        "range(\"[1..]\")",
        "range(\"[1+1..5]\")",
        "range(\"1\")",
        "range(1)",
    ]);
}

#[test]
fn relations_of_points_and_ranges() {
    check(&[
        ("before(1, 10)", "true"),
        ("before([1..10), 10)", "true"),
        ("before([1..10], 10)", "false"),
        ("before([1..10), [10..20])", "true"),
        ("before(< 5, 5)", "true"),
        ("after(12, [1..10])", "true"),
        ("after(point: 12, range: [1..10])", "true"),
        ("after(range: [1..10], point: 12)", "false"),
        ("before(range: [1..10], point: 12)", "true"),
        ("before(point: 12, range: [1..10])", "false"),
        ("meets([1..5], [5..10])", "true"),
        ("meets([1..5), [5..10])", "false"),
        ("met by([5..10], [1..5])", "true"),
        ("overlaps([1..5], [3..8])", "true"),
        ("overlaps([1..5), [5..8])", "false"),
        ("overlaps before([1..5], [3..8])", "true"),
        ("overlaps after([3..8], [1..5])", "true"),
        ("finishes(10, [1..10])", "true"),
        ("finished by([1..10], [5..10])", "true"),
        ("includes([1..10], 5)", "true"),
        ("includes(range: [1..10], point: 11)", "false"),
        ("during([4..6], [1..10])", "true"),
        ("during((1..10), [1..10])", "true"),
        ("starts(1, [1..10])", "true"),
        ("starts(1, (1..10])", "false"),
        ("started by([1..10], [1..5])", "true"),
        ("coincides([1..5], [1..5])", "true"),
        ("coincides(3, 4)", "false"),
        ("during(@\"2026-01-31\", [@\"2026-01-01\"..@\"2026-12-31\"])", "true"),
    ]);
    check_null(&[
        "meets(1, [1..2])",
        "before(1, \"a\")",
        "coincides(1, [1..1])",
        "includes(1, 1)",
        "during({}, [1..2])",
    ]);
}
