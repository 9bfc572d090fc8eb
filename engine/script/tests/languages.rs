//! What scripts compute, and what they see.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use flowstone_expression::{EvaluationError, TypedValue, Value};
use flowstone_script::{Language, Script};
use kit::{Surroundings, evaluate};

#[test]
fn languages_are_known_by_the_names_that_models_use() {
    for (name, expected) in [
        ("juel", Some(Language::Uel)),
        ("JavaScript", Some(Language::JavaScript)),
        ("ecmascript", Some(Language::JavaScript)),
        ("feel", Some(Language::Feel)),
        ("https://www.omg.org/spec/DMN/20191111/FEEL/", Some(Language::Feel)),
        ("groovy", None),
        ("", None),
    ] {
        assert_eq!(Language::named(name), expected, "{name}");
    }
}

#[test]
fn javascript_values_become_values_of_variables() {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let cases = [
        ("1 + 1", Value::Integer(2)),
        ("3000000000", Value::Long(3_000_000_000)),
        ("10 / 4", Value::Double(2.5)),
        ("1e300", Value::Double(1e300)),
        ("9007199254740993n", Value::Long(9_007_199_254_740_993)),
        ("'a' + 'b'", Value::from("ab")),
        ("true && !false", Value::from(true)),
        ("undefined", Value::Null),
        ("null", Value::Null),
        ("", Value::Null),
        ("[1, 'x', null]", json(r#"[1, "x", null]"#)),
        ("({a: {b: [true]}})", json(r#"{"a": {"b": [true]}}"#)),
        (
            "new Date(0)",
            Value::Date(chrono::DateTime::from_timestamp_millis(0).unwrap()),
        ),
        // The time is that of the command, whatever clock the machine has.
        ("new Date()", Value::Date(kit::now())),
        ("Date.now() === new Date().getTime()", Value::from(true)),
        ("new Date(2020, 0, 1) instanceof Date", Value::from(true)),
        ("var x = 1; x += 2; x", Value::Integer(3)),
        (
            "function f(n) { return n < 2 ? 1 : n * f(n - 1); } f(5)",
            Value::Integer(120),
        ),
        ("[3, 1, 2].sort().map(n => n * 2).join()", Value::from("2,4,6")),
        (
            "typeof require + typeof process + typeof fetch",
            Value::from("undefinedundefinedundefined"),
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(
            evaluate(Language::JavaScript, source, &[]).unwrap(),
            expected,
            "{source}"
        );
    }
}

#[test]
fn scripts_see_and_set_variables() {
    let list = TypedValue::json_object("java.util.ArrayList", "[1,2,3]");
    let variables = [
        ("amount", TypedValue::Integer(5)),
        ("name", TypedValue::String("Ann".into())),
        ("order", TypedValue::Json(r#"{"lines":[{"price":2}]}"#.into())),
        ("list", list),
        ("since", TypedValue::Date(kit::now())),
        ("nothing", TypedValue::Null),
    ];
    let cases = [
        ("amount * 2", Value::Integer(10)),
        ("name.toUpperCase()", Value::from("ANN")),
        ("order.lines[0].price + list.length", Value::Integer(5)),
        ("since.getTime() - Date.now()", Value::Integer(0)),
        ("nothing === null", Value::from(true)),
        ("typeof missing", Value::from("undefined")),
        ("execution.getVariable('amount')", Value::Integer(5)),
        (
            "execution.setVariable('amount', 7); execution.getVariable('amount')",
            Value::Integer(7),
        ),
        // What a script assigns is its own.
        (
            "amount = 9; execution.getVariable('amount') + amount",
            Value::Integer(14),
        ),
        ("var amount = 1; amount", Value::Integer(1)),
        ("let name = 'Bob'; name", Value::from("Bob")),
        ("execution.processInstanceId", Value::from("instance")),
        ("execution.getProcessInstanceId()", Value::from("instance")),
    ];
    for (source, expected) in cases {
        assert_eq!(
            evaluate(Language::JavaScript, source, &variables).unwrap(),
            expected,
            "{source}"
        );
    }
}

#[test]
fn what_a_script_sets_and_prints_reaches_the_context() {
    let script = "print('sum', 1 + 1, {a: 1}); console.log('done'); execution.setVariable('when', new Date(0)); \
         execution.setVariable('all', {list: [1, 2]});";
    let mut surroundings = Surroundings::with(&[]);
    let script = Script::parse(Language::JavaScript, script).unwrap();
    script.evaluate(&mut surroundings, &kit::limits()).unwrap();
    assert_eq!(surroundings.printed, ["sum 2 {\"a\":1}", "done"]);
    let date = chrono::DateTime::from_timestamp_millis(0).unwrap();
    assert_eq!(surroundings.variables["when"], TypedValue::Date(date));
    let TypedValue::Object(all) = &surroundings.variables["all"] else {
        panic!("an object became {:?}", surroundings.variables["all"]);
    };
    assert_eq!(all.serialized, r#"{"list":[1,2]}"#);
}

#[test]
fn failures_tell_what_is_wrong_and_where() {
    let cases = [
        (
            "1;\nmissing + 1",
            "ReferenceError: missing is not defined (line 2, column ",
        ),
        ("throw new Error('no stock')", "Error: no stock"),
        ("throw 'plain text'", "plain text"),
        ("execution.getVariable(1, 2, 3)", "method getVariable with 3 parameters"),
        ("execution.frobnicate", "property frobnicate"),
        (
            "execution.setVariable('f', function () {})",
            "a function, which no variable can hold",
        ),
        ("Symbol('x')", "a symbol, which no variable can hold"),
        ("(function () {})", "a function, which no variable can hold"),
        ("Java.type('java.util.ArrayList')", "Java classes are not available"),
        (
            "new java.util.ArrayList()",
            "Java classes are not available in scripts: 'java.util.ArrayList'",
        ),
        ("var a = {}; a.a = a; a", "circular"),
    ];
    for (source, expected) in cases {
        let error = evaluate(Language::JavaScript, source, &[]).unwrap_err().to_string();
        assert!(error.contains(expected), "{source}: {error}");
    }
}

#[test]
fn business_errors_keep_their_code_and_message() {
    let error = |code: &str, message: Option<&str>| EvaluationError::BusinessError {
        code: code.to_owned(),
        message: message.map(str::to_owned),
    };
    let cases = [
        ("throw new BpmnError('E1', 'sold out')", error("E1", Some("sold out"))),
        ("throw new BpmnError('E1')", error("E1", None)),
        (
            "throw new org.camunda.bpm.engine.delegate.BpmnError('E2', 'x')",
            error("E2", Some("x")),
        ),
        (
            "var Type = Java.type('org.camunda.bpm.engine.delegate.BpmnError'); throw new Type('E3', 'y')",
            error("E3", Some("y")),
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(
            evaluate(Language::JavaScript, source, &[]).unwrap_err(),
            expected,
            "{source}"
        );
    }
    let caught = "try { throw new BpmnError('E1') } catch (e) { e.errorCode }";
    assert_eq!(evaluate(Language::JavaScript, caught, &[]).unwrap(), Value::from("E1"));
}

#[test]
fn syntax_errors_are_found_without_running() {
    let cases = [
        (Language::JavaScript, "var a = 1;\nvar = 2;", 2),
        (Language::JavaScript, "if (", 1),
        (Language::JavaScript, "a b", 1),
        (Language::Feel, "1 +\n * 2", 2),
        (Language::Uel, "${1 +}", 1),
    ];
    for (language, source, line) in cases {
        let problem = Script::parse(language, source).unwrap_err();
        assert_eq!(problem.line, line, "{source}: {problem}");
        assert!(!problem.message.is_empty());
    }
    Script::parse(Language::JavaScript, "for (;;);").unwrap();
    Script::parse(Language::JavaScript, "missing.call()").unwrap();
}

#[test]
fn feel_computes_with_variables() {
    let variables = [
        ("amount", TypedValue::Integer(5)),
        ("unit price", TypedValue::Double(2.5)),
        (
            "order",
            TypedValue::Json(r#"{"lines":[{"price":2},{"price":3}]}"#.into()),
        ),
        ("since", TypedValue::Date(kit::now())),
    ];
    let cases = [
        ("amount > 3", Value::from(true)),
        ("amount * unit price", Value::Double(12.5)),
        ("sum(order.lines.price)", Value::Long(5)),
        ("{a: amount}.a", Value::Long(5)),
        ("since = now()", Value::from(true)),
        ("date(\"2026-02-01\")", Value::from("2026-02-01")),
        ("missing", Value::Null),
        ("if amount in [1..5] then \"few\" else \"many\"", Value::from("few")),
    ];
    for (source, expected) in cases {
        assert_eq!(
            evaluate(Language::Feel, source, &variables).unwrap(),
            expected,
            "{source}"
        );
    }
}
