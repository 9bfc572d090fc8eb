//! Messages and signals (contract 3.9 and 3.10).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod support;

use serde_json::{Value, json};
use support::{Api, PAYMENT};

#[tokio::test]
async fn a_message_reaches_the_one_who_waits_for_it() {
    let api = Api::start().await;
    api.deploy("payment.bpmn", PAYMENT).await;
    let first = api
        .start_instance(
            "payment",
            json!({"businessKey": "a", "variables": {"order": {"value": 1}}}),
        )
        .await;
    let second = api
        .start_instance(
            "payment",
            json!({"businessKey": "b", "variables": {"order": {"value": 2}}}),
        )
        .await;
    for mismatch in [
        json!({"businessKey": "c"}),
        json!({"businessKey": ""}),
        json!({"businessKey": "a", "correlationKeys": {"order": {"value": 2}}}),
        json!({"correlationKeys": {"order": {"value": "1"}}}),
        json!({"localCorrelationKeys": {"order": {"value": 1}}}),
        json!({"processInstanceId": "nope"}),
        json!({"tenantId": "t"}),
    ] {
        let mut body = mismatch.clone();
        body["messageName"] = json!("paid");
        api.post("/message", body).await.expect_error(
            400,
            "RestException",
            "org.camunda.bpm.engine.MismatchingMessageCorrelationException: Cannot correlate message 'paid': No \
             process definition or execution matches the parameters",
        );
    }
    let ambiguous = api.post("/message", json!({"messageName": "paid"})).await.expect(400);
    let message = ambiguous["message"].as_str().unwrap();
    assert!(
        message.starts_with(
            "org.camunda.bpm.engine.MismatchingMessageCorrelationException: ENGINE-13031 Cannot correlate a message \
             with name 'paid' to a single execution. 2 executions match the correlation keys: "
        ),
        "{message}"
    );
    let body = json!({"messageName": "paid", "correlationKeys": {"order": {"value": 2, "type": "Integer"}},
        "processVariables": {"amount": {"value": 10}}, "resultEnabled": true, "variablesInResultEnabled": true});
    let result = api.post("/message", body).await.expect(200);
    let result = &result[0];
    assert_eq!(result["resultType"], "Execution");
    assert_eq!(result["processInstance"], Value::Null);
    assert_eq!(result["execution"]["processInstanceId"], second);
    assert_eq!(result["execution"]["tenantId"], Value::Null);
    assert_eq!(
        result["variables"]["amount"],
        json!({"type": "Integer", "value": 10, "valueInfo": {}})
    );
    api.get(&format!("/process-instance/{second}")).await.expect(404);
    let sent = api
        .post(
            "/message",
            json!({"messageName": "paid", "processInstanceId": first, "withoutTenantId": null}),
        )
        .await;
    assert_eq!((sent.status, sent.text.as_str()), (204, ""));
    api.get(&format!("/process-instance/{first}")).await.expect(404);
}

#[tokio::test]
async fn a_message_can_be_for_all() {
    let api = Api::start().await;
    api.deploy("payment.bpmn", PAYMENT).await;
    for _ in 0..3 {
        api.start_instance("payment", json!({})).await;
    }
    let body = json!({"messageName": "paid", "all": true, "resultEnabled": true});
    let results = api.post("/message", body.clone()).await.expect(200);
    assert_eq!(results.as_array().unwrap().len(), 3);
    assert_eq!(api.post("/message", body).await.expect(200), json!([]));
}

#[tokio::test]
async fn messages_and_signals_are_checked() {
    let api = Api::start().await;
    let invalid = "InvalidRequestException";
    for (path, body, status, kind, message) in [
        ("/message", json!({}), 400, invalid, "No message name supplied"),
        (
            "/message",
            json!({"messageName": "m", "tenantId": "t", "withoutTenantId": true}),
            400,
            invalid,
            "Parameter 'tenantId' cannot be used together with parameter 'withoutTenantId'.",
        ),
        (
            "/message",
            json!({"messageName": "m", "variablesInResultEnabled": true}),
            400,
            invalid,
            "Parameter 'variablesInResultEnabled' cannot be used without 'resultEnabled' set to true.",
        ),
        (
            "/message",
            json!({"messageName": "m", "processVariables": {"x": {"type": "Strange"}}}),
            400,
            invalid,
            "Cannot deliver message: Unsupported value type 'Strange'",
        ),
        (
            "/message",
            json!({"messageName": "m", "processInstanceId": "i", "tenantId": "t"}),
            400,
            "BadUserRequestException",
            "ENGINE-13028 Cannot specify a tenant-id when correlate a message to a single process instance.",
        ),
        ("/signal", json!({}), 400, invalid, "No signal name given"),
        (
            "/signal",
            json!({"name": "s", "executionId": "x", "tenantId": "t"}),
            400,
            "BadUserRequestException",
            "ENGINE-13027 Cannot specify a tenant-id when deliver a signal to a single execution.",
        ),
        (
            "/signal",
            json!({"name": "s", "executionId": "x"}),
            500,
            "NullValueException",
            "Cannot find execution with id 'x': execution is null",
        ),
    ] {
        api.post(path, body).await.expect_error(status, kind, message);
    }
    let sent = api
        .post("/signal", json!({"name": "s", "variables": {"x": {"value": 1}}}))
        .await;
    assert_eq!((sent.status, sent.text.as_str()), (204, ""));
    api.deploy("payment.bpmn", PAYMENT).await;
    let instance = api.start_instance("payment", json!({})).await;
    api.post("/signal", json!({"name": "s", "executionId": instance}))
        .await
        .expect_error(
            500,
            "RestException",
            &format!("Execution '{instance}' has not subscribed to a signal event with name 's'. is empty"),
        );
}

/// Orders that take the payments of their own number and shop, and whatever says `hurry`.
const ORDERS: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="test">
  <message id="paid" name="paid"/><message id="hurry" name="hurry"/>
  <correlationProperty id="number">
    <correlationPropertyRetrievalExpression messageRef="paid"><messagePath>${number}</messagePath>
    </correlationPropertyRetrievalExpression></correlationProperty>
  <correlationProperty id="shop">
    <correlationPropertyRetrievalExpression messageRef="paid"><messagePath language="feel">payee</messagePath>
    </correlationPropertyRetrievalExpression></correlationProperty>
  <collaboration id="c"><participant id="us" processRef="order"/>
    <correlationKey id="key"><correlationPropertyRef>number</correlationPropertyRef>
      <correlationPropertyRef>shop</correlationPropertyRef></correlationKey></collaboration>
  <process id="order" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="fork"/>
    <parallelGateway id="fork"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="a"/><receiveTask id="a" messageRef="paid"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="b"/>
    <intermediateCatchEvent id="b"><messageEventDefinition messageRef="hurry"/></intermediateCatchEvent>
    <correlationSubscription id="subscription" correlationKeyRef="key">
      <correlationPropertyBinding correlationPropertyRef="number"><dataPath>${orderNumber}</dataPath>
      </correlationPropertyBinding>
      <correlationPropertyBinding correlationPropertyRef="shop"><dataPath>${shop}</dataPath>
      </correlationPropertyBinding>
    </correlationSubscription>
  </process></definitions>"#;

#[tokio::test]
async fn an_instance_takes_the_messages_that_carry_its_data() {
    let api = Api::start().await;
    api.deploy("order.bpmn", ORDERS).await;
    for (number, shop) in [(1, "north"), (2, "north"), (2, "south")] {
        let variables = json!({"orderNumber": {"value": number}, "shop": {"value": shop}});
        api.start_instance("order", json!({"variables": variables})).await;
    }
    api.start_instance("order", json!({})).await;
    let paid = async |number: Value, shop: Value| {
        let body = json!({"messageName": "paid", "all": true, "resultEnabled": true,
            "processVariables": {"number": {"value": number}, "payee": {"value": shop}}});
        api.post("/message", body).await.expect(200).as_array().unwrap().len()
    };
    assert_eq!(paid(json!(3), json!("north")).await, 0);
    assert_eq!(
        paid(Value::Null, Value::Null).await,
        0,
        "who holds nothing takes nothing"
    );
    assert_eq!(paid(json!("2"), json!("south")).await, 1, "a text that says the number");
    assert_eq!(paid(json!(2), json!("south")).await, 0, "it came already");
    assert_eq!(paid(json!(2), json!("north")).await, 1);
    let missing = api.post("/message", json!({"messageName": "paid"})).await.expect(400);
    assert!(
        missing["message"]
            .as_str()
            .unwrap()
            .contains("Cannot correlate message 'paid'")
    );
    let body = json!({"messageName": "paid",
        "processVariables": {"number": {"value": 1}, "payee": {"value": "north"}}});
    assert_eq!(api.post("/message", body).await.status, 204, "one of several who wait");
    let all = json!({"messageName": "hurry", "all": true, "resultEnabled": true});
    let hurried = api.post("/message", all).await.expect(200);
    assert_eq!(
        hurried.as_array().unwrap().len(),
        4,
        "what the key does not speak of reaches all"
    );
}
