//! What the client sends and what it makes of the answers (contract sections 3.1 and 3.7 to 3.11).
#![allow(
    clippy::unwrap_used,
    reason = "a test ends where its ground gives way, helpers included"
)]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{Method, StatusCode, Uri};
use axum::response::IntoResponse;
use flowstone_worker::{Client, Deployment, Error, MessageCorrelation, ProcessStart, TypedValue, Variables};
use serde_json::{Value, json};

type Seen = Arc<Mutex<Vec<(String, String)>>>;

/// A server that gives every call the same answer and remembers what was asked.
async fn answering(status: u16, body: &str) -> (Client, Seen) {
    let seen = Seen::default();
    let (record, body) = (Arc::clone(&seen), body.to_owned());
    let app = Router::new().fallback(move |method: Method, uri: Uri, content: Bytes| {
        record.lock().unwrap().push((
            format!("{method} {uri}"),
            String::from_utf8_lossy(&content).into_owned(),
        ));
        let answer = (
            StatusCode::from_u16(status).unwrap(),
            [("content-type", "application/json"), ("retry-after", "7")],
            body.clone(),
        );
        async move { answer.into_response() }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (Client::new(&url).unwrap(), seen)
}

fn only(seen: &Seen) -> (String, String) {
    let calls = seen.lock().unwrap();
    assert_eq!(calls.len(), 1);
    calls[0].clone()
}

fn json_of(seen: &Seen) -> (String, Value) {
    let (call, body) = only(seen);
    (call, serde_json::from_str(&body).unwrap())
}

const INSTANCE: &str = r#"{"links":[],"id":"i","definitionId":"order:1:d","businessKey":"k","caseInstanceId":null,
    "ended":true,"suspended":false,"tenantId":null}"#;

#[tokio::test]
async fn processes_are_started_with_typed_variables() {
    let (client, seen) = answering(200, INSTANCE).await;
    let instance = client
        .start_process("order", json!({"amount": 12.5, "lines": [1]}), Some("k"))
        .await
        .unwrap();
    assert_eq!(
        (instance.id.as_str(), instance.ended, instance.business_key.as_deref()),
        ("i", true, Some("k"))
    );
    let (call, body) = json_of(&seen);
    assert_eq!(call, "POST /engine-rest/process-definition/key/order/start");
    assert_eq!(
        body,
        json!({"businessKey": "k", "variables": {
            "amount": {"type": "Double", "value": 12.5, "valueInfo": {}},
            "lines": {"type": "Json", "value": "[1]", "valueInfo": {}},
        }})
    );
}

#[tokio::test]
async fn names_are_escaped_in_paths() {
    let (client, seen) = answering(200, INSTANCE).await;
    client
        .start(ProcessStart::new("a/b ?").tenant("t%").variables(()).unwrap())
        .await
        .unwrap();
    assert_eq!(
        only(&seen).0,
        "POST /engine-rest/process-definition/key/a%2Fb%20%3F/tenant-id/t%25/start"
    );
}

#[tokio::test]
async fn deployments_send_every_file_under_its_own_name() {
    let answer = r#"{"links":[],"id":"d","name":"orders","deployedProcessDefinitions":{"order:1:x":{}},"deployedCaseDefinitions":null}"#;
    let (client, seen) = answering(200, answer).await;
    let models = Deployment::new("orders")
        .resource("a.bpmn", "<a/>")
        .resource("b.dmn", "<b/>");
    let receipt = client.deploy(models).await.unwrap();
    assert_eq!(
        (receipt.id.as_str(), receipt.process_definition_ids),
        ("d", vec!["order:1:x".to_owned()])
    );
    let (call, body) = only(&seen);
    assert_eq!(call, "POST /engine-rest/deployment/create");
    for part in [
        "name=\"deployment-name\"",
        "deploy-changed-only",
        "filename=\"a.bpmn\"",
        "<a/>",
        "filename=\"b.dmn\"",
        "<b/>",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    let unchanged = r#"{"links":[],"id":"d","name":"orders","deployedProcessDefinitions":null}"#;
    let (client, _) = answering(200, unchanged).await;
    assert!(
        client
            .deploy(Deployment::new("orders"))
            .await
            .unwrap()
            .process_definition_ids
            .is_empty()
    );
    assert!(matches!(
        Deployment::new("x").file("/no/such/file.bpmn"),
        Err(Error::File { .. })
    ));
}

#[tokio::test]
async fn messages_and_signals_say_whom_they_are_for() {
    let (client, seen) = answering(204, "").await;
    let message = MessageCorrelation::new("paid")
        .business_key("k")
        .correlation_key("order", 7)
        .unwrap()
        .variables(json!({"ok": true}))
        .unwrap();
    client.correlate_message(message).await.unwrap();
    client.signal("alarm", ()).await.unwrap();
    let calls = seen.lock().unwrap().clone();
    let bodies: Vec<Value> = calls
        .iter()
        .map(|(_, body)| serde_json::from_str(body).unwrap())
        .collect();
    assert_eq!(
        bodies[0],
        json!({"messageName": "paid", "businessKey": "k",
            "correlationKeys": {"order": {"type": "Integer", "value": 7, "valueInfo": {}}},
            "processVariables": {"ok": {"type": "Boolean", "value": true, "valueInfo": {}}}})
    );
    assert_eq!(bodies[1], json!({"name": "alarm", "variables": {}}));
}

#[tokio::test]
async fn variables_are_read_with_their_types() {
    let (client, seen) = answering(
        200,
        r#"{"n":{"type":"integer","value":5,"valueInfo":{}},"doc":{"type":"Json","value":"{\"a\":[1]}","valueInfo":{}},
            "raw":{"value":"x"},"map":{"type":"Object","value":"{\"x\":1}","valueInfo":{"serializationDataFormat":"application/json"}}}"#,
    )
    .await;
    let variables = client.variables("i").await.unwrap();
    assert_eq!(
        only(&seen).0,
        "GET /engine-rest/process-instance/i/variables?deserializeValues=false"
    );
    assert_eq!(variables.get("n").map(TypedValue::kind), Some("Integer"));
    assert_eq!(variables.get("raw").map(TypedValue::kind), Some("String"));
    assert_eq!(variables.read::<Value>("doc").unwrap(), Some(json!({"a": [1]})));
    assert_eq!(variables.read::<Value>("map").unwrap(), Some(json!({"x": 1})));
    assert!(variables.read::<i64>("doc").is_err());
    assert_eq!(variables.read::<i64>("absent").unwrap(), None);
}

#[tokio::test]
async fn variables_read_can_be_written_back_unchanged() {
    let (client, seen) = answering(204, "").await;
    let variables = Variables::new()
        .with("f", TypedValue::file("a.txt", "text/plain", b"a"))
        .unwrap();
    client.set_variables("i", &variables).await.unwrap();
    let file = json!({"type": "File", "value": "YQ==", "valueInfo": {"filename": "a.txt", "mimeType": "text/plain"}});
    assert_eq!(json_of(&seen).1, json!({ "modifications": { "f": file } }));
}

#[tokio::test]
async fn an_instance_that_is_not_there_is_no_error() {
    let (client, _) = answering(404, r#"{"type":"InvalidRequestException","message":"no","code":null}"#).await;
    assert!(client.process_instance("i").await.unwrap().is_none());
    assert!(client.delete_process_instance("i").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn refusals_keep_what_the_server_said() {
    for (status, body, kind, message, code, transient) in [
        (
            400,
            r#"{"type":"RestException","message":"locked by 'x'","code":20001}"#,
            "RestException",
            "locked by 'x'",
            Some(20001),
            false,
        ),
        (503, "busy", "Service Unavailable", "busy", None, true),
        (429, "", "Too Many Requests", "", None, true),
        (
            500,
            r#"{"type":"NullValueException","message":"workerId is null","code":0}"#,
            "NullValueException",
            "workerId is null",
            Some(0),
            true,
        ),
    ] {
        let (client, _) = answering(status, body).await;
        let error = client.signal("s", ()).await.unwrap_err();
        assert_eq!((error.is_transient(), error.status()), (transient, Some(status)));
        let Error::Refused {
            kind: k,
            message: m,
            code: c,
            retry_after,
            ..
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!(
            (k.as_str(), m.as_str(), c, retry_after.unwrap().as_secs()),
            (kind, message, code, 7)
        );
    }
}

#[tokio::test]
async fn an_address_without_api_is_told_from_one_without_server() {
    let (client, _) = answering(200, "<html>").await;
    assert!(
        client
            .variables("i")
            .await
            .unwrap_err()
            .to_string()
            .contains("engine-rest")
    );
    let closed = Client::new("http://127.0.0.1:1").unwrap();
    let error = closed.variables("secret-id").await.unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("http://127.0.0.1:1"),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("secret-id"), "{error:?}");
}
