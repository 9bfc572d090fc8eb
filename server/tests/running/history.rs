//! What is kept of what ended, beside what still runs.

use serde_json::{Value, json};

use crate::called::{Called, each};
use crate::order::{NOWHERE, Order, keys};

#[tokio::test]
async fn variables_stay_when_their_scope_has_ended() {
    let called = Called::start().await;
    let (api, part) = (&called.api, called.part.as_str());
    let task = called.approve().await;
    let running = called
        .list(&format!(
            "/history/variable-instance?processInstanceId={part}&sortBy=variableName&sortOrder=asc"
        ))
        .await;
    assert_eq!(each(&running, "name"), ["amount", "city", "due", "note"]);
    let payment = called.pay().await;
    let ended = called
        .list(&format!(
            "/history/variable-instance?processInstanceId={part}&sortBy=variableName&sortOrder=asc"
        ))
        .await;
    assert_eq!(ended, running, "what is shown stays the same when it ends");

    let expected = "activityInstanceId caseDefinitionId caseDefinitionKey caseExecutionId caseInstanceId createTime \
         errorMessage executionId id name processDefinitionId processDefinitionKey processInstanceId removalTime \
         rootProcessInstanceId state taskId tenantId type value valueInfo";
    let mut expected: Vec<&str> = expected.split_whitespace().collect();
    expected.sort_unstable();
    assert_eq!(keys(&ended[0]), expected);
    let amount = &ended[0];
    assert_eq!(
        (&amount["value"], &amount["type"], &amount["state"]),
        (&json!(5), &json!("Integer"), &json!("CREATED"))
    );
    assert_eq!(amount["rootProcessInstanceId"], json!(called.whole));
    assert_eq!(amount["processDefinitionKey"], "part");
    assert_eq!(amount["createTime"], "2026-01-31T09:30:00.000+0000");
    let by_task = ended.iter().map(|one| &one["taskId"]).collect::<Vec<_>>();
    assert_eq!(by_task, [&Value::Null, &Value::Null, &Value::Null, &json!(task)]);
    assert_eq!(ended[2]["activityInstanceId"], json!(payment));

    for one in &ended {
        let path = format!("/history/variable-instance/{}", one["id"].as_str().unwrap());
        assert_eq!(api.get(&path).await.expect(200), *one);
    }
    for unknown in [
        format!("{part}:nothing"),
        format!("{NOWHERE}:amount"),
        "amount".to_owned(),
    ] {
        api.get(&format!("/history/variable-instance/{unknown}"))
            .await
            .expect_error(
                404,
                "InvalidRequestException",
                &format!("Historic variable instance with Id '{unknown}' does not exist."),
            );
    }
}

#[tokio::test]
async fn variables_of_history_are_selected_as_clients_ask() {
    let called = Called::start().await;
    let task = called.approve().await;
    let payment = called.pay().await;
    let part = called.part.as_str();
    // The calling instance holds `amount` too.
    for (name, value, expected) in [
        ("variableName", "amount", 2),
        ("variableName", "AMOUNT", 0),
        ("variableNameLike", "%o%", 3),
        ("variableNameIn", "city,note", 2),
        ("variableTypeIn", "string", 2),
        ("variableTypeIn", "Integer", 3),
        ("processInstanceId", part, 4),
        ("processInstanceIdIn", part, 4),
        ("processDefinitionKey", "whole", 1),
        ("executionIdIn", payment.as_str(), 1),
        ("activityInstanceIdIn", part, 2),
        ("taskIdIn", task.as_str(), 1),
        ("taskIdIn", NOWHERE, 0),
        ("tenantIdIn", "a", 0),
        ("withoutTenantId", "true", 5),
        ("includeDeleted", "true", 5),
    ] {
        called
            .selects("/history/variable-instance", name, value, expected)
            .await;
    }
    for (body, expected) in [
        (json!({"variableName": "amount", "variableValue": 5}), 2),
        (json!({"variableName": "amount", "variableValue": 6}), 0),
        (json!({"variableName": "CITY", "variableNamesIgnoreCase": true}), 1),
        (json!({"variableName": "city", "variableValue": "bonn"}), 0),
        (
            json!({"variableName": "city", "variableValue": "bonn", "variableValuesIgnoreCase": true}),
            1,
        ),
    ] {
        let found = called
            .api
            .post("/history/variable-instance/count", body.clone())
            .await
            .expect(200);
        assert_eq!(found, json!({"count": expected}), "{body}");
    }
    called.api.get("/history/variable-instance?variableValue=5").await.expect_error(
        400,
        "InvalidRequestException",
        "Only a single variable value parameter specified: variable name and value are required to be able to query \
         after a specific variable value.",
    );
    assert_eq!(
        called
            .api
            .get("/history/variable-instance?caseInstanceId=x")
            .await
            .status,
        501
    );
}

#[tokio::test]
async fn ended_instances_are_found_by_their_variables_and_callers() {
    let called = Called::start().await;
    called.approve().await;
    called.pay().await;
    let (whole, part) = (called.whole.as_str(), called.part.as_str());
    for (filter, expected) in [
        ("variables=city_eq_Bonn", vec![part]),
        ("variables=city_eq_Ulm", vec![]),
        ("rootProcessInstances=true", vec![whole]),
        (&format!("superProcessInstanceId={whole}"), vec![part]),
        (
            &format!("rootProcessInstanceId={whole}&sortBy=definitionKey&sortOrder=desc"),
            vec![whole, part],
        ),
    ] {
        let found = called
            .list(&format!("/history/process-instance?finished=true&{filter}"))
            .await;
        assert_eq!(each(&found, "id"), expected, "{filter}");
    }
    let part = called
        .api
        .get(&format!("/history/process-instance/{part}"))
        .await
        .expect(200);
    assert_eq!(part["superProcessInstanceId"], json!(whole));
    assert_eq!(part["rootProcessInstanceId"], json!(whole));
}

#[tokio::test]
async fn what_is_removed_or_deleted_is_in_history_no_more() {
    let order = Order::start().await;
    order.fail_packing().await;
    let running = order.list("/history/variable-instance").await;
    assert_eq!(each(&running, "name"), ["amount", "city", "box"]);
    let path = format!("/process-instance/{}", order.id);
    order.api.delete(&format!("{path}/variables/city")).await.expect(204);
    order.api.delete(&path).await.expect(204);
    let ended = order.list("/history/variable-instance").await;
    assert_eq!(each(&ended, "name"), ["amount", "box"]);
    order.api.delete(&format!("/history{path}")).await.expect(204);
    assert_eq!(order.list("/history/variable-instance").await, Vec::<Value>::new());
}

#[tokio::test]
async fn user_tasks_are_kept_with_how_they_ended() {
    let called = Called::start().await;
    let open = called.list("/history/task").await.remove(0);
    let expected = "activityInstanceId assignee caseDefinitionId caseDefinitionKey caseExecutionId caseInstanceId \
         deleteReason description due duration endTime executionId followUp id name owner parentTaskId priority \
         processDefinitionId processDefinitionKey processInstanceId removalTime rootProcessInstanceId startTime \
         taskDefinitionKey taskState tenantId";
    let mut expected: Vec<&str> = expected.split_whitespace().collect();
    expected.sort_unstable();
    assert_eq!(keys(&open), expected);
    assert_eq!(
        [&open["name"], &open["assignee"], &open["endTime"], &open["taskState"]],
        [&json!("Approve"), &json!("anna"), &Value::Null, &json!("Created")]
    );
    let task = open["id"].as_str().unwrap();
    called
        .api
        .post(&format!("/task/{task}/assignee"), json!({"userId": "bert"}))
        .await
        .expect(204);
    called.api.advance(chrono::TimeDelta::milliseconds(1500));
    called.approve().await;
    let done = called.list("/history/task").await.remove(0);
    assert_eq!(
        [
            &done["id"],
            &done["assignee"],
            &done["endTime"],
            &done["duration"],
            &done["deleteReason"],
            &done["taskState"]
        ],
        [
            &json!(task),
            &json!("bert"),
            &json!("2026-01-31T09:30:01.500+0000"),
            &json!(1500),
            &json!("completed"),
            &json!("Completed")
        ]
    );
    assert_eq!(done["rootProcessInstanceId"], json!(called.whole));

    // Another one, given up with its instance.
    let second = called.api.start_instance("part", json!({"businessKey": "b-2"})).await;
    for (name, value, expected) in [
        ("taskId", task, 1),
        ("processInstanceId", called.part.as_str(), 1),
        ("processInstanceBusinessKey", "b-2", 1),
        ("processDefinitionKey", "part", 2),
        ("processDefinitionName", "Part", 2),
        ("taskDefinitionKeyIn", "approve,other", 2),
        ("taskNameLike", "App%", 2),
        ("taskAssignee", "bert", 1),
        ("taskAssigneeLike", "a%", 1),
        ("unassigned", "true", 0),
        ("taskHadCandidateGroup", "board", 2),
        ("taskHadCandidateUser", "anna", 0),
        ("finished", "true", 1),
        ("unfinished", "true", 1),
        ("processFinished", "true", 0),
        ("processUnfinished", "true", 2),
        ("taskPriority", "50", 2),
        ("startedAfter", "2026-01-31T09:30:01.000+0000", 1),
        ("finishedBefore", "2026-01-31T09:30:01.500+0000", 1),
        ("taskDeleteReason", "completed", 1),
        ("withoutTaskDueDate", "true", 2),
        ("tenantIdIn", "a", 0),
    ] {
        called.selects("/history/task", name, value, expected).await;
    }
    let with_variable = called.list("/history/task?processVariables=city_eq_Bonn").await;
    assert_eq!(each(&with_variable, "id"), [json!(task)]);
    called
        .api
        .delete(&format!("/process-instance/{second}"))
        .await
        .expect(204);
    let deleted = called.list("/history/task?processFinished=true").await;
    assert_eq!(each(&deleted, "processInstanceId"), [json!(second)]);
    assert_eq!(deleted[0]["taskState"], "Deleted");
    let sorted = called.list("/history/task?sortBy=assignee&sortOrder=desc").await;
    assert_eq!(each(&sorted, "assignee"), ["bert", "anna"]);
    assert_eq!(called.api.get("/history/task?taskInvolvedUser=x").await.status, 501);
}

#[tokio::test]
async fn call_activities_tell_what_they_called() {
    let called = Called::start().await;
    let shown = async || {
        let found = called
            .list("/history/activity-instance?activityType=callActivity")
            .await;
        assert_eq!(found.len(), 1);
        (
            found[0]["calledProcessInstanceId"].clone(),
            found[0]["endTime"].is_null(),
        )
    };
    assert_eq!(shown().await, (json!(called.part), true));
    called.approve().await;
    called.pay().await;
    assert_eq!(shown().await, (json!(called.part), false));
    let of_part = called
        .list(&format!("/history/activity-instance?processInstanceId={}", called.part))
        .await;
    assert!(
        of_part
            .iter()
            .all(|one| one["rootProcessInstanceId"] == json!(called.whole)),
        "{of_part:?}"
    );
}

#[tokio::test]
async fn instances_are_found_by_what_happened_in_them() {
    let called = Called::start().await;
    let (whole, part) = (called.whole.as_str(), called.part.as_str());
    called.approve().await;
    called.api.advance(chrono::TimeDelta::seconds(1));
    let task = called.api.fetch("v", "pay").await.remove(0)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let failure = json!({"workerId": "v", "errorMessage": "no money", "retries": 0, "retryTimeout": 0});
    called
        .api
        .post(&format!("/external-task/{task}/failure"), failure)
        .await
        .expect(204);
    let of_instance = async |instance: &str| {
        called
            .list(&format!("/incident?processInstanceId={instance}"))
            .await
            .remove(0)
    };
    let (own, shared) = (of_instance(part).await, of_instance(whole).await);
    assert_eq!(own["configuration"], task.as_str());
    assert_eq!([&own["causeIncidentId"], &own["rootCauseIncidentId"]], [&own["id"]; 2]);
    assert_eq!(
        [&shared["causeIncidentId"], &shared["rootCauseIncidentId"]],
        [&own["id"]; 2]
    );
    assert_eq!(
        (&shared["activityId"], &shared["configuration"]),
        (&json!("call"), &Value::Null)
    );
    assert_eq!(shared["incidentMessage"], Value::Null);
    let incident = own["id"].as_str().unwrap().to_owned();
    // Both come from the first, and nothing from the other.
    for name in ["causeIncidentId", "rootCauseIncidentId"] {
        for (cause, expected) in [(&*incident, 2), (shared["id"].as_str().unwrap(), 0), ("nonsense", 0)] {
            let query = format!("{name}={cause}");
            assert_eq!(
                called.list(&format!("/incident?{query}")).await.len(),
                expected,
                "{query}"
            );
            let count = called.api.get(&format!("/incident/count?{query}")).await.expect(200);
            assert_eq!(count["count"], expected, "{query}");
        }
    }
    let selects = async |name: &str, value: &str, expected: usize| {
        called.selects("/history/process-instance", name, value, expected).await;
    };
    selects("subProcessInstanceId", part, 1).await;
    selects("subProcessInstanceId", whole, 0).await;
    selects("incidentStatus", "open", 2).await;
    selects("activeActivityIdIn", "pay,x", 1).await;
    selects("activeActivityIdIn", "approve", 0).await;
    let retries = format!("/external-task/{task}/retries");
    called.api.put(&retries, json!({"retries": 1})).await.expect(204);
    called.pay().await;
    for (name, value, expected) in [
        ("subProcessInstanceId", part, 1),
        ("withIncidents", "true", 2),
        ("withRootIncidents", "true", 2),
        ("incidentIdIn", incident.as_str(), 1),
        ("incidentType", "failedExternalTask", 2),
        ("incidentStatus", "open", 0),
        ("incidentStatus", "resolved", 2),
        ("incidentMessageLike", "%money", 1),
        ("executedActivityIdIn", "approve,call", 2),
        ("executedActivityIdIn", "approve", 1),
        ("executedActivityBefore", "2026-01-31T09:30:00.500+0000", 2),
        ("executedActivityAfter", "2026-01-31T09:30:01.500+0000", 0),
        ("activeActivityIdIn", "pay", 0),
    ] {
        selects(name, value, expected).await;
    }
}
