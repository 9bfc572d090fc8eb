use super::{check, check_null};

#[test]
fn patterns_are_those_of_xpath() {
    check(&[
        (r#"matches("abracadabra", "bra")"#, "true"),
        (r#"matches("abracadabra", "^a.*a$")"#, "true"),
        (r#"matches("abracadabra", "^bra")"#, "false"),
        (r#"matches("FoObAr", "foobar", "i")"#, "true"),
        ("matches(\"a\nb\", \"a.b\")", "false"),
        ("matches(\"a\nb\", \"a.b\", \"s\")", "true"),
        ("matches(\"a\nb\", \"^b$\", \"m\")", "true"),
        (r#"matches("helloworld", "hello world", "x")"#, "true"),
        (r#"matches("hello world", "hello\ sworld", "x")"#, "true"),
        (r#"matches("helloworld", "hello[ ]world", "x")"#, "false"),
        (r#"matches("a.b", "a.b", "q")"#, "true"),
        (r#"matches("axb", "a.b", "q")"#, "false"),
        (r#"matches("abab", "(ab)\1")"#, "true"),
        (r#"matches("abac", "(ab)\1")"#, "false"),
        (r#"matches("x", "(x)(y)?\2$")"#, "true"),
        (r#"matches("xyz", "(x)(y)?\2$")"#, "false"),
        (r#"matches("x", "[a-z-[aeiou]]")"#, "true"),
        (r#"matches("a", "[a-z-[aeiou]]")"#, "false"),
        (r#"matches("B", "[^a-z-[aeiou]]")"#, "true"),
        (r#"matches("-", "[a-]")"#, "true"),
        (r#"matches("_x1", "^\i\c*$")"#, "true"),
        (r#"matches("1", "^\I\d$")"#, "false"),
        (r#"matches("é", "\p{L}")"#, "true"),
        (r#"matches("é", "\p{IsBasicLatin}")"#, "false"),
        (r#"matches("é", "\P{Lu}")"#, "true"),
        (r#"matches("가", "\p{IsHangulSyllables}")"#, "true"),
        (r#"matches("𝄞", "^[\p{IsMusicalSymbols}]$")"#, "true"),
        (r#"matches("a", "\P{IsCombiningMarksforSymbols}")"#, "true"),
        (r#"matches("🐎", "^.$")"#, "true"),
        (r#"matches("h", "\p{Lu}", "i")"#, "false"),
        (r#"matches("o", "^[A-Z-[OI]]$", "i")"#, "false"),
        (r#"matches("xabAB", "(ab)\1", "i")"#, "true"),
        (r#"matches("a{2}", "a\{2\}")"#, "true"),
        (r#"matches("aaa", "^a{2,3}$")"#, "true"),
        (r#"matches("a", "(?:a|b)")"#, "true"),
        (r#"matches("a&&b", "[&&]{2}")"#, "true"),
        (r#"matches(input: "a", pattern: "A", flags: "i")"#, "true"),
        (r#"matches("a", "a", null)"#, "true"),
    ]);
}

#[test]
fn what_xpath_does_not_know_is_null() {
    check_null(&[
        r#"matches("a", "a", "p")"#,
        r#"matches("a", "[a")"#,
        r#"matches("a", "(a")"#,
        r#"matches("a", "a)")"#,
        r#"matches("a", "*a")"#,
        r#"matches("a", "a**")"#,
        r#"matches("a", "a{2,1}")"#,
        r#"matches("a", "a{x}")"#,
        r#"matches("a", "(?=a)")"#,
        r#"matches("a", "(?i)a")"#,
        r#"matches("a", "\b")"#,
        r#"matches("a", "(a)\2")"#,
        r#"matches("a", "(a\1)")"#,
        r#"matches("a", "[\1]")"#,
        r#"matches("a", "\p{Foo}")"#,
        r#"matches("a", "[z-a]")"#,
        r#"matches("a", "a]")"#,
        r#"matches("a", 1)"#,
    ]);
}

#[test]
fn replacements_name_groups() {
    check(&[
        (r#"replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")"#, "[1=ab][2=]cd"),
        (r#"replace("abracadabra", "a.*?a", "*")"#, "*c*bra"),
        (r#"replace("darted", "^(.*?)d(.*)$", "$1c$2")"#, "carted"),
        (r#"replace("abc", "b", "[$0]")"#, "a[b]c"),
        (r#"replace("abc", "(b)", "$12")"#, "ab2c"),
        (r#"replace("abc", "b", "\\$")"#, "a$c"),
        (r#"replace("a.b", ".", "$1", "q")"#, "a$1b"),
        (r#"replace("abc", "x", "y")"#, "abc"),
        (r#"split("John Doe", "\s")"#, r#"["John", "Doe"]"#),
        (r#"split("a;b;c;;", ";")"#, r#"["a", "b", "c", "", ""]"#),
        (r#"split("abc", ";")"#, r#"["abc"]"#),
    ]);
    check_null(&[
        r#"replace("abc", "x*", "-")"#,
        r#"replace("abc", "b", "$")"#,
        r#"replace("abc", "b", "\x")"#,
        r#"split("abc", "")"#,
        r#"split("abc", "[")"#,
    ]);
}
