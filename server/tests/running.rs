//! What runs, as clients see and change it: instances, executions, tasks, variables, incidents, history.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use support::{Answer, Api, answer};

const NOWHERE: &str = "01990000-0000-7000-8000-000000000000";

/// Four branches, each at rest in another kind of wait state; `pack` lies in a sub-process.
const ORDER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    targetNamespace="http://example.com">
  <message id="Paid" name="paid"/>
  <process id="order" name="Order" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="fork"/>
    <parallelGateway id="fork"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="review"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="shipping"/>
    <sequenceFlow id="f4" sourceRef="fork" targetRef="payment"/>
    <sequenceFlow id="f5" sourceRef="fork" targetRef="nudge"/>
    <userTask id="review" name="Review" camunda:assignee="anna" camunda:formKey="review.html"/>
    <subProcess id="shipping" name="Shipping">
      <startEvent id="shippingStart"/>
      <sequenceFlow id="s1" sourceRef="shippingStart" targetRef="pack"/>
      <serviceTask id="pack" name="Pack" camunda:type="external" camunda:topic="pack">
        <extensionElements>
          <camunda:inputOutput><camunda:inputParameter name="box">small</camunda:inputParameter></camunda:inputOutput>
        </extensionElements>
      </serviceTask>
      <sequenceFlow id="s2" sourceRef="pack" targetRef="shippingEnd"/>
      <endEvent id="shippingEnd"/>
    </subProcess>
    <receiveTask id="payment" name="Payment" messageRef="Paid"/>
    <receiveTask id="nudge"/>
    <sequenceFlow id="f6" sourceRef="review" targetRef="join"/>
    <sequenceFlow id="f7" sourceRef="shipping" targetRef="join"/>
    <sequenceFlow id="f8" sourceRef="payment" targetRef="join"/>
    <sequenceFlow id="f9" sourceRef="nudge" targetRef="join"/>
    <parallelGateway id="join"/>
    <sequenceFlow id="f10" sourceRef="join" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"#;

struct Order {
    api: Api,
    id: String,
}

impl Order {
    /// A started order with the business key `bk` and the variables `amount` = 5 and `city` = `Bonn`.
    async fn start() -> Order {
        let api = Api::start().await;
        api.deploy("order.bpmn", ORDER).await;
        let variables = json!({"amount": {"value": 5, "type": "Integer"}, "city": {"value": "Bonn"}});
        let start = json!({"businessKey": "bk", "variables": variables});
        let id = api.start_instance("order", start).await;
        Order { api, id }
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let answer = self.api.get(path).await.expect(200);
        answer.as_array().unwrap_or_else(|| panic!("{path}: {answer}")).clone()
    }

    /// The only record of a list.
    async fn only(&self, path: &str) -> Value {
        let list = self.list(path).await;
        assert_eq!(list.len(), 1, "{path}: {list:?}");
        list[0].clone()
    }

    async fn only_id(&self, path: &str) -> String {
        self.only(path).await["id"].as_str().unwrap().to_owned()
    }

    async fn execution_of(&self, activity: &str) -> String {
        self.only_id(&format!("/execution?activityId={activity}")).await
    }

    /// Fails the external task for good, which raises an incident.
    async fn fail_packing(&self) {
        let topics = json!([{"topicName": "pack", "lockDuration": 1000}]);
        let fetch = json!({"workerId": "w", "maxTasks": 1, "topics": topics});
        let fetched = self.api.post("/external-task/fetchAndLock", fetch).await.expect(200);
        let failure = json!({"workerId": "w", "errorMessage": "no box", "retries": 0, "retryTimeout": 0});
        let path = format!("/external-task/{}/failure", fetched[0]["id"].as_str().unwrap());
        self.api.post(&path, failure).await.expect(204);
    }

    async fn count(&self, path: &str) -> u64 {
        self.api.get(path).await.expect(200)["count"].as_u64().unwrap()
    }
}

fn keys(record: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn records_have_exactly_the_known_fields() {
    let order = Order::start().await;
    order.fail_packing().await;
    for (path, expected) in [
        (
            "/process-instance",
            "businessKey caseInstanceId definitionId definitionKey ended id links suspended tenantId",
        ),
        ("/execution", "ended id processInstanceId tenantId"),
        (
            "/task",
            "assignee camundaFormRef caseDefinitionId caseExecutionId caseInstanceId created delegationState description \
             due executionId followUp formKey id lastUpdated name owner parentTaskId priority processDefinitionId \
             processInstanceId suspended taskDefinitionKey taskState tenantId",
        ),
        (
            "/event-subscription",
            "activityId createdDate eventName eventType executionId id processInstanceId tenantId",
        ),
        (
            "/incident",
            "activityId annotation causeIncidentId configuration executionId failedActivityId id incidentMessage \
             incidentTimestamp incidentType jobDefinitionId processDefinitionId processInstanceId rootCauseIncidentId \
             tenantId",
        ),
        (
            "/variable-instance",
            "activityInstanceId batchId caseExecutionId caseInstanceId errorMessage executionId id name \
             processDefinitionId processInstanceId taskId tenantId type value valueInfo",
        ),
        (
            "/history/process-instance",
            "businessKey caseInstanceId deleteReason durationInMillis endTime id processDefinitionId processDefinitionKey \
             processDefinitionName processDefinitionVersion removalTime restartedProcessInstanceId \
             rootProcessInstanceId startActivityId startTime startUserId state superCaseInstanceId \
             superProcessInstanceId tenantId",
        ),
        (
            "/history/activity-instance",
            "activityId activityName activityType assignee calledCaseInstanceId calledProcessInstanceId canceled \
             completeScope durationInMillis endTime executionId id parentActivityInstanceId processDefinitionId \
             processDefinitionKey processInstanceId removalTime rootProcessInstanceId startTime taskId tenantId",
        ),
    ] {
        let list = order.list(path).await;
        assert!(!list.is_empty(), "{path} is empty");
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        expected.sort_unstable();
        assert_eq!(keys(&list[0]), expected, "{path}");
        assert_eq!(order.count(&format!("{path}/count")).await, list.len() as u64, "{path}");
    }
}

#[tokio::test]
async fn filters_select_and_bodies_mean_the_same_as_parameters() {
    let order = Order::start().await;
    order.fail_packing().await;
    let id = order.id.as_str();
    for (entity, name, value, expected) in [
        ("process-instance", "processInstanceIds", id, 1),
        ("process-instance", "processInstanceIds", NOWHERE, 0),
        ("process-instance", "processInstanceIds", "no-uuid", 0),
        ("process-instance", "businessKey", "bk", 1),
        ("process-instance", "businessKeyLike", "b%", 1),
        ("process-instance", "businessKeyLike", "x%", 0),
        ("process-instance", "processDefinitionKey", "order", 1),
        ("process-instance", "processDefinitionKeyNotIn", "order", 0),
        ("process-instance", "active", "true", 1),
        ("process-instance", "suspended", "true", 0),
        ("process-instance", "suspended", "false", 1),
        ("process-instance", "withIncident", "true", 1),
        ("process-instance", "incidentType", "failedExternalTask", 1),
        ("process-instance", "incidentMessageLike", "%box%", 1),
        ("process-instance", "withoutTenantId", "true", 1),
        ("process-instance", "tenantIdIn", "a,b", 0),
        ("process-instance", "activityIdIn", "pack,x", 1),
        ("process-instance", "activityIdIn", "start", 0),
        ("execution", "processInstanceId", id, 6),
        ("execution", "activityId", "pack", 1),
        ("task", "processInstanceId", id, 1),
        ("task", "assignee", "anna", 1),
        ("task", "assignee", "bert", 0),
        ("task", "unassigned", "true", 0),
        ("task", "taskDefinitionKey", "review", 1),
        ("task", "nameLike", "Rev%", 1),
        ("task", "processDefinitionKey", "order", 1),
        ("task", "priority", "50", 1),
        ("task", "minPriority", "51", 0),
        ("task", "createdAfter", "2026-02-01T00:00:00.000+0000", 0),
        ("task", "createdBefore", "2026-02-01T00:00:00.000+0000", 1),
        ("variable-instance", "processInstanceIdIn", id, 3),
        ("variable-instance", "variableName", "amount", 1),
        ("variable-instance", "variableNameLike", "%o%", 2),
        ("history/process-instance", "unfinished", "true", 1),
        ("history/process-instance", "finished", "true", 0),
        ("history/process-instance", "active", "true", 1),
        ("history/process-instance", "processInstanceBusinessKey", "bk", 1),
        (
            "history/process-instance",
            "startedBefore",
            "2026-01-31T09:30:00.000+0000",
            1,
        ),
        ("history/activity-instance", "activityType", "userTask", 1),
        ("history/activity-instance", "activityId", "start", 1),
    ] {
        let encoded = value.replace('%', "%25").replace('+', "%2B");
        let listed = order.list(&format!("/{entity}?{name}={encoded}")).await;
        assert_eq!(listed.len(), expected, "{entity} {name}={value}: {listed:?}");
        let body = match value {
            _ if name.ends_with("In") || name == "processInstanceIds" => {
                json!({name: value.split(',').collect::<Vec<_>>()})
            }
            "true" | "false" => json!({name: value == "true"}),
            _ => json!({name: value}),
        };
        let path = format!("/{entity}");
        let queried = order.api.post(&path, body.clone()).await.expect(200);
        assert_eq!(queried, Value::Array(listed), "{entity} {body}");
        let counted = order.api.post(&format!("{path}/count"), body.clone()).await.expect(200);
        assert_eq!(counted, json!({"count": expected}), "{entity} {body}");
    }
    let variables = "/process-instance?variables=";
    assert_eq!(order.list(&format!("{variables}city_eq_Bonn")).await.len(), 1);
    assert_eq!(order.list(&format!("{variables}city_like_B%25")).await.len(), 1);
    assert_eq!(order.list(&format!("{variables}city_eq_Ulm")).await.len(), 0);
    let body =
        json!({"variables": [{"name": "AMOUNT", "operator": "gteq", "value": 5}], "variableNamesIgnoreCase": true});
    let found = order.api.post("/process-instance", body).await.expect(200);
    assert_eq!(found.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn pages_and_orders_apply() {
    let order = Order::start().await;
    let second = order.api.start_instance("order", json!({"businessKey": "a"})).await;
    let sorted = order.list("/process-instance?sortBy=businessKey&sortOrder=asc").await;
    assert_eq!([&sorted[0]["id"], &sorted[1]["id"]], [&second, &order.id]);
    let sorting = json!({"sorting": [{"sortBy": "businessKey", "sortOrder": "desc"}]});
    let page = order
        .api
        .post("/process-instance?firstResult=1&maxResults=1", sorting)
        .await
        .expect(200);
    assert_eq!((page.as_array().unwrap().len(), &page[0]["id"]), (1, &json!(second)));
    assert_eq!(order.list("/process-instance?maxResults=0").await, Vec::<Value>::new());
    let unknown = order.api.get("/process-instance?sortBy=x&sortOrder=asc").await;
    unknown.expect_error(
        400,
        "InvalidRequestException",
        "Cannot set query parameter 'sortBy' to value 'x'",
    );
    let refused = order.api.get("/process-instance?rootProcessInstances=true").await;
    assert_eq!(refused.status, 501, "{}", refused.text);
}

#[tokio::test]
async fn the_tree_shows_where_the_instance_rests() {
    let order = Order::start().await;
    order.fail_packing().await;
    let path = format!("/process-instance/{}/activity-instances", order.id);
    let tree = order.api.get(&path).await.expect(200);
    let expected_keys = [
        "activityId",
        "activityName",
        "activityType",
        "childActivityInstances",
        "childTransitionInstances",
        "executionIds",
        "id",
        "incidentIds",
        "incidents",
        "name",
        "parentActivityInstanceId",
        "processDefinitionId",
        "processInstanceId",
    ];
    assert_eq!(keys(&tree), expected_keys);
    assert_eq!(tree["id"], json!(order.id));
    assert_eq!(tree["activityType"], "processDefinition");
    assert_eq!(tree["activityId"], tree["processDefinitionId"]);
    let children = tree["childActivityInstances"].as_array().unwrap();
    let mut activities: Vec<_> = children
        .iter()
        .map(|child| {
            (
                child["activityId"].as_str().unwrap(),
                child["activityType"].as_str().unwrap(),
            )
        })
        .collect();
    activities.sort_unstable();
    let expected = [
        ("nudge", "receiveTask"),
        ("payment", "receiveTask"),
        ("review", "userTask"),
        ("shipping", "subProcess"),
    ];
    assert_eq!(activities, expected);
    let shipping = children.iter().find(|child| child["activityId"] == "shipping").unwrap();
    let pack = &shipping["childActivityInstances"][0];
    assert_eq!((&pack["activityId"], &pack["name"]), (&json!("pack"), &json!("Pack")));
    assert_eq!(pack["parentActivityInstanceId"], shipping["id"]);
    assert_eq!(
        pack["incidents"],
        json!([{"id": pack["incidentIds"][0], "activityId": "pack"}])
    );
    let incident = order.only("/incident").await;
    assert_eq!(incident["id"], pack["incidentIds"][0]);
    assert_eq!(incident["incidentMessage"], "no box");
    assert_eq!(incident["executionId"], pack["executionIds"][0]);
}

#[tokio::test]
async fn what_does_not_exist_is_answered_as_the_contract_lists_it() {
    let api = Api::start().await;
    for (method, path, status, kind, message) in [
        (
            "GET",
            "/process-instance/X",
            404,
            "InvalidRequestException",
            "Process instance with id X does not exist",
        ),
        (
            "DELETE",
            "/process-instance/X",
            404,
            "InvalidRequestException",
            "Process instance with id X does not exist",
        ),
        (
            "GET",
            "/process-instance/X/activity-instances",
            404,
            "InvalidRequestException",
            "Process instance with id X does not exist",
        ),
        (
            "GET",
            "/process-instance/X/variables",
            500,
            "NullValueException",
            "execution X doesn't exist: execution is null",
        ),
        (
            "GET",
            "/process-instance/X/variables/v",
            500,
            "RestException",
            "Cannot get process instance variable v: execution X doesn't exist: execution is null",
        ),
        (
            "DELETE",
            "/execution/X/localVariables/v",
            500,
            "RestException",
            "Cannot delete execution variable v: execution X doesn't exist: execution is null",
        ),
        (
            "GET",
            "/task/X/variables",
            500,
            "NullValueException",
            "task X doesn't exist: task is null",
        ),
        (
            "GET",
            "/execution/X",
            404,
            "InvalidRequestException",
            "Execution with id X does not exist",
        ),
        (
            "POST",
            "/execution/X/signal",
            500,
            "RestException",
            "Cannot signal execution X: execution X doesn't exist: execution is null",
        ),
        (
            "GET",
            "/execution/X/messageSubscriptions/m",
            404,
            "InvalidRequestException",
            "Message event subscription for execution X named m does not exist",
        ),
        (
            "GET",
            "/task/X",
            404,
            "InvalidRequestException",
            "No matching task with id X",
        ),
        (
            "POST",
            "/task/X/complete",
            500,
            "RestException",
            "Cannot complete task X: Cannot find task with id X: task is null",
        ),
        (
            "GET",
            "/incident/X",
            404,
            "InvalidRequestException",
            "No matching incident with id X",
        ),
        (
            "GET",
            "/job/X",
            404,
            "InvalidRequestException",
            "Job with id X does not exist",
        ),
        (
            "GET",
            "/job-definition/X",
            404,
            "InvalidRequestException",
            "Job Definition with id X does not exist",
        ),
        (
            "GET",
            "/variable-instance/X",
            404,
            "InvalidRequestException",
            "Variable instance with Id 'X' does not exist.",
        ),
        (
            "GET",
            "/history/process-instance/X",
            404,
            "InvalidRequestException",
            "Historic process instance with id X does not exist",
        ),
        (
            "GET",
            "/history/activity-instance/X",
            404,
            "InvalidRequestException",
            "Historic activity instance with id 'X' does not exist",
        ),
        (
            "DELETE",
            "/history/process-instance/X",
            404,
            "InvalidRequestException",
            "No historic process instance found with id: X",
        ),
    ] {
        for id in ["no-uuid", NOWHERE] {
            let replace = |text: &str| text.replace('X', id);
            let answer = api.send(method, &replace(path), None).await;
            answer.expect_error(status, kind, &replace(message));
        }
    }
    let ignored = api
        .delete(&format!("/process-instance/{NOWHERE}?failIfNotExists=false"))
        .await;
    ignored.expect(204);
}

#[tokio::test]
async fn variables_are_read_and_written_where_they_are_meant() {
    let order = Order::start().await;
    let (api, root) = (&order.api, format!("/process-instance/{}/variables", order.id));
    let amount = json!({"type": "Integer", "value": 5, "valueInfo": {}});
    let city = json!({"type": "String", "value": "Bonn", "valueInfo": {}});
    assert_eq!(
        api.get(&root).await.expect(200),
        json!({"amount": amount, "city": city})
    );
    api.put(&format!("{root}/amount"), json!({"value": "x", "type": "Integer"}))
        .await
        .expect_error(
            400,
            "InvalidRequestException",
            "Cannot put process instance variable amount: \
         Cannot convert value 'x' of type 'Integer' to java type java.lang.Integer",
        );
    api.put(&format!("{root}/amount"), json!({"value": 7}))
        .await
        .expect(204);
    let changes = json!({"workerId": "w", "modifications": {"list": {"value": [1]}}, "deletions": ["city", "unknown"]});
    api.post(&root, changes).await.expect(204);
    assert_eq!(api.get(&format!("{root}/amount")).await.expect(200)["value"], 7);
    assert_eq!(api.get(&format!("{root}/list")).await.expect(200)["value"], json!([1]));
    let text = api
        .get(&format!("{root}/list?deserializeValue=false"))
        .await
        .expect(200);
    assert_eq!(text["value"], "[1]");
    api.get(&format!("{root}/city")).await.expect_error(
        404,
        "InvalidRequestException",
        "process instance variable with name city does not exist",
    );

    // Any execution id is accepted; what is local there stays there.
    let pack = order.execution_of("pack").await;
    let local = format!("/execution/{pack}/localVariables");
    let seen = api
        .get(&format!("/process-instance/{pack}/variables"))
        .await
        .expect(200);
    assert_eq!(keys(&seen), ["amount", "box", "list"]);
    assert_eq!(keys(&api.get(&local).await.expect(200)), ["box"]);
    api.put(&format!("{local}/amount"), json!({"value": 1}))
        .await
        .expect(204);
    assert_eq!(api.get(&format!("{local}/amount")).await.expect(200)["value"], 1);
    assert_eq!(api.get(&format!("{root}/amount")).await.expect(200)["value"], 7);
    api.delete(&format!("{local}/amount")).await.expect(204);
    api.delete(&format!("{local}/amount")).await.expect(204);

    let task = order.only_id("/task").await;
    api.put(&format!("/task/{task}/variables/amount"), json!({"value": 8}))
        .await
        .expect(204);
    api.put(&format!("/task/{task}/localVariables/note"), json!({"value": "n"}))
        .await
        .expect(204);
    assert_eq!(api.get(&format!("{root}/amount")).await.expect(200)["value"], 8);
    assert_eq!(
        keys(&api.get(&format!("/task/{task}/localVariables")).await.expect(200)),
        ["note"]
    );
    let not_a_task = api.get(&format!("/task/{pack}/variables")).await;
    not_a_task.expect_error(
        500,
        "NullValueException",
        &format!("task {pack} doesn't exist: task is null"),
    );
}

#[tokio::test]
async fn files_and_bytes_are_uploaded_and_downloaded() {
    let order = Order::start().await;
    let root = format!("/process-instance/{}/variables", order.id);
    let upload = async |name: &str, form: Form| -> Answer {
        let request = order.api.client.post(format!("{}{root}/{name}/data", order.api.base));
        answer(request.multipart(form).send().await.unwrap()).await
    };
    let part = || Part::bytes(b"h\xc3\xa4".to_vec()).file_name("a.txt");
    let file = part().mime_str("text/plain; charset=utf-8").unwrap();
    upload("file", Form::new().text("valueType", "File").part("data", file))
        .await
        .expect(204);
    upload("raw", Form::new().part("data", part())).await.expect(204);

    let file = order.api.get(&format!("{root}/file")).await.expect(200);
    let info = json!({"filename": "a.txt", "mimeType": "text/plain", "encoding": "utf-8"});
    assert_eq!(file, json!({"type": "File", "value": null, "valueInfo": info}));
    // Workers ask for files through the local variables of the instance.
    let download = order
        .api
        .get(&format!("/execution/{}/localVariables/file/data", order.id))
        .await;
    assert_eq!((download.status, download.text.as_str()), (200, "hä"));
    assert_eq!(download.header("content-type"), Some("text/plain; charset=utf-8"));
    let disposition = "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt";
    assert_eq!(download.header("content-disposition"), Some(disposition));
    let raw = order.api.get(&format!("{root}/raw/data")).await;
    assert_eq!((raw.status, raw.text.as_str()), (200, "hä"));
    assert_eq!(raw.header("content-type"), Some("application/octet-stream"));
    let variable = order.only_id("/variable-instance?variableName=file").await;
    assert_eq!(
        order.api.get(&format!("/variable-instance/{variable}/data")).await.text,
        "hä"
    );

    let message = format!("Value of variable with id {} is not a binary value.", order.id);
    let number = order.api.get(&format!("{root}/amount/data")).await;
    number.expect_error(400, "InvalidRequestException", &message);
    for (form, status, expected) in [
        (
            Form::new().text("valueType", "Bytes"),
            400,
            "the form has no part named 'data'",
        ),
        (
            Form::new().text("valueType", "Json").part("data", part()),
            400,
            "Unsupported value type 'Json'",
        ),
        (
            Form::new().text("valueType", "File").text("data", "x"),
            500,
            "Cannot create file without filename!",
        ),
    ] {
        let refused = upload("v", form).await;
        assert_eq!(refused.status, status, "{}", refused.text);
        assert!(refused.text.contains(expected), "{}", refused.text);
    }
}

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

#[tokio::test]
async fn there_are_no_jobs_yet_but_their_parameters_are_checked() {
    let api = Api::start().await;
    for entity in ["job", "job-definition"] {
        let by_key = format!("/{entity}?processDefinitionKey=x&sortBy=tenantId&sortOrder=asc");
        assert_eq!(api.get(&by_key).await.expect(200), json!([]));
        assert_eq!(
            api.post(&format!("/{entity}"), json!({"active": true}))
                .await
                .expect(200),
            json!([])
        );
        assert_eq!(
            api.get(&format!("/{entity}/count")).await.expect(200),
            json!({"count": 0})
        );
        api.get(&format!("/{entity}?sortBy=x&sortOrder=asc")).await.expect(400);
        api.get(&format!("/{entity}?active=maybe")).await.expect(400);
    }
    let retries = |body: Value| api.put("/job/X/retries", body);
    retries(json!({"retries": 1, "dueDate": null})).await.expect_error(
        500,
        "InvalidRequestException",
        "No job found with id 'X'.",
    );
    retries(json!({}))
        .await
        .expect_error(400, "InvalidRequestException", "The number of retries cannot be null.");
}
