//! Small models for the suites.

/// Start, one external task on a topic, end. The process key is `one-task`.
pub fn one_task(topic: &str) -> String {
    process(
        "one-task",
        &format!(
            r#"<startEvent id="start"/><sequenceFlow id="a" sourceRef="start" targetRef="work"/>
            <serviceTask id="work" camunda:type="external" camunda:topic="{topic}"/>
            <sequenceFlow id="b" sourceRef="work" targetRef="end"/><endEvent id="end"/>"#
        ),
    )
}

/// Start, fork into `width` external tasks on one topic, join, end. The process key is `wide`.
pub fn wide(topic: &str, width: usize) -> String {
    let branches: String = (0..width)
        .map(|number| {
            format!(
                r#"<sequenceFlow id="i{number}" sourceRef="fork" targetRef="t{number}"/>
                <serviceTask id="t{number}" camunda:type="external" camunda:topic="{topic}"/>
                <sequenceFlow id="o{number}" sourceRef="t{number}" targetRef="join"/>"#
            )
        })
        .collect();
    process(
        "wide",
        &format!(
            r#"<startEvent id="start"/><sequenceFlow id="s" sourceRef="start" targetRef="fork"/>
            <parallelGateway id="fork"/>{branches}<parallelGateway id="join"/>
            <sequenceFlow id="e" sourceRef="join" targetRef="end"/><endEvent id="end"/>"#
        ),
    )
}

fn process(key: &str, content: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
             targetNamespace="http://flowstone.dev/test">
  <process id="{key}" isExecutable="true">{content}</process>
</definitions>"#
    )
}
