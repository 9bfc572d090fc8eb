//! Scripts that want too much: each ends with an error, soon, and the next one runs as if nothing had been.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use std::time::{Duration, Instant};

use flowstone_expression::Value;
use flowstone_script::{Language, Limits, Script};
use kit::{Surroundings, evaluate};

#[test]
fn hostile_scripts_end_within_their_limits() {
    let limits = Limits {
        time: Duration::from_millis(200),
        memory_bytes: 8 * 1024 * 1024,
        ..Limits::default()
    };
    let cases = [
        "for (;;) {}",
        "while (true) { try { for (;;); } catch (e) {} }",
        "var a = []; for (;;) a.push(a.length)",
        "var s = 'x'; for (;;) s += s",
        "'x'.repeat(1e9)",
        "new Uint8Array(1e9)",
        "new Array(1e9).fill(0)",
        "var m = new Map(); for (var i = 0;; i++) m.set(i, {i: i})",
        "/^(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab')",
        "function f() { return f() + 1; } f()",
        "var p = Promise.resolve(); function g() { p = p.then(g); } g(); for (;;) {}",
        "({get a() { for (;;); }})",
        "({toJSON: function () { for (;;); }})",
        "new Proxy({}, {ownKeys() { for (;;); }})",
        "var o = {}; for (var i = 0; i < 1e9; i++) o['k' + i] = i; o",
        "function* g() { for (;;) yield 1; } [...g()]",
        "JSON.parse('['.repeat(100000))",
        "var a = []; for (var i = 0; i < 100000; i++) a = [a]; a",
        "eval('for(;;);')",
        "Function('for(;;);')()",
        "for (;;) print('again')",
        "for (;;) execution.setVariable('x', 1)",
    ];
    for source in cases {
        let script = Script::parse(Language::JavaScript, source).unwrap();
        let began = Instant::now();
        let result = script.evaluate(&mut Surroundings::with(&[]), &limits);
        let took = began.elapsed();
        assert!(
            result.is_err(),
            "{source} came to {:?}",
            result.map(|value| value.class_name())
        );
        assert!(took < Duration::from_secs(5), "{source} took {took:?}");
        assert_eq!(evaluate(Language::JavaScript, "1 + 1", &[]).unwrap(), Value::Integer(2));
    }
}

#[test]
fn the_limit_is_named() {
    let limits = Limits {
        time: Duration::from_millis(500),
        ..Limits::default()
    };
    for (source, expected) in [
        ("for (;;) {}", "runs longer than one script may"),
        ("new Array(1e8).fill(0)", "more memory than one script may take"),
        (
            "var a = []; for (;;) a.push('x'.repeat(1000))",
            "more memory than one script may take",
        ),
    ] {
        let script = Script::parse(Language::JavaScript, source).unwrap();
        let error = script.evaluate(&mut Surroundings::with(&[]), &limits).unwrap_err();
        assert!(error.to_string().contains(expected), "{source}: {error}");
    }
}

#[test]
fn nothing_is_left_for_the_next_script() {
    for source in [
        "globalThis.left = 1; Object.prototype.left = 1; Array.prototype.map = null; Date = null; BpmnError = null;",
        "execution = null; Math.random = null;",
    ] {
        evaluate(Language::JavaScript, source, &[]).unwrap();
        let after = "typeof left + typeof [].map + typeof Date + typeof BpmnError + typeof execution + ({}).left";
        assert_eq!(
            evaluate(Language::JavaScript, after, &[]).unwrap(),
            Value::from("undefinedfunctionfunctionfunctionobjectundefined")
        );
    }
}

#[test]
fn printed_text_is_bounded() {
    let script = Script::parse(
        Language::JavaScript,
        "for (var i = 0; i < 100000; i++) print('line ' + i)",
    )
    .unwrap();
    let mut surroundings = Surroundings::with(&[]);
    script.evaluate(&mut surroundings, &kit::limits()).unwrap();
    let printed: usize = surroundings.printed.iter().map(String::len).sum();
    assert!(printed < 20_000, "{printed} bytes were printed");
}
