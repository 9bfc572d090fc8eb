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
