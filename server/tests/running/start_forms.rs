//! Forms that start instances.

use serde_json::{Value, json};

use crate::support::Api;

/// A process with attributes and extensions of its start event.
fn model(attributes: &str, form: &str) -> String {
    format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t"><process id="p" isExecutable="true">
        <startEvent id="s" {attributes}><extensionElements>{form}</extensionElements></startEvent>
        <sequenceFlow id="f" sourceRef="s" targetRef="u"/><userTask id="u"/></process></definitions>"#
    )
}

const FIELDS: &str = r#"<camunda:formData businessKey="order">
    <camunda:formField id="order" type="string"/>
    <camunda:formField id="amount" type="long" defaultValue="5"><camunda:validation>
      <camunda:constraint name="max" config="100"/></camunda:validation></camunda:formField>
    <camunda:formField id="day" type="date" defaultValue="${dateTime()}"/></camunda:formData>"#;

/// The process deployed, and the id of its definition.
async fn with(attributes: &str, form: &str) -> (Api, String) {
    let api = Api::start().await;
    api.deploy("p.bpmn", &model(attributes, form)).await;
    let definition = api.get("/process-definition/key/p").await.expect(200);
    (api, definition["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn where_the_start_form_is_found() {
    for (attributes, key, reference) in [
        ("", Value::Null, Value::Null),
        ("camunda:formKey='app:${1 + 1}'", json!("app:2"), Value::Null),
        (
            "camunda:formRef='f' camunda:formRefBinding='deployment'",
            Value::Null,
            json!({"key": "f", "binding": "deployment", "version": null}),
        ),
    ] {
        let (api, id) = with(attributes, "").await;
        let expected = json!({"key": key, "camundaFormRef": reference, "contextPath": null});
        for path in [
            format!("/process-definition/{id}/startForm"),
            "/process-definition/key/p/startForm".to_owned(),
        ] {
            assert_eq!(api.get(&path).await.expect(200), expected, "{attributes}");
        }
    }
    let (api, id) = with("", FIELDS).await;
    let form = api.get("/process-definition/key/p/startForm").await.expect(200);
    let rendered = format!("embedded:engine://engine/:engine/process-definition/{id}/rendered-form");
    assert_eq!(form["key"], rendered);
    let unknown = api.get("/process-definition/x/startForm").await;
    let message = "Cannot get start form data for process definition x";
    unknown.expect_error(400, "InvalidRequestException", message);
    for path in ["startForm", "form-variables", "deployed-start-form"] {
        let unknown = api.get(&format!("/process-definition/key/x/tenant-id/t/{path}")).await;
        let message = "No matching process definition with key: x and tenant-id: t";
        unknown.expect_error(404, "RestException", message);
    }
}

#[tokio::test]
async fn the_fields_of_a_start_form_are_shown_with_their_defaults() {
    let (api, id) = with("", FIELDS).await;
    let shown = api.get("/process-definition/key/p/form-variables").await.expect(200);
    let expected = json!({
        "order": {"type": "String", "value": null, "valueInfo": {}},
        "amount": {"type": "Long", "value": 5, "valueInfo": {}},
        "day": {"type": "String", "value": "31/01/2026", "valueInfo": {}},
    });
    assert_eq!(shown, expected);
    let path = format!("/process-definition/{id}/form-variables?variableNames=amount");
    assert_eq!(api.get(&path).await.expect(200), json!({"amount": expected["amount"]}));
    api.get("/process-definition/x/form-variables").await.expect(500);
}

#[tokio::test]
async fn a_submitted_form_starts_an_instance() {
    let (api, id) = with("", FIELDS).await;
    let submitted = json!({"variables": {"order": {"value": "o-7"}, "amount": {"value": "42"}, "x": {"value": 1}},
        "withVariablesInReturn": true});
    let started = api
        .post("/process-definition/key/p/submit-form", submitted.clone())
        .await
        .expect(200);
    assert_eq!(
        (&started["businessKey"], &started["definitionId"]),
        (&json!("o-7"), &json!(id))
    );
    assert_eq!(
        started["variables"]["amount"],
        json!({"type": "Long", "value": 42, "valueInfo": {}})
    );
    assert_eq!(started["variables"]["day"]["type"], "Date");
    assert_eq!(started["variables"]["x"]["value"], 1);
    let mut with_key = submitted;
    with_key["businessKey"] = json!("given");
    let path = format!("/process-definition/{id}/submit-form");
    let started = api.post(&path, with_key).await.expect(200);
    assert_eq!(started["businessKey"], "given");
    assert_eq!(api.get("/task/count").await.expect(200)["count"], 2);
}

#[tokio::test]
async fn wrong_values_start_nothing() {
    let (api, id) = with("", FIELDS).await;
    let submit = |value: Value| {
        let submitted = json!({"variables": {"amount": {"value": value}}});
        api.post("/process-definition/key/p/submit-form", submitted)
    };
    submit(json!(101)).await.expect_error(
        400,
        "RestException",
        &format!(
            "Cannot instantiate process definition {id}: Invalid value submitted for form field 'amount': \
             validation of max(100) failed."
        ),
    );
    submit(json!("many")).await.expect_error(
        500,
        "RestException",
        &format!("Cannot instantiate process definition {id}: form field 'amount': Value 'many' is not of type Long."),
    );
    assert_eq!(api.get("/process-instance/count").await.expect(200)["count"], 0);
    let elsewhere = json!({"startInstructions": [{"type": "startBeforeActivity", "activityId": "u"}]});
    let refused = api.post("/process-definition/key/p/submit-form", elsewhere).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert_eq!(api.get("/process-instance/count").await.expect(200)["count"], 0);
    let start = json!({"variables": {"amount": {"value": "many"}}});
    api.start_instance("p", start).await;
}

#[tokio::test]
async fn a_repeated_submission_starts_one_instance() {
    let (api, _) = with("", FIELDS).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let request = api
            .client
            .post(format!("{}/process-definition/key/p/submit-form", api.base))
            .header("Idempotency-Key", "k");
        let started: Value = request.json(&json!({})).send().await.unwrap().json().await.unwrap();
        ids.push(started["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn the_fields_of_a_start_form_are_rendered() {
    let (api, _) = with("", FIELDS).await;
    let page = api.get("/process-definition/key/p/rendered-form").await;
    assert_eq!(page.header("content-security-policy"), Some("sandbox"));
    let order = r#"cam-variable-name="order" cam-variable-type="String" cam-business-key="true" type="text" value="""#;
    assert!(page.text.contains(order), "{}", page.text);
    let (api, id) = with("", "").await;
    let message = format!("No matching rendered start form for process definition with the id {id} found.");
    let without = api.get(&format!("/process-definition/{id}/rendered-form")).await;
    without.expect_error(404, "InvalidRequestException", &message);
}

#[tokio::test]
async fn deployed_start_forms_are_downloaded() {
    let (api, id) = with("camunda:formKey='embedded:deployment:p.bpmn'", "").await;
    let answer = api.get("/process-definition/key/p/deployed-start-form").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("startEvent"));
    let (api, _) = with("camunda:formKey='app:x'", "").await;
    let refused = api.get(&format!("/process-definition/{id}/deployed-start-form")).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    let refused = api.get("/process-definition/key/p/deployed-start-form").await;
    refused.expect_error(
        400,
        "InvalidRequestException",
        "The form key 'app:x' does not reference a deployed form.",
    );
}
