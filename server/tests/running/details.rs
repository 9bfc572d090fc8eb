//! What history tells of every change of a variable and every form that was submitted.

use chrono::TimeDelta;
use flowstone_engine::{HistoryLevel, Options};
use serde_json::{Value, json};

use crate::order::{NOWHERE, ORDER, Order, keys};
use crate::support::Api;

/// Name, value and revision of variable updates, in their order.
fn told(details: &[Value]) -> Vec<String> {
    let one = |detail: &Value| match detail["type"].as_str().unwrap() {
        "variableUpdate" => format!(
            "{} = {} ({})",
            detail["variableName"].as_str().unwrap(),
            detail["value"],
            detail["revision"]
        ),
        "formField" => format!("{}: {}", detail["fieldId"].as_str().unwrap(), detail["fieldValue"]),
        other => panic!("{other}"),
    };
    details.iter().map(one).collect()
}

async fn set(order: &Order, name: &str, value: Value) {
    let path = format!("/process-instance/{}/variables/{name}", order.id);
    order.api.put(&path, json!({ "value": value })).await.expect(204);
}

#[tokio::test]
async fn every_value_of_a_variable_is_told() {
    let order = Order::start().await;
    let own = format!("/history/detail?processInstanceId={}", order.id);
    let details = order.list(&own).await;
    assert_eq!(
        told(&details),
        ["amount = 5 (0)", "city = \"Bonn\" (0)", "box = \"small\" (0)"]
    );
    let fields = "activityInstanceId caseDefinitionId caseDefinitionKey caseExecutionId caseInstanceId errorMessage \
        executionId id initial processDefinitionId processDefinitionKey processInstanceId removalTime revision \
        rootProcessInstanceId taskId tenantId time type userOperationId value valueInfo variableInstanceId \
        variableName variableType";
    assert_eq!(keys(&details[0]), fields.split_whitespace().collect::<Vec<_>>());
    let initial: Vec<_> = details.iter().map(|one| one["initial"].as_bool().unwrap()).collect();
    assert_eq!(initial, [true, true, false]);
    for (name, expected) in [
        ("variableType", json!("Integer")),
        ("variableInstanceId", json!(format!("{}:amount", order.id))),
        ("processDefinitionKey", json!("order")),
        ("executionId", json!(order.id)),
        ("rootProcessInstanceId", json!(order.id)),
        ("time", json!("2026-01-31T09:30:00.000+0000")),
        ("taskId", Value::Null),
    ] {
        assert_eq!(details[0][name], expected, "{name}");
    }

    order.api.advance(TimeDelta::seconds(1));
    set(&order, "amount", json!(7)).await;
    set(&order, "amount", json!("many")).await;
    let path = format!("/process-instance/{}/variables/amount", order.id);
    order.api.delete(&path).await.expect(204);
    let variable = format!("/history/detail?variableInstanceId={}:amount", order.id);
    let amounts = [
        "amount = 5 (0)",
        "amount = 7 (1)",
        "amount = \"many\" (2)",
        "amount = null (3)",
    ];
    let before = order.list(&variable).await;
    assert_eq!(told(&before), amounts);
    let end = format!("/process-instance/{}", order.id);
    order.api.delete(&end).await.expect(204);
    assert_eq!(
        order.list(&variable).await,
        before,
        "also after the end, with the same ids"
    );
    for detail in before {
        let path = format!("/history/detail/{}", detail["id"].as_str().unwrap());
        assert_eq!(order.api.get(&path).await.expect(200), detail);
    }
}

#[tokio::test]
async fn details_are_asked_for_by_what_they_tell() {
    let order = Order::start().await;
    let task = order.only_id("/task").await;
    order.api.advance(TimeDelta::seconds(1));
    let local = format!("/task/{task}/localVariables/note");
    order.api.put(&local, json!({"value": 2.5})).await.expect(204);
    set(&order, "city", json!("Köln")).await;
    let pack = order.only_id("/external-task").await;
    let id = &order.id;
    let own = format!("processInstanceId={id}");
    for (query, expected) in [
        (own.clone(), vec!["amount", "city", "box", "note", "city"]),
        (
            format!("processInstanceIdIn={NOWHERE},{id},{id}"),
            vec!["amount", "city", "box", "note", "city"],
        ),
        (format!("executionId={id}"), vec!["amount", "city", "city"]),
        (format!("activityInstanceId={pack}"), vec!["box"]),
        (format!("taskId={task}"), vec!["note"]),
        (
            format!("{own}&excludeTaskDetails=true"),
            vec!["amount", "city", "box", "city"],
        ),
        (format!("{own}&initial=true"), vec!["amount", "city"]),
        (
            format!("{own}&variableUpdates=true&initial=true"),
            vec!["amount", "city"],
        ),
        (format!("{own}&formFields=true"), vec![]),
        (format!("{own}&variableNameLike=%25ot%25"), vec!["note"]),
        (format!("{own}&variableTypeIn=integer,double"), vec!["amount", "note"]),
        (
            format!("{own}&occurredAfter=2026-01-31T09:30:01.000%2B0000"),
            vec!["note", "city"],
        ),
        (
            format!("{own}&occurredBefore=2026-01-31T09:30:00.000%2B0000"),
            vec!["amount", "city", "box"],
        ),
        (format!("{own}&tenantIdIn=acme"), vec![]),
        (
            format!("{own}&withoutTenantId=true&initial=true"),
            vec!["amount", "city"],
        ),
        (
            format!("{own}&sortBy=variableName&sortOrder=desc"),
            vec!["note", "city", "city", "box", "amount"],
        ),
        (
            format!("{own}&sortBy=time&sortOrder=desc&firstResult=1&maxResults=2"),
            vec!["city", "amount"],
        ),
        (format!("{own}&firstResult=1&maxResults=2"), vec!["city", "box"]),
        (format!("{own}&firstResult=4&maxResults=9"), vec!["city"]),
        (format!("{own}&firstResult=2"), vec!["box", "note", "city"]),
        (format!("{own}&maxResults=0"), vec![]),
        (format!("processInstanceId={NOWHERE}"), vec![]),
        (format!("executionId={NOWHERE}"), vec![]),
        ("variableInstanceId=nothing".to_owned(), vec![]),
        ("processInstanceId=nothing".to_owned(), vec![]),
    ] {
        let details = order.list(&format!("/history/detail?{query}")).await;
        let names: Vec<_> = details
            .iter()
            .map(|one| one["variableName"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected, "{query}");
        if !query.contains("Result") {
            let count = order
                .api
                .get(&format!("/history/detail/count?{query}"))
                .await
                .expect(200);
            assert_eq!(count["count"], expected.len(), "{query}");
        }
    }
    let body = json!({"processInstanceId": id, "variableTypeIn": ["String"],
        "sorting": [{"sortBy": "variableRevision", "sortOrder": "desc"}, {"sortBy": "variableName", "sortOrder": "asc"}]});
    let posted = order.api.post("/history/detail?maxResults=2", body).await.expect(200);
    assert_eq!(
        told(posted.as_array().unwrap()),
        ["city = \"Köln\" (1)", "box = \"small\" (0)"]
    );
}

#[tokio::test]
async fn what_cannot_be_asked_of_details_is_refused() {
    let order = Order::start().await;
    for (query, status) in [
        ("", 400),
        ("?variableNameLike=amount", 400),
        ("?occurredAfter=2026-01-31T09:30:01.000%2B0000", 400),
        (
            &format!("?processInstanceId={}&sortBy=color&sortOrder=asc", order.id),
            400,
        ),
        (&format!("?processInstanceId={}&userOperationId=x", order.id), 501),
        (&format!("?processInstanceId={}&caseInstanceId=x", order.id), 501),
    ] {
        let refused = order.api.get(&format!("/history/detail{query}")).await;
        assert_eq!(refused.status, status, "{query} {}", refused.text);
    }
    let refused = order.api.get("/history/detail").await.expect(400);
    assert!(
        refused["message"].as_str().unwrap().contains("processInstanceId"),
        "{refused}"
    );
    for id in [
        "nothing",
        &order.id,
        &format!("{}:1:99.0", order.id),
        &format!("{NOWHERE}:1:1.0"),
    ] {
        let message = format!("Historic detail with Id '{id}' does not exist.");
        let unknown = order.api.get(&format!("/history/detail/{id}")).await;
        unknown.expect_error(404, "InvalidRequestException", &message);
    }
}

#[tokio::test]
async fn objects_are_shown_and_bytes_are_downloaded() {
    let order = Order::start().await;
    let path = format!("/process-instance/{}/variables", order.id);
    let object = json!({"type": "Object", "value": "{\"a\":1}",
        "valueInfo": {"objectTypeName": "x", "serializationDataFormat": "application/json"}});
    let file =
        json!({"type": "File", "value": "aGVsbG8=", "valueInfo": {"filename": "a.txt", "mimeType": "text/plain"}});
    let modifications = json!({ "modifications": {"object": object, "file": file} });
    order.api.post(&path, modifications).await.expect(204);
    let of = async |name: &str, more: &str| {
        let query = format!("/history/detail?variableInstanceId={}:{name}{more}", order.id);
        order.only(&query).await
    };
    assert_eq!(of("object", "").await["value"], json!({"a": 1}));
    assert_eq!(of("object", "&deserializeValues=false").await["value"], "{\"a\":1}");
    let shown = of("file", "").await;
    assert_eq!(
        (&shown["value"], &shown["valueInfo"]["filename"]),
        (&Value::Null, &json!("a.txt"))
    );
    let data = |detail: &Value| format!("/history/detail/{}/data", detail["id"].as_str().unwrap());
    let downloaded = order.api.get(&data(&shown)).await;
    assert_eq!((downloaded.status, downloaded.text.as_str()), (200, "hello"));
    assert_eq!(order.api.get(&data(&of("object", "").await)).await.status, 400);
    let own = format!("/history/detail/{}", of("object", "").await["id"].as_str().unwrap());
    let plain = order
        .api
        .get(&format!("{own}?deserializeValue=false"))
        .await
        .expect(200);
    assert_eq!(plain["value"], "{\"a\":1}");
}

#[tokio::test]
async fn forms_that_were_submitted_are_told_with_their_fields() {
    const FORMS: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t"><process id="p" isExecutable="true">
        <startEvent id="s"><extensionElements><camunda:formData><camunda:formField id="amount" type="long"/>
        </camunda:formData></extensionElements></startEvent>
        <sequenceFlow id="f" sourceRef="s" targetRef="u"/><userTask id="u"/></process></definitions>"#;
    let api = Api::start().await;
    api.deploy("p.bpmn", FORMS).await;
    let start = json!({"variables": {"amount": {"value": "12"}, "note": {"value": true}}});
    let started = api
        .post("/process-definition/key/p/submit-form", start)
        .await
        .expect(200);
    let id = started["id"].as_str().unwrap();
    let task = api.get("/task").await.expect(200)[0]["id"].as_str().unwrap().to_owned();
    let submitted = json!({"variables": {"done": {"value": "yes"}, "nothing": {"value": null}}});
    api.post(&format!("/task/{task}/submit-form"), submitted)
        .await
        .expect(204);
    let of = async |query: &str| {
        let path = format!("/history/detail?{query}");
        let details = api.get(&path).await.expect(200);
        details.as_array().unwrap().clone()
    };
    let forms = of(&format!("processInstanceId={id}&formFields=true")).await;
    assert_eq!(told(&forms), ["amount: \"12\"", "note: \"true\"", "done: \"yes\""]);
    assert_eq!((&forms[0]["taskId"], &forms[2]["taskId"]), (&Value::Null, &json!(task)));
    assert_eq!(told(&of(&format!("taskId={task}")).await), ["done: \"yes\""]);
    let updates = of(&format!("processInstanceId={id}&variableUpdates=true&initial=true")).await;
    assert_eq!(told(&updates), ["amount = 12 (0)", "note = true (0)"]);
    let all = of(&format!("processInstanceId={id}&sortBy=formPropertyId&sortOrder=asc")).await;
    assert_eq!(told(&all)[..3], ["amount: \"12\"", "done: \"yes\"", "note: \"true\""]);
}

#[tokio::test]
async fn lower_levels_of_history_tell_nothing() {
    let api = Api::with(Options {
        history: HistoryLevel::Audit,
        ..Options::default()
    })
    .await;
    api.deploy("order.bpmn", ORDER).await;
    let id = api
        .start_instance("order", json!({"variables": {"amount": {"value": 5}}}))
        .await;
    let details = api.get(&format!("/history/detail?processInstanceId={id}")).await;
    assert_eq!(details.expect(200), json!([]));
}

#[tokio::test]
async fn long_logs_are_read_to_their_end() {
    let order = Order::start().await;
    for number in 0..450 {
        set(&order, "amount", json!(number)).await;
    }
    let both = order
        .api
        .start_instance("order", json!({"variables": {"amount": {"value": -1}}}))
        .await;
    let query = format!(
        "processInstanceIdIn={},{both}&variableNameLike=amount&firstResult=450&maxResults=5",
        order.id
    );
    assert_eq!(
        told(&order.list(&format!("/history/detail?{query}")).await),
        ["amount = 449 (450)", "amount = -1 (0)"]
    );
    let path = format!(
        "/history/detail?processInstanceId={}&sortBy=variableRevision&sortOrder=desc&maxResults=1",
        order.id
    );
    assert_eq!(told(&order.list(&path).await), ["amount = 449 (450)"]);
}
