//! Queries that only SQL can get wrong: every field with every test, variables, deployments.

mod support;

use std::sync::Arc;

use chrono::TimeDelta;
use flowstone_expression::TypedValue;
use flowstone_store::Store as _;
use flowstone_store::query::{
    Condition, DefinitionField, DeploymentField, Direction, ExecutionField, ExternalTaskField, HistoricActivityField,
    HistoricInstanceField, IncidentField, ProcessInstanceField, Query, Scalar, SubscriptionField, TaskField, Test,
    VariableField, VariableOperator, VariableTest,
};
use flowstone_store::record::{
    ActivityKind, DefinitionRecord, DeploymentRecord, IncidentRow, NewDeployment, ResourceRecord, SubscriptionRow,
    UserTaskRow,
};
use flowstone_store_postgres::PostgresStore;
use support::{batch, fresh_store, now, variables, waiting};
use uuid::Uuid;

/// Every test with values of every kind: each must be answered, whether it fits the field or not.
fn every_test() -> Vec<Test> {
    let values = [
        Scalar::Text("a\\_%'\"\0".to_owned()),
        Scalar::Id(Uuid::now_v7()),
        Scalar::Integer(7),
        Scalar::Boolean(true),
        Scalar::Time(now()),
    ];
    let mut tests = vec![
        Test::Like("a%\\".to_owned()),
        Test::Like("\\%_".to_owned()),
        Test::IsNull,
        Test::IsNotNull,
        Test::Never,
        Test::In(Vec::new()),
        Test::NotIn(Vec::new()),
        Test::In(values.to_vec()),
        Test::NotIn(values.to_vec()),
    ];
    for value in values {
        for test in [
            Test::Equals,
            Test::NotEquals,
            Test::Less,
            Test::AtMost,
            Test::Greater,
            Test::AtLeast,
        ] {
            tests.push(test(value.clone()));
        }
    }
    tests
}

macro_rules! answers_every_query {
    ($store:ident, $find:ident, $count:ident, $field:ty) => {
        for field in <$field>::ALL {
            for test in every_test() {
                let mut query = Query::default().with(*field, test);
                query.conditions = vec![Condition::Any(vec![
                    Condition::All(query.conditions),
                    Condition::Any(vec![]),
                ])];
                query.order = vec![(*field, Direction::Descending), (*field, Direction::Ascending)];
                query.max = Some(3);
                let found = $store
                    .$find(&query)
                    .await
                    .unwrap_or_else(|error| panic!("{query:?}: {error}"));
                let counted = $store
                    .$count(&query)
                    .await
                    .unwrap_or_else(|error| panic!("{query:?}: {error}"));
                assert_eq!(found.len() as u64, counted.min(3), "{query:?}");
            }
        }
    };
}

/// One of everything.
async fn populated() -> PostgresStore {
    let (store, _) = fresh_store().await;
    let definition = deploy(&store, "order", None).await;
    let mut fixture = waiting(&definition.id, variables(&[("amount", 5.into())]));
    fixture.task.variables = Some(variables(&[("local", "x".into())]));
    let id = fixture.instance.id;
    let mut start = fixture.start();
    let mut approval = fixture.task.clone();
    approval.id = Uuid::now_v7();
    approval.kind = ActivityKind::UserTask;
    approval.external_task = None;
    start.user_tasks_put.push(UserTaskRow {
        id: approval.id,
        instance_id: id,
        name: Some("Approve".to_owned()),
        description: None,
        assignee: Some("ada".to_owned()),
        owner: None,
        delegation_state: None,
        priority: 50,
        due: Some(now()),
        follow_up: None,
        candidate_users: vec!["ada".to_owned(), "b\"ob,{}\\".to_owned()],
        candidate_groups: vec!["sales".to_owned()],
        form_key: None,
        form_ref: Some(serde_json::json!({"key": "approve"})),
    });
    start.subscriptions_inserted.push(SubscriptionRow {
        id: Uuid::now_v7(),
        instance_id: id,
        activity_id: approval.id,
        event_type: Arc::from("message"),
        event_name: Some("paid".to_owned()),
        node_id: Arc::from("wait"),
        configuration: None,
        created_at: now(),
    });
    start.incidents_inserted.push(IncidentRow {
        id: Uuid::now_v7(),
        instance_id: id,
        activity_id: fixture.task.id,
        incident_type: Arc::from("failedExternalTask"),
        node_id: Arc::from("charge"),
        configuration: Some(fixture.task.id.to_string()),
        message: Some("declined".to_owned()),
        created_at: now(),
        annotation: None,
    });
    start.activities_inserted.push(approval);
    let done = waiting(&definition.id, variables(&[]));
    store
        .commit(batch(vec![start, done.start()]))
        .await
        .expect("starting both");
    store.commit(batch(vec![done.complete(1)])).await.expect("ending one");
    store
}

fn definition_of(deployment: &DeploymentRecord, key: &str) -> DefinitionRecord {
    DefinitionRecord {
        id: Arc::from(Uuid::now_v7().to_string()),
        key: Arc::from(key),
        category: None,
        description: None,
        name: Some(Arc::from("Order")),
        version: 0,
        resource_name: "order.bpmn".to_owned(),
        deployment_id: deployment.id,
        deployed_at: deployment.deployed_at,
        diagram: None,
        suspended: false,
        tenant_id: deployment.tenant_id.clone(),
        version_tag: None,
        history_time_to_live: Some(30),
        startable_in_tasklist: true,
    }
}

fn deployment_of(key: &str, tenant: Option<&str>) -> NewDeployment {
    let deployment = DeploymentRecord {
        id: Uuid::now_v7(),
        name: Some("orders".to_owned()),
        source: None,
        tenant_id: tenant.map(str::to_owned),
        deployed_at: now(),
    };
    NewDeployment {
        resources: vec![ResourceRecord {
            id: Uuid::now_v7(),
            deployment_id: deployment.id,
            name: "order.bpmn".to_owned(),
            bytes: Arc::from(&b"\x00\xff<xml/>"[..]),
        }],
        start_jobs: Vec::new(),
        decisions: Vec::new(),
        definitions: vec![definition_of(&deployment, key)],
        deployment,
    }
}

async fn deploy(store: &PostgresStore, key: &str, tenant: Option<&str>) -> DefinitionRecord {
    store
        .deploy(deployment_of(key, tenant))
        .await
        .expect("a deployment")
        .definitions
        .remove(0)
}

#[tokio::test]
async fn every_field_answers_every_test() {
    let store = populated().await;
    answers_every_query!(store, deployments, count_deployments, DeploymentField);
    answers_every_query!(store, definitions, count_definitions, DefinitionField);
    answers_every_query!(store, process_instances, count_process_instances, ProcessInstanceField);
    answers_every_query!(store, external_tasks, count_external_tasks, ExternalTaskField);
    answers_every_query!(store, tasks, count_tasks, TaskField);
    answers_every_query!(store, executions, count_executions, ExecutionField);
    answers_every_query!(store, subscriptions, count_subscriptions, SubscriptionField);
    answers_every_query!(store, incidents, count_incidents, IncidentField);
    answers_every_query!(store, variables, count_variables, VariableField);
    answers_every_query!(
        store,
        historic_instances,
        count_historic_instances,
        HistoricInstanceField
    );
    answers_every_query!(
        store,
        historic_activities,
        count_historic_activities,
        HistoricActivityField
    );
}

#[tokio::test]
async fn all_that_was_stored_is_found() {
    let store = populated().await;
    let task = store.tasks(&Query::default()).await.unwrap().remove(0);
    assert_eq!(task.task.candidate_users, ["ada", "b\"ob,{}\\"]);
    assert_eq!(task.task.form_ref, Some(serde_json::json!({"key": "approve"})));
    assert_eq!(&*task.definition_key, "order");
    let candidate =
        |name: &str| Query::default().with(TaskField::CandidateUser, Test::Equals(Scalar::Text(name.to_owned())));
    assert_eq!(store.count_tasks(&candidate("ada")).await.unwrap(), 1);
    assert_eq!(store.count_tasks(&candidate("eve")).await.unwrap(), 0);
    assert_eq!(store.count_external_tasks(&Query::default()).await.unwrap(), 1);
    assert_eq!(store.count_executions(&Query::default()).await.unwrap(), 3);
    let snapshot = store.load(&[task.task.instance_id]).await.unwrap().remove(0);
    assert_eq!(snapshot.user_tasks, [task.task]);
    assert_eq!(
        snapshot.subscriptions[0],
        store.subscriptions(&Query::default()).await.unwrap()[0].subscription
    );
    assert_eq!(
        snapshot.incidents[0],
        store.incidents(&Query::default()).await.unwrap()[0].incident
    );
    let states: Vec<_> = store
        .historic_instances(&Query::default())
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.state)
        .collect();
    assert_eq!(
        states.iter().map(|state| &**state).collect::<Vec<_>>(),
        ["ACTIVE", "COMPLETED"]
    );
    // Two open tasks, the start of both instances, task and end of the one that ended.
    assert_eq!(store.count_historic_activities(&Query::default()).await.unwrap(), 6);
    let none = Query {
        max: Some(0),
        ..Query::<TaskField>::default()
    };
    assert!(store.tasks(&none).await.unwrap().is_empty());
    assert_eq!(store.count_tasks(&none).await.unwrap(), 1, "a count ignores the page");
}

#[tokio::test]
async fn variables_compare_as_the_filter_grammar_says() {
    use VariableOperator::{AtLeast, AtMost, Equals, Greater, Less, Like, NotEquals, NotLike};
    let (store, _) = fresh_store().await;
    let noon = now();
    let values = [
        ("short", TypedValue::Short(5)),
        ("integer", 5.into()),
        ("long", TypedValue::Long(5)),
        ("double", TypedValue::Double(5.5)),
        ("infinite", TypedValue::Double(f64::INFINITY)),
        ("nan", TypedValue::Double(f64::NAN)),
        ("text", "Ada 100%".into()),
        ("digits", "5".into()),
        ("truth", TypedValue::Boolean(true)),
        ("nothing", TypedValue::Null),
        ("when", TypedValue::Date(noon)),
        ("large", TypedValue::String("y".repeat(20_000))),
    ];
    store
        .commit(batch(vec![waiting("order:1:x", variables(&values)).start()]))
        .await
        .unwrap();
    let plain = |name: &str, operator, value: TypedValue| VariableTest {
        name: name.to_owned(),
        operator,
        value,
        ignore_name_case: false,
        ignore_value_case: false,
    };
    let any_case = |name: &str, operator, value: TypedValue| VariableTest {
        ignore_name_case: true,
        ignore_value_case: true,
        ..plain(name, operator, value)
    };
    let cases = [
        (plain("short", Equals, TypedValue::Long(5)), true),
        (plain("integer", Equals, TypedValue::Double(5.0)), true),
        (plain("integer", Equals, "5".into()), false),
        (plain("digits", Equals, 5.into()), false),
        (plain("digits", Equals, "5".into()), true),
        (plain("long", NotEquals, 5.into()), false),
        (plain("long", NotEquals, 6.into()), true),
        (plain("absent", NotEquals, 6.into()), false),
        (plain("double", Greater, 5.into()), true),
        (plain("double", Less, TypedValue::Double(5.5)), false),
        (plain("double", AtMost, TypedValue::Double(5.5)), true),
        (plain("infinite", Greater, TypedValue::Long(i64::MAX)), true),
        (plain("infinite", Equals, TypedValue::Double(f64::INFINITY)), true),
        (plain("integer", Less, TypedValue::Double(f64::INFINITY)), true),
        (plain("nan", Greater, 0.into()), false),
        (plain("nan", Less, 0.into()), false),
        (plain("digits", Greater, 4.into()), false),
        (plain("text", Equals, "Ada 100%".into()), true),
        (plain("text", Equals, "ada 100%".into()), false),
        (any_case("TEXT", Equals, "ADA 100%".into()), true),
        (any_case("TEXT", NotEquals, "ADA 100%".into()), false),
        (plain("text", Like, "Ada%".into()), true),
        (plain("text", Like, "ada%".into()), false),
        (plain("text", Like, "%100\\%".into()), true),
        (plain("text", Like, "Ada\\%".into()), false),
        (any_case("text", Like, "aDA%".into()), true),
        (plain("text", NotLike, "Ada%".into()), false),
        (plain("text", NotLike, "Bob%".into()), true),
        (plain("absent", NotLike, "Bob%".into()), false),
        (plain("text", AtLeast, "Ada".into()), true),
        (plain("truth", Equals, true.into()), true),
        (plain("truth", NotEquals, true.into()), false),
        (plain("nothing", Equals, TypedValue::Null), true),
        (plain("text", Equals, TypedValue::Null), false),
        (plain("text", NotEquals, TypedValue::Null), true),
        (plain("when", Equals, TypedValue::Date(noon)), true),
        (
            plain("when", Less, TypedValue::Date(noon + TimeDelta::seconds(1))),
            true,
        ),
        (plain("when", Greater, TypedValue::Date(noon)), false),
        (plain("large", Equals, TypedValue::String("y".repeat(20_000))), true),
        (plain("large", Equals, TypedValue::String("y".repeat(20_001))), false),
    ];
    for (test, holds) in cases {
        let query = Query {
            conditions: vec![Condition::Variable(test)],
            ..Query::<ProcessInstanceField>::default()
        };
        let found = store.count_process_instances(&query).await.unwrap();
        assert_eq!(found == 1, holds, "{:?}", query.conditions);
    }
}

#[tokio::test]
async fn versions_are_counted_per_key_and_tenant_even_when_deployed_at_once() {
    let (store, _) = fresh_store().await;
    let deployments = (0..12).map(|number| {
        let store = store.clone();
        let tenant = (number % 2 == 0).then_some("acme");
        tokio::spawn(async move { deploy(&store, "order", tenant).await })
    });
    let mut versions: Vec<(Option<String>, i32)> = Vec::new();
    for deployed in deployments.collect::<Vec<_>>() {
        let definition = deployed.await.unwrap();
        assert!(definition.id.starts_with(&format!("order:{}:", definition.version)));
        versions.push((definition.tenant_id, definition.version));
    }
    versions.sort();
    let expected: Vec<_> = [None, Some("acme".to_owned())]
        .into_iter()
        .flat_map(|tenant| (1..=6).map(move |version| (tenant.clone(), version)))
        .collect();
    assert_eq!(versions, expected);
    let latest = Query::default().with(DefinitionField::Latest, Test::Equals(Scalar::Boolean(true)));
    assert_eq!(store.count_definitions(&latest).await.unwrap(), 2);
    assert_eq!(
        store
            .latest_definition("order", Some("acme"))
            .await
            .unwrap()
            .unwrap()
            .version,
        6
    );
    assert!(store.latest_definition("order", Some("other")).await.unwrap().is_none());
}

#[tokio::test]
async fn an_id_too_long_for_clients_is_a_bare_uuid() {
    let (store, _) = fresh_store().await;
    let definition = deploy(&store, &"k".repeat(60), None).await;
    assert!(Uuid::parse_str(&definition.id).is_ok());
    assert_eq!(store.definition(&definition.id).await.unwrap(), Some(definition));
}

#[tokio::test]
async fn resources_keep_their_bytes_and_go_with_the_deployment() {
    let (store, _) = fresh_store().await;
    let new = deployment_of("order", None);
    let (id, resource) = (new.deployment.id, new.resources[0].clone());
    let definition = store.deploy(new).await.unwrap().definitions.remove(0);
    assert_eq!(store.resource(id, resource.id).await.unwrap(), Some(resource.clone()));
    assert_eq!(store.resource_named(id, "order.bpmn").await.unwrap(), Some(resource));
    assert!(store.resources(id).await.unwrap()[0].bytes.is_empty());
    let (kept, gone) = (
        waiting("other:1:x", variables(&[])),
        waiting(&definition.id, variables(&[])),
    );
    store.commit(batch(vec![kept.start(), gone.start()])).await.unwrap();
    store
        .commit(batch(vec![kept.complete(1), gone.complete(1)]))
        .await
        .unwrap();

    assert!(store.delete_deployment(id, true).await.unwrap());
    assert!(!store.delete_deployment(id, true).await.unwrap());
    assert!(store.definition(&definition.id).await.unwrap().is_none());
    assert!(store.resources(id).await.unwrap().is_empty());
    let left = store.historic_instances(&Query::default()).await.unwrap();
    assert_eq!(left.iter().map(|row| row.id).collect::<Vec<_>>(), [kept.instance.id]);
    assert_eq!(store.count_historic_activities(&Query::default()).await.unwrap(), 3);
}
