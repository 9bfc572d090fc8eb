//! Fetching, and every refusal of the operations on one task.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Api, ORDER, answer};
use crate::text;

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
