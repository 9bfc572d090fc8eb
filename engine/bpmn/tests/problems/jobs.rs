//! Processes, jobs and listeners.

use super::{check, in_definitions, in_process, of_node, with_event};

#[test]
fn process_attributes() {
    let with =
        |attributes: &str| in_definitions(&format!("<process id='p' {attributes}><startEvent id='s'/></process>"));
    check(&with("isClosed='false' processType='None' name='n'"), &[]);
    check(&with("versionTag='1'"), &["unknown-attribute p"]);
    for sound in ["5", "P5D", ""] {
        check(&with(&format!("camunda:historyTimeToLive='{sound}'")), &[]);
    }
    for invalid in ["soon", "-1", "P1M", "5.5"] {
        check(
            &with(&format!("camunda:historyTimeToLive='{invalid}'")),
            &["invalid-history-time-to-live p"],
        );
    }
    check(&with("camunda:taskPriority='high'"), &["invalid-number p"]);
    check(&with("camunda:candidateStarterUsers='a,${'"), &["invalid-expression p"]);
}

#[test]
fn timeout_listeners_are_checked() {
    let with = |attributes: &str, timer: &str| {
        of_node(&format!(
            "<userTask id='n'><extensionElements><camunda:taskListener event='timeout' {attributes} \
             expression='${{x}}'>{timer}</camunda:taskListener></extensionElements></userTask>"
        ))
    };
    let timer = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>";
    check(&with("id='l'", timer), &[]);
    check(&with("", timer), &["invalid-listener n"]);
    check(&with("id='l'", ""), &["invalid-listener n"]);
    check(&with("id='l'", "<timerEventDefinition/>"), &["missing-timer n"]);
}

#[test]
fn listeners_for_workers_are_checked() {
    let remote = |kind: &str, event: &str| {
        format!("<extensionElements><camunda:{kind} event='{event}' topic='t'/></extensionElements>")
    };
    let task = |kind: &str, event: &str| of_node(&format!("<userTask id='n'>{}</userTask>", remote(kind, event)));
    for (kind, event) in [
        ("executionListener", "start"),
        ("executionListener", "end"),
        ("taskListener", "create"),
        ("taskListener", "complete"),
    ] {
        check(&task(kind, event), &[]);
    }
    for (kind, event) in [("executionListener", "take"), ("taskListener", "assignment")] {
        check(&task(kind, event), &["invalid-listener n"]);
    }
    check(&in_process(&remote("executionListener", "start")), &[]);
    check(
        &in_process(&remote("executionListener", "end")),
        &["invalid-listener p"],
    );
    let computed = "<extensionElements><camunda:executionListener event='end' topic='${'/></extensionElements>";
    check(
        &of_node(&format!("<userTask id='n'>{computed}</userTask>")),
        &["invalid-expression n"],
    );
    let event_sub_process = format!(
        "<subProcess id='q' triggeredByEvent='true'>{}<startEvent id='qs'><errorEventDefinition/></startEvent></subProcess>",
        remote("executionListener", "start")
    );
    check(&in_process(&event_sub_process), &["invalid-listener q"]);
    let behind_gateway = with_event(&format!(
        "<eventBasedGateway id='n'/><intermediateCatchEvent id='t'><signalEventDefinition signalRef='g'/>\
         </intermediateCatchEvent><sequenceFlow id='g1' sourceRef='u' targetRef='n'/>\
         <sequenceFlow id='g2' sourceRef='n' targetRef='t'>{}</sequenceFlow>",
        remote("executionListener", "take")
    ));
    check(&behind_gateway, &["invalid-listener g2,n"]);
}

#[test]
fn listeners_are_checked() {
    let with = |listener: &str| {
        of_node(&format!(
            "<userTask id='n'><extensionElements>{listener}</extensionElements></userTask>"
        ))
    };
    check(
        &with("<camunda:executionListener event='start' expression='${x}'/>"),
        &[],
    );
    check(&with("<camunda:taskListener event='create' expression='${x}'/>"), &[]);
    for listener in [
        "<camunda:executionListener event='begin' expression='${x}'/>",
        "<camunda:taskListener event='start' expression='${x}'/>",
    ] {
        check(&with(listener), &["invalid-listener n"]);
    }
    for listener in [
        "<camunda:executionListener event='start' class='a.B'/>",
        "<camunda:taskListener event='create' delegateExpression='${b}'/>",
    ] {
        check(&with(listener), &["foreign-implementation? n"]);
    }
    check(
        &with("<camunda:executionListener event='start' expression='${'/>"),
        &["invalid-expression n"],
    );
    let script = |format: &str, text: &str| {
        with(&format!(
            "<camunda:executionListener event='start'><camunda:script scriptFormat='{format}'>{text}</camunda:script>\
             </camunda:executionListener>"
        ))
    };
    check(&script("javascript", "print(1)"), &[]);
    check(&script("feel", "1 +"), &["invalid-expression n"]);
    check(&script("", "1"), &["missing-script n"]);
    check(
        &with("<camunda:executionListener event='start'/>"),
        &["invalid-listener n"],
    );
    let listener = "<extensionElements><camunda:executionListener/></extensionElements>";
    check(&in_process(listener), &["invalid-listener p"]);
    let flow = format!("<sequenceFlow id='f' sourceRef='s' targetRef='t'>{listener}</sequenceFlow><task id='t'/>");
    check(&in_process(&flow), &["invalid-listener f"]);
}

#[test]
fn jobs_are_checked() {
    let with = |attributes: &str| of_node(&format!("<userTask id='n' {attributes}/>"));
    check(&with("camunda:asyncBefore='true' camunda:jobPriority='${urgent}'"), &[]);
    check(&with("camunda:jobPriority='urgent'"), &["invalid-number n"]);
    check(&with("camunda:exclusive='perhaps'"), &["invalid-boolean n"]);
    let cycle =
        "<extensionElements><camunda:failedJobRetryTimeCycle>${</camunda:failedJobRetryTimeCycle></extensionElements>";
    check(
        &of_node(&format!("<task id='n' camunda:asyncBefore='true'>{cycle}</task>")),
        &["invalid-expression n"],
    );
    let gateway = "<eventBasedGateway id='n' camunda:asyncAfter='true'/>\
                   <intermediateCatchEvent id='t'><signalEventDefinition signalRef='g'/></intermediateCatchEvent>\
                   <sequenceFlow id='g1' sourceRef='u' targetRef='n'/><sequenceFlow id='g2' sourceRef='n' targetRef='t'/>";
    check(&with_event(gateway), &["async-not-allowed n"]);
}
