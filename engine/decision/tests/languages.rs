//! Decisions that are written in other languages than FEEL.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use std::time::Duration;

use flowstone_decision::{Inputs, Model, read};
use flowstone_feel::{Context, Limits};
use kit::{definitions, evaluate, limits, model, now, value};

/// The decision `d` with this literal.
fn literal(language: &str, text: &str) -> String {
    definitions(&format!(
        "<decision id='d' name='d'><literalExpression expressionLanguage='{language}'><text>{text}</text>\
         </literalExpression></decision>"
    ))
}

/// A table of one rule over one input; each part is the attributes of its element and the text.
fn table(input: [&str; 3], entry: [&str; 2], output: [&str; 2]) -> String {
    let [input_attributes, input_language, expression] = input;
    let ([test_language, test], [result_language, result]) = (entry, output);
    definitions(&format!(
        "<decision id='d' name='d'><decisionTable><input {input_attributes}><inputExpression {input_language}>\
         <text>{expression}</text></inputExpression></input><output name='o'/><rule><inputEntry {test_language}>\
         <text>{test}</text></inputEntry><outputEntry {result_language}><text>{result}</text></outputEntry></rule>\
         </decisionTable></decision>"
    ))
    .replace("xmlns=", "xmlns:camunda='http://camunda.org/schema/1.0/dmn' xmlns=")
}

fn failure(model: &Model, variables: Context, limits: &Limits) -> String {
    let inputs = Inputs::open(variables);
    model.evaluate("d", &inputs, limits, now()).unwrap_err().to_string()
}

#[test]
fn literals_are_written_in_every_language() {
    for (language, text, expected) in [
        ("juel", "${amount * 2}", "84"),
        ("JUEL", "amount * 2", "84"),
        ("juel", "'big'", "\"big\""),
        ("juel", "#{amount == 42}", "true"),
        ("javascript", "var twice = amount * 2; twice", "84"),
        ("ecmascript", "[amount, 'x']", "[42, \"x\"]"),
        ("javascript", "({ total: amount })", "{total: 42}"),
        ("javascript", "null", "null"),
        ("feel", "amount * 2", "84"),
        ("http://www.omg.org/spec/FEEL/20140401", "amount ** 2", "1764"),
        ("https://www.omg.org/spec/DMN/20191111/FEEL/", "amount ** 2", "1764"),
    ] {
        let model = model(&literal(language, text));
        assert_eq!(
            evaluate(&model, &[("amount", "42")]),
            value(expected),
            "{language}: {text}"
        );
    }
}

#[test]
fn each_part_of_a_table_may_have_its_own_language() {
    let (juel, script) = ("expressionLanguage='juel'", "expressionLanguage='javascript'");
    for (file, expected) in [
        (table(["", juel, "${n + 1}"], ["", "&gt; 5"], ["", "n"]), "5"),
        (table(["", "", "n"], [juel, "${cellInput > 4}"], ["", "n"]), "5"),
        (table(["", "", "n"], [juel, "${cellInput > 5}"], ["", "n"]), "null"),
        (table(["", "", "n"], [juel, "-"], ["", "n"]), "5"),
        (table(["", "", "n"], [juel, ""], ["", "n"]), "5"),
        (
            table(["", "", "n"], [script, "cellInput % 2 == 1"], [juel, "${n * 2}"]),
            "10",
        ),
        (
            table(
                ["camunda:inputVariable='it'", "", "n"],
                [script, "it == 5"],
                [script, "'x' + n"],
            ),
            "\"x5\"",
        ),
        (
            table(
                ["camunda:inputVariable='my number'", "", "n"],
                ["", "my number = 5"],
                ["", "n"],
            ),
            "5",
        ),
        (table(["", "", "n > 9"], ["", "cellInput = false"], ["", "n"]), "5"),
        // What is no truth does not match.
        (table(["", "", "n"], [script, "'yes'"], ["", "n"]), "null"),
    ] {
        assert_eq!(evaluate(&model(&file), &[("n", "5")]), value(expected), "{file}");
    }
}

#[test]
fn the_language_of_the_file_is_that_of_its_expressions() {
    let file = definitions(
        "<decision id='d' name='d'><literalExpression><text>${n % 2 == 0 ? 'even' : 'odd'}</text></literalExpression>\
         </decision>",
    )
    .replace("name='model'", "name='model' expressionLanguage='juel'");
    assert_eq!(evaluate(&model(&file), &[("n", "3")]), value("\"odd\""));
}

#[test]
fn a_script_that_fails_or_never_ends_ends_the_decision() {
    let unknown = failure(&model(&literal("juel", "${nothing}")), Context::new(), &limits());
    assert!(unknown.contains("nothing"), "{unknown}");
    let thrown = model(&literal("javascript", "throw new Error('out of stock')"));
    let thrown = failure(&thrown, Context::new(), &limits());
    assert!(thrown.contains("out of stock"), "{thrown}");
    let short = Limits {
        outside_time: Duration::from_millis(100),
        ..limits()
    };
    let endless = failure(&model(&literal("javascript", "for (;;) {}")), Context::new(), &short);
    assert!(endless.contains("longer"), "{endless}");
    // All scripts together may take several times as long.
    let row = "<rule><inputEntry><text>for (var i = 0; i &lt; 500000; i++) {} false</text></inputEntry><outputEntry>\
               <text>1</text></outputEntry></rule>";
    let rows = row.repeat(500);
    let slow = definitions(&format!(
        "<decision id='d' name='d'><decisionTable><input><inputExpression><text>1</text></inputExpression></input>\
         <output name='o'/>{rows}</decisionTable></decision>"
    ))
    .replace("name='model'", "name='model' expressionLanguage='javascript'");
    failure(&model(&slow), Context::new(), &short);
}

#[test]
fn other_languages_and_wrong_scripts_are_refused_with_their_place() {
    for (language, text, expected) in [
        ("groovy", "1", "'groovy' is not supported"),
        ("python", "1", "'python' is not supported"),
        ("XPath", "1", "'XPath' is not supported"),
        ("juel", "${1 +}", "is invalid"),
        ("javascript", "1 +", "is invalid"),
    ] {
        let reading = read(&literal(language, text), &[]);
        let problem = reading.problems.first().unwrap();
        assert!(problem.message.contains(expected), "{language}: {problem}");
        assert_eq!(
            (problem.line, problem.element.as_deref()),
            (2, Some("d")),
            "{language}: {problem}"
        );
    }
}
