//! Deployments, definitions and starts (contract 3.7 and 3.8).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod support;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use support::{Api, ORDER, answer};

fn file(name: &str, content: &str) -> Part {
    Part::text(content.to_owned()).file_name(name.to_owned())
}

fn text(value: &Value, field: &str) -> String {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("no text {field} in {value}"))
        .to_owned()
}

/// The only definition that a deployment shows in this field.
fn definition<'a>(deployed: &'a Value, field: &str) -> &'a Value {
    let definitions = deployed[field]
        .as_object()
        .unwrap_or_else(|| panic!("no {field} in {deployed}"));
    assert_eq!(definitions.len(), 1);
    definitions.values().next().unwrap()
}

#[tokio::test]
async fn a_deployment_shows_what_came_of_it() {
    let api = Api::start().await;
    let form = Form::new()
        .text("deployment-name", "orders")
        .text("deployment-source", "Camunda Modeler")
        .text("enable-duplicate-filtering", "true")
        .part("order.bpmn", file("order.bpmn", ORDER))
        .part("extra", file("note.txt", "hello"));
    let deployed = api.deploy_form(form).await.expect(200);
    let id = text(&deployed, "id");
    let shown = definition(&deployed, "deployedProcessDefinitions").clone();
    let definition_id = text(&shown, "id");
    assert!(
        definition_id.starts_with("order:1:") && definition_id.len() <= 64,
        "{definition_id}"
    );
    assert_eq!(
        deployed,
        json!({
            "links": [{"method": "GET", "href": format!("{}/deployment/{id}", api.base), "rel": "self"}],
            "id": id, "name": "orders", "source": "Camunda Modeler", "deploymentTime": "2026-01-31T09:30:00.000+0000",
            "tenantId": null, "deployedCaseDefinitions": null, "deployedDecisionDefinitions": null,
            "deployedDecisionRequirementsDefinitions": null,
            "deployedProcessDefinitions": {definition_id.as_str(): {
                "id": definition_id, "key": "order", "category": "http://flowstone/test", "description": null,
                "name": "Order", "version": 1, "resource": "order.bpmn", "deploymentId": id, "diagram": null,
                "suspended": false, "tenantId": null, "versionTag": "v1", "historyTimeToLive": null,
                "startableInTasklist": true,
            }},
        })
    );
    let listed = json!({"links": [], "id": id, "name": "orders", "source": "Camunda Modeler",
        "deploymentTime": "2026-01-31T09:30:00.000+0000", "tenantId": null});
    assert_eq!(api.get(&format!("/deployment/{id}")).await.expect(200), listed);
    assert_eq!(api.get("/deployment").await.expect(200), json!([listed]));
    let resources = api.get(&format!("/deployment/{id}/resources")).await.expect(200);
    let names: Vec<String> = resources
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| text(resource, "name"))
        .collect();
    assert_eq!(names, ["note.txt", "order.bpmn"]);
    let model = &resources[1];
    let path = format!("/deployment/{id}/resources/{}", text(model, "id"));
    assert_eq!(&api.get(&path).await.expect(200), model);
    let data = api.get(&format!("{path}/data")).await;
    assert_eq!(data.text, ORDER);
    assert_eq!(
        data.header("content-disposition"),
        Some("attachment; filename=\"order.bpmn\"; filename*=UTF-8''order.bpmn")
    );
    let xml = api
        .get(&format!("/process-definition/{definition_id}/xml"))
        .await
        .expect(200);
    assert_eq!(xml, json!({"id": definition_id, "bpmn20Xml": ORDER}));
    for path in [
        format!("/process-definition/{definition_id}"),
        "/process-definition/key/order".to_owned(),
    ] {
        assert_eq!(api.get(&path).await.expect(200), shown);
    }
}

#[tokio::test]
async fn links_follow_the_name_that_the_client_used() {
    let mut api = Api::start().await;
    api.base = format!("{}/engine/default", api.base);
    let deployed = api.deploy("order.bpmn", ORDER).await;
    assert!(text(&deployed["links"][0], "href").starts_with(&format!("{}/deployment/", api.base)));
    let started = api
        .post("/process-definition/key/order/start", json!({}))
        .await
        .expect(200);
    let expected = format!("{}/process-instance/{}", api.base, text(&started, "id"));
    assert_eq!(text(&started["links"][0], "href"), expected);
}

#[tokio::test]
async fn duplicates_are_filtered() {
    let api = Api::start().await;
    let changed = ORDER.replace("name=\"Order\"", "name=\"Order 2\"");
    let deploy = async |option: &'static str, name: &'static str, content: &str| {
        let form = Form::new()
            .text("deployment-name", name)
            .text(option, "True")
            .part("d", file("order.bpmn", content));
        api.deploy_form(form).await.expect(200)
    };
    let first = deploy("enable-duplicate-filtering", "a", ORDER).await;
    let id = text(definition(&first, "deployedProcessDefinitions"), "id");
    let same = deploy("enable-duplicate-filtering", "a", ORDER).await;
    assert_eq!(same["id"], first["id"]);
    assert_eq!(same["deployedProcessDefinitions"], Value::Null);
    assert_eq!(text(definition(&same, "existingProcessDefinitions"), "id"), id);
    let other_name = deploy("deploy-changed-only", "b", ORDER).await;
    assert_eq!(definition(&other_name, "deployedProcessDefinitions")["version"], 2);
    let second = deploy("deploy-changed-only", "a", &changed).await;
    assert_eq!(definition(&second, "deployedProcessDefinitions")["version"], 3);
    assert_eq!(
        api.get("/deployment/count?name=a").await.expect(200),
        json!({"count": 2})
    );
}

#[tokio::test]
async fn forms_that_cannot_be_deployed_are_refused() {
    let api = Api::start().await;
    let invalid = "InvalidRequestException";
    for (form, message) in [
        (
            Form::new().text("deployment-name", "a"),
            "No deployment resources contained in the form upload.",
        ),
        (
            Form::new().text("data", ORDER),
            "No file name found in the deployment resource described by form parameter 'data'.",
        ),
    ] {
        api.deploy_form(form).await.expect_error(400, invalid, message);
    }
    let broken = api
        .client
        .post(format!("{}/deployment/create", api.base))
        .header("content-type", "multipart/form-data; boundary=x")
        .body("nonsense");
    let broken = answer(broken.send().await.unwrap()).await;
    broken.expect_error(400, invalid, "multipart/form-data cannot be processed");
    assert_eq!(api.post("/deployment/create", json!({})).await.status, 415);
}

#[tokio::test]
async fn every_problem_of_a_model_is_named_with_its_place() {
    let api = Api::start().await;
    let broken = ORDER.replace("targetRef=\"end\"", "targetRef=\"nowhere\"");
    let form = Form::new()
        .part("a", file("dir/broken.bpmn", &broken))
        .part("b", file("order.bpmn", ORDER));
    let error = api.deploy_form(form).await.expect(400);
    assert_eq!(error["type"], "ParseException");
    let message = text(&error, "message");
    assert!(
        message.starts_with("ENGINE-09005 Could not parse BPMN process. Errors: \n* "),
        "{message}"
    );
    assert!(message.contains(" | resource dir/broken.bpmn | line "), "{message}");
    let problem = &error["details"]["dir/broken.bpmn"]["errors"][0];
    assert!(
        problem["line"].as_u64().unwrap() > 1 && problem["column"].as_u64().unwrap() > 0,
        "{problem}"
    );
    assert!(message.contains(&text(problem, "message")), "{message}");
    assert_eq!(problem["mainElementId"], problem["elementIds"][0]);
    assert_eq!(problem["elementIds"], problem["\u{435}lementIds"]);
    assert!(problem["elementIds"].is_array());
    assert_eq!(api.get("/deployment/count").await.expect(200), json!({"count": 0}));
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let api = Api::start().await;
    let invalid = "InvalidRequestException";
    let rest = "RestException";
    for (method, path, status, kind, message) in [
        (
            "GET",
            "/deployment/x",
            404,
            invalid,
            "Deployment with id 'x' does not exist",
        ),
        (
            "DELETE",
            "/deployment/x",
            404,
            invalid,
            "Deployment with id 'x' does not exist",
        ),
        (
            "GET",
            "/process-definition/x",
            404,
            invalid,
            "No matching definition with id x",
        ),
        (
            "GET",
            "/process-definition/x/xml",
            404,
            invalid,
            "No matching definition with id x",
        ),
        (
            "GET",
            "/process-definition/key/k",
            404,
            rest,
            "No matching process definition with key: k and no tenant-id",
        ),
        (
            "POST",
            "/process-definition/key/k/start",
            404,
            rest,
            "No matching process definition with key: k and no tenant-id",
        ),
        (
            "GET",
            "/process-definition/key/k/tenant-id/t/xml",
            404,
            rest,
            "No matching process definition with key: k and tenant-id: t",
        ),
        (
            "DELETE",
            "/process-definition/key/k",
            404,
            rest,
            "No matching process definition with key: k and no tenant-id",
        ),
        (
            "DELETE",
            "/process-definition/x",
            404,
            invalid,
            "No process definition found with id 'x': processDefinition is null",
        ),
        (
            "POST",
            "/process-definition/x/start",
            500,
            rest,
            "Cannot instantiate process definition x: no deployed process definition found with id 'x': \
             processDefinition is null",
        ),
    ] {
        api.send(method, path, None).await.expect_error(status, kind, message);
    }
}

#[tokio::test]
async fn a_start_shows_the_instance() {
    let api = Api::start().await;
    let deployed = api.deploy("order.bpmn", ORDER).await;
    let definition_id = text(definition(&deployed, "deployedProcessDefinitions"), "id");
    let body = json!({"businessKey": "b", "withVariablesInReturn": true, "variables": {"map": {"value": {"x": 1}}}});
    let started = api
        .post(&format!("/process-definition/{definition_id}/start"), body)
        .await
        .expect(200);
    let id = text(&started, "id");
    assert_eq!(
        started,
        json!({
            "links": [{"method": "GET", "href": format!("{}/process-instance/{id}", api.base), "rel": "self"}],
            "id": id, "definitionId": definition_id, "businessKey": "b", "caseInstanceId": null, "ended": false,
            "suspended": false, "tenantId": null, "definitionKey": "order",
            "variables": {"map": {"type": "Object", "value": "{\"x\":1}", "valueInfo":
                {"objectTypeName": "java.util.LinkedHashMap", "serializationDataFormat": "application/json"}}},
        })
    );
    // Modeler sends nulls.
    let started = api
        .post(
            "/process-definition/key/order/start",
            json!({"businessKey": null, "variables": null}),
        )
        .await
        .expect(200);
    assert!(started.get("variables").is_none());
    let prefix = format!("Cannot instantiate process definition {definition_id}: ");
    for (body, status, kind, message) in [
        (
            json!({"variables": {"x": {"type": "Strange"}}}),
            400,
            "InvalidRequestException",
            "Unsupported value type 'Strange'",
        ),
        (
            json!({"skipCustomListeners": true}),
            500,
            "RestException",
            "ENGINE-13024 Cannot skip custom listeners or input/output mappings when start a process instance at \
             default start activity.",
        ),
        (
            json!({"startInstructions": [{"type": "startBeforeActivity"}]}),
            400,
            "InvalidRequestException",
            "For instruction type 'startBeforeActivity': 'activityId' must be set",
        ),
        (
            json!({"startInstructions": [{"type": "cancel", "activityId": "pack"}]}),
            400,
            "InvalidRequestException",
            "For instruction type 'cancel': a new process instance has nothing to cancel; leave the instruction out",
        ),
        (
            json!({"startInstructions": [{"type": "startAfterActivity", "activityId": "x"}]}),
            500,
            "RestException",
            "Cannot perform instruction: Start after activity 'x'; Activity 'x' does not exist: activity is null",
        ),
    ] {
        let answer = api
            .post(&format!("/process-definition/{definition_id}/start"), body)
            .await;
        answer.expect_error(status, kind, &format!("{prefix}{message}"));
    }
}

#[tokio::test]
async fn a_start_with_a_key_happens_once() {
    let api = Api::start().await;
    api.deploy("order.bpmn", ORDER).await;
    let start = async || {
        let request = api
            .client
            .post(format!("{}/process-definition/key/order/start", api.base))
            .header("Idempotency-Key", "k-1");
        text(&answer(request.send().await.unwrap()).await.expect(200), "id")
    };
    assert_eq!(start().await, start().await);
    assert_eq!(
        api.get("/process-instance/count").await.expect(200),
        json!({"count": 1})
    );
}

#[tokio::test]
async fn definitions_are_listed_and_counted() {
    let api = Api::start().await;
    let deployed = api.deploy("order.bpmn", ORDER).await;
    api.deploy("order.bpmn", &ORDER.replace("camunda:versionTag=\"v1\"", ""))
        .await;
    let id = text(definition(&deployed, "deployedProcessDefinitions"), "id");
    for (parameters, count) in [
        (String::new(), 2),
        ("key=order".into(), 2),
        ("key=other".into(), 0),
        ("keysIn=order,other".into(), 2),
        ("latestVersion=true".into(), 1),
        ("latestVersion=false".into(), 2),
        ("version=2".into(), 1),
        ("versionTag=v1".into(), 1),
        ("versionTagLike=v%25".into(), 1),
        ("withoutVersionTag=true".into(), 1),
        (format!("deploymentId={}", text(&deployed, "id")), 1),
        (format!("processDefinitionIdIn={id}"), 1),
        ("resourceName=order.bpmn".into(), 2),
        ("name=Order".into(), 2),
        ("nameLike=%25rde%25".into(), 2),
        ("active=true".into(), 2),
        ("suspended=true".into(), 0),
        ("withoutTenantId=true".into(), 2),
        ("tenantIdIn=t".into(), 0),
        ("tenantIdIn=t&includeProcessDefinitionsWithoutTenantId=true".into(), 2),
    ] {
        let counted = api
            .get(&format!("/process-definition/count?{parameters}"))
            .await
            .expect(200);
        assert_eq!(counted, json!({"count": count}), "{parameters}");
        let listed = api.get(&format!("/process-definition?{parameters}")).await.expect(200);
        assert_eq!(listed.as_array().unwrap().len(), count, "{parameters}");
    }
    let page = "/process-definition?sortBy=version&sortOrder=desc&firstResult=1&maxResults=1";
    assert_eq!(api.get(page).await.expect(200)[0]["version"], 1);
    assert_eq!(api.get("/process-definition?sortBy=version").await.status, 400);
}

#[tokio::test]
async fn definitions_and_deployments_can_be_deleted() {
    let api = Api::start().await;
    let deployed = api.deploy("order.bpmn", ORDER).await;
    let deployment = text(&deployed, "id");
    let definition_id = text(definition(&deployed, "deployedProcessDefinitions"), "id");
    let instance = api.start_instance("order", json!({})).await;
    assert_eq!(
        api.delete(&format!("/process-definition/{definition_id}")).await.status,
        500
    );
    let deleted = api
        .delete(&format!("/process-definition/{definition_id}?cascade=true"))
        .await;
    assert_eq!((deleted.status, deleted.text.as_str()), (200, ""));
    api.get(&format!("/process-instance/{instance}")).await.expect(404);
    api.delete(&format!("/deployment/{deployment}?cascade=true"))
        .await
        .expect(204);
    api.get(&format!("/deployment/{deployment}")).await.expect(404);
    api.deploy("order.bpmn", ORDER).await;
    api.delete("/process-definition/key/order?skipIoMappings=true")
        .await
        .expect(204);
    api.get("/process-definition/key/order").await.expect(404);
}
