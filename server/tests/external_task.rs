//! What workers see of external tasks (contract 3.4 to 3.6).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use support::{Api, ORDER, answer};

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("no text {field} in {value}"))
}

fn fields(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_fetched_task_shows_everything() {
    let api = Api::start().await;
    let deployed = api.deploy("order.bpmn", ORDER).await;
    let definition = deployed["deployedProcessDefinitions"]
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .clone();
    let instance = api
        .start_instance("order", json!({"businessKey": "b-1", "variables": {
            "n": {"type": "integer", "value": 5}, "doc": {"type": "json", "value": "{\"a\":1}"}, "map": {"value": {"x": 1}},
        }}))
        .await;
    let request = json!({"workerId": "w", "maxTasks": 1, "usePriority": true, "topics": [{"topicName": "pack",
        "lockDuration": 60_000, "includeExtensionProperties": true, "deserializeValues": true, "variables": null}],
        "asyncResponseTimeout": null, "sorting": null});
    let tasks = api.post("/external-task/fetchAndLock", request).await.expect(200);
    let task = &tasks[0];
    let id = text(task, "id");
    let expected = json!({
        "activityId": "pack", "activityInstanceId": id, "executionId": id, "id": id, "errorMessage": null,
        "errorDetails": null, "lockExpirationTime": "2026-01-31T09:31:00.000+0000",
        "createTime": "2026-01-31T09:30:00.000+0000", "processDefinitionId": definition,
        "processDefinitionKey": "order", "processDefinitionVersionTag": "v1", "processInstanceId": instance,
        "retries": null, "suspended": false, "workerId": "w", "topicName": "pack", "tenantId": null, "priority": 0,
        "businessKey": "b-1", "extensionProperties": {"shelf": "A7"}, "lockToken": text(task, "lockToken"),
        "variables": {
            "n": {"type": "Integer", "value": 5, "valueInfo": {}},
            "doc": {"type": "Json", "value": "{\"a\":1}", "valueInfo": {}},
            "map": {"type": "Object", "value": {"x": 1}, "valueInfo": {"objectTypeName": "java.util.LinkedHashMap",
                "serializationDataFormat": "application/json"}},
        },
    });
    assert_eq!(task, &expected);
    let single = api.get(&format!("/external-task/{id}")).await.expect(200);
    let mut narrower = fields(&expected);
    for name in ["errorDetails", "variables", "extensionProperties", "lockToken"] {
        narrower.remove(name);
    }
    assert_eq!(fields(&single), narrower);
    for name in narrower {
        assert_eq!(single[name], expected[name], "{name}");
    }
}

#[tokio::test]
async fn fetches_are_checked() {
    let api = Api::start().await;
    let topic = json!({"topicName": "pack", "lockDuration": 1000});
    let with = |body: Value| {
        let mut whole = json!({"workerId": "w", "maxTasks": 1, "topics": [topic]});
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        whole
    };
    let engine = "ProcessEngineException";
    let null = "NullValueException";
    let invalid = "InvalidRequestException";
    for (body, status, kind, message) in [
        (with(json!({"workerId": null})), 500, null, "workerId is null"),
        (
            with(json!({"maxTasks": -1})),
            500,
            engine,
            "maxResults is not greater than or equal to 0",
        ),
        (
            with(json!({"topics": [{"lockDuration": 1}]})),
            500,
            null,
            "topicName is null",
        ),
        (
            with(json!({"topics": [{"topicName": "t"}]})),
            500,
            engine,
            "lockTime is not greater than 0",
        ),
        (
            with(json!({"topics": [{"topicName": "t", "lockDuration": -5}]})),
            500,
            engine,
            "lockTime is not greater than 0",
        ),
        (
            with(json!({"asyncResponseTimeout": 1_800_001})),
            400,
            invalid,
            "The asynchronous response timeout cannot be set to a value greater than 1800000 milliseconds",
        ),
        (
            with(json!({"sorting": [{"sortBy": "createTime"}]})),
            400,
            invalid,
            "Invalid query: call asc() or desc() after using orderByXX()",
        ),
        (
            with(json!({"sorting": [{"sortBy": "createTime", "sortOrder": "DESC"}]})),
            400,
            invalid,
            "Cannot set query sortOrder parameter to value DESC",
        ),
        (
            with(json!({"sorting": [{"sortBy": "", "sortOrder": "asc"}]})),
            400,
            invalid,
            "Cannot set query sortBy parameter to value ",
        ),
        (
            with(
                json!({"topics": [{"topicName": "t", "lockDuration": 1, "processVariables": {"o": {"value": {"a": 1}}}}]}),
            ),
            500,
            engine,
            "Object values cannot be used to query",
        ),
    ] {
        let answer = api.post("/external-task/fetchAndLock", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        answer.expect_error(status, kind, message);
    }
    for body in [
        with(json!({"maxTasks": null})),
        with(json!({"topics": null})),
        with(json!({"sorting": []})),
    ] {
        assert_eq!(
            api.post("/external-task/fetchAndLock", body).await.expect(200),
            json!([])
        );
    }
}

#[tokio::test]
async fn topics_filter_what_is_fetched() {
    let api = Api::start().await;
    api.deploy("order.bpmn", ORDER).await;
    for (key, number) in [("a", 1), ("b", 2), ("c", 3)] {
        api.start_instance(
            "order",
            json!({"businessKey": key, "variables": {"n": {"value": number}, "m": {"value": 0}}}),
        )
        .await;
    }
    for (filter, expected) in [
        (json!({"businessKey": "b"}), vec!["b"]),
        (json!({"businessKey": "x"}), vec![]),
        (json!({"processVariables": {"n": 1}}), vec!["a"]),
        (json!({"processVariables": {"n": 2, "m": 1}}), vec!["b"]),
        (json!({"processVariables": {"n": 2, "m": 0}}), vec!["a", "b", "c"]),
        (
            json!({"processDefinitionKey": "order", "processDefinitionKeyIn": []}),
            vec!["a", "b", "c"],
        ),
        (json!({"processDefinitionKeyIn": "order"}), vec!["a", "b", "c"]),
        (
            json!({"processDefinitionKey": "order", "processDefinitionKeyIn": ["other"]}),
            vec![],
        ),
        (json!({"processDefinitionVersionTag": "v%"}), vec!["a", "b", "c"]),
        (json!({"processDefinitionVersionTag": "x"}), vec![]),
        (json!({"withoutTenantId": "true"}), vec!["a", "b", "c"]),
        (json!({"tenantIdIn": ["t"]}), vec![]),
    ] {
        let mut topic = json!({"topicName": "pack", "lockDuration": 1000, "variables": ["n"]});
        topic
            .as_object_mut()
            .unwrap()
            .extend(filter.as_object().unwrap().clone());
        let body = json!({"workerId": "w", "maxTasks": 10, "topics": [topic],
            "sorting": [{"sortBy": "createTime", "sortOrder": "asc"}]});
        let tasks = api.post("/external-task/fetchAndLock", body).await.expect(200);
        let mut keys: Vec<&str> = tasks
            .as_array()
            .unwrap()
            .iter()
            .map(|task| text(task, "businessKey"))
            .collect();
        keys.sort_unstable();
        assert_eq!(keys, expected, "{filter}");
        for task in tasks.as_array().unwrap() {
            assert_eq!(fields(&task["variables"]), BTreeSet::from(["n"]));
            api.send("POST", &format!("/external-task/{}/unlock", text(task, "id")), None)
                .await
                .expect(204);
        }
    }
}

#[tokio::test]
async fn a_parked_fetch_gets_a_task_that_comes_up() {
    let api = Api::start().await;
    api.deploy("order.bpmn", ORDER).await;
    let body = json!({"workerId": "w", "maxTasks": 1, "asyncResponseTimeout": 60_000,
        "topics": [{"topicName": "pack", "lockDuration": 1000}]});
    let request = api
        .client
        .post(format!("{}/external-task/fetchAndLock", api.base))
        .body(body.to_string());
    let parked = tokio::spawn(async move { answer(request.send().await.unwrap()).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let instance = api.start_instance("order", json!({})).await;
    let tasks = tokio::time::timeout(Duration::from_secs(5), parked)
        .await
        .unwrap()
        .unwrap()
        .expect(200);
    assert_eq!(text(&tasks[0], "processInstanceId"), instance);
}

#[tokio::test]
async fn a_fetch_of_a_client_that_left_locks_nothing() {
    let api = Api::start().await;
    api.deploy("order.bpmn", ORDER).await;
    let body = json!({"workerId": "gone", "maxTasks": 1, "asyncResponseTimeout": 60_000,
        "topics": [{"topicName": "pack", "lockDuration": 60_000}]});
    let request = api
        .client
        .post(format!("{}/external-task/fetchAndLock", api.base))
        .body(body.to_string())
        .timeout(Duration::from_millis(200));
    assert!(request.send().await.is_err());
    tokio::time::sleep(Duration::from_millis(100)).await;
    api.start_instance("order", json!({})).await;
    assert_eq!(api.fetch("w", "pack").await.len(), 1);
}

#[tokio::test]
async fn every_error_of_the_operations_on_one_task() {
    let api = Api::start().await;
    let task = api.locked_task("w").await;
    let id = text(&task, "id").to_owned();
    let unknown = "0198a000-0000-7000-8000-000000000000";
    let rest = "RestException";
    let null = "NullValueException";
    let invalid = "InvalidRequestException";
    let not_there = |id: &str| format!("External task with id {id} does not exist");
    let held = |prefix: &str, by: &str| format!("{prefix} by worker 'w2'{by}. It is locked by worker 'w'.");
    let reports = ["complete", "failure", "bpmnError", "extendLock", "lock"];
    let valid = |worker: Value| json!({"workerId": worker, "errorCode": "e", "newDuration": 1, "lockDuration": 1});
    let mut cases: Vec<(String, Value, u16, &str, String)> = Vec::new();
    for operation in reports {
        // The body is checked before the task is looked for.
        for task in [&id, "nope", unknown] {
            cases.push((
                format!("{task}/{operation}"),
                valid(Value::Null),
                500,
                null,
                "workerId is null".into(),
            ));
        }
        for task in ["nope", unknown] {
            cases.push((
                format!("{task}/{operation}"),
                valid(json!("w")),
                404,
                rest,
                not_there(task),
            ));
        }
    }
    for task in ["nope", unknown] {
        cases.push((format!("{task}/unlock"), Value::Null, 404, rest, not_there(task)));
    }
    for (operation, message) in [
        ("complete", held(&format!("External Task {id} cannot be completed"), "")),
        (
            "failure",
            held(&format!("Failure of External Task {id} cannot be reported"), ""),
        ),
        (
            "bpmnError",
            held(&format!("Bpmn error of External Task {id} cannot be reported"), ""),
        ),
        (
            "extendLock",
            held(&format!("The lock of the External Task {id} cannot be extended"), "'"),
        ),
        ("lock", held(&format!("External Task {id} cannot be locked"), "")),
    ] {
        cases.push((format!("{id}/{operation}"), valid(json!("w2")), 400, rest, message));
    }
    for (operation, body, status, kind, message) in [
        (
            "complete",
            json!({"workerId": "w", "variables": {"x": {"type": "Strange", "value": 1}}}),
            400,
            invalid,
            "Unsupported value type 'Strange'",
        ),
        (
            "complete",
            json!({"workerId": "w", "variables": {"x": {"type": "Integer", "value": "a"}}}),
            400,
            invalid,
            "Cannot convert value 'a' of type 'Integer' to java type java.lang.Integer",
        ),
        (
            "complete",
            json!({"workerId": "w", "lockToken": "x"}),
            400,
            invalid,
            "lockToken is not a token that a fetch has returned",
        ),
        (
            "failure",
            json!({"workerId": "w", "retries": -1}),
            500,
            "ProcessEngineException",
            "retries is not greater than or equal to 0",
        ),
        (
            "failure",
            json!({"workerId": "w", "retries": 1, "retryTimeout": -1}),
            500,
            "ProcessEngineException",
            "retryDuration is not greater than or equal to 0",
        ),
        ("bpmnError", json!({"workerId": "w"}), 500, null, "errorCode is null"),
        (
            "extendLock",
            json!({"workerId": "w"}),
            400,
            rest,
            "lockTime is not greater than 0",
        ),
        (
            "extendLock",
            json!({"workerId": "w", "newDuration": 0}),
            400,
            rest,
            "lockTime is not greater than 0",
        ),
        (
            "lock",
            json!({"workerId": "w"}),
            400,
            rest,
            "lockDuration is not greater than 0",
        ),
    ] {
        cases.push((format!("{id}/{operation}"), body, status, kind, message.into()));
    }
    for (path, body, status, kind, message) in cases {
        let answer = api.post(&format!("/external-task/{path}"), body.clone()).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text);
        let error = answer.json();
        assert_eq!(error["type"], kind, "{path} {body}: {error}");
        assert_eq!(error["message"], message, "{path} {body}");
        assert_eq!(
            error["code"],
            if kind == invalid { Value::Null } else { json!(0) },
            "{path} {body}: {error}"
        );
    }
    for (path, body, status, kind, message) in [
        (
            "retries",
            json!({}),
            400,
            invalid,
            "The number of retries cannot be null.",
        ),
        (
            "retries",
            json!({"retries": -1}),
            400,
            "BadUserRequestException",
            "The number of retries cannot be negative: retries is not greater than or equal to 0",
        ),
        ("priority", json!({}), 500, "NullPointerException", "priority is null"),
    ] {
        api.put(&format!("/external-task/{id}/{path}"), body)
            .await
            .expect_error(status, kind, message);
    }
    api.get("/external-task/nope")
        .await
        .expect_error(404, rest, &not_there("nope"));
    assert_eq!(api.get("/external-task/nope/errorDetails").await.status, 500);
}

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
