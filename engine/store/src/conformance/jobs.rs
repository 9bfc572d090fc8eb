//! Jobs: kept with their instance, and found when they are due.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::fixture::{Waiting, batch, commit, job, load, now, touch, waiting};
use crate::SharedStore;
use crate::change::{HeaderChange, InstanceChange};
use crate::query::{JobField, Query, Scalar, Test};
use crate::record::{DueJob, JobRow};

/// Starts an instance with jobs.
fn start(fixture: &Waiting, jobs: impl IntoIterator<Item = JobRow>) -> InstanceChange {
    InstanceChange {
        jobs_put: jobs.into_iter().collect(),
        ..fixture.start()
    }
}

pub async fn a_job_is_loaded_as_written_replaced_and_removed(store: SharedStore) {
    let fixture = waiting("order:1:x");
    let id = fixture.id();
    let mut rich = job(&fixture.task);
    rich.tenant_id = Some("acme".to_owned());
    rich.deployment_id = Some(Uuid::now_v7());
    rich.job_definition_id = Some(Uuid::now_v7());
    rich.configuration = "ä \"'\\ %_ \n {}".to_owned();
    rich.priority = i64::MAX;
    rich.retries = i32::MIN;
    rich.suspended = true;
    rich.exception_message = Some("it failed".to_owned());
    rich.exception_details = Some("x".repeat(100_000));
    rich.failed_node_id = Some("charge".to_owned());
    rich.detail = Some(json!({"text": "ä\u{0}", "number": 1.5, "nested": [null, true]}));
    let mut bare = job(&fixture.task);
    bare.execution_id = None;
    bare.due = None;
    commit(&store, [start(&fixture, [rich.clone(), bare.clone()])]).await;
    assert_eq!(load(&store, id).await.jobs, [rich.clone(), bare.clone()]);
    assert_eq!(
        store.jobs(&Query::default()).await.unwrap(),
        [rich.clone(), bare.clone()]
    );

    let added = job(&fixture.task);
    // Every column of one becomes that of the other, absent values included.
    let replaced = JobRow {
        id: rich.id,
        ..bare.clone()
    };
    let change = InstanceChange {
        jobs_put: vec![replaced.clone(), added.clone()],
        jobs_deleted: vec![bare.id],
        ..touch(id, 1)
    };
    commit(&store, [change]).await;
    assert_eq!(load(&store, id).await.jobs, [replaced, added]);
}

pub async fn a_text_of_a_job_with_a_zero_character_does_not_fail_its_batch(store: SharedStore) {
    let fixture = waiting("order:1:x");
    let mut failed = job(&fixture.task);
    failed.exception_message = Some("broken\0pipe".to_owned());
    commit(&store, [start(&fixture, [failed])]).await;
    let stored = load(&store, fixture.id()).await.jobs.remove(0);
    assert_eq!(stored.exception_message.as_deref(), Some("broken\u{fffd}pipe"));
}

pub async fn jobs_belong_to_their_instance_and_end_with_it(store: SharedStore) {
    let (fixture, other) = (waiting("order:1:x"), waiting("order:1:x"));
    let (gone, kept) = (job(&fixture.task), job(&other.task));
    commit(&store, [start(&fixture, [gone.clone()]), start(&other, [kept.clone()])]).await;
    let mut found = store.locate(&[gone.id, kept.id, Uuid::now_v7()]).await.unwrap();
    found.sort();
    assert_eq!(found, [(gone.id, fixture.id()), (kept.id, other.id())]);

    let end = InstanceChange {
        jobs_deleted: vec![gone.id],
        ..super::fixture::change(fixture.id(), HeaderChange::Delete { expected_version: 1 })
    };
    commit(&store, [end]).await;
    assert_eq!(
        store.locate(&[gone.id, kept.id]).await.unwrap(),
        [(kept.id, other.id())]
    );
    assert_eq!(store.jobs(&Query::default()).await.unwrap(), [kept]);
}

pub async fn a_conflict_leaves_out_its_jobs(store: SharedStore) {
    let (fixture, other) = (waiting("order:1:x"), waiting("order:1:x"));
    let (timer, foreign) = (job(&fixture.task), job(&other.task));
    commit(&store, [start(&fixture, [timer.clone()]), other.start()]).await;
    let late = InstanceChange {
        jobs_put: vec![
            JobRow {
                retries: 0,
                ..timer.clone()
            },
            job(&fixture.task),
        ],
        jobs_deleted: vec![timer.id],
        ..touch(fixture.id(), 7)
    };
    let timely = InstanceChange {
        jobs_put: vec![foreign.clone()],
        ..touch(other.id(), 1)
    };
    let committed = store.commit(batch([late, timely])).await.unwrap();
    assert_eq!(committed.conflicts, [fixture.id()]);
    assert_eq!(load(&store, fixture.id()).await.jobs, [timer]);
    assert_eq!(load(&store, other.id()).await.jobs, [foreign]);
}

pub async fn jobs_that_start_others_outlive_who_made_them(store: SharedStore) {
    let (fixture, late) = (waiting("order:1:x"), waiting("order:1:x"));
    let starting = || JobRow {
        instance_id: None,
        execution_id: None,
        ..job(&fixture.task)
    };
    let (first, last, passing, never) = (starting(), starting(), starting(), starting());
    let begin = InstanceChange {
        definition_jobs: vec![first.clone()],
        ..fixture.start()
    };
    let pass = InstanceChange {
        header: HeaderChange::Pass,
        activities_inserted: Vec::new(),
        definition_jobs: vec![passing.clone()],
        ..waiting("order:1:x").start()
    };
    commit(&store, [begin, pass, late.start()]).await;
    let end = InstanceChange {
        header: HeaderChange::Delete { expected_version: 1 },
        definition_jobs: vec![last.clone()],
        ..touch(fixture.id(), 1)
    };
    let conflict = InstanceChange {
        definition_jobs: vec![never],
        ..touch(late.id(), 7)
    };
    let committed = store.commit(batch([end, conflict])).await.unwrap();
    assert_eq!(committed.conflicts, [late.id()]);
    let mut found = store.jobs(&Query::<JobField>::default()).await.unwrap();
    found.sort_by_key(|row| row.id);
    assert_eq!(found, [first, last, passing]);
}

pub async fn jobs_are_found_when_they_are_due(store: SharedStore) {
    let fixture = waiting("order:1:x");
    let at = now();
    let at_offset = |microseconds| at + TimeDelta::microseconds(microseconds);
    let made = |change: fn(&mut JobRow)| {
        let mut row = job(&fixture.task);
        row.created_at = at_offset(-60);
        row.due = Some(at_offset(-30));
        change(&mut row);
        row
    };
    let late = made(|row| row.priority = 9);
    let mut at_once = made(|row| row.due = None);
    let mut just_now = made(|_| {});
    just_now.due = Some(at);
    let same_moment = JobRow {
        id: Uuid::now_v7(),
        ..just_now.clone()
    };
    let mut next = made(|_| {});
    next.due = Some(at_offset(1));
    let mut later = made(|_| {});
    later.due = Some(at_offset(9));
    let spent = made(|row| row.retries = 0);
    let suspended = made(|row| row.suspended = true);
    at_once.created_at = at_offset(-60);
    let all = [
        &same_moment,
        &later,
        &late,
        &just_now,
        &spent,
        &next,
        &suspended,
        &at_once,
    ];
    commit(&store, [start(&fixture, all.map(Clone::clone))]).await;

    let expected: Vec<DueJob> = [&at_once, &late, &just_now, &same_moment]
        .into_iter()
        .map(|row| DueJob {
            id: row.id,
            instance_id: Some(fixture.id()),
            definition_id: row.definition_id.clone(),
            due: row.due.unwrap_or(row.created_at),
            priority: row.priority,
        })
        .collect();
    assert_eq!(store.due_jobs(at, 100).await.unwrap(), expected);
    assert_eq!(store.due_jobs(at, 2).await.unwrap(), expected[..2]);
    assert!(store.due_jobs(at, 0).await.unwrap().is_empty());
    let soon = store.due_jobs(at_offset(1), 100).await.unwrap();
    assert_eq!(soon.last().unwrap().id, next.id);

    assert_eq!(store.next_due(at).await.unwrap(), next.due);
    assert_eq!(store.next_due(at_offset(1)).await.unwrap(), later.due);
    assert_eq!(store.next_due(at_offset(9)).await.unwrap(), None);
    assert_eq!(store.next_due(at_offset(-61)).await.unwrap(), Some(at_once.created_at));
}

pub async fn jobs_are_asked_for_by_what_they_hold(store: SharedStore) {
    let fixture = waiting("order:1:x");
    let timer = job(&fixture.task);
    let mut failed = job(&fixture.task);
    failed.job_type = "async-continuation".to_owned();
    failed.retries = 0;
    failed.exception_message = Some("declined".to_owned());
    failed.failed_node_id = Some("charge".to_owned());
    commit(&store, [start(&fixture, [timer.clone(), failed.clone()])]).await;
    let cases = [
        (JobField::JobType, Test::Like("timer-%".to_owned()), vec![&timer]),
        (JobField::Retries, Test::Equals(Scalar::Integer(0)), vec![&failed]),
        (JobField::ExceptionMessage, Test::IsNotNull, vec![&failed]),
        (JobField::FailedActivityId, Test::IsNull, vec![&timer]),
        (
            JobField::InstanceId,
            Test::Equals(Scalar::Id(fixture.id())),
            vec![&timer, &failed],
        ),
        (JobField::Due, Test::Less(Scalar::Time(now())), vec![]),
    ];
    for (field, test, expected) in cases {
        let query = Query::default().with(field, test);
        let found = store.jobs(&query).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query:?}");
        assert_eq!(
            store.count_jobs(&query).await.unwrap(),
            expected.len() as u64,
            "{query:?}"
        );
    }
}
