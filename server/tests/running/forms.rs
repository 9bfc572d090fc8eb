//! Forms of user tasks.

use serde_json::{Value, json};

use reqwest::multipart::{Form, Part};

use crate::support::{Answer, Api};

/// A process whose task `u` has an extension.
fn model(task: &str) -> String {
    format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t"><process id="p" isExecutable="true">
        <startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="u"/>{task}
        <sequenceFlow id="g" sourceRef="u" targetRef="v"/><userTask id="v"/></process></definitions>"#
    )
}

const FIELDS: &str = r#"<userTask id="u"><extensionElements><camunda:formData>
    <camunda:formField id="amount" type="long" defaultValue="${base + 1}"><camunda:validation>
      <camunda:constraint name="max" config="100"/></camunda:validation></camunda:formField>
    <camunda:formField id="day" type="date"/><camunda:formField id="sure" type="boolean"/>
    </camunda:formData></extensionElements></userTask>"#;

/// An instance that waits in `u`, and that task.
async fn with(task: &str) -> (Api, String) {
    let api = Api::start().await;
    api.deploy("p.bpmn", &model(task)).await;
    let variables = json!({"variables": {"base": {"value": 4}, "note": {"value": "x"}}});
    api.start_instance("p", variables).await;
    let id = task_in(&api, "u").await.expect("a task");
    (api, id)
}

async fn task_in(api: &Api, node: &str) -> Option<String> {
    let tasks = api.get(&format!("/task?taskDefinitionKey={node}")).await.expect(200);
    tasks[0]["id"].as_str().map(str::to_owned)
}

fn variable(type_name: &str, value: Value) -> Value {
    json!({"type": type_name, "value": value, "valueInfo": {}})
}

#[tokio::test]
async fn the_fields_of_a_task_are_shown_with_all_it_sees() {
    let (api, id) = with(FIELDS).await;
    let shown = api.get(&format!("/task/{id}/form-variables")).await.expect(200);
    let expected = json!({
        "amount": variable("Long", json!(5)),
        "day": variable("String", json!("")),
        "sure": variable("Boolean", Value::Null),
        "base": variable("Integer", json!(4)),
        "note": variable("String", json!("x")),
    });
    assert_eq!(shown, expected);
    let some = api
        .get(&format!("/task/{id}/form-variables?variableNames=day,note,other"))
        .await
        .expect(200);
    assert_eq!(some, json!({"day": expected["day"], "note": expected["note"]}));
    let unknown = api.get("/task/nonsense/form-variables").await;
    unknown.expect_error(
        400,
        "BadUserRequestException",
        "Cannot find task with id 'nonsense'.: task is null",
    );
}

#[tokio::test]
async fn a_submitted_form_completes_its_task() {
    let (api, id) = with(FIELDS).await;
    let path = format!("/task/{id}/submit-form");
    let submitted = json!({"variables": {"amount": {"value": "42"}, "day": {"value": "05/02/2026"},
        "more": {"value": 1}}, "withVariablesInReturn": true});
    let after = api.post(&path, submitted).await.expect(200);
    assert_eq!(after["amount"], variable("Long", json!(42)));
    assert_eq!(after["day"], variable("Date", json!("2026-02-05T00:00:00.000+0000")));
    assert_eq!(after["more"], variable("Integer", json!(1)));
    assert!(task_in(&api, "v").await.is_some());
    let message = format!("Cannot submit task form {id}: Cannot find task with id {id}: task is null");
    api.post(&path, json!({}))
        .await
        .expect_error(500, "RestException", &message);
}

#[tokio::test]
async fn defaults_count_when_nothing_is_submitted() {
    let (api, id) = with(FIELDS).await;
    api.post(&format!("/task/{id}/submit-form"), json!({}))
        .await
        .expect(204);
    let amount = api.get("/variable-instance?variableName=amount").await.expect(200);
    assert_eq!((&amount[0]["type"], &amount[0]["value"]), (&json!("Long"), &json!(5)));
}

#[tokio::test]
async fn wrong_values_leave_the_task_as_it_was() {
    let (api, id) = with(FIELDS).await;
    let path = format!("/task/{id}/submit-form");
    let submit = |value: Value| api.post(&path, json!({"variables": {"amount": value, "base": {"value": 9}}}));
    submit(json!({"value": 101})).await.expect_error(
        400,
        "RestException",
        &format!(
            "Cannot submit task form {id}: Invalid value submitted for form field 'amount': validation of max(100) failed."
        ),
    );
    submit(json!({"value": "many"})).await.expect_error(
        500,
        "RestException",
        &format!("Cannot submit task form {id}: form field 'amount': Value 'many' is not of type Long."),
    );
    submit(json!({"value": "many", "type": "Integer"})).await.expect_error(
        400,
        "InvalidRequestException",
        &format!(
            "Cannot submit task form {id}: Cannot convert value 'many' of type 'Integer' to java type java.lang.Integer"
        ),
    );
    assert_eq!(task_in(&api, "u").await, Some(id));
    let base = api.get("/variable-instance?variableName=base").await.expect(200);
    assert_eq!(base[0]["value"], 4);
}

#[tokio::test]
async fn without_fields_everything_is_taken_as_it_is() {
    let (api, id) = with(r#"<userTask id="u"/>"#).await;
    let submitted = json!({"variables": {"amount": {"value": "42"}}});
    api.post(&format!("/task/{id}/submit-form"), submitted)
        .await
        .expect(204);
    let amount = api.get("/variable-instance?variableName=amount").await.expect(200);
    assert_eq!(
        (&amount[0]["type"], &amount[0]["value"]),
        (&json!("String"), &json!("42"))
    );
}

#[tokio::test]
async fn where_the_form_of_a_task_is_found() {
    for (task, key, reference) in [
        (r#"<userTask id="u"/>"#, Value::Null, Value::Null),
        (
            r#"<userTask id="u" camunda:formKey="embedded:app:${base}.html"/>"#,
            json!("embedded:app:4.html"),
            Value::Null,
        ),
        (
            r#"<userTask id="u" camunda:formRef="f" camunda:formRefBinding="version" camunda:formRefVersion="3"/>"#,
            Value::Null,
            json!({"key": "f", "binding": "version", "version": 3}),
        ),
        (
            r#"<userTask id="u" camunda:formRef="f-${base}" camunda:formRefBinding="latest"/>"#,
            Value::Null,
            json!({"key": "f-4", "binding": "latest", "version": null}),
        ),
    ] {
        let (api, id) = with(task).await;
        let form = api.get(&format!("/task/{id}/form")).await.expect(200);
        let expected = json!({"key": key, "camundaFormRef": reference, "contextPath": null});
        assert_eq!(form, expected, "{task}");
        let listed = api.get(&format!("/task/{id}")).await.expect(200);
        assert_eq!(
            (&listed["formKey"], &listed["camundaFormRef"]),
            (&key, &reference),
            "{task}"
        );
    }
    let (api, id) = with(FIELDS).await;
    let form = api.get(&format!("/task/{id}/form")).await.expect(200);
    let rendered = format!("embedded:engine://engine/:engine/task/{id}/rendered-form");
    assert_eq!(form["key"], rendered);
    let unknown = api.get("/task/nonsense/form").await;
    unknown.expect_error(400, "RestException", "Cannot get form for task nonsense");
}

#[tokio::test]
async fn the_fields_of_a_task_are_rendered() {
    let (api, id) = with(FIELDS).await;
    let page = api.get(&format!("/task/{id}/rendered-form")).await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, Some("application/xhtml+xml"))
    );
    assert!(
        page.text
            .contains(r#"cam-variable-type="Long" max="100" type="number" value="5""#),
        "{}",
        page.text
    );
    let unknown = api.get("/task/nonsense/rendered-form").await;
    unknown.expect_error(500, "NullValueException", "Task 'nonsense' not found: task is null");
    let (api, id) = with(r#"<userTask id="u"/>"#).await;
    let message = format!("No matching rendered form for task with the id {id} found.");
    let without = api.get(&format!("/task/{id}/rendered-form")).await;
    without.expect_error(404, "InvalidRequestException", &message);
}

/// Deploys several files together.
async fn deploy(api: &Api, files: &[(&str, &str)]) -> String {
    let mut form = Form::new().text("deployment-name", "test");
    for (name, content) in files {
        let part = Part::text((*content).to_owned()).file_name((*name).to_owned());
        form = form.part((*name).to_owned(), part);
    }
    let deployed = api.deploy_form(form).await.expect(200);
    deployed["id"].as_str().unwrap().to_owned()
}

/// The reply to the request for the deployed form of a task with these attributes, whose deployment has three forms.
async fn deployed_form(attributes: &str) -> (Answer, String) {
    let api = Api::start().await;
    deploy(&api, &[("old.form", r#"{"id": "f", "old": true}"#)]).await;
    let model = model(&format!(r#"<userTask id="u" {attributes}/>"#));
    let files = [
        ("p.bpmn", model.as_str()),
        ("forms/a.html", "<form/>"),
        ("b.form", r#"{"id": "other"}"#),
        ("c.form", r#"{"id": "f", "old": false}"#),
        ("d.form", "no JSON"),
    ];
    let deployment = deploy(&api, &files).await;
    api.clock.advance(chrono::TimeDelta::minutes(1));
    deploy(&api, &[("new.form", r#"{"id": "f", "new": true}"#)]).await;
    api.start_instance("p", json!({})).await;
    let id = task_in(&api, "u").await.expect("a task");
    (api.get(&format!("/task/{id}/deployed-form")).await, deployment)
}

#[tokio::test]
async fn deployed_forms_are_downloaded() {
    for (attributes, content, media_type) in [
        (
            "camunda:formKey='embedded:deployment:forms/a.html'",
            "<form/>",
            "application/xhtml+xml",
        ),
        (
            "camunda:formKey='camunda-forms:deployment:b.form'",
            r#"{"id": "other"}"#,
            "application/json",
        ),
        ("camunda:formKey='deployment:d.form'", "no JSON", "application/json"),
        (
            "camunda:formRef='f' camunda:formRefBinding='deployment'",
            r#"{"id": "f", "old": false}"#,
            "application/json",
        ),
        (
            "camunda:formRef='f' camunda:formRefBinding='latest'",
            r#"{"id": "f", "new": true}"#,
            "application/json",
        ),
    ] {
        let (answer, _) = deployed_form(attributes).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, content), "{attributes}");
        assert_eq!(answer.header("content-type"), Some(media_type), "{attributes}");
        assert_eq!(
            answer.header("content-security-policy"),
            Some("sandbox"),
            "{attributes}"
        );
    }
}

#[tokio::test]
async fn forms_that_are_not_deployed_are_named() {
    for (attributes, status, kind, message) in [
        (
            "",
            400,
            "InvalidRequestException",
            "One of the attributes 'formKey' and 'camunda:formRef' must be supplied but none were set.",
        ),
        (
            "camunda:formKey='embedded:app:a.html'",
            400,
            "InvalidRequestException",
            "The form key 'embedded:app:a.html' does not reference a deployed form.",
        ),
        (
            "camunda:formKey='embedded:deployment:x.html'",
            404,
            "InvalidRequestException",
            "The form with the resource name 'x.html' cannot be found in deployment with id '%'",
        ),
        (
            "camunda:formRef='x' camunda:formRefBinding='latest'",
            404,
            "InvalidRequestException",
            "No Camunda Form Definition was found for Camunda Form Ref: x (latest)",
        ),
        (
            "camunda:formRef='f' camunda:formRefBinding='version' camunda:formRefVersion='1'",
            501,
            "NotImplementedException",
            "the form 'f' is bound by its version, which is not implemented; bind 'deployment' or 'latest'",
        ),
    ] {
        let (answer, deployment) = deployed_form(attributes).await;
        answer.expect_error(status, kind, &message.replace('%', &deployment));
    }
    let (api, _) = with(FIELDS).await;
    let unknown = api.get("/task/nonsense/deployed-form").await;
    let message = "No task found for taskId 'nonsense': task is null";
    unknown.expect_error(400, "InvalidRequestException", message);
}
