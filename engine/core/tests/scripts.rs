//! What models compute in FEEL and JavaScript, wherever a script may stand.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use flowstone_core::{Command, Rejection};
use flowstone_expression::TypedValue;
use world::{World, compiled, flows, run, start_of};

const ENDS: &str = r#"<startEvent id="s"/><endEvent id="e"/>"#;

fn with(content: &str, list: &[&str], variables: &[(&str, TypedValue)]) -> World {
    run(&format!("{ENDS}{content}{}", flows(list)), variables)
}

fn set(world: &mut World, name: &str, value: TypedValue) -> Result<(), Rejection> {
    let command = Command::ModifyVariables {
        scope: world.instance.id,
        local: false,
        set: world::variables(&[(name, value)]),
        remove: Vec::new(),
    };
    world.give(&command).map(drop)
}

#[test]
fn script_tasks_compute_with_variables_and_set_them() {
    let cases = [
        ("javascript", "amount * 2", TypedValue::Integer(10)),
        (
            "JavaScript",
            "execution.setVariable('r', 'set'); execution.getVariable('r')",
            TypedValue::from("set"),
        ),
        ("feel", "amount * 2", TypedValue::Long(10)),
        ("juel", "${amount * 2}", TypedValue::Long(10)),
    ];
    for (language, script, expected) in cases {
        let task = format!(
            r#"<scriptTask id="t" scriptFormat="{language}" camunda:resultVariable="r"><script>{script}</script></scriptTask><userTask id="u"/>"#
        );
        let world = with(&task, &["s>t", "t>u", "u>e"], &[("amount", TypedValue::Integer(5))]);
        assert_eq!(world.root("r"), Some(expected), "{language}: {script}");
    }
}

#[test]
fn conditions_may_be_written_in_any_language() {
    for (language, condition) in [
        ("javascript", "n &gt; 1"),
        ("feel", "n &gt; 1"),
        ("juel", "${n &gt; 1}"),
    ] {
        let content = format!(
            r#"<exclusiveGateway id="g" default="other"/><userTask id="yes"/><userTask id="no"/>
               <sequenceFlow id="f" sourceRef="g" targetRef="yes">
                 <conditionExpression language="{language}">{condition}</conditionExpression>
               </sequenceFlow>
               <sequenceFlow id="other" sourceRef="g" targetRef="no"/>"#
        );
        for (n, expected) in [(2, "yes"), (1, "no")] {
            let world = with(&content, &["s>g", "yes>e", "no>e"], &[("n", TypedValue::Integer(n))]);
            assert_eq!(world.waiting(), [expected], "{language} {n}");
        }
    }
}

#[test]
fn parameters_and_listeners_may_be_scripts() {
    let script = |text: &str| format!(r#"<camunda:script scriptFormat="javascript">{text}</camunda:script>"#);
    let content = format!(
        r#"<userTask id="u"><extensionElements>
             <camunda:inputOutput>
               <camunda:inputParameter name="doubled">{}</camunda:inputParameter>
               <camunda:outputParameter name="list"><camunda:list>{}<camunda:value>x</camunda:value></camunda:list></camunda:outputParameter>
             </camunda:inputOutput>
             <camunda:executionListener event="start">{}</camunda:executionListener>
             <camunda:taskListener event="create">{}</camunda:taskListener>
           </extensionElements></userTask><userTask id="v"/>"#,
        script("n * 2"),
        script("n + doubled"),
        script("execution.setVariable('seen', execution.currentActivityId + ' ' + execution.eventName)"),
        script("execution.setVariable('task', task.eventName)"),
    );
    let mut world = with(&content, &["s>u", "u>v", "v>e"], &[("n", TypedValue::Integer(3))]);
    assert_eq!(world.root("seen"), Some(TypedValue::from("u start")));
    assert_eq!(world.root("task"), Some(TypedValue::from("create")));
    world.complete("u", &[]).unwrap();
    let list = TypedValue::json_object("java.util.ArrayList", r#"[9,"x"]"#);
    assert_eq!(world.root("list"), Some(list));
}

#[test]
fn conditional_events_wait_for_conditions_in_feel() {
    let content = r#"<intermediateCatchEvent id="c"><conditionalEventDefinition>
        <condition language="feel">paid and amount &gt; 10</condition>
        </conditionalEventDefinition></intermediateCatchEvent><userTask id="u"/>"#;
    let mut world = with(content, &["s>c", "c>u", "u>e"], &[]);
    set(&mut world, "amount", TypedValue::Integer(11)).unwrap();
    assert_eq!(world.waiting(), ["c"]);
    set(&mut world, "paid", TypedValue::Boolean(true)).unwrap();
    assert_eq!(world.waiting(), ["u"]);
}

#[test]
fn a_script_throws_business_errors_that_the_model_catches() {
    let content = r#"<scriptTask id="t" scriptFormat="javascript"><script>throw new BpmnError('E1', 'sold out')</script></scriptTask>
        <boundaryEvent id="b" attachedToRef="t"><errorEventDefinition camunda:errorMessageVariable="why"/></boundaryEvent>
        <userTask id="u"/>"#;
    let world = with(content, &["s>t", "t>e", "b>u"], &[]);
    assert_eq!(world.waiting(), ["u"]);
    assert_eq!(world.root("why"), Some(TypedValue::from("sold out")));
}

#[test]
fn failing_scripts_refuse_the_command() {
    let cases = [
        ("javascript", "throw new Error('no stock')", "Error: no stock"),
        ("javascript", "missing + 1", "missing is not defined"),
        ("feel", "{a: function(x) x}.a", "which no variable can hold"),
    ];
    for (language, script, expected) in cases {
        let task = format!(
            r#"{ENDS}<scriptTask id="t" scriptFormat="{language}" camunda:resultVariable="r"><script>{script}</script></scriptTask>{}"#,
            flows(&["s>t", "t>e"])
        );
        let Err(Rejection::Expression { node, error }) = start_of(compiled(&task), &[]) else {
            panic!("{script} was accepted");
        };
        assert_eq!(node, "t");
        assert!(error.to_string().contains(expected), "{script}: {error}");
    }
}

#[test]
fn what_cannot_run_fails_when_it_is_reached() {
    let listener = r#"<task id="t"><extensionElements><camunda:executionListener event="start" class="com.example.Audit"/>
        </extensionElements></task>"#;
    let condition = r#"<task id="t"/><userTask id="u"/><sequenceFlow id="f" sourceRef="t" targetRef="u">
        <conditionExpression language="groovy">x</conditionExpression></sequenceFlow>"#;
    for (content, expected) in [(listener, "'com.example.Audit'"), (condition, "'groovy'")] {
        let refused = start_of(compiled(&format!("{ENDS}{content}{}", flows(&["s>t", "t>e"]))), &[]);
        let rejection = refused.err().unwrap();
        assert!(rejection.to_string().contains(expected), "{rejection}");
    }
}
