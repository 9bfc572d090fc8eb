//! Definitions that were deployed by an earlier version.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use flowstone_store::record::{DeploymentRecord, NewDeployment, ResourceRecord};
use kit::Kit;
use uuid::Uuid;

const TWICE: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="test">
    <signal id="g" name="alarm"/><process id="p" isExecutable="true"><startEvent id="s"/>
    <sequenceFlow id="f" sourceRef="s" targetRef="t"/><userTask id="t"/>
    <startEvent id="a"><signalEventDefinition signalRef="g"/></startEvent>
    <startEvent id="b"><signalEventDefinition signalRef="g"/></startEvent></process></definitions>"#;

#[tokio::test]
async fn what_a_later_rule_refuses_still_runs_where_it_was_deployed() {
    let kit = Kit::new().await;
    let like = kit.deploy("p", r#"<startEvent id="s"/>"#).await;
    let like = kit.engine.definition(&like).await.unwrap().record.clone();
    let deployment_id = Uuid::now_v7();
    let deployment = DeploymentRecord {
        id: deployment_id,
        name: None,
        source: None,
        deployed_at: like.deployed_at,
        tenant_id: None,
    };
    let resource = ResourceRecord {
        id: Uuid::now_v7(),
        deployment_id,
        name: like.resource_name.clone(),
        bytes: TWICE.as_bytes().into(),
    };
    let mut definition = like;
    definition.id = Uuid::now_v7().to_string().into();
    definition.deployment_id = deployment_id;
    let new = NewDeployment {
        deployment,
        resources: vec![resource],
        definitions: vec![definition],
        decisions: Vec::new(),
        start_jobs: Vec::new(),
    };
    let deployed = kit.engine.store().deploy(new).await.unwrap().definitions.remove(0);
    assert!(!kit.start(&deployed.id).await.ended);
}
