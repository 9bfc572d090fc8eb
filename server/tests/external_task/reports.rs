//! What workers report: completions, failures, errors, locks.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::Api;
use crate::text;

#[tokio::test]
async fn completing_moves_the_process_on() {
    let api = Api::start().await;
    let task = api.locked_task("w").await;
    let path = format!("/external-task/{}/complete", text(&task, "id"));
    let answer = api
        .post(
            &path,
            json!({"workerId": "w", "variables": {"x": {"value": 1}}, "localVariables": {}}),
        )
        .await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    api.get(&format!("/process-instance/{}", text(&task, "processInstanceId")))
        .await
        .expect(404);
    api.post(&path, json!({"workerId": "w"})).await.expect(404);
}

#[tokio::test]
async fn a_completion_with_its_lock_token_can_be_repeated() {
    let api = Api::start().await;
    let task = api.locked_task("w").await;
    let path = format!("/external-task/{}/complete", text(&task, "id"));
    let body = json!({"workerId": "w", "lockToken": text(&task, "lockToken")});
    api.post(&path, body.clone()).await.expect(204);
    api.post(&path, body).await.expect(204);
    let other = json!({"workerId": "w", "lockToken": "0198a000-0000-7000-8000-000000000000"});
    api.post(&path, other).await.expect(404);
}

#[tokio::test]
async fn a_token_of_an_older_lock_is_refused() {
    let api = Api::start().await;
    let first = api.locked_task("w").await;
    let id = text(&first, "id");
    api.advance(TimeDelta::minutes(2));
    let second = api.fetch("w", "pack").await.remove(0);
    assert_eq!(text(&second, "id"), id);
    for operation in ["complete", "failure", "bpmnError", "extendLock"] {
        let body =
            json!({"workerId": "w", "errorCode": "e", "newDuration": 1000, "lockToken": text(&first, "lockToken")});
        let error = api
            .post(&format!("/external-task/{id}/{operation}"), body)
            .await
            .expect(400);
        assert_eq!(
            (&error["type"], &error["code"]),
            (&json!("RestException"), &json!(20001)),
            "{operation}"
        );
    }
    let body = json!({"workerId": "w", "lockToken": text(&second, "lockToken")});
    api.post(&format!("/external-task/{id}/complete"), body)
        .await
        .expect(204);
}

#[tokio::test]
async fn a_failure_is_kept_with_the_task() {
    let api = Api::start().await;
    let task = api.locked_task("w").await;
    let id = text(&task, "id");
    let path = format!("/external-task/{id}");
    assert_eq!(api.get(&format!("{path}/errorDetails")).await.status, 204);
    let long = "é".repeat(1000);
    let body =
        json!({"workerId": "w", "errorMessage": long, "errorDetails": "at line 1", "retries": 2, "retryTimeout": 5000});
    api.post(&format!("{path}/failure"), body).await.expect(204);
    let shown = api.get(&path).await.expect(200);
    assert_eq!(text(&shown, "errorMessage").chars().count(), 666);
    assert_eq!((&shown["retries"], &shown["workerId"]), (&json!(2), &json!("w")));
    assert_eq!(shown["lockExpirationTime"], "2026-01-31T09:30:05.000+0000");
    let details = api.get(&format!("{path}/errorDetails")).await;
    assert_eq!((details.status, details.text.as_str()), (200, "at line 1"));
    assert!(details.header("content-type").unwrap().starts_with("text/plain"));
    assert!(api.fetch("other", "pack").await.is_empty());
    api.advance(TimeDelta::seconds(6));
    let again = api.fetch("other", "pack").await;
    assert_eq!(text(&again[0], "errorDetails"), "at line 1");
    // Without retries it is not handed out, and an operator hears of it.
    api.post(
        &format!("{path}/failure"),
        json!({"workerId": "other", "errorMessage": "no"}),
    )
    .await
    .expect(204);
    api.advance(TimeDelta::hours(1));
    assert!(api.fetch("w", "pack").await.is_empty());
    assert_eq!(api.get("/incident/count").await.expect(200), json!({"count": 1}));
    api.put(&format!("{path}/retries"), json!({"retries": "3"}))
        .await
        .expect(204);
    assert_eq!(api.get("/incident/count").await.expect(200), json!({"count": 0}));
    assert_eq!(api.fetch("w", "pack").await.len(), 1);
}

#[tokio::test]
async fn locks_can_be_taken_extended_and_released() {
    let api = Api::start().await;
    let task = api.locked_task("w").await;
    let path = format!("/external-task/{}", text(&task, "id"));
    api.advance(TimeDelta::seconds(10));
    api.post(
        &format!("{path}/extendLock"),
        json!({"workerId": "w", "newDuration": 1000}),
    )
    .await
    .expect(204);
    assert_eq!(
        api.get(&path).await.expect(200)["lockExpirationTime"],
        "2026-01-31T09:30:11.000+0000"
    );
    api.advance(TimeDelta::seconds(2));
    let expired = api
        .post(
            &format!("{path}/extendLock"),
            json!({"workerId": "w", "newDuration": 1000}),
        )
        .await
        .expect(400);
    let now = api.server.engine().now().timestamp_millis();
    assert_eq!(
        text(&expired, "message"),
        format!("Cannot extend a lock that expired: lockExpirationTime is not greater than or equal to {now}")
    );
    api.post(&format!("{path}/lock"), json!({"workerId": "w2", "lockDuration": 5000}))
        .await
        .expect(204);
    assert_eq!(api.get(&path).await.expect(200)["workerId"], "w2");
    api.send("POST", &format!("{path}/unlock"), None).await.expect(204);
    let shown = api.get(&path).await.expect(200);
    assert_eq!(
        (&shown["workerId"], &shown["lockExpirationTime"]),
        (&Value::Null, &Value::Null)
    );
    let error = api
        .post(&format!("{path}/complete"), json!({"workerId": "w"}))
        .await
        .expect(400);
    assert!(
        text(&error, "message").ends_with("It is locked by worker 'null'."),
        "{error}"
    );
}

#[tokio::test]
async fn a_late_worker_may_complete_what_nobody_took() {
    let api = Api::start().await;
    let task = api.locked_task("w").await;
    api.advance(TimeDelta::hours(1));
    api.post(
        &format!("/external-task/{}/complete", text(&task, "id")),
        json!({"workerId": "w"}),
    )
    .await
    .expect(204);
}

#[tokio::test]
async fn an_error_that_nobody_catches_ends_the_path() {
    let api = Api::start().await;
    let task = api.locked_task("w").await;
    let body = json!({"workerId": "w", "errorCode": "none"});
    api.post(&format!("/external-task/{}/bpmnError", text(&task, "id")), body)
        .await
        .expect(204);
    api.get(&format!("/process-instance/{}", text(&task, "processInstanceId")))
        .await
        .expect(404);
}
