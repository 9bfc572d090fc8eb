//! What is kept of what ended, beside what still runs.

use serde_json::{Value, json};

use crate::order::{NOWHERE, Order, keys};
use crate::support::Api;

/// A user task, then an external task of topic `pay`, in a process that another one calls.
const PART: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    targetNamespace="http://example.com">
  <process id="whole" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="w1" sourceRef="begin" targetRef="call"/>
    <callActivity id="call" calledElement="part">
      <extensionElements><camunda:in variables="all"/></extensionElements>
    </callActivity>
    <sequenceFlow id="w2" sourceRef="call" targetRef="done"/>
    <endEvent id="done"/>
  </process>
  <process id="part" name="Part" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="approve"/>
    <userTask id="approve" name="Approve" camunda:assignee="anna" camunda:candidateGroups="sales,board"/>
    <sequenceFlow id="f2" sourceRef="approve" targetRef="pay"/>
    <serviceTask id="pay" camunda:type="external" camunda:topic="pay">
      <extensionElements>
        <camunda:inputOutput><camunda:inputParameter name="due">${amount}</camunda:inputParameter></camunda:inputOutput>
      </extensionElements>
    </serviceTask>
    <sequenceFlow id="f3" sourceRef="pay" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"#;

/// An instance of `whole`, and the instance of `part` that it called.
struct Called {
    api: Api,
    whole: String,
    part: String,
}

impl Called {
    async fn start() -> Called {
        let api = Api::start().await;
        api.deploy("part.bpmn", PART).await;
        let variables = json!({"amount": {"value": 5, "type": "Integer"}});
        let whole = api.start_instance("whole", json!({"variables": variables})).await;
        let called = api
            .get(&format!("/process-instance?superProcessInstance={whole}"))
            .await;
        let part = called.expect(200)[0]["id"].as_str().unwrap().to_owned();
        Called { api, whole, part }
    }

    /// Completes the user task, which a person gave a note of its own and the instance a city.
    async fn approve(&self) -> String {
        let task = self.list("/task").await[0]["id"].as_str().unwrap().to_owned();
        let note = json!({"value": "fine"});
        let local = format!("/task/{task}/localVariables/note");
        self.api.put(&local, note).await.expect(204);
        let variables = json!({"variables": {"city": {"value": "Bonn"}}});
        self.api
            .post(&format!("/task/{task}/complete"), variables)
            .await
            .expect(204);
        task
    }

    /// Fetches and completes the external task.
    async fn pay(&self) -> String {
        let task = self.api.fetch("w", "pay").await.remove(0)["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let body = json!({"workerId": "w"});
        self.api
            .post(&format!("/external-task/{task}/complete"), body)
            .await
            .expect(204);
        task
    }

    async fn selects(&self, path: &str, name: &str, value: &str, expected: usize) {
        selects(&self.api, path, name, value, expected).await;
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        list(&self.api, path).await
    }
}

async fn list(api: &Api, path: &str) -> Vec<Value> {
    api.get(path).await.expect(200).as_array().unwrap().clone()
}

/// A filter selects so many, as a parameter and in a body, listed and counted.
async fn selects(api: &Api, path: &str, name: &str, value: &str, expected: usize) {
    let encoded = value.replace('%', "%25").replace('+', "%2B");
    let listed = list(api, &format!("{path}?{name}={encoded}")).await;
    assert_eq!(listed.len(), expected, "{path} {name}={value}: {listed:?}");
    let body = match value {
        "true" => json!({name: true}),
        _ if name.ends_with("In") => json!({name: value.split(',').collect::<Vec<_>>()}),
        _ => json!({name: value}),
    };
    let queried = api.post(path, body.clone()).await.expect(200);
    assert_eq!(queried, Value::Array(listed), "{path} {body}");
    for counted in [
        api.get(&format!("{path}/count?{name}={encoded}")).await,
        api.post(&format!("{path}/count"), body).await,
    ] {
        assert_eq!(counted.expect(200), json!({"count": expected}), "{path} {name}={value}");
    }
}

fn each(list: &[Value], field: &str) -> Vec<Value> {
    list.iter().map(|record| record[field].clone()).collect()
}

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
    let incident = called.list("/incident").await[0]["id"].as_str().unwrap().to_owned();
    let selects = async |name: &str, value: &str, expected: usize| {
        called.selects("/history/process-instance", name, value, expected).await;
    };
    selects("subProcessInstanceId", part, 1).await;
    selects("subProcessInstanceId", whole, 0).await;
    selects("incidentStatus", "open", 1).await;
    selects("activeActivityIdIn", "pay,x", 1).await;
    selects("activeActivityIdIn", "approve", 0).await;
    let retries = format!("/external-task/{task}/retries");
    called.api.put(&retries, json!({"retries": 1})).await.expect(204);
    called.pay().await;
    for (name, value, expected) in [
        ("subProcessInstanceId", part, 1),
        ("withIncidents", "true", 1),
        ("withRootIncidents", "true", 1),
        ("incidentIdIn", incident.as_str(), 1),
        ("incidentType", "failedExternalTask", 1),
        ("incidentStatus", "open", 0),
        ("incidentStatus", "resolved", 1),
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
