//! Business rule tasks that evaluate deployed decisions.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use flowstone_core::{Command, Rejection};
use flowstone_engine::{
    DeployError, DeployRequest, Error, HistoryLevel, NewResource, Options, Reply, StartRequest, Submission,
};
use flowstone_expression::{TypedValue, Variables};
use flowstone_store::query::{HistoricActivityField, Query, Scalar, Test};
use kit::Kit;

/// A table with two outputs that says which rules match a number.
const TABLE: &str = r##"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"
    xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="d" name="tiers" namespace="shop">
  <decision id="tier" name="Tier" camunda:versionTag="VERSION">
    <decisionTable hitPolicy="COLLECT">
      <input id="i"><inputExpression typeRef="number"><text>amount</text></inputExpression></input>
      <output id="o1" name="tier" typeRef="string"/><output id="o2" name="level" typeRef="integer"/>
      <rule id="r1"><inputEntry id="a"><text>&gt;= 10</text></inputEntry>
        <outputEntry id="b"><text>"VERSION gold"</text></outputEntry><outputEntry id="c"><text>1 + 1</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="e"><text>&gt;= 5</text></inputEntry>
        <outputEntry id="f"><text>"VERSION silver"</text></outputEntry><outputEntry id="g"><text>1</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="half" name="Half"><variable name="half" typeRef="number"/>
    <informationRequirement id="q"><requiredDecision href="#whole"/></informationRequirement>
    <literalExpression><text>whole / 2</text></literalExpression></decision>
  <decision id="whole" name="Whole"><variable name="whole" typeRef="number"/>
    <literalExpression><text>amount</text></literalExpression></decision>
</definitions>"##;

async fn deploy_table(kit: &Kit, version: &str, tenant: Option<&str>) -> Vec<i32> {
    let request = DeployRequest {
        tenant_id: tenant.map(str::to_owned),
        resources: vec![NewResource {
            name: "tiers.dmn".to_owned(),
            bytes: TABLE.replace("VERSION", version).into_bytes().into(),
        }],
        ..DeployRequest::default()
    };
    let deployed = kit.engine.deploy(request).await.unwrap();
    deployed.decisions.iter().map(|decision| decision.version).collect()
}

/// A business rule task, and a user task after it that keeps the instance alive.
fn rule(attributes: &str, inside: &str) -> String {
    format!(
        r#"<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="m"/>
           <businessRuleTask id="m" {attributes}>{inside}</businessRuleTask>
           <sequenceFlow id="g" sourceRef="m" targetRef="u"/><userTask id="u"/>"#
    )
}

async fn start(kit: &Kit, definition: &str, amount: i32) -> Result<Reply, Error> {
    let request = StartRequest {
        variables: Variables::from([("amount".to_owned(), amount.into())]),
        ..StartRequest::default()
    };
    kit.start_with(definition, request).await
}

/// The variable `r` that a task with these attributes leaves, as text.
async fn result(kit: &Kit, attributes: &str, amount: i32) -> TypedValue {
    let attributes = format!(r#"{attributes} camunda:resultVariable="r""#);
    let definition = kit.deploy("p", &rule(&attributes, "")).await;
    start(kit, &definition, amount).await.unwrap().variables["r"].clone()
}

fn json(value: &TypedValue) -> serde_json::Value {
    match value {
        TypedValue::Object(object) => serde_json::from_str(&object.serialized).unwrap(),
        other => panic!("{other:?} is no list or map"),
    }
}

#[tokio::test]
async fn results_are_mapped() {
    let kit = Kit::new().await;
    assert_eq!(deploy_table(&kit, "v1", None).await, [1, 1, 1]);
    let table = r#"camunda:decisionRef="tier""#;
    assert_eq!(
        json(&result(&kit, table, 12).await),
        serde_json::json!([{"tier": "v1 gold", "level": 2}, {"tier": "v1 silver", "level": 1}])
    );
    assert_eq!(json(&result(&kit, table, 1).await), serde_json::json!([]));
    let single = r#"camunda:decisionRef="tier" camunda:mapDecisionResult="singleResult""#;
    assert_eq!(
        json(&result(&kit, single, 7).await),
        serde_json::json!({"tier": "v1 silver", "level": 1})
    );
    assert_eq!(result(&kit, single, 1).await, TypedValue::Null);
    let entry = r#"camunda:decisionRef="${'half'}" camunda:mapDecisionResult="singleEntry""#;
    assert_eq!(result(&kit, entry, 7).await, TypedValue::Double(3.5));
    let entries = r#"camunda:decisionRef="half" camunda:mapDecisionResult="collectEntries""#;
    assert_eq!(json(&result(&kit, entries, 8).await), serde_json::json!([4]));
}

#[tokio::test]
async fn a_mapping_that_does_not_fit_refuses_the_command() {
    let kit = Kit::new().await;
    deploy_table(&kit, "v1", None).await;
    for (mapping, amount) in [
        ("singleEntry", 12),
        ("singleEntry", 7),
        ("singleResult", 12),
        ("collectEntries", 7),
    ] {
        let attributes =
            format!(r#"camunda:decisionRef="tier" camunda:mapDecisionResult="{mapping}" camunda:resultVariable="r""#);
        let definition = kit.deploy("p", &rule(&attributes, "")).await;
        let refused = start(&kit, &definition, amount).await;
        assert!(
            matches!(refused, Err(Error::Rejected(Rejection::Value { .. }))),
            "{mapping}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn output_mappings_and_listeners_see_the_whole_result() {
    let kit = Kit::new().await;
    deploy_table(&kit, "v1", None).await;
    let inside = r#"<extensionElements><camunda:inputOutput>
          <camunda:outputParameter name="best">${decisionResult.getFirstResult().tier}</camunda:outputParameter>
          <camunda:outputParameter name="all">${decisionResult.collectEntries('level')}</camunda:outputParameter>
        </camunda:inputOutput>
        <camunda:executionListener event="end" expression="${execution.setVariable('count', decisionResult.size())}"/>
      </extensionElements>"#;
    let definition = kit.deploy("p", &rule(r#"camunda:decisionRef="tier""#, inside)).await;
    let started = start(&kit, &definition, 12).await.unwrap();
    assert_eq!(started.variables["best"], TypedValue::from("v1 gold"));
    assert_eq!(json(&started.variables["all"]), serde_json::json!([2, 1]));
    assert_eq!(started.variables["count"], TypedValue::from(2));
    assert!(!started.variables.contains_key("decisionResult"));
    let query = Query::default().with(
        HistoricActivityField::ActivityId,
        Test::Equals(Scalar::Text("m".to_owned())),
    );
    let past = kit.engine.store().historic_activities(&query).await.unwrap();
    assert_eq!(&*past[0].activity_type, "businessRuleTask");
    assert!(past[0].ended_at.is_some());
}

#[tokio::test]
async fn a_binding_chooses_the_version() {
    let kit = Kit::new().await;
    for version in ["v1", "v2"] {
        deploy_table(&kit, version, None).await;
    }
    assert_eq!(deploy_table(&kit, "acme", Some("acme")).await, [1, 1, 1]);
    for (attributes, expected) in [
        ("", "v2 silver"),
        (
            r#"camunda:decisionRefBinding="version" camunda:decisionRefVersion="1""#,
            "v1 silver",
        ),
        (
            r#"camunda:decisionRefBinding="versionTag" camunda:decisionRefVersionTag="v1""#,
            "v1 silver",
        ),
        (r#"camunda:decisionRefTenantId="acme""#, "acme silver"),
    ] {
        let attributes = format!(r#"camunda:decisionRef="tier" camunda:mapDecisionResult="singleResult" {attributes}"#);
        let found = json(&result(&kit, &attributes, 7).await);
        assert_eq!(found["tier"], expected, "{attributes}");
    }
    let own = r#"camunda:decisionRef="tier" camunda:decisionRefBinding="deployment""#;
    let definition = kit.deploy("p", &rule(own, "")).await;
    let refused = start(&kit, &definition, 7).await.unwrap_err();
    assert!(
        matches!(&refused, Error::Rejected(Rejection::UnknownDecision { key, .. }) if key == "tier"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_decision_that_is_not_there_refuses_the_command_and_fails_a_job() {
    let kit = Kit::with(Options {
        job_execution: false,
        ..Options::default()
    })
    .await;
    let definition = kit.deploy("p", &rule(r#"camunda:decisionRef="none""#, "")).await;
    let refused = start(&kit, &definition, 1).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "no decision definition deployed with key 'none' (wanted by element 'm')"
    );
    let later = r#"camunda:decisionRef="none" camunda:asyncBefore="true""#;
    let definition = kit.deploy("q", &rule(later, "")).await;
    let instance = start(&kit, &definition, 1).await.unwrap().instance_id;
    let view = kit.engine.view(instance).await.unwrap().unwrap().instance;
    let job = view.jobs().next().unwrap().id;
    let execute = Submission::new(job, Command::ExecuteJob { job });
    kit.engine.submit(execute).await.unwrap_err();
    let view = kit.engine.view(instance).await.unwrap().unwrap().instance;
    let failure = view.jobs().next().unwrap().failure.clone().unwrap();
    assert!(failure.message.contains("no decision definition"), "{failure:?}");
}

#[tokio::test]
async fn a_file_with_mistakes_is_refused_with_their_places() {
    let kit = Kit::new().await;
    let broken = TABLE.replace("whole / 2", "whole / / 2");
    let request = DeployRequest {
        resources: vec![NewResource {
            name: "tiers.dmn".to_owned(),
            bytes: broken.into_bytes().into(),
        }],
        ..DeployRequest::default()
    };
    let refused = kit.engine.deploy(request).await.unwrap_err();
    assert!(matches!(refused, DeployError::Decisions { .. }));
    let message = refused.to_string();
    assert!(message.contains("tiers.dmn") && message.contains("line 1"), "{message}");
}

#[tokio::test]
async fn evaluations_are_history_at_the_highest_level_only() {
    for (level, expected) in [
        (HistoryLevel::Audit, vec![]),
        // A task asks for `tier`, a request for `half`, which requires `whole`.
        (HistoryLevel::Full, vec!["tier", "half", "whole"]),
    ] {
        let kit = Kit::with(Options {
            history: level,
            ..Options::default()
        })
        .await;
        deploy_table(&kit, "v1", None).await;
        let definition = kit.deploy("p", &rule(r#"camunda:decisionRef="tier""#, "")).await;
        let instance = start(&kit, &definition, 12).await.unwrap().instance_id;
        let half = kit.engine.latest_decision("half", None).await.unwrap().unwrap();
        let amount = Variables::from([("amount".to_owned(), 7.into())]);
        kit.engine.evaluate_decision(&half.id, amount).await.unwrap();
        let told = kit.engine.store().historic_decisions(&Query::default()).await.unwrap();
        let keys: Vec<&str> = told.iter().map(|one| &*one.decision_key).collect();
        assert_eq!(keys, expected, "{level:?}");
        for one in told {
            let of_task = &*one.decision_key == "tier";
            assert_eq!(one.process_instance_id, of_task.then_some(instance));
        }
    }
}

#[tokio::test]
async fn a_refused_command_leaves_no_history_of_its_decision() {
    let kit = Kit::new().await;
    deploy_table(&kit, "v1", None).await;
    let attributes = r#"camunda:decisionRef="tier" camunda:mapDecisionResult="singleEntry" camunda:resultVariable="r""#;
    let definition = kit.deploy("p", &rule(attributes, "")).await;
    start(&kit, &definition, 12).await.unwrap_err();
    let told = kit.engine.store().count_historic_decisions(&Query::default()).await;
    assert_eq!(told.unwrap(), 0);
}
