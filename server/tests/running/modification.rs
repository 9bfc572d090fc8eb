//! Tokens that operators move.

use serde_json::{Value, json};

use crate::support::Api;

const MODEL: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
  <process id="p" isExecutable="true"><startEvent id="s"/><userTask id="u"/><userTask id="v"/>
    <subProcess id="a"><startEvent id="as"/><userTask id="w"/><sequenceFlow id="af" sourceRef="as" targetRef="w"/></subProcess>
    <userTask id="j" camunda:asyncBefore="true"/>
    <sequenceFlow id="f1" sourceRef="s" targetRef="u"/><sequenceFlow id="f2" sourceRef="u" targetRef="v"/>
    <sequenceFlow id="f3" sourceRef="v" targetRef="a"/><sequenceFlow id="f4" sourceRef="a" targetRef="j"/></process></definitions>"#;

struct Running {
    api: Api,
    id: String,
}

impl Running {
    async fn start(body: Value) -> Running {
        let api = Api::start_without_job_execution().await;
        api.deploy("p.bpmn", MODEL).await;
        let id = api.start_instance("p", body).await;
        Running { api, id }
    }

    fn path(&self) -> String {
        format!("/process-instance/{}/modification", self.id)
    }

    async fn modify(&self, instructions: Value) {
        let body = json!({"instructions": instructions, "annotation": "why"});
        self.api.post(&self.path(), body).await.expect(204);
    }

    async fn tree(&self) -> Value {
        let path = format!("/process-instance/{}/activity-instances", self.id);
        self.api.get(&path).await.expect(200)
    }

    /// The keys of all tasks, in alphabetical order.
    async fn tasks(&self) -> Vec<String> {
        let tasks = self.api.get("/task").await.expect(200);
        let tasks = tasks.as_array().unwrap().iter();
        let mut keys: Vec<String> = tasks
            .map(|task| task["taskDefinitionKey"].as_str().unwrap().to_owned())
            .collect();
        keys.sort();
        keys
    }
}

#[tokio::test]
async fn a_token_is_moved_with_its_variables() {
    let running = Running::start(json!({})).await;
    let variables = json!({"all": {"value": 1}, "own": {"value": 2, "local": true}});
    running
        .modify(json!([
            {"type": "startBeforeActivity", "activityId": "v", "variables": variables},
            {"type": "cancel", "activityId": "u"}
        ]))
        .await;
    assert_eq!(running.tasks().await, ["v"]);
    let tree = running.tree().await;
    let task = &tree["childActivityInstances"][0];
    assert_eq!(task["activityId"], "v");
    let found = running
        .api
        .get("/variable-instance?sortBy=variableName&sortOrder=asc")
        .await;
    let found = found.expect(200);
    let scopes: Vec<(&Value, &Value)> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| (&variable["name"], &variable["activityInstanceId"]))
        .collect();
    assert_eq!(
        scopes,
        [(&json!("all"), &json!(running.id)), (&json!("own"), &task["id"])]
    );
    let history = "/history/activity-instance?activityId=u&canceled=true";
    let canceled = running.api.get(history).await.expect(200);
    assert_eq!(canceled.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn activities_are_begun_and_canceled_by_every_kind_of_instruction() {
    let running = Running::start(json!({})).await;
    running
        .modify(json!([
            {"type": "startAfterActivity", "activityId": "u"},
            {"type": "startTransition", "transitionId": "f4"},
            {"type": "startBeforeActivity", "activityId": "w"},
            {"type": "startBeforeActivity", "activityId": "w", "ancestorActivityInstanceId": running.id}
        ]))
        .await;
    assert_eq!(running.tasks().await, ["u", "v", "w", "w"]);
    let tree = running.tree().await;
    let children = tree["childActivityInstances"].as_array().unwrap();
    let scopes: Vec<&Value> = children.iter().filter(|child| child["activityId"] == "a").collect();
    assert_eq!(scopes.len(), 2);
    let transition = &tree["childTransitionInstances"][0];
    assert_eq!(transition["activityId"], "j");
    running
        .modify(json!([
            {"type": "cancel", "transitionInstanceId": transition["id"]},
            {"type": "cancel", "activityInstanceId": scopes[0]["id"]},
            {"type": "startBeforeActivity", "activityId": "v"},
            {"type": "cancel", "activityId": "v", "cancelCurrentActiveActivityInstances": true}
        ]))
        .await;
    assert_eq!(running.tasks().await, ["u", "v", "w"]);
    assert_eq!(running.tree().await["childTransitionInstances"], json!([]));
}

#[tokio::test]
async fn an_instance_of_which_everything_is_canceled_is_terminated() {
    let running = Running::start(json!({})).await;
    running.modify(json!([{"type": "cancel", "activityId": "u"}])).await;
    let path = format!("/history/process-instance/{}", running.id);
    let ended = running.api.get(&path).await.expect(200);
    assert_eq!(ended["state"], "EXTERNALLY_TERMINATED");
    assert_eq!(
        ended["deleteReason"],
        "Cancellation due to process instance modification"
    );
    running
        .api
        .get(&format!("/process-instance/{}", running.id))
        .await
        .expect(404);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_as_a_whole() {
    let running = Running::start(json!({})).await;
    let first = json!({"type": "startBeforeActivity", "activityId": "v"});
    for (instruction, status, kind, message) in [
        (
            json!({"type": "startBeforeActivity"}),
            400,
            "InvalidRequestException",
            "For instruction type 'startBeforeActivity': 'activityId' must be set",
        ),
        (
            json!({"type": "startAfterActivity"}),
            400,
            "InvalidRequestException",
            "For instruction type 'startAfterActivity': 'activityId' must be set",
        ),
        (
            json!({"type": "startTransition", "activityId": "u"}),
            400,
            "InvalidRequestException",
            "For instruction type 'startTransition': 'transitionId' must be set",
        ),
        (
            json!({"type": "cancel"}),
            400,
            "InvalidRequestException",
            "For instruction type 'cancel': exactly one, 'activityId', 'activityInstanceId', or \
             'transitionInstanceId', is required",
        ),
        (
            json!({"type": "jump"}),
            400,
            "InvalidRequestException",
            "Unknown instruction type 'jump'; use startBeforeActivity, startAfterActivity, startTransition or cancel",
        ),
        (
            json!({"type": "startBeforeActivity", "activityId": "v", "variables": {"x": {"type": "Strange"}}}),
            400,
            "InvalidRequestException",
            "Unsupported value type 'Strange'",
        ),
        (
            json!({"type": "startBeforeActivity", "activityId": "nowhere"}),
            500,
            "NotValidException",
            "Cannot perform instruction: Start before activity 'nowhere'; Element 'nowhere' does not exist in process \
             'p': element is null",
        ),
        (
            json!({"type": "cancel", "activityInstanceId": "nobody"}),
            500,
            "NotValidException",
            "Cannot perform instruction: Cancel activity instance 'nobody'; Activity instance 'nobody' does not exist: \
             activityInstance is null",
        ),
        (
            json!({"type": "startBeforeActivity", "activityId": "v", "ancestorActivityInstanceId": "nobody"}),
            500,
            "NotValidException",
            "Cannot perform instruction: Start before activity 'v' with ancestor activity instance 'nobody'; Ancestor \
             activity instance 'nobody' does not exist: ancestorInstance is null",
        ),
        (
            json!({"type": "startAfterActivity", "activityId": "j"}),
            500,
            "ProcessEngineException",
            "Cannot start after activity j; activity has no outgoing sequence flow to take",
        ),
    ] {
        let body = json!({"instructions": [first, instruction]});
        let answer = running.api.post(&running.path(), body).await;
        answer.expect_error(status, kind, message);
        assert_eq!(running.tasks().await, ["u"]);
    }
    running.api.post(&running.path(), json!({})).await.expect(204);
    let nobody = running
        .api
        .post("/process-instance/x/modification", json!({"instructions": [first]}));
    nobody.await.expect_error(
        500,
        "ProcessEngineException",
        "ENGINE-13036 Process instance 'x' cannot be modified. The process instance does not exist",
    );
    let later = format!("{}-async", running.path());
    assert_eq!(running.api.post(&later, json!({})).await.status, 501);
}

#[tokio::test]
async fn an_instance_begins_where_its_start_says() {
    let instructions = json!([
        {"type": "startBeforeActivity", "activityId": "w", "variables": {"y": {"value": 2}}},
        {"type": "startTransition", "transitionId": "f2"}
    ]);
    let body = json!({"variables": {"x": {"value": 1}}, "startInstructions": instructions,
        "skipCustomListeners": true, "withVariablesInReturn": true});
    let running = Running::start(body.clone()).await;
    assert_eq!(running.tasks().await, ["v", "w"]);
    let path = format!("/history/process-instance/{}", running.id);
    assert_eq!(running.api.get(&path).await.expect(200)["startActivityId"], "w");
    let started = running
        .api
        .post("/process-definition/key/p/start", body)
        .await
        .expect(200);
    assert_eq!(
        (&started["variables"]["x"]["value"], &started["variables"]["y"]["value"]),
        (&json!(1), &json!(2))
    );
}
