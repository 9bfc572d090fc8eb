//! Files that are wrong or hostile: what is said about them, and that nothing else happens.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use flowstone_decision::{EvaluationFailure, Inputs, read};
use flowstone_feel::Context;
use kit::{definitions, limits, model, now, table};

#[test]
fn what_is_wrong_is_told_with_line_column_and_element() {
    let literal = |text: &str| {
        definitions(&format!(
            "<decision id='d' name='d'>\n  <literalExpression>\n    <text>{text}</text></literalExpression></decision>"
        ))
    };
    let cases = [
        (literal("1 +"), (4, 14), "is invalid"),
        (literal("(1"), (4, 13), "is invalid"),
        (
            literal("x").replace("<literalExpression>", "<literalExpression expressionLanguage='groovy'>"),
            (3, 3),
            "'groovy' is not supported",
        ),
        (
            table("hitPolicy='BEST'", &["a"], &[("o", "")], &[]),
            (2, 27),
            "'BEST' is unknown",
        ),
        (table("", &["a"], &[], &[]), (2, 27), "needs an output"),
        (
            definitions(
                "<decision id='d' name='d'><informationRequirement>\n<requiredInput href='#x'/></informationRequirement></decision>",
            ),
            (3, 1),
            "refers to nothing",
        ),
        (
            definitions("<decision id='d' name='d'><variable name='d' typeRef='tMissing'/></decision>"),
            (2, 27),
            "'tMissing' is not defined",
        ),
        (
            definitions("<itemDefinition id='d' name='a'><typeRef>a</typeRef></itemDefinition>"),
            (2, 1),
            "defined by itself",
        ),
        (
            definitions("<decision id='d' name='a'/><decision id='d' name='b'/>"),
            (2, 28),
            "given twice",
        ),
    ];
    for (file, (line, column), expected) in cases {
        let problems = read(&file, &[]).problems;
        let problem = problems.first().unwrap_or_else(|| panic!("no problem in {file}"));
        assert!(problem.message.contains(expected), "{problem} in {file}");
        assert_eq!((problem.line, problem.column), (line, column), "{problem} in {file}");
        assert_eq!(problem.element.as_deref(), Some("d"), "{problem}");
    }
}

#[test]
fn what_is_no_model_is_refused() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let entity = "<!DOCTYPE d [<!ENTITY a 'aaaa'>]><definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/'/>";
    for file in ["", "text", "<definitions/>", "<definitions", &deep, entity] {
        let reading = read(file, &[]);
        assert!(reading.model.is_none(), "{file:.80}");
        assert_eq!(reading.problems.len(), 1, "{file:.80}");
    }
}

#[test]
fn decisions_that_require_themselves_are_refused() {
    let requires = |id: &str, other: &str| {
        format!(
            "<decision id='{id}' name='{id}'><informationRequirement><requiredDecision href='#{other}'/>\
             </informationRequirement><literalExpression><text>1</text></literalExpression></decision>"
        )
    };
    let circle = definitions(&(requires("a", "b") + &requires("b", "c") + &requires("c", "a")));
    let reading = read(&circle, &[]);
    assert!(
        reading.problems[0].message.contains("requires itself"),
        "{:?}",
        reading.problems
    );
    let longest: String = (0..99)
        .map(|number| requires(&format!("n{number}"), &format!("n{}", number + 1)))
        .collect();
    let longest = model(&definitions(&(longest + "<decision id='n99' name='n99'/>")));
    let inputs = Inputs::declared(Context::new());
    let outcome = longest.evaluate("n0", &inputs, &limits(), now()).unwrap();
    assert_eq!(outcome.value, kit::value("1"));
    let chain: String = (0..2_000)
        .map(|number| requires(&format!("n{number}"), &format!("n{}", number + 1)))
        .collect();
    let chain = definitions(&(chain + "<decision id='n2000' name='n2000'/>"));
    let reading = read(&chain, &[]);
    assert!(
        reading
            .problems
            .iter()
            .any(|problem| problem.message.contains("in a chain"))
    );
    // Whatever was refused can still be asked for, and ends.
    reading
        .model
        .unwrap()
        .evaluate("n0", &inputs, &limits(), now())
        .unwrap();
}

#[test]
fn endless_calls_and_giant_iterations_end_at_a_limit() {
    let calls_itself = definitions(
        "<businessKnowledgeModel id='b' name='b'><variable name='b'/><knowledgeRequirement>\
         <requiredKnowledge href='#b'/></knowledgeRequirement><encapsulatedLogic><formalParameter name='n'/>\
         <literalExpression><text>b(n + 1)</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>\
         <decision id='d' name='d'><knowledgeRequirement><requiredKnowledge href='#b'/></knowledgeRequirement>\
         <literalExpression><text>b(1)</text></literalExpression></decision>",
    );
    let nested = (0..22).fold(
        "<literalExpression><text>f(n + 1)</text></literalExpression>".to_owned(),
        |inner, _| format!("<list>{inner}</list>"),
    );
    let nested_function = definitions(&format!(
        "<decision id='d' name='d'><context><contextEntry><variable name='f'/><functionDefinition>\
         <formalParameter name='n'/>{nested}</functionDefinition></contextEntry><contextEntry><literalExpression>\
         <text>f(1)</text></literalExpression></contextEntry></context></decision>"
    ));
    let service = definitions(
        "<decision id='d' name='d'><knowledgeRequirement><requiredKnowledge href='#s'/></knowledgeRequirement>\
         <literalExpression><text>s()</text></literalExpression></decision>\
         <decisionService id='s' name='s'><outputDecision href='#d'/></decisionService>",
    );
    let long_loop = definitions(
        "<decision id='d' name='d'><for iteratorVariable='i'><in><literalExpression><text>1..1000000000</text>\
         </literalExpression></in><return><literalExpression><text>i</text></literalExpression></return></for>\
         </decision>",
    );
    for file in [calls_itself, nested_function, service, long_loop] {
        let reading = read(&file, &[]);
        let inputs = Inputs::declared(Context::new());
        let failure = reading.model.unwrap().evaluate("d", &inputs, &limits(), now());
        let failure = failure.map(|outcome| outcome.value.to_string());
        // Most end at the limit; what is too deep to be read is null.
        let is_bounded = matches!(failure, Err(EvaluationFailure::Failed { .. })) || failure == Ok("null".to_owned());
        assert!(is_bounded, "{failure:?} of {file:.300}");
    }
}

#[test]
fn asking_for_what_is_not_there_tells_what_is() {
    let model = model(&table("", &["a"], &[("o", "")], &[]));
    let failure = model
        .evaluate("x", &Inputs::declared(Context::new()), &limits(), now())
        .unwrap_err();
    assert_eq!(
        failure.to_string(),
        "there is no decision 'x' in the model; known are: d"
    );
}
