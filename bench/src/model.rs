//! Models to measure with.

/// Key of the process with one external task; its topic has the same name.
pub const ONE_TASK: &str = "bench-one-task";

/// Start, one external task, end.
pub const ONE_TASK_MODEL: &str = include_str!("../models/one-task.bpmn");

/// Key of the process with many external tasks at once; their topic has the same name.
pub const WIDE: &str = "bench-wide";

/// Start, one external task that is carried out `width` times at once, end.
pub fn repeated(width: usize) -> String {
    let task = format!(r#"<serviceTask id="task" camunda:type="external" camunda:topic="{WIDE}">"#);
    process_of(WIDE, &format!("{task}{}</serviceTask>", times(width)))
}

/// Start, one call of a process with an external task that is made `width` times at once, end; and that process.
pub fn calling(width: usize) -> [String; 2] {
    let call = r#"<callActivity id="task" calledElement="bench-called">"#;
    let task = format!(r#"<serviceTask id="task" camunda:type="external" camunda:topic="{WIDE}"/>"#);
    [
        process_of("bench-called", &task),
        process_of(WIDE, &format!("{call}{}</callActivity>", times(width))),
    ]
}

fn times(width: usize) -> String {
    format!(
        "<multiInstanceLoopCharacteristics><loopCardinality>{width}</loopCardinality></multiInstanceLoopCharacteristics>"
    )
}

/// Start, an activity named `task`, end.
fn process_of(key: &str, activity: &str) -> String {
    format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="bench">
<process id="{key}" isExecutable="true" camunda:historyTimeToLive="P1D">
<startEvent id="start"/><sequenceFlow id="begin" sourceRef="start" targetRef="task"/>{activity}
<sequenceFlow id="done" sourceRef="task" targetRef="end"/><endEvent id="end"/>
</process></definitions>"#
    )
}

/// Start, a fork into `width` external tasks, their join, end.
pub fn wide(width: usize) -> String {
    let mut branches = String::new();
    for number in 0..width {
        branches.push_str(&format!(
            r#"<sequenceFlow id="to{number}" sourceRef="fork" targetRef="task{number}"/>
<serviceTask id="task{number}" camunda:type="external" camunda:topic="{WIDE}"/>
<sequenceFlow id="from{number}" sourceRef="task{number}" targetRef="join"/>
"#
        ));
    }
    format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="bench">
<process id="{WIDE}" isExecutable="true" camunda:historyTimeToLive="P1D">
<startEvent id="start"/><sequenceFlow id="begin" sourceRef="start" targetRef="fork"/>
<parallelGateway id="fork"/>{branches}<parallelGateway id="join"/>
<sequenceFlow id="done" sourceRef="join" targetRef="end"/><endEvent id="end"/>
</process></definitions>"#
    )
}
