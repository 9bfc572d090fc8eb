//! What was written is what is read, and what may be fetched is found.

use chrono::{DateTime, TimeDelta};
use flowstone_expression::{FileValue, ObjectValue, TypedValue};
use uuid::Uuid;

use super::fixture::{
    Waiting, activity, change, commit, incident, load, now, subscription, touch, user_task, variables, waiting,
};
use crate::SharedStore;
use crate::change::HeaderChange;
use crate::query::Query;
use crate::record::{ActivityKind, ActivityRow, ReadyTask};

/// Text that breaks careless quoting.
const AWKWARD: &str = "ä€𝄞 \"'`\\ %_ \n\t {}[],:; \\u0000 null --";

pub async fn every_column_is_loaded_as_written(store: SharedStore) {
    let mut fixture = waiting(AWKWARD).with(variables([("v", 1.into())]));
    let id = fixture.id();
    fixture.instance.business_key = Some(AWKWARD.to_owned());
    fixture.instance.tenant_id = Some("acme".to_owned());
    fixture.instance.suspended = true;
    fixture.instance.start_activity_id = Some(AWKWARD.to_owned());
    fixture.instance.start_user_id = Some("ada".to_owned());
    fixture.instance.super_instance_id = Some(Uuid::now_v7());
    fixture.instance.super_execution_id = Some(Uuid::now_v7());
    fixture.instance.root_instance_id = Some(Uuid::now_v7());
    fixture.instance.started_at = DateTime::from_timestamp_micros(-1).unwrap();
    fixture.task.activity_name = Some(AWKWARD.into());
    fixture.task.parent_id = Uuid::now_v7();
    fixture.task.variables = Some(variables([]));
    fixture.task.detail = Some(serde_json::json!({"called": AWKWARD}));
    let mut fixture = fixture.task_with(|task| {
        task.topic = AWKWARD.to_owned();
        task.priority = i64::MIN;
        task.retries = Some(i32::MAX);
        task.worker = Some(AWKWARD.to_owned());
        task.lock_expires = Some(now());
        task.lock_token = Some(Uuid::new_v4());
        task.error_message = Some(AWKWARD.to_owned());
        task.error_details = Some("x".repeat(100_000));
        task.suspended = true;
    });
    fixture.task.node_id = AWKWARD.into();

    let kinds: Vec<ActivityRow> = ActivityKind::ALL
        .iter()
        .filter(|(kind, _)| *kind != ActivityKind::ExternalTask)
        .map(|(kind, text)| activity(id, text, *kind))
        .collect();
    let mut approval = user_task(&kinds[1]);
    approval.name = Some(AWKWARD.to_owned());
    approval.description = Some(String::new());
    approval.assignee = Some("ada".to_owned());
    approval.owner = Some("bob".to_owned());
    approval.delegation_state = Some("PENDING".to_owned());
    approval.priority = i32::MIN;
    approval.due = Some(now());
    approval.follow_up = Some(now() - TimeDelta::days(400));
    approval.candidate_users = vec![AWKWARD.to_owned(), String::new(), "NULL".to_owned()];
    approval.candidate_groups = vec!["b\"ob,{}\\".to_owned()];
    approval.form_key = Some(AWKWARD.to_owned());
    approval.form_ref = Some(serde_json::json!({"key": AWKWARD, "version": 3, "binding": null}));
    let bare = user_task(&kinds[2]);
    let (named, mut loud) = (subscription(&kinds[1]), incident(&kinds[1]));
    loud.annotation = Some(AWKWARD.to_owned());
    let mut unnamed = subscription(&kinds[2]);
    unnamed.event_name = None;
    unnamed.configuration = Some(AWKWARD.to_owned());
    let mut silent = incident(&kinds[2]);
    silent.message = None;
    silent.configuration = None;

    let mut start = fixture.start();
    start.activities_inserted.extend(kinds.clone());
    start.user_tasks_put = vec![approval.clone(), bare.clone()];
    start.subscriptions_inserted = vec![named, unnamed];
    start.incidents_inserted = vec![loud, silent];
    commit(&store, [start.clone(), waiting("order:1:x").start()]).await;

    let snapshot = load(&store, id).await;
    assert_eq!(snapshot.instance, fixture.instance);
    assert_eq!(snapshot.activities, start.activities_inserted);
    assert_eq!(snapshot.user_tasks, [approval, bare]);
    assert_eq!(snapshot.subscriptions, start.subscriptions_inserted);
    assert_eq!(snapshot.incidents, start.incidents_inserted);
}

pub async fn every_value_is_loaded_as_written(store: SharedStore) {
    let file = |mime_type: Option<&str>| {
        TypedValue::File(FileValue {
            filename: AWKWARD.to_owned(),
            mime_type: mime_type.map(str::to_owned),
            encoding: Some("UTF-8".to_owned()),
            content: vec![0, 255, 1],
        })
    };
    let values = variables([
        ("null", TypedValue::Null),
        ("true", true.into()),
        ("false", false.into()),
        ("short", TypedValue::Short(i16::MIN)),
        ("integer", TypedValue::Integer(i32::MAX)),
        ("long", TypedValue::Long(i64::MAX)),
        ("longest", TypedValue::Long(i64::MIN)),
        ("double", TypedValue::Double(0.1 + 0.2)),
        ("whole", TypedValue::Double(5.0)),
        ("huge", TypedValue::Double(f64::MAX)),
        ("tiny", TypedValue::Double(5e-324)),
        ("infinite", TypedValue::Double(f64::INFINITY)),
        ("below", TypedValue::Double(f64::NEG_INFINITY)),
        ("text", AWKWARD.into()),
        ("empty", "".into()),
        ("reference", "{\"large\":\"x\"}".into()),
        ("zero", "a\0b".into()),
        ("date", now().into()),
        ("bytes", vec![0u8, 255, 128].into()),
        ("file", file(Some("text/plain"))),
        ("untyped file", file(None)),
        ("json", TypedValue::Json("{ \"a\" : [1.0, null] }".to_owned())),
        ("xml", TypedValue::Xml("<a b=\"c\"/>".to_owned())),
        (
            "object",
            ObjectValue {
                type_name: ObjectValue::LIST_TYPE.to_owned(),
                format: ObjectValue::JSON.to_owned(),
                serialized: "[1]".to_owned(),
            }
            .into(),
        ),
        ("large", TypedValue::String("ä".repeat(200_000))),
        ("large bytes", vec![7u8; 50_000].into()),
    ]);
    let mut fixture = waiting("order:1:x").with(values.clone());
    fixture.task.variables = Some(values.clone());
    commit(&store, [fixture.start()]).await;
    let snapshot = load(&store, fixture.id()).await;
    assert_eq!(snapshot.instance.variables, values);
    assert_eq!(snapshot.activities[0].variables.as_ref(), Some(&values));

    let listed = store.variables(&Query::default()).await.unwrap();
    assert_eq!(listed.len(), 2 * values.len());
    for variable in listed {
        assert_eq!(Some(&variable.value), values.get(&variable.name), "{}", variable.name);
    }

    // Values that equal nothing or too much.
    let odd = variables([
        ("nan", TypedValue::Double(f64::NAN)),
        ("negative zero", TypedValue::Double(-0.0)),
    ]);
    let update = HeaderChange::Update {
        expected_version: 1,
        variables: Some(odd),
        suspended: None,
    };
    commit(&store, [change(fixture.id(), update)]).await;
    let stored = load(&store, fixture.id()).await.instance.variables;
    assert!(matches!(stored["nan"], TypedValue::Double(number) if number.is_nan()));
    assert!(
        matches!(stored["negative zero"], TypedValue::Double(number) if number == 0.0 && number.is_sign_negative())
    );
}

pub async fn a_text_with_a_zero_character_does_not_fail_its_batch(store: SharedStore) {
    let fixture = waiting("order:1:x")
        .with(variables([("raw", "a\0b".into())]))
        .task_with(|task| task.error_message = Some("broken\0pipe".to_owned()));
    let other = waiting("order:1:x");
    commit(&store, [fixture.start(), other.start()]).await;
    let snapshot = load(&store, fixture.id()).await;
    assert_eq!(snapshot.instance.variables["raw"], "a\0b".into(), "values keep it");
    let task = snapshot.activities[0].external_task.as_ref().unwrap();
    assert_eq!(
        task.error_message.as_deref(),
        Some("broken\u{fffd}pipe"),
        "columns show the replacement character"
    );
}

pub async fn ids_of_every_kind_lead_to_their_instance(store: SharedStore) {
    let fixture = waiting("order:1:x");
    let id = fixture.id();
    let mut start = fixture.start();
    start.subscriptions_inserted = vec![subscription(&fixture.task)];
    start.incidents_inserted = vec![incident(&fixture.task)];
    let ids = [
        id,
        fixture.task.id,
        start.subscriptions_inserted[0].id,
        start.incidents_inserted[0].id,
    ];
    commit(&store, [start, waiting("order:1:x").start()]).await;
    let mut found = store
        .locate(&[ids.as_slice(), &[Uuid::now_v7(), ids[1]]].concat())
        .await
        .unwrap();
    found.sort();
    let mut expected = ids.map(|given| (given, id));
    expected.sort();
    assert_eq!(found, expected);
}

pub async fn ready_tasks_are_those_that_may_be_fetched(store: SharedStore) {
    let at = now();
    let cases: Vec<(Waiting, bool)> = vec![
        (waiting("order:1:x"), true),
        (waiting("order:1:x").task_with(|task| task.retries = Some(1)), true),
        (waiting("order:1:x").task_with(|task| task.retries = Some(0)), false),
        (waiting("order:1:x").task_with(|task| task.suspended = true), false),
        (
            waiting("order:1:x").task_with(|task| task.lock_expires = Some(at)),
            false,
        ),
        (
            waiting("order:1:x").task_with(|task| task.lock_expires = Some(at - TimeDelta::microseconds(1))),
            true,
        ),
        (
            waiting("order:1:x").task_with(|task| task.lock_expires = Some(at + TimeDelta::hours(1))),
            false,
        ),
        (
            waiting("order:1:x").task_with(|task| task.topic = "ship".to_owned()),
            true,
        ),
    ];
    let mut suspended = waiting("order:1:x");
    suspended.instance.suspended = true;
    let mut manual = waiting("order:1:x");
    manual.task = activity(manual.id(), "approve", ActivityKind::UserTask);
    commit(
        &store,
        cases
            .iter()
            .map(|(fixture, _)| fixture.start())
            .chain([suspended.start(), manual.start()]),
    )
    .await;

    let expected = |topic: &str| -> Vec<ReadyTask> {
        let ready = cases.iter().filter(|(_, ready)| *ready);
        let tasks = ready.map(|(fixture, _)| ready_task(fixture));
        tasks.filter(|task| task.topic == topic).collect()
    };
    for (topic, count) in [("payment", 3), ("ship", 1), ("none", 0)] {
        let found = store.ready_tasks(topic, at, 100).await.unwrap();
        assert_eq!(found, expected(topic), "{topic}");
        assert_eq!(found.len(), count, "{topic}");
    }
    let later = at + TimeDelta::hours(2);
    let later = store.ready_tasks("payment", later, 100).await.unwrap();
    assert_eq!(later.len(), 5, "locks that expire before the horizon");
}

fn ready_task(fixture: &Waiting) -> ReadyTask {
    let task = fixture.task.external_task.clone().unwrap();
    ReadyTask {
        id: fixture.task.id,
        instance_id: fixture.id(),
        definition_id: fixture.instance.definition_id.clone(),
        business_key: fixture.instance.business_key.clone(),
        tenant_id: fixture.instance.tenant_id.clone(),
        topic: task.topic,
        priority: task.priority,
        created_at: fixture.task.started_at,
        lock_expires: task.lock_expires,
    }
}

pub async fn ready_tasks_come_by_priority_and_age(store: SharedStore) {
    let priority = |number: i64| number % 3 - 1;
    let fixtures: Vec<Waiting> = (0..25)
        .map(|number| waiting("order:1:x").task_with(|task| task.priority = priority(number)))
        .collect();
    // In another order than that of their ids.
    commit(&store, fixtures.iter().rev().map(Waiting::start)).await;
    let mut expected: Vec<&Waiting> = fixtures.iter().collect();
    expected.sort_by_key(|fixture| {
        let task = fixture.task.external_task.as_ref().unwrap();
        (std::cmp::Reverse(task.priority), fixture.task.id)
    });
    let expected: Vec<Uuid> = expected.iter().map(|fixture| fixture.task.id).collect();
    for limit in [0, 10, 25, 100] {
        let found = store.ready_tasks("payment", now(), limit).await.unwrap();
        let found: Vec<Uuid> = found.iter().map(|task| task.id).collect();
        assert_eq!(found, expected[..expected.len().min(limit as usize)]);
    }
}

pub async fn what_is_absent_is_left_out(store: SharedStore) {
    let fixture = waiting("order:1:x");
    commit(&store, [fixture.start()]).await;
    commit(&store, [touch(fixture.id(), 1)]).await;
    assert!(store.load(&[]).await.unwrap().is_empty());
    assert!(store.locate(&[]).await.unwrap().is_empty());
    assert!(store.applied(&[]).await.unwrap().is_empty());
    assert_eq!(store.load(&[Uuid::now_v7(), fixture.id()]).await.unwrap().len(), 1);
    assert!(store.definition("none").await.unwrap().is_none());
    assert!(store.resource(Uuid::now_v7(), Uuid::now_v7()).await.unwrap().is_none());
    assert!(
        !store.delete_historic_instance(fixture.id()).await.unwrap(),
        "it runs still"
    );
    assert_eq!(store.count_historic_activities(&Query::default()).await.unwrap(), 2);
}

pub async fn a_store_says_what_it_is(store: SharedStore) {
    store.ping().await.unwrap();
    assert!(["memory", "sqlite", "postgres"].contains(&store.name()));
    let hints = store.hints().await.unwrap();
    assert_eq!(
        hints.is_some(),
        store.is_shared(),
        "only shared stores have other nodes"
    );
    store.send_hint(crate::Hint::Definitions).await.unwrap();
}
