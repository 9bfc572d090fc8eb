//! Instances go on, end and are deleted.

use serde_json::json;

use crate::order::Order;

#[tokio::test]
async fn waiting_executions_go_on_and_the_instance_ends() {
    let order = Order::start().await;
    let api = &order.api;
    let nudge = order.execution_of("nudge").await;
    api.post(
        &format!("/execution/{nudge}/signal"),
        json!({"variables": {"v": {"value": 1}}}),
    )
    .await
    .expect(204);

    let subscription = order.only("/event-subscription").await;
    assert_eq!(subscription["eventType"], "message");
    assert_eq!(
        (&subscription["eventName"], &subscription["activityId"]),
        (&json!("paid"), &json!("payment"))
    );
    let execution = subscription["executionId"].as_str().unwrap();
    let by_name = format!("/execution/{execution}/messageSubscriptions");
    assert_eq!(api.get(&format!("{by_name}/paid")).await.expect(200), subscription);
    api.post(&format!("{by_name}/other/trigger"), json!({})).await.expect_error(
        500,
        "RestException",
        &format!(
            "Cannot trigger message other for execution {execution}: Execution with id '{execution}' does not have a \
             subscription to a message event with name 'other': eventSubscriptions is empty"
        ),
    );
    api.post(&format!("{by_name}/paid/trigger"), json!({}))
        .await
        .expect(204);

    let topics = json!([{"topicName": "pack", "lockDuration": 1000}]);
    let fetch = json!({"workerId": "w", "maxTasks": 1, "topics": topics});
    let fetched = api.post("/external-task/fetchAndLock", fetch).await.expect(200);
    let packed = format!("/external-task/{}/complete", fetched[0]["id"].as_str().unwrap());
    api.post(&packed, json!({"workerId": "w"})).await.expect(204);

    let task = order.only_id("/task").await;
    let refused = api
        .post(
            &format!("/task/{task}/complete"),
            json!({"variables": {"x": {"type": "X"}}}),
        )
        .await;
    let message = format!("Cannot complete task {task}: Unsupported value type 'X'");
    refused.expect_error(400, "InvalidRequestException", &message);
    let running = api.delete(&format!("/history/process-instance/{}", order.id)).await;
    assert_eq!(running.status, 400, "{}", running.text);
    let done = json!({"variables": {"ok": {"value": true}}, "withVariablesInReturn": true});
    let returned = api.post(&format!("/task/{task}/complete"), done).await.expect(200);
    assert_eq!(
        returned["ok"],
        json!({"type": "Boolean", "value": true, "valueInfo": {}})
    );

    api.get(&format!("/process-instance/{}", order.id)).await.expect(404);
    let historic = api
        .get(&format!("/history/process-instance/{}", order.id))
        .await
        .expect(200);
    assert_eq!(
        (&historic["state"], &historic["durationInMillis"]),
        (&json!("COMPLETED"), &json!(0))
    );
    let review = order.only("/history/activity-instance?activityId=review").await;
    assert_eq!((&review["taskId"], &review["assignee"]), (&json!(task), &json!("anna")));
    assert_eq!(
        (&review["canceled"], &review["activityName"]),
        (&json!(false), &json!("Review"))
    );
    let one = api.get(&format!("/history/activity-instance/{task}")).await.expect(200);
    assert_eq!(one, review);
    api.delete(&format!("/history/process-instance/{}", order.id))
        .await
        .expect(204);
    assert_eq!(order.count("/history/process-instance/count").await, 0);
    assert_eq!(order.count("/history/activity-instance/count").await, 0);
}

#[tokio::test]
async fn a_deleted_instance_is_interrupted() {
    let order = Order::start().await;
    let path = format!("/process-instance/{}?cascade=true&skipCustomListeners=true", order.id);
    order.api.delete(&path).await.expect(204);
    for list in [
        "process-instance",
        "execution",
        "task",
        "external-task",
        "event-subscription",
        "variable-instance",
    ] {
        assert_eq!(order.count(&format!("/{list}/count")).await, 0, "{list}");
    }
    let historic = order.only("/history/process-instance").await;
    assert_eq!(historic["state"], "EXTERNALLY_TERMINATED");
    let review = order.only("/history/activity-instance?activityId=review").await;
    assert_eq!(review["canceled"], true);
    // Only an instance's own id deletes it.
    let second = order.api.start_instance("order", json!({})).await;
    let execution = order.execution_of("review").await;
    order
        .api
        .delete(&format!("/process-instance/{execution}"))
        .await
        .expect(404);
    order.api.get(&format!("/process-instance/{second}")).await.expect(200);
}
