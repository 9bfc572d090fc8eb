//! Decision tables: what each hit policy makes of the rules that match (DMN 8.2.10).

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use flowstone_decision::Inputs;
use flowstone_feel::Context;
use kit::{evaluate, limits, model, now, outcome, table, value};

/// Two outputs of one input, with more than one rule for most numbers.
fn overlapping(policy: &str) -> String {
    table(
        policy,
        &["n"],
        &[(
            "size",
            "<outputValues><text>\"big\",\"middle\",\"small\"</text></outputValues>",
        )],
        &[
            (&["> 0"], &["\"small\""]),
            (&["> 10"], &["\"middle\""]),
            (&["> 100"], &["\"big\""]),
            (&["> 10"], &["\"middle\""]),
        ],
    )
}

#[test]
fn hit_policies_decide_among_the_rules_that_match() {
    let cases = [
        ("hitPolicy='UNIQUE'", "5", "\"small\""),
        ("hitPolicy='UNIQUE'", "50", "null"),
        ("", "5", "\"small\""),
        ("hitPolicy='ANY'", "5", "\"small\""),
        ("hitPolicy='ANY'", "50", "null"),
        ("hitPolicy='FIRST'", "500", "\"small\""),
        ("hitPolicy='PRIORITY'", "500", "\"big\""),
        ("hitPolicy='PRIORITY'", "50", "\"middle\""),
        (
            "hitPolicy='RULE ORDER'",
            "500",
            "[\"small\", \"middle\", \"big\", \"middle\"]",
        ),
        (
            "hitPolicy='OUTPUT ORDER'",
            "500",
            "[\"big\", \"middle\", \"middle\", \"small\"]",
        ),
        ("hitPolicy='COLLECT'", "50", "[\"small\", \"middle\", \"middle\"]"),
        ("hitPolicy='COLLECT' aggregation='COUNT'", "50", "3"),
        ("hitPolicy='COLLECT' aggregation='COUNT'", "-1", "0"),
        ("hitPolicy='COLLECT' aggregation='SUM'", "50", "null"),
        ("hitPolicy='UNIQUE'", "-1", "null"),
    ];
    for (policy, input, expected) in cases {
        let model = model(&overlapping(policy));
        assert_eq!(
            evaluate(&model, &[("n", input)]),
            value(expected),
            "{policy} of {input}"
        );
    }
}

#[test]
fn collected_numbers_are_added_up_and_compared() {
    let cases = [("SUM", "6"), ("MIN", "1"), ("MAX", "3"), ("COUNT", "3")];
    for (aggregation, expected) in cases {
        let table = table(
            &format!("hitPolicy='COLLECT' aggregation='{aggregation}'"),
            &["n"],
            &[("points", "")],
            &[(&["> 0"], &["1"]), (&["> 1"], &["3"]), (&["-"], &["2"])],
        );
        assert_eq!(
            evaluate(&model(&table), &[("n", "5")]),
            value(expected),
            "{aggregation}"
        );
    }
}

#[test]
fn types_of_vendors_mean_what_they_mean_with_them() {
    let typed = |kind: &str, test: &str| {
        let file = table("", &["x"], &[("o", "")], &[(&[test], &["x"])]);
        let file = file.replace("<inputExpression>", &format!("<inputExpression typeRef='{kind}'>"));
        model(&file.replace("<output name='o'>", &format!("<output name='o' typeRef='{kind}'>")))
    };
    for (kind, test, given, expected) in [
        (
            "date",
            "> date and time(\"2026-01-01T00:00:00\")",
            "@\"2026-01-31T09:30:00\"",
            "@\"2026-01-31T09:30:00\"",
        ),
        ("date", "> @\"2026-01-01\"", "@\"2026-01-31\"", "@\"2026-01-31\""),
        ("integer", "> 5", "\"7\"", "7"),
        ("double", "> 5", "\" 7.5 \"", "7.5"),
        ("long", "> 5", "\"many\"", "null"),
        ("number", "> 5", "\"7\"", "null"),
    ] {
        assert_eq!(
            evaluate(&typed(kind, test), &[("x", given)]),
            value(expected),
            "{kind} {given}"
        );
    }
    let literal = kit::definitions(
        "<decision id='d' name='d'><variable name='d' typeRef='date'/><literalExpression><text>x</text>\
         </literalExpression></decision>",
    );
    let moment = "@\"2026-01-31T09:30:00\"";
    assert_eq!(evaluate(&model(&literal), &[("x", moment)]), value(moment));
    // Where inputs are declared, types are those of the standard.
    let declared = Inputs::declared(Context::new());
    let literal = literal.replace("<text>x</text>", &format!("<text>{moment}</text>"));
    let outcome = model(&literal).evaluate("d", &declared, &limits(), now()).unwrap();
    assert!(outcome.value.is_null());
}

#[test]
fn several_outputs_make_a_context_and_defaults_stand_in() {
    let table = table(
        "hitPolicy='UNIQUE'",
        &["age", "member"],
        &[
            ("price", "<defaultOutputEntry><text>10</text></defaultOutputEntry>"),
            ("note", "<defaultOutputEntry><text>\"full\"</text></defaultOutputEntry>"),
        ],
        &[
            (&["< 6", "-"], &["0", "\"child\""]),
            (&["[6..18)", "true"], &["age / 2", "\"young\""]),
        ],
    );
    let model = model(&table);
    let cases = [
        (["5", "false"], "{price: 0, note: \"child\"}"),
        (["10", "true"], "{price: 5, note: \"young\"}"),
        (["10", "false"], "{price: 10, note: \"full\"}"),
        (["18", "true"], "{price: 10, note: \"full\"}"),
    ];
    for ([age, member], expected) in cases {
        assert_eq!(
            evaluate(&model, &[("age", age), ("member", member)]),
            value(expected),
            "{age} {member}"
        );
    }
}

#[test]
fn each_row_tells_its_rule_and_its_outputs() {
    let outcome = outcome(&model(&overlapping("hitPolicy='RULE ORDER'")), &[("n", "50")]);
    let rows: Vec<(Option<&str>, String)> = outcome
        .rows
        .iter()
        .map(|row| (row.rule.as_deref(), row.outputs.get("size").unwrap().to_string()))
        .collect();
    let expected = [("rule0", "small"), ("rule1", "middle"), ("rule3", "middle")];
    assert_eq!(rows, expected.map(|(rule, size)| (Some(rule), size.to_owned())));
}

#[test]
fn values_that_are_not_allowed_make_the_table_null() {
    let table = table(
        "",
        &["colour<inputValues><text>\"red\",\"green\"</text></inputValues>"],
        &[("known", "")],
        &[(&["-"], &["true"])],
    );
    let model = model(&table);
    assert_eq!(evaluate(&model, &[("colour", "\"red\"")]), value("true"));
    let outcome = outcome(&model, &[("colour", "\"blue\"")]);
    assert!(outcome.value.is_null());
    assert!(
        outcome.warnings[0].message.contains("not allowed"),
        "{:?}",
        outcome.warnings
    );
}

#[test]
fn without_declared_inputs_every_expression_sees_all_variables() {
    let model = model(&overlapping("hitPolicy='FIRST'"));
    let declared = Inputs::declared(Context::new().with("n", 5));
    let outcome = model.evaluate("d", &declared, &limits(), now()).unwrap();
    assert!(outcome.value.is_null(), "the model declares no input data");
}

#[test]
fn a_table_tells_what_it_tested_and_which_rules_matched() {
    for (policy, rules, collected) in [
        (
            "hitPolicy='RULE ORDER'",
            vec!["\"small\"", "\"middle\"", "\"middle\""],
            None,
        ),
        ("hitPolicy='FIRST'", vec!["\"small\""], None),
        (
            "hitPolicy='COLLECT' aggregation='COUNT'",
            vec!["\"small\"", "\"middle\"", "\"middle\""],
            Some("3"),
        ),
        ("hitPolicy='UNIQUE'", vec![], None),
    ] {
        let model = model(&overlapping(policy));
        assert_eq!(outcome(&model, &[("n", "50")]).evaluated, [], "nothing asked for it");
        let inputs = Inputs::open(Context::new().with("n", 50)).traced();
        let outcome = model.evaluate("d", &inputs, &limits(), now()).unwrap();
        let [told] = outcome.evaluated.as_slice() else {
            panic!("{policy}: {:?}", outcome.evaluated);
        };
        assert_eq!(told.decision, "d", "{policy}");
        let tested: Vec<_> = told.inputs.iter().map(|input| input.value.clone()).collect();
        assert_eq!(tested, [value("50")], "{policy}");
        let found: Vec<_> = told
            .outputs
            .iter()
            .map(|output| (output.order, output.value.clone()))
            .collect();
        let rules = rules.into_iter().enumerate();
        let expected: Vec<_> = rules.map(|(place, result)| (Some(place + 1), value(result))).collect();
        assert_eq!(found, expected, "{policy}");
        assert_eq!(told.collected, collected.map(value), "{policy}");
    }
}
