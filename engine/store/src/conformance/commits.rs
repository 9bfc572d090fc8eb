//! What a batch leaves behind.

use flowstone_expression::TypedValue;
use uuid::Uuid;

use super::fixture::{
    activity, batch, change, commit, incident, load, now, subscription, touch, user_task, variables, waiting,
};
use crate::SharedStore;
use crate::change::{Batch, HeaderChange, InstanceChange};
use crate::query::{ProcessInstanceField, Query, Scalar, Test};
use crate::record::{ActivityKind, EventLogRow, IncidentRow};

pub async fn what_is_left_of_a_repetition_is_loaded_and_is_no_activity(store: SharedStore) {
    let mut fixture = waiting("order:1:x");
    fixture.task = activity(fixture.id(), "pack", ActivityKind::Ended);
    fixture.task.variables = Some(variables([("loopCounter", 2.into())]));
    commit(&store, [fixture.start()]).await;
    assert_eq!(
        load(&store, fixture.id()).await.activities,
        std::slice::from_ref(&fixture.task)
    );
    let shown = store.historic_activities(&Query::default()).await.unwrap();
    assert!(shown.iter().all(|record| record.id != fixture.task.id), "{shown:?}");
}

pub async fn an_instance_lives_from_its_start_to_history(store: SharedStore) {
    let mut fixture = waiting("order:1:x").with(variables([("amount", 5.into())]));
    fixture.instance.super_instance_id = Some(Uuid::now_v7());
    fixture.instance.root_instance_id = Some(Uuid::now_v7());
    let id = fixture.id();

    commit(&store, [fixture.start()]).await;
    let called = Query::default().with(
        ProcessInstanceField::SuperInstanceId,
        Test::Equals(Scalar::Id(fixture.instance.super_instance_id.unwrap())),
    );
    assert_eq!(store.count_process_instances(&called).await.unwrap(), 1);
    let snapshot = load(&store, id).await;
    assert_eq!(snapshot.instance, fixture.instance);
    assert_eq!(snapshot.activities, std::slice::from_ref(&fixture.task));
    let ready = store.ready_tasks("payment", now(), 10).await.unwrap();
    assert_eq!(ready.iter().map(|task| task.id).collect::<Vec<_>>(), [fixture.task.id]);

    commit(&store, [fixture.lock(1, "w")]).await;
    assert_eq!(load(&store, id).await.instance.version, 2);
    assert!(store.ready_tasks("payment", now(), 10).await.unwrap().is_empty());

    commit(&store, [fixture.complete(2)]).await;
    assert!(store.load(&[id]).await.unwrap().is_empty());
    assert!(store.locate(&[fixture.task.id, id]).await.unwrap().is_empty());
    let ended = store.historic_instances(&Query::default()).await.unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].super_instance_id, fixture.instance.super_instance_id);
    assert_eq!(ended[0].root_instance_id, fixture.instance.root_instance_id);
    assert_eq!(&*ended[0].state, "COMPLETED");
    assert_eq!(store.count_historic_activities(&Query::default()).await.unwrap(), 3);
}

pub async fn a_change_replaces_and_removes_rows(store: SharedStore) {
    let fixture = waiting("order:1:x");
    let id = fixture.id();
    let approval = activity(id, "approve", ActivityKind::UserTask);
    let review = activity(id, "review", ActivityKind::UserTask);
    let (kept, gone) = (subscription(&approval), subscription(&review));
    let (open, resolved) = (incident(&fixture.task), incident(&review));
    let mut start = fixture.start();
    start.activities_inserted.extend([approval.clone(), review.clone()]);
    start.user_tasks_put = vec![user_task(&approval), user_task(&review)];
    start.subscriptions_inserted = vec![kept.clone(), gone.clone()];
    start.incidents_inserted = vec![open.clone(), resolved.clone()];
    commit(&store, [start]).await;

    let mut task = fixture.task.clone();
    task.external_task.as_mut().unwrap().retries = Some(2);
    task.variables = Some(variables([("attempt", 1.into())]));
    let mut claimed = user_task(&approval);
    claimed.assignee = Some("ada".to_owned());
    let late = activity(id, "late", ActivityKind::Receive);
    let awaited = subscription(&late);
    let mut raised = incident(&late);
    raised.annotation = Some("seen".to_owned());
    let open = IncidentRow {
        annotation: Some("looked at \0".to_owned()),
        ..open
    };
    let removed = IncidentRow {
        annotation: Some("gone".to_owned()),
        ..resolved.clone()
    };
    commit(
        &store,
        [InstanceChange {
            activities_inserted: vec![late.clone()],
            activities_updated: vec![task.clone()],
            activities_deleted: vec![review.id],
            user_tasks_put: vec![claimed.clone()],
            user_tasks_deleted: vec![review.id],
            subscriptions_inserted: vec![awaited.clone()],
            subscriptions_deleted: vec![gone.id],
            incidents_inserted: vec![raised.clone()],
            incidents_updated: vec![open.clone()],
            incidents_deleted: vec![resolved.id],
            ..touch(id, 1)
        }],
    )
    .await;

    let snapshot = load(&store, id).await;
    assert_eq!(snapshot.activities, [task, approval, late]);
    assert_eq!(snapshot.user_tasks, [claimed]);
    assert_eq!(snapshot.subscriptions, [kept, awaited]);
    let open = IncidentRow {
        annotation: Some("looked at \u{fffd}".to_owned()),
        ..open
    };
    assert_eq!(snapshot.incidents, [open.clone(), raised]);
    let found = store.incidents(&Query::default()).await.unwrap();
    assert_eq!(found[0].incident, open);

    let late_word = InstanceChange {
        incidents_updated: vec![removed],
        ..touch(id, 2)
    };
    commit(&store, [late_word]).await;
    let found = store.incidents(&Query::default()).await.unwrap();
    assert_eq!(found.len(), 2, "what is gone stays gone");
}

pub async fn an_update_keeps_what_it_does_not_mention(store: SharedStore) {
    let fixture = waiting("order:1:x").with(variables([("a", 1.into())]));
    let id = fixture.id();
    commit(&store, [fixture.start()]).await;
    let update = |expected_version, variables, suspended| {
        change(
            id,
            HeaderChange::Update {
                expected_version,
                variables,
                suspended,
            },
        )
    };
    commit(&store, [update(1, None, Some(true))]).await;
    let suspended = load(&store, id).await.instance;
    assert!(suspended.suspended);
    assert_eq!(suspended.variables, fixture.instance.variables);
    let changed = variables([("b", 2.into())]);
    commit(&store, [update(2, Some(changed.clone()), None)]).await;
    let other = waiting("order:1:x");
    // One with and one without variables in the same batch.
    commit(&store, [other.start(), update(3, Some(variables([])), None)]).await;
    commit(
        &store,
        [touch(other.id(), 1), update(4, Some(changed.clone()), Some(false))],
    )
    .await;
    let resumed = load(&store, id).await.instance;
    assert!(!resumed.suspended);
    assert_eq!((resumed.variables, resumed.version), (changed, 5));
    assert_eq!(load(&store, other.id()).await.instance.version, 2);
}

pub async fn an_instance_that_passes_within_a_batch_is_only_history(store: SharedStore) {
    let fixture = waiting("order:1:x");
    let mut passed = fixture.complete(0);
    passed.header = HeaderChange::Pass;
    passed.activities_deleted.clear();
    commit(&store, [passed]).await;
    assert!(store.load(&[fixture.id()]).await.unwrap().is_empty());
    assert_eq!(store.count_historic_instances(&Query::default()).await.unwrap(), 1);
    assert_eq!(store.count_historic_activities(&Query::default()).await.unwrap(), 2);
}

pub async fn the_end_of_an_instance_takes_all_its_rows(store: SharedStore) {
    let fixture = waiting("order:1:x").with(variables([("large", TypedValue::String("x".repeat(100_000)))]));
    let other = waiting("order:1:x");
    let id = fixture.id();
    let approval = activity(id, "approve", ActivityKind::UserTask);
    let mut start = fixture.start();
    start.user_tasks_put = vec![user_task(&approval)];
    start.subscriptions_inserted = vec![subscription(&approval)];
    start.incidents_inserted = vec![incident(&approval)];
    let ids = [
        fixture.task.id,
        approval.id,
        start.subscriptions_inserted[0].id,
        start.incidents_inserted[0].id,
    ];
    start.activities_inserted.push(approval);
    commit(&store, [start, other.start()]).await;
    assert_eq!(store.locate(&ids).await.unwrap().len(), 4);

    // Its activities and large values need not be listed.
    let end = InstanceChange {
        user_tasks_deleted: vec![ids[1]],
        subscriptions_deleted: vec![ids[2]],
        incidents_deleted: vec![ids[3]],
        ..change(id, HeaderChange::Delete { expected_version: 1 })
    };
    commit(&store, [end]).await;
    assert!(store.locate(&ids).await.unwrap().is_empty());
    assert_eq!(store.count_tasks(&Query::default()).await.unwrap(), 0);
    assert_eq!(store.count_subscriptions(&Query::default()).await.unwrap(), 0);
    assert_eq!(store.count_incidents(&Query::default()).await.unwrap(), 0);
    assert_eq!(store.count_variables(&Query::default()).await.unwrap(), 0);
    assert_eq!(store.count_external_tasks(&Query::default()).await.unwrap(), 1);
    assert_eq!(store.count_executions(&Query::default()).await.unwrap(), 2);
}

pub async fn events_are_kept_in_the_order_of_versions(store: SharedStore) {
    let fixture = waiting("order:1:x");
    let other = waiting("order:1:x");
    let mut start = fixture.start();
    let at = now();
    let events = |version, events: &[u8]| EventLogRow {
        at,
        ..fixture.events(version, events)
    };
    start.event_log = Some(events(1, b"[\"\xc3\xa4\"]"));
    let mut foreign = other.start();
    foreign.event_log = Some(other.events(1, b"[0]"));
    commit(&store, [start, foreign]).await;
    for version in 1..12 {
        let mut next = touch(fixture.id(), version);
        next.event_log = Some(events(version + 1, version.to_string().as_bytes()));
        commit(&store, [next]).await;
    }
    let expected: Vec<(i64, Vec<u8>)> = std::iter::once((1, b"[\"\xc3\xa4\"]".to_vec()))
        .chain((1..12).map(|version: i64| (version + 1, version.to_string().into_bytes())))
        .collect();
    let log = async |after, limit| {
        let rows = store.event_log(fixture.id(), after, limit).await.unwrap();
        assert!(rows.iter().all(|row| row.instance_id == fixture.id() && row.at == at));
        let rows = rows.into_iter().map(|row| (row.version, row.events));
        rows.collect::<Vec<_>>()
    };
    assert_eq!(log(0, 100).await, expected);
    assert_eq!(log(0, 5).await, expected[..5]);
    assert_eq!(log(5, 3).await, expected[5..8]);
    assert_eq!(log(12, 3).await, []);
    assert!(store.event_log(Uuid::now_v7(), 0, 100).await.unwrap().is_empty());
}

pub async fn history_of_an_instance_is_deleted_as_a_whole(store: SharedStore) {
    let (kept, gone) = (waiting("order:1:x"), waiting("order:1:x"));
    let mut start = gone.start();
    start.event_log = Some(gone.events(1, b"[]"));
    commit(&store, [kept.start(), start]).await;
    commit(&store, [kept.complete(1), gone.complete(1)]).await;
    assert!(store.delete_historic_instance(gone.id()).await.unwrap());
    assert!(!store.delete_historic_instance(gone.id()).await.unwrap());
    assert!(store.event_log(gone.id(), 0, 100).await.unwrap().is_empty());
    let left = store.historic_activities(&Query::default()).await.unwrap();
    assert_eq!(left.len(), 3);
    assert!(left.iter().all(|row| row.instance_id == kept.id()));
    assert_eq!(store.count_historic_instances(&Query::default()).await.unwrap(), 1);
}

pub async fn an_empty_batch_is_no_error(store: SharedStore) {
    let committed = store.commit(Batch::default()).await.unwrap();
    assert!(committed.conflicts.is_empty());
}

pub async fn rows_that_are_gone_are_not_brought_back_by_an_update(store: SharedStore) {
    let fixture = waiting("order:1:x");
    commit(&store, [fixture.start()]).await;
    let mut gone = touch(fixture.id(), 1);
    gone.activities_deleted = vec![fixture.task.id];
    commit(&store, [gone]).await;
    assert!(
        store
            .commit(batch([fixture.lock(2, "w")]))
            .await
            .unwrap()
            .conflicts
            .is_empty()
    );
    assert!(load(&store, fixture.id()).await.activities.is_empty());
}

pub async fn changes_that_belong_together_are_written_all_or_not_at_all(store: SharedStore) {
    let (first, second, third) = (waiting("order:1:x"), waiting("order:1:x"), waiting("order:1:x"));
    commit(&store, [first.start(), second.start()]).await;
    // The stored version of the second one is 1.
    let batch = |version| Batch {
        instances: vec![first.lock(1, "w"), second.lock(version, "w"), third.start()],
        applied: Vec::new(),
        together: true,
    };
    let refused = store.commit(batch(7)).await.unwrap();
    assert_eq!(refused.conflicts, [second.id()]);
    assert_eq!(load(&store, first.id()).await.instance.version, 1);
    assert!(store.load(&[third.id()]).await.unwrap().is_empty());
    assert!(store.commit(batch(1)).await.unwrap().conflicts.is_empty());
    for written in [&first, &second] {
        assert_eq!(load(&store, written.id()).await.instance.version, 2);
    }
    assert_eq!(load(&store, third.id()).await.instance.version, 1);
}
