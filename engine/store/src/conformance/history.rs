//! History beside process and activity instances: what ended, what still runs, and forgetting it.

use flowstone_expression::TypedValue;
use uuid::Uuid;

use super::deployments::decision;
use super::fixture::{
    activity, change, closed_incident, commit, decided, deploy, incident, job, left_task, task_failed, user_task,
    variables, waiting,
};
use crate::SharedStore;
use crate::change::{HeaderChange, InstanceChange};
use crate::history::{
    DecisionInput, DecisionOutput, ExternalTaskLogField, HistoricDecisionField, HistoricTaskField, HistoryRows,
};
use crate::query::{
    Condition, HistoricActivityField, HistoricInstanceField, HistoricVariableField, Query, Scalar, Test,
    VariableOperator, VariableTest,
};
use crate::record::{ActivityKind, HistoricExternalTask, JobRow};

fn having<F>(name: &str, value: impl Into<TypedValue>) -> Query<F> {
    let test = VariableTest {
        name: name.to_owned(),
        operator: VariableOperator::Equals,
        value: value.into(),
        ignore_name_case: false,
        ignore_value_case: false,
    };
    Query {
        conditions: vec![Condition::Variable(test)],
        ..Query::default()
    }
}

pub async fn variables_of_what_ended_and_what_runs_are_history(store: SharedStore) {
    let definition = deploy(&store, "order", None).await;
    let mut running = waiting(&definition.id).with(variables([("amount", 5.into())]));
    running.task.variables = Some(variables([("note", "open".into())]));
    let mut over = activity(running.id(), "each", ActivityKind::Ended);
    over.variables = Some(variables([("loopCounter", 0.into())]));
    let mut start = running.start();
    start.activities_inserted.push(over);
    let ended = waiting(&definition.id);
    commit(&store, [start, ended.start()]).await;
    let mut end = ended.complete(1);
    let mut of_task = ended.left_variables(variables([("note", "done".into())]));
    of_task.id = ended.task.id;
    of_task.task_id = Some(ended.task.id);
    let root = ended.left_variables(variables([("amount", 6.into()), ("city", "Bonn".into())]));
    end.history.variables = vec![root.clone(), of_task];
    commit(&store, [end]).await;

    let found = store.historic_variables(&Query::default()).await.unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|row| {
            (
                row.scope_id,
                row.name.as_str(),
                row.value.clone(),
                row.ended_at.is_some(),
            )
        })
        .collect();
    // The order of ids is that of creation.
    assert_eq!(
        shown,
        [
            (running.id(), "amount", 5.into(), false),
            (running.task.id, "note", "open".into(), false),
            (ended.id(), "amount", 6.into(), true),
            (ended.id(), "city", "Bonn".into(), true),
            (ended.task.id, "note", "done".into(), true),
        ]
    );
    assert_eq!(
        (&*found[0].definition_key, found[0].started_at),
        ("order", running.instance.started_at)
    );
    assert_eq!(
        (found[2].started_at, found[2].ended_at),
        (root.started_at, Some(root.ended_at))
    );
    assert_eq!(found[4].task_id, Some(ended.task.id));

    // A test of a variable looks at the variable itself, one of other history at the root scope.
    let open = store.historic_variables(&having("note", "open")).await.unwrap();
    assert_eq!(
        open.iter().map(|row| row.scope_id).collect::<Vec<_>>(),
        [running.task.id]
    );
    for (value, expected) in [(5, running.id()), (6, ended.id())] {
        let query: Query<HistoricInstanceField> = having("amount", value);
        let found = store.historic_instances(&query).await.unwrap();
        assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [expected]);
        let query: Query<HistoricActivityField> = having("amount", value);
        let found = store.historic_activities(&query).await.unwrap();
        assert!(
            !found.is_empty() && found.iter().all(|row| row.instance_id == expected),
            "{found:?}"
        );
    }
}

pub async fn every_value_of_an_ended_scope_is_kept(store: SharedStore) {
    let instance = waiting("order:1:x");
    let large = TypedValue::from("y".repeat(100_000).as_str());
    let held = variables([
        ("large", large.clone()),
        ("same", large.clone()),
        ("zero", "a\0b".into()),
        ("nan", TypedValue::Double(f64::INFINITY)),
        ("nothing", TypedValue::Null),
    ]);
    let mut of_task = instance.left_variables(variables([("again", large)]));
    of_task.id = instance.task.id;
    let mut root = instance.left_variables(held.clone());
    root.tenant_id = Some("a\0b".to_owned());
    let mut end = change(instance.id(), HeaderChange::Pass);
    end.history.variables = vec![root, of_task];
    commit(&store, [end]).await;
    let of_root = Query::default().with(HistoricVariableField::ScopeId, Test::Equals(Scalar::Id(instance.id())));
    let found = store.historic_variables(&of_root).await.unwrap();
    let kept: flowstone_expression::Variables = found.iter().map(|row| (row.name.clone(), row.value.clone())).collect();
    assert_eq!(kept, held);
    assert_eq!(found[0].tenant_id.as_deref(), Some("a\u{fffd}b"));
    let again = store
        .historic_variables(&having("again", "y".repeat(100_000).as_str()))
        .await
        .unwrap();
    assert_eq!(again.len(), 1);
}

pub async fn history_goes_with_its_instance_or_definition(store: SharedStore) {
    let (order, bill) = (deploy(&store, "order", None).await, deploy(&store, "bill", None).await);
    let end = |id: &str| {
        let instance = waiting(id);
        let mut row = instance.left_variables(variables([
            ("amount", 5.into()),
            ("text", "x".repeat(50_000).as_str().into()),
        ]));
        row.definition_id = id.into();
        let change = InstanceChange {
            historic_instance: Some(instance.ended()),
            history: HistoryRows {
                variables: vec![row],
                ..HistoryRows::default()
            },
            ..change(instance.id(), HeaderChange::Pass)
        };
        (instance.id(), change)
    };
    let ((kept, first), (deleted, second), (_, third)) = (end(&order.id), end(&order.id), end(&bill.id));
    commit(&store, [first, second, third]).await;
    assert!(store.delete_historic_instance(deleted).await.unwrap());
    assert!(store.delete_definition(&bill.id, true).await.unwrap());
    let found = store.historic_variables(&Query::default()).await.unwrap();
    assert_eq!(
        found.iter().map(|row| row.instance_id).collect::<Vec<_>>(),
        [kept, kept]
    );
}

pub async fn a_conflict_leaves_out_its_history(store: SharedStore) {
    let (stale, good) = (waiting("order:1:x"), waiting("order:1:x"));
    commit(&store, [stale.start(), good.start()]).await;
    let end = |of: &super::fixture::Waiting, version| {
        let mut end = of.complete(version);
        end.history.variables = vec![of.left_variables(variables([("amount", 5.into())]))];
        end
    };
    let committed = store
        .commit(super::fixture::batch([end(&stale, 7), end(&good, 1)]))
        .await
        .unwrap();
    assert_eq!(committed.conflicts, [stale.id()]);
    let found = store.historic_variables(&Query::default()).await.unwrap();
    assert_eq!(found.iter().map(|row| row.instance_id).collect::<Vec<_>>(), [good.id()]);
    let again = store.commit(super::fixture::batch([InstanceChange {
        history: HistoryRows {
            variables: vec![good.left_variables(variables([("amount", 5.into())]))],
            ..HistoryRows::default()
        },
        ..change(good.id(), HeaderChange::Pass)
    }]));
    assert!(again.await.is_err(), "a scope ends once");
}

pub async fn user_tasks_that_are_open_and_ended_are_history(store: SharedStore) {
    let definition = deploy(&store, "order", None).await;
    let (running, ended) = (waiting(&definition.id), waiting(&definition.id));
    let approval = activity(running.id(), "approve", ActivityKind::UserTask);
    let mut open = user_task(&approval);
    open.assignee = Some("ada".to_owned());
    open.candidate_groups = vec!["sales".to_owned(), "board".to_owned()];
    let mut start = running.start();
    start.activities_inserted.push(approval.clone());
    start.user_tasks_put.push(open);
    let mut end = ended.complete(1);
    let mut done = left_task(&activity(ended.id(), "approve", ActivityKind::UserTask));
    done.candidate_groups = vec!["sales".to_owned()];
    end.history.tasks.push(done.clone());
    commit(&store, [start, ended.start()]).await;
    commit(&store, [end]).await;

    let found = store.historic_tasks(&Query::default()).await.unwrap();
    assert_eq!(
        found.iter().map(|task| task.id).collect::<Vec<_>>(),
        [approval.id, done.id]
    );
    let open = &found[0];
    assert_eq!(
        (&*open.definition_key, open.definition_name.as_deref()),
        ("order", Some("Order"))
    );
    assert_eq!((open.assignee.as_deref(), open.ended_at), (Some("ada"), None));
    assert_eq!(open.candidate_groups, ["sales", "board"]);
    assert_eq!(found[1], done);
    for (field, test, expected) in [
        (
            HistoricTaskField::CandidateGroup,
            Test::Equals(Scalar::Text("sales".to_owned())),
            2,
        ),
        (
            HistoricTaskField::CandidateGroup,
            Test::Equals(Scalar::Text("board".to_owned())),
            1,
        ),
        (HistoricTaskField::CandidateUser, Test::IsNotNull, 0),
        (HistoricTaskField::InstanceRuns, Test::Equals(Scalar::Boolean(true)), 1),
        (HistoricTaskField::Duration, Test::AtLeast(Scalar::Integer(3)), 1),
        (HistoricTaskField::EndedAt, Test::IsNull, 1),
    ] {
        let query = Query::default().with(field, test);
        assert_eq!(store.count_historic_tasks(&query).await.unwrap(), expected, "{query:?}");
    }
    assert!(store.delete_historic_instance(ended.id()).await.unwrap());
    assert_eq!(store.count_historic_tasks(&Query::default()).await.unwrap(), 1);
}

pub async fn incidents_that_are_open_and_closed_are_history(store: SharedStore) {
    let definition = deploy(&store, "order", None).await;
    let instance = waiting(&definition.id);
    let failed = job(&instance.task);
    let mut open = incident(&instance.task);
    open.incident_type = "failedJob".into();
    open.configuration = Some(failed.id.to_string());
    open.annotation = Some("looked at".to_owned());
    // Somebody who raises an incident says freely what it is about.
    let mut of_task = incident(&instance.task);
    of_task.incident_type = "failedJob".into();
    of_task.configuration = Some("no id".to_owned());
    let mut start = instance.start();
    start.incidents_inserted = vec![open.clone(), of_task.clone()];
    start.jobs_put = vec![JobRow {
        job_definition_id: Some(instance.task.id),
        ..failed
    }];
    let mut closed = closed_incident(&incident(&instance.task));
    closed.annotation = Some("done".to_owned());
    start.history.incidents = vec![closed.clone()];
    commit(&store, [start]).await;
    let found = store.historic_incidents(&Query::default()).await.unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|row| (row.id, &*row.state, row.job_definition_id, row.ended_at))
        .collect();
    assert_eq!(
        shown,
        [
            (open.id, "open", Some(instance.task.id), None),
            (of_task.id, "open", None, None),
            (closed.id, "resolved", None, closed.ended_at),
        ]
    );
    let annotations: Vec<_> = found.iter().map(|row| row.annotation.as_deref()).collect();
    assert_eq!(annotations, [Some("looked at"), None, Some("done")]);
    assert_eq!(
        (&*found[0].definition_key, found[0].message.as_deref()),
        ("order", Some("declined"))
    );
}

pub async fn what_happened_to_external_tasks_is_told_by_the_tasks_and_their_failures(store: SharedStore) {
    let definition = deploy(&store, "order", None).await;
    let (open, done, given_up) = (
        waiting(&definition.id),
        waiting(&definition.id),
        waiting(&definition.id),
    );
    commit(&store, [open.start(), done.start(), given_up.start()]).await;
    let end = |of: &super::fixture::Waiting, canceled| {
        let mut end = of.complete(1);
        end.historic_activities[0].canceled = canceled;
        end.historic_activities[0].external_task = Some(HistoricExternalTask {
            topic: "payment".to_owned(),
            worker: Some("w".to_owned()),
            priority: 0,
            retries: Some(2),
        });
        end
    };
    let mut first = end(&done, false);
    let failed = task_failed(&done.task);
    first.history.external_task_log = vec![failed.clone()];
    commit(&store, [first, end(&given_up, true)]).await;
    for (task, expected) in [
        (open.task.id, vec![("created", None)]),
        (
            done.task.id,
            vec![("created", None), ("failed", None), ("successful", Some("w"))],
        ),
        (given_up.task.id, vec![("created", None), ("deleted", Some("w"))]),
    ] {
        let query = Query::default().with(ExternalTaskLogField::ExternalTaskId, Test::Equals(Scalar::Id(task)));
        let found = store.external_task_log(&query).await.unwrap();
        let mut told: Vec<_> = found
            .iter()
            .map(|entry| (&*entry.state, entry.worker.as_deref()))
            .collect();
        // The end has an id of another version: within a millisecond its place among the others is not told.
        told.sort_unstable();
        let mut ids: Vec<_> = found.iter().map(|entry| entry.id).collect();
        ids.dedup();
        assert_eq!((told, ids.len()), (expected, found.len()));
        for entry in &found {
            let by_id = Query::default().with(ExternalTaskLogField::Id, Test::Equals(Scalar::Id(entry.id)));
            assert_eq!(
                store.external_task_log(&by_id).await.unwrap(),
                std::slice::from_ref(entry)
            );
        }
    }
}

pub async fn activities_tell_what_they_called(store: SharedStore) {
    let (caller, mut called) = (waiting("order:1:x"), waiting("order:1:x"));
    let call = activity(caller.id(), "call", ActivityKind::Call);
    called.instance.super_instance_id = Some(caller.id());
    called.instance.super_execution_id = Some(call.id);
    called.instance.root_instance_id = Some(caller.id());
    let mut start = caller.start();
    start.activities_inserted.push(call.clone());
    commit(&store, [start, called.start()]).await;
    let of_call = Query::default().with(HistoricActivityField::Id, Test::Equals(Scalar::Id(call.id)));
    let open = store.historic_activities(&of_call).await.unwrap();
    assert_eq!(open[0].called_instance_id, Some(called.id()));
    let of_called = Query::default().with(HistoricActivityField::Id, Test::Equals(Scalar::Id(called.task.id)));
    let open = store.historic_activities(&of_called).await.unwrap();
    assert_eq!(
        (open[0].called_instance_id, open[0].root_instance_id),
        (None, Some(caller.id()))
    );

    let mut end = caller.complete(1);
    let mut left = caller.left("call", "callActivity", call.id);
    left.called_instance_id = Some(called.id());
    end.historic_activities.push(left);
    commit(&store, [end]).await;
    let ended = store.historic_activities(&of_call).await.unwrap();
    assert_eq!(ended[0].called_instance_id, Some(called.id()));
}

pub async fn evaluated_decisions_are_kept_as_written_and_go_with_their_instance(store: SharedStore) {
    let definition = deploy(&store, "order", None).await;
    let (kept, deleted) = (waiting(&definition.id), waiting(&definition.id));
    commit(&store, [kept.start(), deleted.start()]).await;
    let of = |instance: Uuid| {
        let mut row = decided(instance);
        row.process_instance_id = Some(instance);
        row.definition_id = Some(definition.id.clone());
        row.inputs = vec![DecisionInput {
            id: Uuid::now_v7(),
            clause_id: Some("i".to_owned()),
            clause_name: Some("a\0b".to_owned()),
            value: TypedValue::from("y".repeat(100_000).as_str()),
            error_message: None,
        }];
        row.outputs = vec![DecisionOutput {
            id: Uuid::now_v7(),
            clause_id: Some("o".to_owned()),
            clause_name: None,
            rule_id: Some("r".to_owned()),
            rule_order: Some(1),
            variable_name: "tier".to_owned(),
            value: TypedValue::Double(f64::INFINITY),
            error_message: Some("none".to_owned()),
        }];
        row.collected = Some(TypedValue::Double(2.5));
        row
    };
    let (first, second) = (of(kept.id()), of(deleted.id()));
    let ends = [(&kept, &first), (&deleted, &second)].map(|(instance, row)| {
        let mut end = instance.complete(1);
        end.history.decisions = vec![row.clone()];
        end
    });
    commit(&store, ends).await;
    // One that no instance wanted is an owner of its own, with what it requires.
    let mut alone = decided(Uuid::nil());
    alone.instance_id = alone.id;
    let mut required = decided(alone.id);
    required.required = true;
    required.root_decision_instance_id = alone.id;
    let by_request = InstanceChange {
        history: HistoryRows {
            decisions: vec![alone.clone(), required.clone()],
            ..HistoryRows::default()
        },
        ..change(alone.id, HeaderChange::Pass)
    };
    commit(&store, [by_request]).await;

    let every = Query::default();
    let found = store.historic_decisions(&every).await.unwrap();
    assert_eq!(found, [first.clone(), second, alone.clone(), required.clone()]);
    let of_alone = Query::default().with(
        HistoricDecisionField::RootDecisionInstanceId,
        Test::Equals(Scalar::Id(alone.id)),
    );
    assert_eq!(store.count_historic_decisions(&of_alone).await.unwrap(), 2);
    assert!(store.delete_historic_instance(deleted.id()).await.unwrap());
    let left = store.historic_decisions(&every).await.unwrap();
    assert_eq!(left, [first, alone.clone(), required.clone()]);
    assert!(store.delete_definition(&definition.id, true).await.unwrap());
    assert_eq!(store.historic_decisions(&every).await.unwrap(), [alone, required]);
}

pub async fn evaluated_decisions_go_with_their_deployment_only_with_cascade(store: SharedStore) {
    let mut deployed = Vec::new();
    for _ in 0..3 {
        deployed.push(store.deploy(decision("tier", None)).await.unwrap().decisions.remove(0));
    }
    let rows = deployed.iter().map(|record| {
        let mut row = decided(Uuid::nil());
        (row.instance_id, row.decision_id) = (row.id, record.id.clone());
        row
    });
    for row in rows {
        let by_request = InstanceChange {
            history: HistoryRows {
                decisions: vec![row.clone()],
                ..HistoryRows::default()
            },
            ..change(row.id, HeaderChange::Pass)
        };
        commit(&store, [by_request]).await;
    }
    for (record, cascade) in [(&deployed[0], true), (&deployed[1], false)] {
        assert!(store.delete_deployment(record.deployment_id, cascade).await.unwrap());
    }
    let left = store.historic_decisions(&Query::default()).await.unwrap();
    let left: Vec<_> = left.into_iter().map(|row| row.decision_id).collect();
    assert_eq!(left, [deployed[1].id.clone(), deployed[2].id.clone()]);
}
