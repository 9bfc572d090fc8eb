use super::{check, check_null};

#[test]
fn literals_resolve_escapes() {
    check(&[
        (r#""a\nb\t\"c\"\\""#, "a\nb\t\"c\"\\"),
        (r#""\u0041\U01F40E""#, "A🐎"),
        (r#""\uD83D\uDC0E""#, "🐎"),
        (r#""\d+""#, "\\d+"),
        (r#""a" + "b""#, "ab"),
        (r#""a" < "b""#, "true"),
        (r#""Z" < "a""#, "true"),
    ]);
}

#[test]
fn positions_count_code_points() {
    check(&[
        (r#"substring("foobar", 3)"#, "obar"),
        (r#"substring("foobar", 3, 3)"#, "oba"),
        (r#"substring("foobar", -2, 1)"#, "a"),
        (r#"substring("🐎ab", 2)"#, "ab"),
        (r#"substring("foobar", 3.8)"#, "obar"),
        (r#"substring(string: "foobar", start position: 3)"#, "obar"),
        (r#"string length("🐎ab")"#, "3"),
        (r#"string length("")"#, "0"),
        (r#"upper case("aBc4ß")"#, "ABC4SS"),
        (r#"lower case("aBc4")"#, "abc4"),
        (r#"substring before("foobar", "bar")"#, "foo"),
        (r#"substring before("foobar", "xyz")"#, ""),
        (r#"substring after("foobar", "ob")"#, "ar"),
        (r#"substring after("foobar", "")"#, "foobar"),
        (r#"substring after("", "a")"#, ""),
        (r#"contains("foobar", "of")"#, "false"),
        (r#"contains("foobar", "ob")"#, "true"),
        (r#"starts with("foobar", "fo")"#, "true"),
        (r#"ends with("foobar", "r")"#, "true"),
        (r#"upper case(["a"])"#, "A"),
    ]);
    check_null(&[
        r#"substring("foobar", 0)"#,
        r#"substring("foobar", 7)"#,
        r#"substring("foobar", 1, 0)"#,
        r#"substring(1, 1)"#,
        r#"upper case(1)"#,
        r#"contains("a", 1)"#,
        r#"string length()"#,
    ]);
}

#[test]
fn lists_of_texts_are_joined() {
    check(&[
        (r#"string join(["a", "b", "c"], "_and_")"#, "a_and_b_and_c"),
        (r#"string join(["a", null, "c"], "X")"#, "aXc"),
        (r#"string join(["a", "b"])"#, "ab"),
        (r#"string join(["a", "b"], null)"#, "ab"),
        (r#"string join([], "X")"#, ""),
        (r#"string join("a", "X")"#, "a"),
    ]);
    check_null(&[r#"string join(["a", 123], "X")"#, r#"string join(["a"], 1)"#]);
}

#[test]
fn values_become_texts() {
    check(&[
        ("string(1.1)", "1.1"),
        ("string(true)", "true"),
        ("string(null)", "null"),
        (r#"string("a")"#, "a"),
        (r#"string(["a", 1, [null]])"#, r#"["a", 1, [null]]"#),
        (r#"string({a: "b", c: {d: 1}})"#, r#"{a: "b", c: {d: 1}}"#),
        ("string([1..3))", "[1..3)"),
        (r#"string(@"2026-01-31")"#, "2026-01-31"),
        (r#"string(duration("P1DT2H"))"#, "P1DT2H"),
        ("string(1E10)", "10000000000"),
        ("string(1E-10)", "0.0000000001"),
    ]);
}

#[test]
fn texts_become_numbers() {
    check(&[
        (r#"number("1,000.50", ",", ".")"#, "1000.5"),
        (r#"number("1 000,50", " ", ",")"#, "1000.5"),
        (r#"number("1.000,50", ".", ",")"#, "1000.5"),
        (r#"number("123", null, null)"#, "123"),
        (r#"number("-12.5")"#, "-12.5"),
        (
            r#"number(from: "1,5", grouping separator: null, decimal separator: ",")"#,
            "1.5",
        ),
    ]);
    check_null(&[
        r#"number("1,000", "x", ".")"#,
        r#"number("1.000", ".", ".")"#,
        r#"number("abc")"#,
        r#"number(" 1")"#,
        "number(1)",
        "number(true)",
    ]);
}
