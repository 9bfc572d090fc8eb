//! Lists of tasks, and retries of many.

use serde_json::{Value, json};

use crate::support::Api;
use crate::text;

#[tokio::test]
async fn tasks_are_listed_and_counted() {
    let api = Api::start().await;
    let locked = api.locked_task("w").await;
    let id = text(&locked, "id").to_owned();
    api.start_instance("order", json!({"businessKey": "b-2", "variables": {"n": {"value": 7}}}))
        .await;
    let all = api
        .get("/external-task?sortBy=createTime&sortOrder=asc")
        .await
        .expect(200);
    assert_eq!(all.as_array().unwrap().len(), 2);
    for (filter, count) in [
        (json!({}), 2),
        (json!({"externalTaskId": id}), 1),
        (json!({"externalTaskId": "nope"}), 0),
        (json!({"externalTaskIdIn": [id]}), 1),
        (json!({"activityId": "pack"}), 2),
        (json!({"activityIdIn": ["pack", "x"]}), 2),
        (json!({"topicName": "pack"}), 2),
        (json!({"topicName": "x"}), 0),
        (json!({"workerId": "w"}), 1),
        (json!({"locked": true}), 1),
        (json!({"notLocked": true}), 1),
        (json!({"locked": false, "notLocked": null}), 2),
        (json!({"withRetriesLeft": true}), 2),
        (json!({"noRetriesLeft": true}), 0),
        (json!({"active": true}), 2),
        (json!({"suspended": true}), 0),
        (json!({"executionId": id}), 1),
        (json!({"processInstanceId": text(&locked, "processInstanceId")}), 1),
        (json!({"processDefinitionKey": "order"}), 2),
        (json!({"processDefinitionName": "Order"}), 2),
        (json!({"processDefinitionNameLike": "O%"}), 2),
        (json!({"lockExpirationAfter": "2026-01-31T09:30:30.000+0000"}), 1),
        (json!({"lockExpirationBefore": "2026-01-31T09:30:30.000+0000"}), 0),
        (json!({"priorityHigherThanOrEquals": 0}), 2),
        (json!({"priorityLowerThanOrEquals": -1}), 0),
        (
            json!({"processVariables": [{"name": "n", "operator": "eq", "value": 7}]}),
            1,
        ),
        (json!({"tenantIdIn": ["t"]}), 0),
    ] {
        let counted = api.post("/external-task/count", filter.clone()).await.expect(200);
        assert_eq!(counted, json!({"count": count}), "{filter}");
        let listed = api.post("/external-task", filter.clone()).await.expect(200);
        assert_eq!(listed.as_array().unwrap().len(), count, "{filter}");
    }
    for (parameters, count) in [
        ("topicName=pack&topicName=x", 2),
        ("locked=true", 1),
        // Values in a query string are texts, as the contract says: the number 7 is another value.
        ("processVariables=n_eq_7", 0),
    ] {
        let counted = api.get(&format!("/external-task/count?{parameters}")).await.expect(200);
        assert_eq!(counted, json!({"count": count}), "{parameters}");
    }
    assert_eq!(api.get("/external-task?maxResults=0").await.expect(200), json!([]));
    assert_eq!(
        api.post("/external-task?maxResults=1", json!({}))
            .await
            .expect(200)
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn retries_of_many_are_set_at_once() {
    let api = Api::start().await;
    let task = api.locked_task("w").await;
    let id = text(&task, "id");
    let unknown = "0198a000-0000-7000-8000-000000000000";
    for (body, status, kind) in [
        (json!({"externalTaskIds": [id]}), 400, "InvalidRequestException"),
        (
            json!({"retries": -1, "externalTaskIds": [id]}),
            400,
            "BadUserRequestException",
        ),
        (json!({"retries": 1}), 400, "BadUserRequestException"),
        (
            json!({"retries": 1, "externalTaskIds": []}),
            400,
            "BadUserRequestException",
        ),
        (
            json!({"retries": 1, "externalTaskIds": [id, null]}),
            400,
            "BadUserRequestException",
        ),
        (
            json!({"retries": 1, "externalTaskIds": [id, unknown]}),
            404,
            "InvalidRequestException",
        ),
    ] {
        let error = api.put("/external-task/retries", body.clone()).await.expect(status);
        assert_eq!(error["type"], kind, "{body}");
        assert_eq!(
            api.get(&format!("/external-task/{id}")).await.expect(200)["retries"],
            Value::Null,
            "{body}"
        );
    }
    for (retries, names) in [
        (1, json!({"externalTaskIds": [id]})),
        (2, json!({"processInstanceIds": [text(&task, "processInstanceId")]})),
        (3, json!({"externalTaskQuery": {"topicName": "pack"}})),
        (4, json!({"processInstanceQuery": {"processDefinitionKey": "order"}})),
        (
            5,
            json!({"historicProcessInstanceQuery": {"processDefinitionKey": "order"}}),
        ),
    ] {
        let mut body = names.clone();
        body["retries"] = json!(retries);
        api.put("/external-task/retries", body).await.expect(204);
        assert_eq!(
            api.get(&format!("/external-task/{id}")).await.expect(200)["retries"],
            retries,
            "{names}"
        );
    }
    api.put(&format!("/external-task/{id}/priority"), json!({"priority": 9}))
        .await
        .expect(204);
    assert_eq!(
        api.get(&format!("/external-task/{id}")).await.expect(200)["priority"],
        9
    );
}
