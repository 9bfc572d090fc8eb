//! Requirements, boxed expressions, services, imports and types.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use flowstone_decision::{Inputs, read};
use flowstone_feel::Context;
use kit::{definitions, evaluate, limits, model, now, value};

/// The decision `d` with this logic.
fn decision(logic: &str) -> String {
    definitions(&format!("<decision id='d' name='d'>{logic}</decision>"))
}

fn literal(text: &str) -> String {
    format!("<literalExpression><text>{text}</text></literalExpression>")
}

#[test]
fn boxed_expressions_are_computed() {
    let one_to_four = literal("[1, 2, 3, 4]");
    let cases = [
        (literal("1 + 1"), "2"),
        (String::new(), "null"),
        (
            format!("<list>{}{}</list>", literal("1"), literal("\"x\"")),
            "[1, \"x\"]",
        ),
        (
            format!(
                "<context><contextEntry><variable name='a b'/>{}</contextEntry>\
                 <contextEntry><variable name='c'/>{}</contextEntry></context>",
                literal("2"),
                literal("a b * 3")
            ),
            "{\"a b\": 2, c: 6}",
        ),
        (
            format!(
                "<context><contextEntry><variable name='a'/>{}</contextEntry><contextEntry>{}</contextEntry></context>",
                literal("2"),
                literal("a + 40")
            ),
            "42",
        ),
        (
            format!(
                "<relation><column name='x'/><column name='y'/><row>{}{}</row><row>{}{}</row></relation>",
                literal("1"),
                literal("2"),
                literal("3"),
                literal("4")
            ),
            "[{x: 1, y: 2}, {x: 3, y: 4}]",
        ),
        (
            format!(
                "<conditional><if>{}</if><then>{}</then><else>{}</else></conditional>",
                literal("1 > 2"),
                literal("\"more\""),
                literal("\"less\"")
            ),
            "\"less\"",
        ),
        (
            format!(
                "<for iteratorVariable='i'><in>{one_to_four}</in><return>{}</return></for>",
                literal("i * i + count(partial)")
            ),
            "[1, 5, 11, 19]",
        ),
        (
            format!(
                "<some iteratorVariable='i'><in>{one_to_four}</in><satisfies>{}</satisfies></some>",
                literal("i > 3")
            ),
            "true",
        ),
        (
            format!(
                "<every iteratorVariable='i'><in>{one_to_four}</in><satisfies>{}</satisfies></every>",
                literal("i > 3")
            ),
            "false",
        ),
        (
            format!(
                "<filter><in>{one_to_four}</in><match>{}</match></filter>",
                literal("item > 2")
            ),
            "[3, 4]",
        ),
        (
            format!(
                "<filter><in>{}</in><match>{}</match></filter>",
                literal("[{a: 1}, {a: 5}]"),
                literal("a > 2")
            ),
            "[{a: 5}]",
        ),
        (
            format!(
                "<filter><in>{}</in><match>{}</match></filter>",
                literal("[{item: 1}, {item: 5}]"),
                literal("item > 2")
            ),
            "[{item: 5}]",
        ),
        // Unlike in expressions, a single value is no list, and nothing but a truth value is a condition.
        (
            format!(
                "<filter><in>{}</in><match>{}</match></filter>",
                literal("5"),
                literal("item > 2")
            ),
            "null",
        ),
        (
            format!(
                "<filter><in>{one_to_four}</in><match>{}</match></filter>",
                literal("\"x\"")
            ),
            "null",
        ),
        (
            format!(
                "<for iteratorVariable='i'><in>{}</in><return>{}</return></for>",
                literal("(1..4]"),
                literal("i")
            ),
            "[2, 3, 4]",
        ),
        (
            format!(
                "<some iteratorVariable='i'><in>{}</in><satisfies>{}</satisfies></some>",
                literal("5"),
                literal("i > 3")
            ),
            "null",
        ),
        (
            format!(
                "<context><contextEntry><variable name='factorial'/><functionDefinition>\
                 <formalParameter name='n'/>{}</functionDefinition></contextEntry><contextEntry>{}</contextEntry>\
                 </context>",
                literal("if n = 0 then 1 else n * factorial(n - 1)"),
                literal("factorial(10)")
            ),
            "3628800",
        ),
        (
            format!(
                "<context><contextEntry><variable name='half'/><functionDefinition><formalParameter name='of it'/>{}\
                 </functionDefinition></contextEntry><contextEntry><invocation>{}<binding><parameter name='of it'/>{}\
                 </binding></invocation></contextEntry></context>",
                literal("of it / 2"),
                literal("half"),
                literal("9")
            ),
            "4.5",
        ),
    ];
    for (logic, expected) in cases {
        let logic = logic.replace(" > ", " &gt; ");
        assert_eq!(evaluate(&model(&decision(&logic)), &[]), value(expected), "{logic}");
    }
}

/// A price with a discount, over input data, a decision, a business knowledge model and a service.
fn shop() -> String {
    definitions(
        "<itemDefinition name='tDegree'><typeRef>string</typeRef><allowedValues><text>\"gold\",\"none\"</text>\
         </allowedValues></itemDefinition>\
         <inputData id='i1' name='Order Total'><variable name='Order Total' typeRef='number'/></inputData>\
         <inputData id='i2' name='Degree'><variable name='Degree' typeRef='tDegree'/></inputData>\
         <businessKnowledgeModel id='b' name='Rate'><variable name='Rate'/><encapsulatedLogic>\
         <formalParameter name='degree' typeRef='string'/><literalExpression><text>if degree = \"gold\" then 0.1 else 0\
         </text></literalExpression></encapsulatedLogic></businessKnowledgeModel>\
         <decision id='d1' name='Discount'><variable name='Discount' typeRef='number'/>\
         <informationRequirement><requiredInput href='#i1'/></informationRequirement>\
         <informationRequirement><requiredInput href='#i2'/></informationRequirement>\
         <knowledgeRequirement><requiredKnowledge href='#b'/></knowledgeRequirement>\
         <literalExpression><text>Order Total * Rate(Degree)</text></literalExpression></decision>\
         <decision id='d2' name='Price'><variable name='Price' typeRef='number'/>\
         <informationRequirement><requiredInput href='#i1'/></informationRequirement>\
         <informationRequirement><requiredDecision href='#d1'/></informationRequirement>\
         <literalExpression><text>Order Total - Discount</text></literalExpression></decision>\
         <decisionService id='s' name='Pricing'><variable name='Pricing'/><outputDecision href='#d2'/>\
         <inputDecision href='#d1'/><inputData href='#i1'/></decisionService>\
         <decision id='d3' name='Called'><variable name='Called'/>\
         <knowledgeRequirement><requiredKnowledge href='#s'/></knowledgeRequirement>\
         <literalExpression><text>Pricing(100, 1)</text></literalExpression></decision>",
    )
}

#[test]
fn a_decision_is_computed_with_all_that_it_requires() {
    let model = model(&shop());
    let given = Context::new().with("Order Total", 200).with("Degree", "gold");
    let price = |given: &Context| {
        let inputs = Inputs::declared(given.clone());
        model.evaluate("d2", &inputs, &limits(), now()).unwrap().value
    };
    assert_eq!(price(&given), value("180"));
    // A degree that its type does not allow counts as absent.
    assert_eq!(price(&given.clone().with("Degree", "iron")), value("200"));
    assert_eq!(price(&given.with("Order Total", "many")), value("null"));
    let called = model.evaluate("Called", &Inputs::declared(Context::new()), &limits(), now());
    assert_eq!(called.unwrap().value, value("99"));
}

#[test]
fn a_service_takes_its_input_decisions_as_given() {
    let model = model(&shop());
    let given = Inputs::declared(Context::new().with("Order Total", 200).with("Discount", 50));
    let outcome = model.evaluate_service("Pricing", &given, &limits(), now()).unwrap();
    assert_eq!(outcome.value, value("150"));
    let arguments = Context::new().with("degree", "gold");
    let rate = model.call_knowledge("Rate", &arguments, &limits(), now()).unwrap();
    assert_eq!(rate.value, value("0.1"));
}

#[test]
fn a_business_knowledge_model_calls_itself() {
    let file = definitions(
        "<businessKnowledgeModel id='b' name='Sum up to'><encapsulatedLogic><formalParameter name='n'/>\
         <literalExpression><text>if n = 0 then 0 else n + Sum up to(n - 1)</text></literalExpression>\
         </encapsulatedLogic></businessKnowledgeModel>\
         <decision id='d' name='d'><knowledgeRequirement><requiredKnowledge href='#b'/></knowledgeRequirement>\
         <literalExpression><text>Sum up to(4)</text></literalExpression></decision>",
    );
    assert_eq!(evaluate(&model(&file), &[]), value("10"));
}

#[test]
fn entries_of_other_decisions_are_reached_whatever_their_names_hold() {
    let file = definitions(
        "<decision id='a' name='Fees'><context><contextEntry><variable name='Pre-tax fee'/>\
         <literalExpression><text>40</text></literalExpression></contextEntry></context></decision>\
         <decision id='d' name='d'><informationRequirement><requiredDecision href='#a'/></informationRequirement>\
         <literalExpression><text>Fees.Pre-tax fee + 2</text></literalExpression></decision>",
    );
    assert_eq!(evaluate(&model(&file), &[]), value("42"));
}

#[test]
fn an_entry_that_a_caller_leaves_out_is_null() {
    let file = definitions(
        "<itemDefinition name='tGuest'><itemComponent name='name'><typeRef>string</typeRef></itemComponent>\
         <itemComponent name='age'><typeRef>number</typeRef></itemComponent></itemDefinition>\
         <itemDefinition name='tGuests' isCollection='true'><typeRef>tGuest</typeRef></itemDefinition>\
         <inputData id='i' name='guests'><variable name='guests' typeRef='tGuests'/></inputData>\
         <decision id='d' name='d'><informationRequirement><requiredInput href='#i'/></informationRequirement>\
         <literalExpression><text>guests</text></literalExpression></decision>\
         <decision id='e' name='e'><variable name='e' typeRef='tGuest'/>\
         <literalExpression><text>{name: \"Ann\"}</text></literalExpression></decision>",
    );
    let model = model(&file);
    let ask = |decision: &str, guests: &str| {
        let inputs = Inputs::declared(Context::new().with("guests", value(guests)));
        model.evaluate(decision, &inputs, &limits(), now()).unwrap().value
    };
    for given in ["[{name: \"Ann\"}, {name: \"Bob\", age: 7, height: 2}]", "[{}]"] {
        assert_eq!(ask("d", given), value(given));
    }
    assert_eq!(ask("d", "[{name: 5}]"), value("null"));
    // A decision must keep to the type that it declares.
    assert_eq!(ask("e", "[]"), value("null"));
}

#[test]
fn another_model_is_imported_by_its_namespace() {
    let library = model(&shop());
    let file = "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' name='user' namespace='user'>\
         <import name='shop' namespace='test' importType='https://www.omg.org/spec/DMN/20230324/MODEL/'/>\
         <decision id='d' name='d'><informationRequirement><requiredDecision href='test#d2'/></informationRequirement>\
         <knowledgeRequirement><requiredKnowledge href='test#b'/></knowledgeRequirement>\
         <literalExpression><text>[shop.Price, shop.Rate(\"gold\")]</text></literalExpression></decision></definitions>";
    let reading = read(file, &[library]);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let given = Context::new().with("Order Total", 200).with("Degree", "gold");
    let outcome = reading
        .model
        .unwrap()
        .evaluate("d", &Inputs::declared(given), &limits(), now());
    assert_eq!(outcome.unwrap().value, value("[180, 0.1]"));
    let alone = read(file, &[]);
    assert!(
        alone.problems[0].message.contains("'test' is not there"),
        "{:?}",
        alone.problems
    );
}

#[test]
fn a_model_that_is_imported_twice_has_inputs_of_its_own_each_time() {
    let importing = |name: &str, imports: &[(&str, &str)], content: &str| {
        let imports: String = imports
            .iter()
            .map(|(name, namespace)| {
                format!(
                    "<import name='{name}' namespace='{namespace}' \
                     importType='https://www.omg.org/spec/DMN/20230324/MODEL/'/>"
                )
            })
            .collect();
        format!(
            "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' name='{name}' namespace='{name}'>\
             {imports}{content}</definitions>"
        )
    };
    let base = model(&importing(
        "base",
        &[],
        "<inputData id='i' name='who'><variable name='who' typeRef='string'/></inputData>",
    ));
    let greeting = "<decision id='g' name='greeting'><informationRequirement><requiredInput href='base#i'/>\
        </informationRequirement><literalExpression><text>\"Hello \" + base.who</text></literalExpression></decision>";
    let middle = |name: &str| {
        let reading = read(
            &importing(name, &[("base", "base")], greeting),
            std::slice::from_ref(&base),
        );
        assert!(reading.problems.is_empty(), "{:?}", reading.problems);
        reading.model.unwrap()
    };
    let top = importing(
        "top",
        &[("left", "l"), ("right", "r")],
        "<decision id='d' name='d'><informationRequirement><requiredDecision href='l#g'/></informationRequirement>\
         <informationRequirement><requiredDecision href='r#g'/></informationRequirement><literalExpression>\
         <text>left.greeting + right.greeting</text></literalExpression></decision>",
    );
    let reading = read(&top, &[middle("l"), middle("r")]);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let top = reading.model.unwrap();
    let said = |given: Context| {
        let inputs = Inputs::declared(given);
        top.evaluate("d", &inputs, &limits(), now()).unwrap().value
    };
    let of = |who: &str| Context::new().with("base", Context::new().with("who", who));
    let both = Context::new().with("left", of("Ann")).with("right", of("Bob"));
    assert_eq!(said(both), value("\"Hello AnnHello Bob\""));
    assert_eq!(said(Context::new().with("who", "Kim")), value("\"Hello KimHello Kim\""));
}

#[test]
fn required_tables_give_their_outputs_by_name_where_no_inputs_are_declared() {
    let file = definitions(
        "<decision id='season' name='Season'><decisionTable><input><inputExpression><text>month</text>\
         </inputExpression></input><output name='season'/><rule><inputEntry><text>&lt; 4</text></inputEntry>\
         <outputEntry><text>\"winter\"</text></outputEntry></rule></decisionTable></decision>\
         <decision id='d' name='Dish'><informationRequirement><requiredDecision href='#season'/>\
         </informationRequirement><literalExpression><text>if season = \"winter\" then \"stew\" else \"salad\"</text>\
         </literalExpression></decision>",
    );
    assert_eq!(evaluate(&model(&file), &[("month", "1")]), value("\"stew\""));
    assert_eq!(evaluate(&model(&file), &[("month", "7")]), value("\"salad\""));
}
