//! Decision requirements definitions: files of several decisions as a resource.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod support;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use support::Api;

/// A file with two decisions, the second of which requires the first.
const MEALS: &str = r##"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="meals" name="Meals" namespace="kitchen">
  <decision id="season" name="Season"><variable name="season"/>
    <literalExpression><text>if month &lt; 4 then "winter" else "summer"</text></literalExpression></decision>
  <decision id="dish" name="Dish"><variable name="dish"/>
    <informationRequirement><requiredDecision href="#season"/></informationRequirement>
    <literalExpression><text>if season = "winter" then "stew" else "salad"</text></literalExpression></decision>
</definitions>"##;

const ALONE: &str = r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="one" name="One" namespace="kitchen">
  <decision id="alone" name="Alone"><literalExpression><text>1</text></literalExpression></decision></definitions>"#;

async fn deploy(api: &Api, tenant: Option<&str>, picture: Option<&str>) -> Value {
    let mut form = Form::new().part("meals.dmn", Part::text(MEALS).file_name("meals.dmn"));
    if let Some(picture) = picture {
        form = form.part(picture.to_owned(), Part::text("<svg/>").file_name(picture.to_owned()));
    }
    if let Some(tenant) = tenant {
        form = form.text("tenant-id", tenant.to_owned());
    }
    api.deploy_form(form).await.expect(200)
}

fn only(map: &Value) -> (String, Value) {
    let map = map.as_object().unwrap();
    assert_eq!(map.len(), 1);
    let (id, shown) = map.iter().next().unwrap();
    (id.clone(), shown.clone())
}

#[tokio::test]
async fn a_file_of_several_decisions_is_shown() {
    let api = Api::start().await;
    deploy(&api, None, None).await;
    let deployed = deploy(&api, None, None).await;
    let (id, shown) = only(&deployed["deployedDecisionRequirementsDefinitions"]);
    assert_eq!(
        shown,
        json!({
            "id": id, "key": "meals", "category": "kitchen", "name": "Meals", "version": 2, "resource": "meals.dmn",
            "deploymentId": deployed["id"], "tenantId": null,
        })
    );
    assert!(id.starts_with("meals:2:"), "{id}");
    deploy(&api, Some("acme"), None).await;
    let root = "/decision-requirements-definition";
    for (path, version) in [
        (format!("{root}/{id}"), 2),
        (format!("{root}/key/meals"), 2),
        (format!("{root}/key/meals/tenant-id/acme"), 1),
    ] {
        let found = api.get(&path).await.expect(200);
        assert_eq!(found["version"], version, "{path}");
        let xml = api.get(&format!("{path}/xml")).await.expect(200);
        assert_eq!((&xml["id"], &xml["dmnXml"]), (&found["id"], &json!(MEALS)));
        api.get(&format!("{path}/diagram")).await.expect(204);
    }
    for (query, count) in [
        ("", 3),
        ("?latestVersion=true", 2),
        ("?tenantIdIn=acme", 1),
        (
            "?tenantIdIn=acme&includeDecisionRequirementsDefinitionsWithoutTenantId=true",
            3,
        ),
        ("?withoutTenantId=true&version=1", 1),
        ("?keyLike=me%25&resourceName=meals.dmn&category=kitchen", 3),
        ("?name=Other", 0),
    ] {
        let found = api.get(&format!("{root}{query}")).await.expect(200);
        assert_eq!(found.as_array().unwrap().len(), count, "{query}");
        let counted = api.get(&format!("{root}/count{query}")).await.expect(200);
        assert_eq!(counted["count"], count, "{query}");
    }
    api.get(&format!("{root}/none")).await.expect_error(
        404,
        "InvalidRequestException",
        "no deployed decision requirements definition found with id 'none': decisionRequirementsDefinition is null",
    );
    api.get(&format!("{root}/key/none/xml")).await.expect_error(
        404,
        "RestException",
        "No matching decision requirements definition with key: none and no tenant-id",
    );
}

#[tokio::test]
async fn decisions_tell_their_graph_and_are_found_by_it() {
    let api = Api::start().await;
    let deployed = deploy(&api, None, None).await;
    let (id, _) = only(&deployed["deployedDecisionRequirementsDefinitions"]);
    let alone = api.deploy("alone.dmn", ALONE).await;
    assert_eq!(alone["deployedDecisionRequirementsDefinitions"], Value::Null);
    for (query, keys) in [
        (format!("decisionRequirementsDefinitionId={id}"), vec!["dish", "season"]),
        (
            "decisionRequirementsDefinitionKey=meals".to_owned(),
            vec!["dish", "season"],
        ),
        ("decisionRequirementsDefinitionKey=one".to_owned(), vec![]),
        ("withoutDecisionRequirementsDefinition=true".to_owned(), vec!["alone"]),
    ] {
        let path = format!("/decision-definition?sortBy=key&sortOrder=asc&{query}");
        let found = api.get(&path).await.expect(200);
        let found: Vec<&str> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["key"].as_str().unwrap())
            .collect();
        assert_eq!(found, keys, "{query}");
    }
    let dish = api.get("/decision-definition/key/dish").await.expect(200);
    assert_eq!(dish["decisionRequirementsDefinitionId"], id.as_str());
    assert_eq!(dish["decisionRequirementsDefinitionKey"], "meals");
    // It goes with its deployment.
    let deployment = deployed["id"].as_str().unwrap();
    api.delete(&format!("/deployment/{deployment}")).await.expect(204);
    let count = api.get("/decision-requirements-definition/count").await.expect(200);
    assert_eq!(count["count"], 0);
}

#[tokio::test]
async fn a_picture_that_was_deployed_beside_the_file_is_downloaded() {
    let api = Api::start().await;
    for picture in ["meals.svg", "meals.meals.svg"] {
        deploy(&api, None, Some(picture)).await;
        let shown = api.get("/decision-requirements-definition/key/meals/diagram").await;
        assert_eq!(shown.text, "<svg/>", "{picture}");
        let of_decision = api.get("/decision-definition/key/dish/diagram").await;
        let is_shared = picture == "meals.svg";
        assert_eq!(of_decision.text, if is_shared { "<svg/>" } else { "" }, "{picture}");
    }
}
