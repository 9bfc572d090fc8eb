//! Deployments, their resources and their definitions.

use std::sync::Arc;

use uuid::Uuid;

use super::fixture::{activity, commit, deploy, deployment, job, now, waiting};
use crate::query::{DecisionField, DefinitionField, JobField, Query, RequirementsField, Scalar, Test};
use crate::record::{
    ActivityKind, DecisionRecord, DefinitionRecord, JobRow, NewDeployment, Requirements, ResourceRecord,
};
use crate::{Error, JobOverrideChange, JobOverrideRow, SharedStore, Versioned};

pub async fn versions_are_counted_per_key_and_tenant_even_at_once(store: SharedStore) {
    let deployments: Vec<_> = (0..12)
        .map(|number| {
            let store = store.clone();
            let tenant = (number % 2 == 0).then_some("acme");
            tokio::spawn(async move { deploy(&store, "order", tenant).await })
        })
        .collect();
    let mut versions: Vec<(Option<String>, i32)> = Vec::new();
    for deployed in deployments {
        let definition = deployed.await.unwrap();
        assert!(definition.id.starts_with(&format!("order:{}:", definition.version)));
        assert_eq!(
            store.definition(&definition.id).await.unwrap(),
            Some(definition.clone())
        );
        versions.push((definition.tenant_id, definition.version));
    }
    versions.sort();
    let expected: Vec<_> = [None, Some("acme".to_owned())]
        .into_iter()
        .flat_map(|tenant| (1..=6).map(move |version| (tenant.clone(), version)))
        .collect();
    assert_eq!(versions, expected);
}

pub async fn the_latest_version_is_found_per_tenant(store: SharedStore) {
    deploy(&store, "order", None).await;
    let second = deploy(&store, "order", None).await;
    let foreign = deploy(&store, "order", Some("acme")).await;
    let empty = deploy(&store, "order", Some("")).await;
    let bill = deploy(&store, "bill", None).await;
    let latest = async |key: &str, tenant| store.latest_definition(key, tenant).await.unwrap();
    assert_eq!(latest("order", None).await.as_ref(), Some(&second));
    assert_eq!(latest("order", Some("acme")).await.as_ref(), Some(&foreign));
    assert_eq!(latest("order", Some("")).await.as_ref(), Some(&empty));
    assert_eq!(latest("order", Some("other")).await, None);
    assert_eq!(latest("Order", None).await, None);
    assert_eq!((second.version, foreign.version, empty.version), (2, 1, 1));
    let query = Query::default().with(DefinitionField::Latest, Test::Equals(Scalar::Boolean(true)));
    let mut found: Vec<_> = store.definitions(&query).await.unwrap();
    found.sort_by(|left, right| left.id.cmp(&right.id));
    let mut expected = vec![second.clone(), foreign, empty, bill];
    expected.sort_by(|left, right| left.id.cmp(&right.id));
    assert_eq!(found, expected);

    // The highest version that is left is the latest, and its number is not given again.
    assert!(store.delete_definition(&second.id, false).await.unwrap());
    assert_eq!(
        latest("order", None).await.map(|definition| definition.version),
        Some(1)
    );
}

pub async fn an_id_too_long_for_clients_is_a_bare_uuid(store: SharedStore) {
    let definition = deploy(&store, &"k".repeat(60), None).await;
    assert!(Uuid::parse_str(&definition.id).is_ok());
    assert_eq!(store.definition(&definition.id).await.unwrap(), Some(definition));
}

/// A deployment with every column filled.
fn rich() -> NewDeployment {
    let mut new = deployment("order", Some("acme"));
    new.deployment.source = Some("Camunda Modeler".to_owned());
    let definition = &mut new.definitions[0];
    definition.category = Some("http://example.org/ä".to_owned());
    definition.description = Some("What \"it\" does\n'quoted'".to_owned());
    definition.diagram = Some("order.png".to_owned());
    definition.suspended = true;
    definition.version_tag = Some("v1.0".to_owned());
    definition.history_time_to_live = None;
    definition.startable_in_tasklist = false;
    new.resources.push(ResourceRecord {
        id: Uuid::now_v7(),
        deployment_id: new.deployment.id,
        name: "order.png".to_owned(),
        bytes: (0..=255).cycle().take(100_000).collect::<Vec<u8>>().into(),
    });
    let mut second = new.definitions[0].clone();
    second.id = Uuid::now_v7().to_string().into();
    second.key = "bill".into();
    second.name = None;
    new.definitions.push(second);
    new
}

pub async fn a_deployment_is_stored_wholly(store: SharedStore) {
    let new = rich();
    let id = new.deployment.id;
    let definitions = store.deploy(new.clone()).await.unwrap().definitions;
    for (given, stored) in new.definitions.iter().zip(&definitions) {
        assert_eq!(*stored.id, *format!("{}:1:{}", given.key, given.id));
        let mut expected = given.clone();
        expected.id = stored.id.clone();
        expected.version = 1;
        assert_eq!(stored, &expected);
        assert_eq!(store.definition(&stored.id).await.unwrap().as_ref(), Some(stored));
    }
    assert_eq!(store.deployments(&Query::default()).await.unwrap(), [new.deployment]);
    let listed = store.resources(id).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|resource| resource.name.as_str()).collect();
    assert_eq!(names, ["order.bpmn", "order.png"]);
    for resource in &new.resources {
        assert_eq!(store.resource(id, resource.id).await.unwrap().as_ref(), Some(resource));
        assert_eq!(
            store.resource_named(id, &resource.name).await.unwrap().as_ref(),
            Some(resource)
        );
        assert!(store.resource(Uuid::now_v7(), resource.id).await.unwrap().is_none());
    }
    assert!(listed.iter().all(|resource| resource.bytes.is_empty()));
    assert!(store.resource_named(id, "other").await.unwrap().is_none());
}

pub async fn a_deployment_that_fails_leaves_nothing(store: SharedStore) {
    let first = deployment("order", None);
    store.deploy(first.clone()).await.unwrap();
    let mut broken = rich();
    broken.resources[1].id = first.resources[0].id;
    assert!(matches!(store.deploy(broken).await, Err(Error::Failed(_))));
    assert_eq!(store.deployments(&Query::default()).await.unwrap(), [first.deployment]);
    assert_eq!(store.count_definitions(&Query::default()).await.unwrap(), 1);
    assert_eq!(deploy(&store, "order", None).await.version, 2);
}

pub async fn a_suspended_definition_rests_with_its_jobs(store: SharedStore) {
    let first = store
        .deploy(with_start_job("order", None))
        .await
        .unwrap()
        .definitions
        .remove(0);
    let other = store
        .deploy(with_start_job("bill", None))
        .await
        .unwrap()
        .definitions
        .remove(0);
    let due = async || {
        let mut found: Vec<_> = store.jobs(&Query::<JobField>::default()).await.unwrap();
        found.retain(|job| !job.suspended);
        let at = found.iter().filter_map(|job| job.due).max().unwrap_or_else(now);
        assert_eq!(store.due_jobs(at, 10).await.unwrap().len(), found.len());
        let mut owners: Vec<_> = found.into_iter().map(|job| job.definition_id.to_string()).collect();
        owners.sort();
        owners
    };
    let suspend = async |id: &str, suspended| {
        let ids = [id.to_owned(), "nothing".to_owned(), "zero \0".to_owned()];
        store.suspend_definitions(&ids, suspended).await.unwrap()
    };
    let of = |definitions: &[&DefinitionRecord]| {
        let mut ids: Vec<_> = definitions.iter().map(|definition| definition.id.to_string()).collect();
        ids.sort();
        ids
    };
    assert_eq!(suspend(&first.id, true).await, 1);
    let stored = store.latest_definition("order", None).await.unwrap().unwrap();
    assert_eq!(
        stored,
        DefinitionRecord {
            suspended: true,
            ..first.clone()
        }
    );
    assert_eq!(store.definition(&other.id).await.unwrap().as_ref(), Some(&other));
    assert_eq!(due().await, of(&[&other]));
    let query = Query::default().with(DefinitionField::Suspended, Test::Equals(Scalar::Boolean(true)));
    assert_eq!(store.definitions(&query).await.unwrap(), [stored]);

    assert_eq!(suspend(&first.id, false).await, 1);
    assert_eq!(store.definition(&first.id).await.unwrap().as_ref(), Some(&first));
    assert_eq!(due().await, of(&[&first, &other]));
    assert_eq!(store.suspend_definitions(&[], true).await.unwrap(), 0);
}

pub async fn what_is_decided_for_job_definitions_is_kept_until_they_go(store: SharedStore) {
    let mut definitions = Vec::new();
    for key in ["order", "bill"] {
        let deployed = store.deploy(deployment(key, None)).await.unwrap();
        let definition = &deployed.definitions[0];
        definitions.push((definition.deployment_id, definition.id.clone()));
    }
    let (order, bill) = (definitions[0].1.clone(), definitions[1].1.clone());
    let all = [order.clone(), bill.clone(), "nothing".into()];
    let (first, second, other) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    let decide = async |places: &[(Uuid, Arc<str>)], change| store.override_jobs(places, change).await.unwrap();
    let row = |id, definition: &Arc<str>, suspended, priority| JobOverrideRow {
        job_definition_id: id,
        definition_id: definition.clone(),
        suspended,
        priority,
    };
    let (both, gone) = (
        [(second, order.clone()), (first, order.clone())],
        [
            (Uuid::from_u128(4), "nothing".into()),
            (Uuid::from_u128(5), "zero \0".into()),
        ],
    );
    decide(&both, JobOverrideChange::Suspended(true)).await;
    decide(&gone, JobOverrideChange::Suspended(true)).await;
    decide(&[], JobOverrideChange::Suspended(true)).await;
    decide(&both[..1], JobOverrideChange::Priority(Some(-7))).await;
    decide(&[(other, bill.clone())], JobOverrideChange::Priority(Some(i64::MAX))).await;
    let mut expected = vec![
        row(first, &order, Some(true), None),
        row(second, &order, Some(true), Some(-7)),
        row(other, &bill, None, Some(i64::MAX)),
    ];
    assert_eq!(store.job_overrides(&all).await.unwrap(), expected);
    assert_eq!(store.job_overrides(&all[..1]).await.unwrap(), expected[..2]);
    assert_eq!(store.job_overrides(&[]).await.unwrap(), []);

    decide(&both[1..], JobOverrideChange::Suspended(false)).await;
    decide(&[(other, bill.clone())], JobOverrideChange::Priority(None)).await;
    expected[0].suspended = Some(false);
    expected[2].priority = None;
    assert_eq!(store.job_overrides(&all).await.unwrap(), expected);

    // All job definitions follow a process definition that is suspended or activated.
    store.suspend_definitions(&[order.to_string()], true).await.unwrap();
    let left = store.job_overrides(&all[..1]).await.unwrap();
    assert_eq!(
        left,
        [row(first, &order, None, None), row(second, &order, None, Some(-7))]
    );

    assert!(store.delete_definition(&order, false).await.unwrap());
    assert_eq!(store.job_overrides(&all).await.unwrap(), expected[2..]);
    assert!(store.delete_deployment(definitions[1].0, false).await.unwrap());
    assert_eq!(store.job_overrides(&all).await.unwrap(), []);
}

pub async fn how_long_history_is_wanted_is_changed(store: SharedStore) {
    let process = deploy(&store, "order", None).await;
    let other = deploy(&store, "bill", None).await;
    let decision = store.deploy(decision("rate", None)).await.unwrap().decisions.remove(0);
    for days in [Some(7), Some(0), None, Some(i32::MAX)] {
        for (of, id, exists) in [
            (Versioned::Process, &process.id, true),
            (Versioned::Decision, &decision.id, true),
            (Versioned::Process, &decision.id, false),
            (Versioned::Decision, &process.id, false),
            (Versioned::Process, &"zero \0".into(), false),
        ] {
            assert_eq!(
                store.set_history_time_to_live(of, id, days).await.unwrap(),
                exists,
                "{of:?} {id}"
            );
        }
        let stored = store.definition(&process.id).await.unwrap().unwrap();
        assert_eq!(stored.history_time_to_live, days);
        let stored = store.decision(&decision.id).await.unwrap().unwrap();
        assert_eq!(stored.history_time_to_live, days);
    }
    assert_eq!(store.definition(&other.id).await.unwrap(), Some(other));
}

pub async fn a_deleted_deployment_takes_its_history_only_with_cascade(store: SharedStore) {
    for cascade in [false, true] {
        let new = deployment("order", None);
        let (id, resource) = (new.deployment.id, new.resources[0].id);
        let definition = store.deploy(new).await.unwrap().definitions.remove(0);
        let (kept, gone) = (waiting("other:1:x"), waiting(&definition.id));
        let mut start = gone.start();
        start.event_log = Some(gone.events(1, b"[]"));
        commit(&store, [kept.start(), start]).await;
        commit(&store, [kept.complete(1), gone.complete(1)]).await;

        assert!(store.delete_deployment(id, cascade).await.unwrap());
        assert!(!store.delete_deployment(id, cascade).await.unwrap());
        assert!(store.definition(&definition.id).await.unwrap().is_none());
        assert!(store.resources(id).await.unwrap().is_empty());
        assert!(store.resource(id, resource).await.unwrap().is_none());
        let left = store.historic_instances(&Query::default()).await.unwrap();
        assert_eq!(left.iter().any(|row| row.id == gone.id()), !cascade);
        assert!(left.iter().any(|row| row.id == kept.id()));
        let left = store.historic_activities(&Query::default()).await.unwrap();
        assert_eq!(left.iter().any(|row| row.instance_id == gone.id()), !cascade);
        assert!(left.iter().any(|row| row.instance_id == kept.id()));
        assert_eq!(store.event_log(gone.id(), 0, 100).await.unwrap().is_empty(), cascade);
    }
}

pub async fn a_deleted_definition_leaves_its_deployment(store: SharedStore) {
    let mut new = rich();
    new.deployment.deployed_at = now();
    let id = new.deployment.id;
    let definitions = store.deploy(new).await.unwrap().definitions;
    let ended: Vec<_> = definitions.iter().map(|definition| waiting(&definition.id)).collect();
    commit(&store, ended.iter().map(|fixture| fixture.start())).await;
    commit(&store, ended.iter().map(|fixture| fixture.complete(1))).await;
    let order: &Arc<str> = &definitions[0].id;

    assert!(store.delete_definition(order, true).await.unwrap());
    assert!(!store.delete_definition(order, true).await.unwrap());
    assert_eq!(store.count_definitions(&Query::default()).await.unwrap(), 1);
    assert_eq!(store.count_deployments(&Query::default()).await.unwrap(), 1);
    assert_eq!(store.resources(id).await.unwrap().len(), 2);
    let left = store.historic_instances(&Query::default()).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].id, ended[1].id());
    assert_eq!(store.count_historic_activities(&Query::default()).await.unwrap(), 3);
}

/// A deployment of `key` with a timer that starts it.
fn with_start_job(key: &str, tenant: Option<&str>) -> NewDeployment {
    let mut new = deployment(key, tenant);
    let definition = &new.definitions[0];
    new.start_jobs = vec![JobRow {
        instance_id: None,
        execution_id: None,
        definition_id: definition.id.clone(),
        definition_key: definition.key.clone(),
        tenant_id: definition.tenant_id.clone(),
        deployment_id: Some(definition.deployment_id),
        job_type: "timer-start-event".to_owned(),
        detail: Some(serde_json::json!({"do": "timer"})),
        ..job(&activity(Uuid::now_v7(), "start", ActivityKind::Receive))
    }];
    new
}

pub async fn jobs_of_definitions_belong_to_the_latest_version(store: SharedStore) {
    let jobs = async || store.jobs(&Query::<JobField>::default()).await.unwrap();
    let first = with_start_job("order", None);
    let stored = store.deploy(first.clone()).await.unwrap().definitions.remove(0);
    let expected = JobRow {
        definition_id: stored.id.clone(),
        ..first.start_jobs[0].clone()
    };
    assert_eq!(jobs().await, std::slice::from_ref(&expected));
    let due = expected.due.unwrap();
    assert_eq!(store.next_due(now()).await.unwrap(), Some(due));
    let found = store.due_jobs(due, 10).await.unwrap();
    assert_eq!((found.len(), found[0].instance_id), (1, None));

    let later = JobRow {
        due: Some(due + chrono::TimeDelta::hours(1)),
        retries: 1,
        ..expected
    };
    store
        .write_definition_jobs(vec![later.clone()], Vec::new())
        .await
        .unwrap();
    assert_eq!(jobs().await, std::slice::from_ref(&later));
    let foreign = store
        .deploy(with_start_job("order", Some("acme")))
        .await
        .unwrap()
        .definitions
        .remove(0);
    assert_eq!(jobs().await.len(), 2);
    let second = store
        .deploy(with_start_job("order", None))
        .await
        .unwrap()
        .definitions
        .remove(0);
    let mut owners: Vec<_> = jobs().await.into_iter().map(|job| job.definition_id).collect();
    owners.sort();
    let mut expected = vec![foreign.id.clone(), second.id.clone()];
    expected.sort();
    assert_eq!(owners, expected, "the older version of the same tenant starts no more");

    store.delete_definition(&second.id, false).await.unwrap();
    store.delete_deployment(foreign.deployment_id, false).await.unwrap();
    assert_eq!(jobs().await, []);
    store
        .write_definition_jobs(vec![later.clone()], Vec::new())
        .await
        .unwrap();
    store.write_definition_jobs(Vec::new(), vec![later.id]).await.unwrap();
    assert_eq!(jobs().await, []);
}

/// A deployment of one decision.
pub(super) fn decision(key: &str, tenant: Option<&str>) -> NewDeployment {
    let mut new = deployment(key, tenant);
    new.definitions.clear();
    new.decisions.push(DecisionRecord {
        id: Uuid::now_v7().to_string().into(),
        key: key.into(),
        category: Some("http://example.org/ä".to_owned()),
        name: Some("Discount \"x\"".to_owned()),
        version: 0,
        resource_name: "order.dmn".to_owned(),
        deployment_id: new.deployment.id,
        deployed_at: new.deployment.deployed_at,
        tenant_id: new.deployment.tenant_id.clone(),
        version_tag: Some("v1".to_owned()),
        history_time_to_live: Some(7),
        requirements: None,
    });
    new
}

/// A deployment of a file with two decisions.
pub(super) fn graph(key: &str, tenant: Option<&str>) -> NewDeployment {
    let mut new = decision(&format!("{key} first"), tenant);
    new.decisions[0].requirements = Some(Requirements {
        id: Uuid::now_v7().to_string().into(),
        key: key.into(),
        name: Some("Prices \u{e4}".to_owned()),
        version: 0,
    });
    let second = DecisionRecord {
        id: Uuid::now_v7().to_string().into(),
        key: format!("{key} second").into(),
        ..new.decisions[0].clone()
    };
    new.decisions.push(second);
    new
}

pub async fn files_of_several_decisions_are_graphs_with_versions_of_their_own(store: SharedStore) {
    store.deploy(decision("prices first", None)).await.unwrap();
    let mut graphs = Vec::new();
    for tenant in [None, None, Some("acme")] {
        let new = graph("prices", tenant);
        let provisional = new.decisions[0].requirements.clone().unwrap();
        let deployed = store.deploy(new.clone()).await.unwrap().decisions;
        let requirements = deployed[0].requirements.clone().unwrap();
        assert_eq!(deployed[1].requirements.as_ref(), Some(&requirements));
        assert_eq!(
            *requirements.id,
            *format!("prices:{}:{}", requirements.version, provisional.id)
        );
        assert_eq!(
            store.decision(&deployed[1].id).await.unwrap().as_ref(),
            Some(&deployed[1])
        );
        graphs.push(deployed[0].requirements_record().unwrap());
    }
    let versions: Vec<i32> = graphs.iter().map(|graph| graph.requirements.version).collect();
    assert_eq!(versions, [1, 2, 1]);
    let text = |text: &str| Test::Equals(Scalar::Text(text.to_owned()));
    let all = Query::default().with(RequirementsField::Key, text("prices"));
    assert_eq!(store.count_decision_requirements(&all).await.unwrap(), 3);
    let latest = all
        .with(RequirementsField::Latest, Test::Equals(Scalar::Boolean(true)))
        .with(RequirementsField::TenantId, Test::IsNull);
    assert_eq!(store.decision_requirements(&latest).await.unwrap(), [graphs[1].clone()]);
    let members = Query::default().with(DecisionField::RequirementsId, text(&graphs[1].requirements.id));
    assert_eq!(store.count_decisions(&members).await.unwrap(), 2);
    assert!(store.delete_deployment(graphs[1].deployment_id, false).await.unwrap());
    assert_eq!(store.decision_requirements(&latest).await.unwrap(), [graphs[0].clone()]);
}

pub async fn decisions_have_versions_and_go_with_their_deployment(store: SharedStore) {
    let mut stored = Vec::new();
    for tenant in [None, None, Some("acme")] {
        let new = decision("discount", tenant);
        let mut deployed = store.deploy(new.clone()).await.unwrap();
        assert!(deployed.definitions.is_empty());
        let record = deployed.decisions.remove(0);
        assert_eq!(
            *record.id,
            *format!("discount:{}:{}", record.version, new.decisions[0].id)
        );
        let expected = DecisionRecord {
            id: record.id.clone(),
            version: record.version,
            ..new.decisions[0].clone()
        };
        assert_eq!(record, expected);
        assert_eq!(store.decision(&record.id).await.unwrap().as_ref(), Some(&record));
        stored.push(record);
    }
    let versions: Vec<i32> = stored.iter().map(|record| record.version).collect();
    assert_eq!(versions, [1, 2, 1]);
    // A process of the same key has versions of its own.
    assert_eq!(deploy(&store, "discount", None).await.version, 1);
    let key = Query::default().with(DecisionField::Key, Test::Equals(Scalar::Text("discount".to_owned())));
    assert_eq!(store.count_decisions(&key).await.unwrap(), 3);
    let latest = key
        .with(DecisionField::Latest, Test::Equals(Scalar::Boolean(true)))
        .with(DecisionField::TenantId, Test::IsNull);
    assert_eq!(store.decisions(&latest).await.unwrap(), [stored[1].clone()]);
    assert!(store.delete_deployment(stored[1].deployment_id, false).await.unwrap());
    assert_eq!(store.decisions(&latest).await.unwrap(), [stored[0].clone()]);
    assert_eq!(store.decision(&stored[1].id).await.unwrap(), None);
}
