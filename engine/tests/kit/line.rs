//! Processes of three nodes, and what tests ask of their instances.

use flowstone_core::Command;
use flowstone_engine::{Error, Reply, StartRequest, Submission};
use flowstone_expression::{TypedValue, Variables};
use flowstone_store::query::{ProcessInstanceField, Query, Scalar, Test};
use uuid::Uuid;

use super::Kit;

/// A process of three nodes: start, something, end.
pub fn line(middle: &str) -> String {
    format!(
        r#"<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="m"/>{middle}
           <sequenceFlow id="g" sourceRef="m" targetRef="e"/><endEvent id="e"/>"#
    )
}

pub fn call(key: &str, attributes: &str, mappings: &str) -> String {
    line(&format!(
        r#"<callActivity id="m" calledElement="{key}" {attributes}><extensionElements>{mappings}</extensionElements></callActivity>"#
    ))
}

pub const USER_TASK: &str = r#"<userTask id="m"/>"#;

pub async fn running(kit: &Kit) -> usize {
    kit.engine
        .store()
        .process_instances(&Query::<ProcessInstanceField>::default())
        .await
        .unwrap()
        .len()
}

/// The instance that another one called.
pub async fn called_by(kit: &Kit, caller: Uuid) -> Uuid {
    let by = Test::Equals(Scalar::Id(caller));
    let query = Query::default().with(ProcessInstanceField::SuperInstanceId, by);
    kit.engine.store().process_instances(&query).await.unwrap()[0].id
}

pub async fn token(kit: &Kit, instance: Uuid, node: &str) -> Uuid {
    let view = kit.engine.view(instance).await.unwrap().unwrap();
    view.instance.tokens().find(|token| &*token.node == node).unwrap().id
}

pub async fn complete(kit: &Kit, instance: Uuid, node: &str, variables: Variables) -> Result<Reply, Error> {
    let task = token(kit, instance, node).await;
    let command = Command::CompleteUserTask { task, variables };
    kit.engine.submit(Submission::new(task, command)).await
}

pub fn one(name: &str, value: impl Into<TypedValue>) -> Variables {
    Variables::from([(name.to_owned(), value.into())])
}

pub async fn start_with(kit: &Kit, definition: &str, variables: Variables) -> Result<Reply, Error> {
    let request = StartRequest {
        business_key: Some("bk".to_owned()),
        variables,
        ..StartRequest::default()
    };
    kit.start_with(definition, request).await
}
