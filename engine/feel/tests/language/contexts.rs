use super::{check, check_null};

#[test]
fn entries_may_use_those_before_them() {
    check(&[
        ("{a: 1, b: a + 1}.b", "2"),
        ("{a: 1, b: {c: a + 1}}.b.c", "2"),
        ("{\"a b\": 1, c: a b + 1}.c", "2"),
        ("{a-b: 1, c: a-b + 1}.c", "2"),
        ("{a+b: 1}.a+b", "1"),
        ("{first name: \"x\"}.first name", "x"),
        ("{}", "{}"),
        ("{a: 1} = {\"a\": 1.0}", "true"),
        ("{a: 1, b: 2} = {b: 2, a: 1}", "true"),
        ("{a: 1} = {a: 2}", "false"),
        ("{a: 1} = {a: 1, b: 2}", "false"),
    ]);
    check_null(&["{a: 1, a: 2}"]);
}

#[test]
fn functions_read_and_change_contexts() {
    check(&[
        ("get value({a: 1}, \"a\")", "1"),
        ("get value({a: null}, \"a\")", "null"),
        (
            "get entries({a: 1, b: 2})",
            r#"[{key: "a", value: 1}, {key: "b", value: 2}]"#,
        ),
        ("get entries({})", "[]"),
        (
            "context([{key: \"a\", value: 1}, {key: \"b\", value: 2}])",
            "{a: 1, b: 2}",
        ),
        ("context({key: \"a\", value: 1})", "{a: 1}"),
        ("context([])", "{}"),
        ("context put({a: 1}, \"b\", 2)", "{a: 1, b: 2}"),
        ("context put({a: 1, b: 2}, \"a\", 3)", "{a: 3, b: 2}"),
        ("context put({x: {y: 1}}, [\"x\", \"z\"], 2)", "{x: {y: 1, z: 2}}"),
        (
            "context put(context: {a: {b: 1}}, keys: [\"a\", \"b\"], value: 2)",
            "{a: {b: 2}}",
        ),
        ("context merge([{a: 1}, {b: 2}, {a: 3}])", "{a: 3, b: 2}"),
    ]);
    check_null(&[
        "get value({a: 1}, \"b\")",
        "get value([], \"b\")",
        "context([{key: \"a\"}])",
        "context([{key: \"a\", value: 1}, {key: \"a\", value: 2}])",
        "context put({a: 1}, [], 2)",
        "context put({a: 1}, [\"a\", \"b\"], 2)",
        "context put({a: 1}, 1, 2)",
        "context merge([{a: 1}, 2])",
    ]);
}
