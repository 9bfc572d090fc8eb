//! Decision definitions: deployed, found, shown and evaluated.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod support;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use support::Api;

const DISCOUNT: &str = r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"
    xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="d" name="prices" namespace="shop">
  <decision id="discount" name="Discount" camunda:versionTag="v1" camunda:historyTimeToLive="P5D">
    <decisionTable hitPolicy="UNIQUE">
      <input id="i"><inputExpression id="x" typeRef="string"><text>status</text></inputExpression></input>
      <input id="j"><inputExpression id="y" typeRef="double"><text>amount</text></inputExpression></input>
      <output id="o" name="percent" typeRef="integer"/><output id="p" name="note"/>
      <rule id="r"><inputEntry id="a"><text>"gold", "silver"</text></inputEntry>
        <inputEntry id="b"><text>&gt; 100</text></inputEntry>
        <outputEntry id="c"><text>10</text></outputEntry><outputEntry id="e"><text>"for " + status</text></outputEntry></rule>
    </decisionTable>
  </decision></definitions>"#;

async fn deploy(api: &Api, tenant: Option<&str>) -> Value {
    let part = Part::text(DISCOUNT.to_owned()).file_name("prices.dmn");
    let mut form = Form::new().part("prices.dmn", part);
    if let Some(tenant) = tenant {
        form = form.text("tenant-id", tenant.to_owned());
    }
    api.deploy_form(form).await.expect(200)
}

#[tokio::test]
async fn a_deployed_decision_is_shown() {
    let api = Api::start().await;
    deploy(&api, None).await;
    let deployed = deploy(&api, None).await;
    let shown = deployed["deployedDecisionDefinitions"].as_object().unwrap();
    let (id, shown) = shown.iter().next().unwrap();
    assert_eq!(
        shown,
        &json!({
            "id": id, "key": "discount", "category": "shop", "name": "Discount", "version": 2, "resource": "prices.dmn",
            "deploymentId": deployed["id"], "tenantId": null, "decisionRequirementsDefinitionId": null,
            "decisionRequirementsDefinitionKey": null, "historyTimeToLive": 5, "versionTag": "v1",
        })
    );
    assert_eq!(deployed["deployedProcessDefinitions"], Value::Null);
    deploy(&api, Some("acme")).await;
    for (path, version, tenant) in [
        (format!("/decision-definition/{id}"), 2, Value::Null),
        ("/decision-definition/key/discount".to_owned(), 2, Value::Null),
        (
            "/decision-definition/key/discount/tenant-id/acme".to_owned(),
            1,
            json!("acme"),
        ),
    ] {
        let found = api.get(&path).await.expect(200);
        assert_eq!((&found["version"], &found["tenantId"]), (&json!(version), &tenant));
        let xml = api.get(&format!("{path}/xml")).await.expect(200);
        assert_eq!((&xml["id"], &xml["dmnXml"]), (&found["id"], &json!(DISCOUNT)));
    }
    for (query, count) in [
        ("", 3),
        ("?latestVersion=true", 2),
        ("?tenantIdIn=acme", 1),
        ("?withoutTenantId=true&versionTag=v1", 2),
        ("?keyLike=disc%25&version=1", 2),
        ("?name=Other", 0),
    ] {
        let found = api.get(&format!("/decision-definition{query}")).await.expect(200);
        assert_eq!(found.as_array().unwrap().len(), count, "{query}");
        let counted = api.get(&format!("/decision-definition/count{query}")).await.expect(200);
        assert_eq!(counted["count"], count, "{query}");
    }
    let sorted = api
        .get("/decision-definition?sortBy=version&sortOrder=desc&maxResults=1")
        .await
        .expect(200);
    assert_eq!(sorted[0]["version"], 2);
}

#[tokio::test]
async fn a_decision_is_evaluated() {
    let api = Api::start().await;
    let deployed = deploy(&api, None).await;
    let id = deployed["deployedDecisionDefinitions"].as_object().unwrap();
    let id = id.keys().next().unwrap();
    let asked = |status: &str| json!({"variables": {"status": {"value": status, "type": "String"}, "amount": {"value": 150, "type": "Integer"}}});
    for path in [
        format!("/decision-definition/{id}/evaluate"),
        "/decision-definition/key/discount/evaluate".to_owned(),
    ] {
        let rows = api.post(&path, asked("gold")).await.expect(200);
        assert_eq!(
            rows,
            json!([{"percent": {"type": "Integer", "value": 10, "valueInfo": {}},
                "note": {"type": "String", "value": "for gold", "valueInfo": {}}}])
        );
        assert_eq!(api.post(&path, asked("iron")).await.expect(200), json!([]));
    }
    let missing = api.post("/decision-definition/key/none/evaluate", asked("gold")).await;
    missing.expect_error(
        404,
        "RestException",
        "No matching decision definition with key: none and no tenant-id",
    );
    let wrong = json!({"variables": {"status": {"value": "x", "type": "Integer"}}});
    api.post("/decision-definition/key/discount/evaluate", wrong)
        .await
        .expect(400);
    api.get("/decision-definition/none").await.expect_error(
        404,
        "InvalidRequestException",
        "no deployed decision definition found with id 'none': decisionDefinition is null",
    );
}

#[tokio::test]
async fn a_moment_is_compared_with_what_the_model_writes() {
    let table = r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="Moments" namespace="shop">
      <decision id="season" name="Season"><decisionTable>
        <input><inputExpression typeRef="date"><text>ordered</text></inputExpression></input>
        <output name="season" typeRef="string"/><output name="since" typeRef="date"/>
        <rule><inputEntry><text>[date and time("2026-06-01T00:00:00")..date and time("2026-08-31T23:59:59")]</text></inputEntry>
          <outputEntry><text>"summer"</text></outputEntry><outputEntry><text>ordered</text></outputEntry></rule>
      </decisionTable></decision></definitions>"#;
    let api = Api::start().await;
    api.deploy("moments.dmn", table).await;
    let asked = |moment: &str| json!({"variables": {"ordered": {"value": moment, "type": "Date"}}});
    let path = "/decision-definition/key/season/evaluate";
    let found = api.post(path, asked("2026-07-01T10:00:00.000+0000")).await.expect(200);
    assert_eq!(found[0]["season"]["value"], "summer");
    assert_eq!(
        found[0]["since"],
        json!({"type": "Date", "value": "2026-07-01T10:00:00.000+0000", "valueInfo": {}})
    );
    let winter = api.post(path, asked("2026-12-01T10:00:00.000+0000")).await.expect(200);
    assert_eq!(winter, json!([]));
}

/// A table whose cells are written in the languages that vendors allow.
const MIXED: &str = r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"
    xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="m" name="Mixed" namespace="shop">
  <decision id="mixed" name="Mixed"><decisionTable>
    <input camunda:inputVariable="total"><inputExpression expressionLanguage="juel" typeRef="integer">
      <text>${price * count}</text></inputExpression></input>
    <output name="note" typeRef="string"/><output name="half" typeRef="double"/>
    <rule><inputEntry expressionLanguage="juel"><text>${total gt 10}</text></inputEntry>
      <outputEntry expressionLanguage="javascript"><text>'at ' + price</text></outputEntry>
      <outputEntry><text>price / 2</text></outputEntry></rule>
  </decisionTable></decision></definitions>"#;

#[tokio::test]
async fn cells_are_computed_in_the_language_that_they_name() {
    let api = Api::start().await;
    api.deploy("mixed.dmn", MIXED).await;
    let asked =
        json!({"variables": {"price": {"value": 5, "type": "Integer"}, "count": {"value": 3, "type": "Integer"}}});
    let path = "/decision-definition/key/mixed/evaluate";
    assert_eq!(
        api.post(path, asked).await.expect(200),
        json!([{"note": {"type": "String", "value": "at 5", "valueInfo": {}},
            "half": {"type": "Double", "value": 2.5, "valueInfo": {}}}])
    );
    // Unlike FEEL, a script does not make null of what is missing.
    let lacking = api.post(path, json!({"variables": {}})).await.expect(500);
    let message = lacking["message"].as_str().unwrap();
    assert!(message.contains("price"), "{message}");
    let part = Part::text(MIXED.replace("juel", "groovy")).file_name("mixed.dmn");
    let refused = api.deploy_form(Form::new().part("mixed.dmn", part)).await.expect(500);
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("'groovy' is not supported"), "{message}");
}

#[tokio::test]
async fn decisions_go_with_their_deployment() {
    let api = Api::start().await;
    let first = deploy(&api, None).await;
    deploy(&api, None).await;
    let id = first["id"].as_str().unwrap();
    api.delete(&format!("/deployment/{id}")).await.expect(204);
    let left = api.get("/decision-definition").await.expect(200);
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["version"], 2);
}

#[tokio::test]
async fn a_broken_file_is_refused() {
    let api = Api::start().await;
    let broken = DISCOUNT.replace("status</text>", "status +</text>");
    let form = Form::new().part("prices.dmn", Part::text(broken).file_name("prices.dmn"));
    let refused = api.deploy_form(form).await.expect(500);
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.contains("Unable to transform DMN resource 'prices.dmn'") && message.contains("line 5"),
        "{message}"
    );
    assert_eq!(api.get("/deployment").await.expect(200), json!([]));
}

/// A process whose only task asks for the discount.
const PRICING: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t">
  <process id="pricing" isExecutable="true" camunda:historyTimeToLive="5">
    <startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="decide"/>
    <businessRuleTask id="decide" camunda:decisionRef="discount"/>
    <sequenceFlow id="g" sourceRef="decide" targetRef="e"/><endEvent id="e"/>
  </process></definitions>"#;

/// A sum over a table that a second decision requires.
const POINTS: &str = r##"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="points" namespace="shop">
  <decision id="bonus" name="Bonus"><variable name="bonus" typeRef="number"/>
    <informationRequirement id="q"><requiredDecision href="#points"/></informationRequirement>
    <literalExpression><text>points * 2</text></literalExpression></decision>
  <decision id="points" name="Points"><variable name="points"/>
    <decisionTable hitPolicy="COLLECT" aggregation="SUM">
      <input id="i" label="Amount"><inputExpression id="x"><text>amount</text></inputExpression></input>
      <output id="o" label="Score" name="score" typeRef="integer"/>
      <rule id="r1"><inputEntry id="a"><text>&gt; 10</text></inputEntry><outputEntry id="b"><text>3</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="c"><text>&lt; 5</text></inputEntry><outputEntry id="e"><text>5</text></outputEntry></rule>
      <rule id="r3"><inputEntry id="f"><text>&gt; 100</text></inputEntry><outputEntry id="g"><text>4</text></outputEntry></rule>
    </decisionTable></decision></definitions>"##;

fn gold(amount: i32) -> Value {
    json!({"variables": {"status": {"value": "gold", "type": "String"}, "amount": {"value": amount, "type": "Integer"}}})
}

#[tokio::test]
async fn what_a_task_asked_is_history() {
    let api = Api::start().await;
    let deployed = deploy(&api, None).await;
    let decision = deployed["deployedDecisionDefinitions"].as_object().unwrap();
    let decision = decision.keys().next().unwrap();
    api.deploy("pricing.bpmn", PRICING).await;
    let instance = api.start_instance("pricing", gold(150)).await;
    let ended = api
        .get(&format!("/history/process-instance/{instance}"))
        .await
        .expect(200);
    let activity = api
        .get(&format!(
            "/history/activity-instance?activityId=decide&processInstanceId={instance}"
        ))
        .await
        .expect(200);
    let found = api.get("/history/decision-instance").await.expect(200);
    let id = found[0]["id"].as_str().unwrap();
    assert_eq!(
        found,
        json!([{
            "id": id, "decisionDefinitionId": decision, "decisionDefinitionKey": "discount",
            "decisionDefinitionName": "Discount", "evaluationTime": "2026-01-31T09:30:00.000+0000", "removalTime": null,
            "processDefinitionId": ended["processDefinitionId"], "processDefinitionKey": "pricing",
            "processInstanceId": instance, "rootProcessInstanceId": instance, "caseDefinitionId": null,
            "caseDefinitionKey": null, "caseInstanceId": null, "activityId": "decide",
            "activityInstanceId": activity[0]["id"], "userId": null, "inputs": null, "outputs": null,
            "collectResultValue": null, "rootDecisionInstanceId": null, "decisionRequirementsDefinitionId": null,
            "decisionRequirementsDefinitionKey": null, "tenantId": null,
        }])
    );
    let path = format!("/history/decision-instance/{id}");
    assert_eq!(api.get(&path).await.expect(200), found[0]);
    let told = api
        .get(&format!("{path}?includeInputs=true&includeOutputs=true"))
        .await
        .expect(200);
    let common = json!({"decisionInstanceId": id, "errorMessage": null, "createTime": "2026-01-31T09:30:00.000+0000",
        "removalTime": null, "rootProcessInstanceId": instance, "valueInfo": {}, "clauseName": null});
    let with = |told: &Value, own: Value| {
        let mut expected = common.as_object().unwrap().clone();
        expected.insert("id".to_owned(), told["id"].clone());
        expected.extend(own.as_object().unwrap().clone());
        Value::Object(expected)
    };
    assert_eq!(
        told["inputs"],
        json!([
            with(
                &told["inputs"][0],
                json!({"clauseId": "i", "type": "String", "value": "gold"})
            ),
            with(
                &told["inputs"][1],
                json!({"clauseId": "j", "type": "Double", "value": 150.0})
            ),
        ])
    );
    let first = json!({"clauseId": "o", "ruleId": "r", "ruleOrder": 1, "variableName": "percent", "type": "Integer", "value": 10});
    let second = json!({"clauseId": "p", "ruleId": "r", "ruleOrder": 1, "variableName": "note", "type": "String", "value": "for gold"});
    assert_eq!(
        told["outputs"],
        json!([with(&told["outputs"][0], first), with(&told["outputs"][1], second)])
    );
    api.delete(&format!("/history/process-instance/{instance}"))
        .await
        .expect(204);
    api.get(&path).await.expect_error(
        404,
        "InvalidRequestException",
        &format!("Historic decision instance with id '{id}' does not exist"),
    );
}

#[tokio::test]
async fn an_evaluation_by_request_is_history_with_what_it_requires() {
    let api = Api::start().await;
    api.deploy("points.dmn", POINTS).await;
    let evaluated = api
        .post("/decision-definition/key/bonus/evaluate", gold(150))
        .await
        .expect(200);
    assert_eq!(evaluated[0]["bonus"]["value"], 14);
    let found = api
        .get("/history/decision-instance?includeInputs=true&includeOutputs=true")
        .await
        .expect(200);
    let (root, required) = (&found[0], &found[1]);
    assert_eq!(found.as_array().unwrap().len(), 2);
    assert_eq!(
        [
            &root["decisionDefinitionKey"],
            &root["rootDecisionInstanceId"],
            &root["processInstanceId"],
            &root["rootProcessInstanceId"],
            &root["collectResultValue"],
            &root["inputs"],
        ],
        [
            &json!("bonus"),
            &Value::Null,
            &Value::Null,
            &Value::Null,
            &Value::Null,
            &json!([])
        ]
    );
    let output = &root["outputs"][0];
    assert_eq!(
        [
            &output["variableName"],
            &output["value"],
            &output["clauseId"],
            &output["ruleOrder"]
        ],
        [&json!("bonus"), &json!(14), &Value::Null, &Value::Null]
    );
    assert_eq!(
        [
            &required["decisionDefinitionName"],
            &required["rootDecisionInstanceId"],
            &required["collectResultValue"],
            &required["inputs"][0]["clauseName"],
            &required["inputs"][0]["value"],
        ],
        [
            &json!("Points"),
            &root["id"],
            &json!(7.0),
            &json!("Amount"),
            &json!(150)
        ]
    );
    let rules: Vec<_> = required["outputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|output| {
            (
                &output["ruleId"],
                &output["ruleOrder"],
                &output["value"],
                &output["clauseName"],
            )
        })
        .collect();
    assert_eq!(
        rules,
        [
            (&json!("r1"), &json!(1), &json!(3), &json!("Score")),
            (&json!("r3"), &json!(2), &json!(4), &json!("Score"))
        ]
    );
}

#[tokio::test]
async fn evaluated_decisions_are_filtered_and_sorted() {
    let api = Api::start().await;
    deploy(&api, Some("acme")).await;
    deploy(&api, None).await;
    api.deploy("pricing.bpmn", PRICING).await;
    api.deploy("points.dmn", POINTS).await;
    let instance = api.start_instance("pricing", gold(150)).await;
    api.advance(chrono::TimeDelta::hours(1));
    for path in ["bonus/evaluate", "discount/tenant-id/acme/evaluate"] {
        api.post(&format!("/decision-definition/key/{path}"), gold(150))
            .await
            .expect(200);
    }
    let roots = api
        .get("/history/decision-instance?rootDecisionInstancesOnly=true&decisionDefinitionKey=bonus")
        .await
        .expect(200);
    let root = roots[0]["id"].as_str().unwrap();
    for (query, count) in [
        ("", 4),
        ("rootDecisionInstancesOnly=true", 3),
        (&*format!("rootDecisionInstanceId={root}"), 2),
        (&*format!("decisionInstanceIdIn={root},none"), 1),
        (&*format!("processInstanceId={instance}"), 1),
        ("processDefinitionKey=pricing&activityIdIn=decide", 1),
        ("activityIdIn=other", 0),
        ("decisionDefinitionKeyIn=discount,points", 3),
        ("decisionDefinitionNameLike=%25o%25", 4),
        ("decisionDefinitionName=Points", 1),
        ("tenantIdIn=acme", 1),
        ("withoutTenantId=true", 3),
        ("evaluatedBefore=2026-01-31T10:00:00.000%2B0000", 1),
        ("evaluatedAfter=2026-01-31T10:00:00.000%2B0000", 3),
    ] {
        let found = api
            .get(&format!("/history/decision-instance?{query}"))
            .await
            .expect(200);
        assert_eq!(found.as_array().unwrap().len(), count, "{query}");
        let counted = api
            .get(&format!("/history/decision-instance/count?{query}"))
            .await
            .expect(200);
        assert_eq!(counted["count"], count, "{query}");
    }
    let sorted = api
        .get("/history/decision-instance?sortBy=evaluationTime&sortOrder=asc&maxResults=1")
        .await
        .expect(200);
    assert_eq!(sorted[0]["processInstanceId"], json!(instance));
    let by_user = api.get("/history/decision-instance?userId=ada").await;
    assert_eq!(by_user.status, 501, "{}", by_user.text);
}
