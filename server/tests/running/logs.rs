//! What history tells of incidents, jobs and external tasks.

use serde_json::{Value, json};

use crate::called::{Called, each, list, selects};
use crate::order::{NOWHERE, Order, keys};
use crate::support::Api;

#[tokio::test]
async fn incidents_are_kept_with_how_they_were_closed() {
    let order = Order::start().await;
    order.fail_packing().await;
    let list = async |query: &str| order.list(&format!("/history/incident?{query}")).await;
    let open = order.only("/history/incident").await;
    let expected = "activityId annotation causeIncidentId configuration createTime deleted endTime executionId \
         failedActivityId historyConfiguration id incidentMessage incidentType jobDefinitionId open \
         processDefinitionId processDefinitionKey processInstanceId removalTime resolved rootCauseIncidentId \
         rootProcessInstanceId tenantId";
    let mut expected: Vec<&str> = expected.split_whitespace().collect();
    expected.sort_unstable();
    assert_eq!(keys(&open), expected);
    let states = |incident: &Value| ["open", "resolved", "deleted"].map(|state| incident[state] == true);
    assert_eq!((states(&open), &open["endTime"]), ([true, false, false], &Value::Null));
    assert_eq!(open["id"], order.only("/incident").await["id"]);

    let task = open["configuration"].as_str().unwrap();
    order.api.advance(chrono::TimeDelta::seconds(1));
    let retries = format!("/external-task/{task}/retries");
    order.api.put(&retries, json!({"retries": 1})).await.expect(204);
    let resolved = order.only("/history/incident").await;
    assert_eq!(states(&resolved), [false, true, false]);
    assert_eq!(resolved["endTime"], "2026-01-31T09:30:01.000+0000");
    assert_eq!(resolved["createTime"], open["createTime"]);

    order.fail_packing().await;
    order
        .api
        .delete(&format!("/process-instance/{}", order.id))
        .await
        .expect(204);
    let deleted = list("deleted=true").await;
    assert_eq!((deleted.len(), states(&deleted[0])), (1, [false, false, true]));
    for (query, expected) in [
        ("resolved=true", 1),
        ("open=true", 0),
        ("incidentType=failedExternalTask", 2),
        ("incidentMessageLike=%25box", 2),
        ("processDefinitionKeyIn=order,x", 2),
        (&format!("configuration={task}"), 2),
        (&format!("processInstanceId={NOWHERE}"), 0),
        ("activityId=pack", 2),
        ("endTimeAfter=2026-01-31T09:30:00.500%2B0000", 2),
        ("createTimeBefore=2026-01-31T09:30:00.500%2B0000", 1),
    ] {
        assert_eq!(list(query).await.len(), expected, "{query}");
        let counted = order
            .api
            .get(&format!("/history/incident/count?{query}"))
            .await
            .expect(200);
        assert_eq!(counted, json!({"count": expected}), "{query}");
    }
    let sorted = list("sortBy=createTime&sortOrder=desc").await;
    assert_eq!(
        each(&sorted, "id"),
        [&deleted[0]["id"], &resolved["id"]].map(Value::clone)
    );
}

const JOBS: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t"><process id="p" isExecutable="true">
    <startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
    <serviceTask id="t" camunda:asyncBefore="true" camunda:jobPriority="7" camunda:expression="${ready}"/>
    <sequenceFlow id="g" sourceRef="t" targetRef="c"/>
    <intermediateCatchEvent id="c"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>
    </intermediateCatchEvent><sequenceFlow id="h" sourceRef="c" targetRef="e"/><endEvent id="e"/>
    </process></definitions>"#;

#[tokio::test]
async fn what_happened_to_jobs_is_logged() {
    let api = Api::start_without_job_execution().await;
    let deployed = api.deploy("p.bpmn", JOBS).await;
    let instance = api.start_instance("p", json!({})).await;
    let job = list(&api, "/job").await[0]["id"].as_str().unwrap().to_owned();
    for _ in 0..4 {
        api.post(&format!("/job/{job}/execute"), json!({})).await.expect(500);
    }
    let ready = json!({"value": true});
    api.put(&format!("/process-instance/{instance}/variables/ready"), ready)
        .await
        .expect(204);
    api.post(&format!("/job/{job}/execute"), json!({})).await.expect(204);
    let timer = list(&api, "/job").await.remove(0);
    api.delete(&format!("/process-instance/{instance}")).await.expect(204);

    let log = list(&api, "/history/job-log?sortBy=occurrence&sortOrder=asc").await;
    let expected = "activityId batchId creationLog deletionLog deploymentId executionId failedActivityId failureLog \
         hostname id jobDefinitionConfiguration jobDefinitionId jobDefinitionType jobDueDate jobExceptionMessage jobId \
         jobPriority jobRetries processDefinitionId processDefinitionKey processInstanceId removalTime \
         rootProcessInstanceId successLog tenantId timestamp";
    let mut expected: Vec<&str> = expected.split_whitespace().collect();
    expected.sort_unstable();
    assert_eq!(keys(&log[0]), expected);
    let told: Vec<_> = log
        .iter()
        .map(|entry| {
            let states = ["creationLog", "failureLog", "successLog", "deletionLog"];
            let is: Vec<&str> = states.into_iter().filter(|state| entry[*state] == true).collect();
            (
                entry["activityId"].as_str().unwrap(),
                is[0],
                entry["jobRetries"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("t", "creationLog", 3),
            ("t", "failureLog", 3),
            ("t", "failureLog", 2),
            ("t", "failureLog", 1),
            ("t", "failureLog", 0),
            ("t", "successLog", 0),
            ("c", "creationLog", 3),
            ("c", "deletionLog", 3),
        ]
    );
    let failure = &log[1];
    assert!(failure["jobExceptionMessage"].as_str().unwrap().contains("ready"));
    assert_eq!(
        (&failure["failedActivityId"], &failure["jobPriority"]),
        (&json!("t"), &json!(7))
    );
    assert_eq!(log[6]["jobDueDate"], timer["dueDate"]);
    assert_eq!(log[6]["jobDefinitionId"], timer["jobDefinitionId"]);
    assert_eq!(log[6]["jobDefinitionConfiguration"], "DURATION: PT1H");
    assert_eq!(log[6]["deploymentId"], deployed["id"]);

    let entry = failure["id"].as_str().unwrap();
    assert_eq!(
        api.get(&format!("/history/job-log/{entry}")).await.expect(200),
        *failure
    );
    let trace = api.get(&format!("/history/job-log/{entry}/stacktrace")).await;
    assert_eq!((trace.status, trace.header("content-type")), (200, Some("text/plain")));
    assert!(trace.text.contains("ready"));
    let created = log[0]["id"].as_str().unwrap();
    assert_eq!(
        api.get(&format!("/history/job-log/{created}/stacktrace")).await.status,
        204
    );
    api.get(&format!("/history/job-log/{NOWHERE}")).await.expect_error(
        404,
        "InvalidRequestException",
        &format!("Historic job log with id {NOWHERE} does not exist"),
    );
    assert_eq!(api.get("/history/job-log/x/stacktrace").await.status, 404);
    for (name, value, expected) in [
        ("logId", entry, 1),
        ("jobId", job.as_str(), 6),
        ("jobDefinitionType", "timer-intermediate-transition", 2),
        ("jobDefinitionConfiguration", "DURATION: PT1H", 2),
        ("activityIdIn", "t,x", 6),
        ("failedActivityIdIn", "t", 4),
        ("processInstanceId", instance.as_str(), 8),
        ("processDefinitionKey", "p", 8),
        ("deploymentId", NOWHERE, 0),
        ("jobPriorityHigherThanOrEquals", "7", 6),
        ("jobPriorityLowerThanOrEquals", "6", 2),
        ("creationLog", "true", 2),
        ("failureLog", "true", 4),
        ("successLog", "true", 1),
        ("deletionLog", "true", 1),
        ("withoutTenantId", "true", 8),
    ] {
        selects(&api, "/history/job-log", name, value, expected).await;
    }
}

#[tokio::test]
async fn what_happened_to_external_tasks_is_logged() {
    let called = Called::start().await;
    called.approve().await;
    let fetched = called.api.fetch("v", "pay").await.remove(0);
    let task = fetched["id"].as_str().unwrap();
    called.api.advance(chrono::TimeDelta::seconds(1));
    let failure = json!({"workerId": "v", "errorMessage": "no money", "errorDetails": "none at all", "retries": 2,
        "retryTimeout": 0});
    called
        .api
        .post(&format!("/external-task/{task}/failure"), failure)
        .await
        .expect(204);
    called.api.advance(chrono::TimeDelta::seconds(1));
    called.pay().await;

    let log = called
        .list("/history/external-task-log?sortBy=timestamp&sortOrder=asc")
        .await;
    let expected = "activityId activityInstanceId creationLog deletionLog errorMessage executionId externalTaskId \
         failureLog id priority processDefinitionId processDefinitionKey processInstanceId removalTime retries \
         rootProcessInstanceId successLog tenantId timestamp topicName workerId";
    let mut expected: Vec<&str> = expected.split_whitespace().collect();
    expected.sort_unstable();
    assert_eq!(keys(&log[0]), expected);
    let told: Vec<_> = log
        .iter()
        .map(|entry| {
            let states = ["creationLog", "failureLog", "successLog", "deletionLog"];
            let is: Vec<&str> = states.into_iter().filter(|state| entry[*state] == true).collect();
            (
                is[0],
                &entry["workerId"],
                &entry["retries"],
                entry["timestamp"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                "creationLog",
                &Value::Null,
                &Value::Null,
                "2026-01-31T09:30:00.000+0000"
            ),
            ("failureLog", &json!("v"), &json!(2), "2026-01-31T09:30:01.000+0000"),
            ("successLog", &json!("w"), &json!(2), "2026-01-31T09:30:02.000+0000"),
        ]
    );
    assert_eq!(log[1]["errorMessage"], "no money");
    assert_eq!(log[2]["rootProcessInstanceId"], json!(called.whole));
    for entry in &log {
        let path = format!("/history/external-task-log/{}", entry["id"].as_str().unwrap());
        assert_eq!(called.api.get(&path).await.expect(200), *entry);
        let details = called.api.get(&format!("{path}/error-details")).await;
        let expected = if entry["failureLog"] == true {
            (200, "none at all")
        } else {
            (204, "")
        };
        assert_eq!((details.status, details.text.as_str()), expected);
    }
    called.api.get("/history/external-task-log/x").await.expect_error(
        404,
        "InvalidRequestException",
        "Historic external task log with id x does not exist",
    );

    // One that is open, and goes with its instance.
    let second = called.api.start_instance("part", json!({})).await;
    let approval = called.list("/task").await[0]["id"].as_str().unwrap().to_owned();
    let amount = json!({"variables": {"amount": {"value": 1}}});
    called
        .api
        .post(&format!("/task/{approval}/complete"), amount)
        .await
        .expect(204);
    for (name, value, expected) in [
        ("logId", log[1]["id"].as_str().unwrap(), 1),
        ("externalTaskId", task, 3),
        ("topicName", "pay", 4),
        ("workerId", "v", 1),
        ("errorMessage", "no money", 1),
        ("activityIdIn", "pay,x", 4),
        ("activityInstanceIdIn", task, 3),
        ("executionIdIn", NOWHERE, 0),
        ("processInstanceId", second.as_str(), 1),
        ("processDefinitionKey", "part", 4),
        ("priorityHigherThanOrEquals", "1", 0),
        ("priorityLowerThanOrEquals", "0", 4),
        ("creationLog", "true", 2),
        ("failureLog", "true", 1),
        ("successLog", "true", 1),
        ("deletionLog", "true", 0),
        ("withoutTenantId", "true", 4),
    ] {
        called
            .selects("/history/external-task-log", name, value, expected)
            .await;
    }
    called
        .api
        .delete(&format!("/process-instance/{second}"))
        .await
        .expect(204);
    called
        .selects("/history/external-task-log", "deletionLog", "true", 1)
        .await;
}
