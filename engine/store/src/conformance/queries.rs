//! Queries: every field of every entity, orders, pages.
//!
//! What is right is written out in the smaller cases; that every field behaves so is shown by
//! comparison with the in-memory store, filled with the same rows.

use chrono::TimeDelta;
use uuid::Uuid;

use super::deployments::{decision, graph};
use super::fixture::{
    activity, closed_incident, commit, decided, deployment, incident, job, job_created, left_task, now, subscription,
    task_failed, user_task, variables, waiting,
};
use crate::change::InstanceChange;
use crate::history::{
    ExternalTaskLogField, HistoricDecisionField, HistoricIncidentField, HistoricTaskField, JobLogField,
};
use crate::query::{
    Condition, DecisionField, DefinitionField, DeploymentField, Direction, ExecutionField, ExternalTaskField,
    HistoricActivityField, HistoricInstanceField, HistoricVariableField, IncidentField, JobField, ProcessInstanceField,
    Query, RequirementsField, Scalar, SubscriptionField, TaskField, Test, VariableField,
};
use crate::record::{ActivityKind, HistoricExternalTask, NewDeployment};
use crate::{MemoryStore, SharedStore};

/// What both stores are filled with.
struct Rows {
    deployments: Vec<NewDeployment>,
    commits: Vec<Vec<InstanceChange>>,
    /// Values that occur, to compare with.
    values: Vec<Scalar>,
}

fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

/// Rows that differ in every column, with and without optional values.
fn rows() -> Rows {
    let mut first = deployment("order", None);
    first.deployment.source = Some("modeler".to_owned());
    first.definitions[0].version_tag = Some("v1".to_owned());
    first.definitions[0].category = Some("sales".to_owned());
    let mut second = deployment("bill", Some("acme"));
    second.deployment.name = None;
    second.deployment.deployed_at += TimeDelta::seconds(5);
    second.definitions[0].name = None;
    second.definitions[0].suspended = true;
    second.definitions[0].startable_in_tasklist = false;
    second.definitions[0].resource_name = "bill.bpmn".to_owned();
    second.definitions[0].deployed_at += TimeDelta::seconds(5);
    let id_of = |new: &NewDeployment| format!("{}:1:{}", new.definitions[0].key, new.definitions[0].id);
    let (order, bill) = (id_of(&first), id_of(&second));

    let mut rich = waiting(&order)
        .with(variables([("amount", 5.into()), ("name", "Ada".into())]))
        .task_with(|task| {
            task.priority = 10;
            task.retries = Some(3);
            task.worker = Some("w".to_owned());
            task.lock_expires = Some(now() + TimeDelta::minutes(1));
        });
    rich.instance.start_user_id = Some("ada".to_owned());
    rich.task.variables = Some(variables([("local", true.into())]));
    let mut approval = activity(rich.id(), "approve", ActivityKind::UserTask);
    approval.activity_type = "userTask".into();
    approval.activity_name = Some("Approve".into());
    let mut approve = user_task(&approval);
    approve.name = Some("Approve".to_owned());
    approve.description = Some("Look at it".to_owned());
    approve.assignee = Some("ada".to_owned());
    approve.owner = Some("bob".to_owned());
    approve.delegation_state = Some("PENDING".to_owned());
    approve.priority = 70;
    approve.due = Some(now());
    approve.follow_up = Some(now());
    approve.candidate_users = vec!["ada".to_owned(), "bob".to_owned()];
    approve.candidate_groups = vec!["sales".to_owned()];
    let scope = activity(rich.id(), "part", ActivityKind::Scope);
    let mut start_rich = rich.start();
    start_rich.user_tasks_put = vec![approve];
    start_rich.subscriptions_inserted = vec![subscription(&approval)];
    start_rich.incidents_inserted = vec![incident(&rich.task)];
    let mut failed = job(&rich.task);
    failed.definition_id = order.as_str().into();
    failed.tenant_id = Some("acme".to_owned());
    failed.deployment_id = Some(first.deployment.id);
    failed.job_definition_id = Some(approval.id);
    failed.job_type = "message".to_owned();
    failed.due = None;
    failed.priority = 50;
    failed.retries = 1;
    failed.suspended = true;
    failed.exception_message = Some("declined".to_owned());
    failed.failed_node_id = Some("charge".to_owned());
    start_rich.jobs_put = vec![failed];
    let incident_id = start_rich.incidents_inserted[0].id;
    start_rich.activities_inserted.extend([approval.clone(), scope.clone()]);

    let mut bare = waiting(&bill).task_with(|task| task.topic = "ship".to_owned());
    bare.instance.business_key = None;
    bare.instance.tenant_id = Some("acme".to_owned());
    bare.instance.suspended = true;
    bare.instance.start_activity_id = None;
    bare.instance.started_at -= TimeDelta::hours(1);
    bare.task.parent_id = scope.id;
    let waits = activity(bare.id(), "wait", ActivityKind::UserTask);
    let mut unnamed = subscription(&waits);
    unnamed.event_name = None;
    unnamed.event_type = "signal".into();
    let mut silent = incident(&waits);
    silent.incident_type = "failedJob".into();
    silent.message = None;
    silent.configuration = None;
    let mut start_bare = bare.start();
    start_bare.user_tasks_put = vec![user_task(&waits)];
    start_bare.subscriptions_inserted = vec![unnamed];
    start_bare.incidents_inserted = vec![silent];
    start_bare.jobs_put = vec![job(&waits)];
    start_bare.activities_inserted.push(waits);

    let (done, deleted) = (waiting(&order), waiting(&bill));
    let mut end = done.complete(1);
    let mut of_task = done.left_variables(variables([("local", 1.into()), ("name", "Bob".into())]));
    of_task.id = done.task.id;
    of_task.task_id = Some(done.task.id);
    of_task.root_instance_id = Some(rich.id());
    of_task.tenant_id = Some("acme".to_owned());
    let approved = activity(done.id(), "approve", ActivityKind::UserTask);
    let mut rich_task = left_task(&approved);
    rich_task.root_instance_id = Some(rich.id());
    rich_task.definition_id = order.as_str().into();
    rich_task.definition_name = Some("Order".into());
    rich_task.tenant_id = Some("acme".to_owned());
    rich_task.business_key = Some("order".to_owned());
    rich_task.name = Some("Approve".to_owned());
    rich_task.description = Some("charge".to_owned());
    rich_task.assignee = Some("ada".to_owned());
    rich_task.owner = Some("bob".to_owned());
    rich_task.priority = 10;
    rich_task.due = Some(now());
    rich_task.follow_up = Some(now());
    rich_task.candidate_users = vec!["ada".to_owned()];
    rich_task.candidate_groups = vec!["acme".to_owned(), "a\0b".to_owned()];
    end.history.tasks = vec![
        rich_task,
        left_task(&activity(done.id(), "bare", ActivityKind::UserTask)),
    ];
    let mut rich_incident = closed_incident(&incident(&done.task));
    rich_incident.root_instance_id = Some(rich.id());
    rich_incident.incident_type = "message".into();
    rich_incident.configuration = Some("payment".to_owned());
    rich_incident.message = Some("declined".to_owned());
    rich_incident.state = "deleted".into();
    rich_incident.tenant_id = Some("acme".to_owned());
    rich_incident.job_definition_id = Some(approval.id);
    end.history.incidents = vec![rich_incident, closed_incident(&incident(&done.task))];
    let mut log = job_created(&job(&done.task), done.id());
    log.id = Uuid::now_v7();
    log.root_instance_id = Some(rich.id());
    log.state = "message".into();
    log.due = Some(now());
    log.retries = 1;
    log.priority = 10;
    log.exception_message = Some("declined".to_owned());
    log.exception_details = Some("declined\0 in full".to_owned());
    log.failed_node_id = Some("charge".to_owned());
    log.job_definition_id = Some(approval.id);
    log.execution_id = rich.task.id;
    log.deployment_id = first.deployment.id;
    log.tenant_id = Some("acme".to_owned());
    end.history.job_log = vec![job_created(&job(&done.task), done.id()), log];
    let paid = end.historic_activities.first_mut().unwrap();
    paid.root_instance_id = Some(rich.id());
    paid.called_instance_id = Some(rich.task.id);
    paid.external_task = Some(HistoricExternalTask {
        topic: "payment".to_owned(),
        worker: Some("ada".to_owned()),
        priority: 10,
        retries: Some(1),
    });
    let mut failed = task_failed(&done.task);
    failed.root_instance_id = Some(rich.id());
    failed.worker = Some("ada".to_owned());
    failed.priority = 50;
    failed.retries = Some(1);
    failed.error_message = Some("declined".to_owned());
    failed.error_details = Some("declined in full".to_owned());
    failed.tenant_id = Some("acme".to_owned());
    end.history.external_task_log = vec![failed, task_failed(&done.task)];
    let mut of_rule = decided(done.id());
    of_rule.process_instance_id = Some(done.id());
    of_rule.root_instance_id = Some(rich.id());
    of_rule.decision_name = Some("charge".to_owned());
    of_rule.required = true;
    of_rule.root_decision_instance_id = rich.id();
    of_rule.definition_id = Some(order.as_str().into());
    of_rule.definition_key = Some("order".into());
    of_rule.node_id = Some("charge".into());
    of_rule.activity_instance_id = Some(rich.task.id);
    of_rule.tenant_id = Some("acme".to_owned());
    end.history.decisions = vec![of_rule, decided(done.id())];
    end.history.variables = vec![done.left_variables(variables([("amount", 7.into())])), of_task];
    let left = end.historic_activities.last_mut().unwrap();
    left.task_id = Some(left.id);
    left.assignee = Some("ada".to_owned());
    left.activity_name = Some("The end".into());
    left.complete_scope = true;
    let mut terminate = deleted.complete(1);
    terminate.historic_activities[0].canceled = true;
    let ended = terminate.historic_instance.as_mut().unwrap();
    ended.state = "EXTERNALLY_TERMINATED".into();
    ended.definition_name = Some("Bill".into());
    ended.definition_version = 2;
    ended.definition_key = "bill".into();
    ended.tenant_id = Some("acme".to_owned());
    ended.ended_at += TimeDelta::seconds(3);

    let values = vec![
        text("a\\_%'\"\0"),
        text("order"),
        text("acme"),
        text("ada"),
        text("payment"),
        text("charge"),
        text("ACTIVE"),
        text("declined"),
        text("message"),
        text("v1"),
        text(&rich.id().to_string()),
        text(&order),
        text("not an id"),
        Scalar::Id(rich.id()),
        Scalar::Id(rich.task.id),
        Scalar::Id(approval.id),
        Scalar::Id(incident_id),
        Scalar::Id(first.deployment.id),
        Scalar::Integer(10),
        Scalar::Integer(50),
        Scalar::Integer(1),
        Scalar::Boolean(true),
        Scalar::Boolean(false),
        Scalar::Time(rich.instance.started_at),
        Scalar::Time(now()),
    ];
    Rows {
        commits: vec![
            vec![start_rich, start_bare, done.start(), deleted.start()],
            vec![end, terminate],
        ],
        deployments: vec![
            first,
            second,
            decision("order", Some("acme")),
            decision("order", Some("acme")),
            graph("order", Some("acme")),
            graph("order", Some("acme")),
        ],
        values,
    }
}

async fn fill(store: &SharedStore, rows: &Rows) {
    for deployment in &rows.deployments {
        store.deploy(deployment.clone()).await.unwrap();
    }
    for changes in &rows.commits {
        commit(store, changes.clone()).await;
    }
}

fn every_test(values: &[Scalar]) -> Vec<Test> {
    let mut tests = vec![
        Test::Like("a%\\".to_owned()),
        Test::Like("\\%_".to_owned()),
        Test::Like("%rd%".to_owned()),
        Test::Like("ord__".to_owned()),
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

macro_rules! for_every_entity {
    ($check:ident, $($argument:expr),+) => {
        $check!(deployments, count_deployments, DeploymentField, $($argument),+);
        $check!(definitions, count_definitions, DefinitionField, $($argument),+);
        $check!(decisions, count_decisions, DecisionField, $($argument),+);
        $check!(
            decision_requirements,
            count_decision_requirements,
            RequirementsField,
            $($argument),+
        );
        $check!(process_instances, count_process_instances, ProcessInstanceField, $($argument),+);
        $check!(external_tasks, count_external_tasks, ExternalTaskField, $($argument),+);
        $check!(tasks, count_tasks, TaskField, $($argument),+);
        $check!(executions, count_executions, ExecutionField, $($argument),+);
        $check!(subscriptions, count_subscriptions, SubscriptionField, $($argument),+);
        $check!(incidents, count_incidents, IncidentField, $($argument),+);
        $check!(jobs, count_jobs, JobField, $($argument),+);
        $check!(variables, count_variables, VariableField, $($argument),+);
        $check!(historic_instances, count_historic_instances, HistoricInstanceField, $($argument),+);
        $check!(historic_activities, count_historic_activities, HistoricActivityField, $($argument),+);
        $check!(historic_tasks, count_historic_tasks, HistoricTaskField, $($argument),+);
        $check!(historic_incidents, count_historic_incidents, HistoricIncidentField, $($argument),+);
        $check!(job_log, count_job_log, JobLogField, $($argument),+);
        $check!(historic_decisions, count_historic_decisions, HistoricDecisionField, $($argument),+);
        $check!(external_task_log, count_external_task_log, ExternalTaskLogField, $($argument),+);
        $check!(historic_variables, count_historic_variables, HistoricVariableField, $($argument),+);
    };
}

pub async fn every_field_answers_every_test(store: SharedStore) {
    let rows = rows();
    let model: SharedStore = std::sync::Arc::new(MemoryStore::new());
    fill(&store, &rows).await;
    fill(&model, &rows).await;
    let tests = every_test(&rows.values);
    macro_rules! check {
        ($find:ident, $count:ident, $field:ty, $tests:expr) => {
            for field in <$field>::ALL {
                for test in $tests {
                    let query = Query::default().with(*field, test.clone());
                    let found = store
                        .$find(&query)
                        .await
                        .unwrap_or_else(|error| panic!("{query:?}: {error}"));
                    assert_eq!(found, model.$find(&query).await.unwrap(), "{query:?}");
                    let counted = store
                        .$count(&query)
                        .await
                        .unwrap_or_else(|error| panic!("{query:?}: {error}"));
                    assert_eq!(counted, found.len() as u64, "{query:?}");
                }
            }
        };
    }
    for_every_entity!(check, &tests);
}

pub async fn every_field_orders(store: SharedStore) {
    let rows = rows();
    let model: SharedStore = std::sync::Arc::new(MemoryStore::new());
    fill(&store, &rows).await;
    fill(&model, &rows).await;
    let directions = [Direction::Ascending, Direction::Descending];
    macro_rules! check {
        ($find:ident, $count:ident, $field:ty, $directions:expr) => {
            for first in <$field>::ALL {
                for direction in $directions {
                    let last = <$field>::ALL[<$field>::ALL.len() / 2];
                    let query = Query {
                        order: vec![(*first, direction), (last, direction)],
                        ..Query::default()
                    };
                    let found = store
                        .$find(&query)
                        .await
                        .unwrap_or_else(|error| panic!("{query:?}: {error}"));
                    assert_eq!(found, model.$find(&query).await.unwrap(), "{query:?}");
                }
            }
        };
    }
    for_every_entity!(check, directions);
}

pub async fn absent_values_come_last_and_descending_first(store: SharedStore) {
    let fixtures: Vec<_> = [Some("b"), None, Some("a"), Some("B"), Some("ä"), None]
        .into_iter()
        .map(|key| {
            let mut fixture = waiting("order:1:x");
            fixture.instance.business_key = key.map(str::to_owned);
            fixture
        })
        .collect();
    commit(&store, fixtures.iter().rev().map(|fixture| fixture.start())).await;
    let positions = async |direction| -> Vec<usize> {
        let query = Query {
            order: vec![(ProcessInstanceField::BusinessKey, direction)],
            ..Query::default()
        };
        let found = store.process_instances(&query).await.unwrap();
        let position = |id: Uuid| fixtures.iter().position(|fixture| fixture.id() == id).unwrap();
        found.iter().map(|record| position(record.id)).collect()
    };
    // By code point; what is equal, such as being absent, by id.
    assert_eq!(positions(Direction::Ascending).await, [3, 2, 0, 4, 1, 5]);
    assert_eq!(positions(Direction::Descending).await, [1, 5, 4, 0, 2, 3]);
}

pub async fn pages_cut_the_order(store: SharedStore) {
    let fixtures: Vec<_> = (0..9).map(|_| waiting("order:1:x")).collect();
    commit(&store, fixtures.iter().map(|fixture| fixture.start())).await;
    let page = async |first, max| -> Vec<usize> {
        let query = Query {
            first,
            max,
            ..Query::<ProcessInstanceField>::default()
        };
        assert_eq!(
            store.count_process_instances(&query).await.unwrap(),
            9,
            "a count ignores the page"
        );
        let found = store.process_instances(&query).await.unwrap();
        let position = |id: Uuid| fixtures.iter().position(|fixture| fixture.id() == id).unwrap();
        found.iter().map(|record| position(record.id)).collect()
    };
    assert_eq!(page(0, None).await, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(page(0, Some(2)).await, [0, 1]);
    assert_eq!(page(7, Some(5)).await, [7, 8]);
    assert_eq!(page(6, None).await, [6, 7, 8]);
    assert!(page(9, Some(5)).await.is_empty());
    assert!(page(0, Some(0)).await.is_empty());
    assert!(page(u64::MAX, Some(u64::MAX)).await.is_empty());
}

pub async fn conditions_combine(store: SharedStore) {
    let (first, second) = (waiting("order:1:x"), waiting("bill:1:x"));
    commit(&store, [first.start(), second.start()]).await;
    let is = |fixture: &super::fixture::Waiting| {
        Condition::Field(ProcessInstanceField::Id, Test::Equals(Scalar::Id(fixture.id())))
    };
    let order = || Condition::Field(ProcessInstanceField::DefinitionId, Test::Like("order%".to_owned()));
    let cases = [
        (vec![], 2),
        (vec![is(&first)], 1),
        (vec![is(&first), is(&second)], 0),
        (vec![Condition::Any(vec![is(&first), is(&second)])], 2),
        (vec![Condition::Any(vec![is(&first), is(&second)]), order()], 1),
        (vec![Condition::All(vec![is(&second), order()])], 0),
        (
            vec![Condition::Any(vec![
                Condition::All(vec![is(&second), order()]),
                is(&first),
            ])],
            1,
        ),
        (vec![Condition::Any(vec![])], 0),
        (vec![Condition::All(vec![])], 2),
        (vec![Condition::Any(vec![Condition::All(vec![])])], 2),
    ];
    for (conditions, count) in cases {
        let query = Query {
            conditions,
            ..Query::default()
        };
        let found = store.count_process_instances(&query).await.unwrap();
        assert_eq!(found, count, "{:?}", query.conditions);
    }
}

pub async fn patterns_match_as_documented(store: SharedStore) {
    let mut fixture = waiting("order:1:x");
    fixture.instance.business_key = Some("Ä50%_\\x".to_owned());
    commit(&store, [fixture.start()]).await;
    for (pattern, matches) in [
        ("Ä50\\%\\_\\\\x", true),
        ("_50__\\\\_", true),
        ("%50%", true),
        ("ä50%", false),
        ("Ä50", false),
        ("%\\%%", true),
        ("%\\x\\", false),
        ("%", true),
        ("", false),
    ] {
        let query = Query::default().with(ProcessInstanceField::BusinessKey, Test::Like(pattern.to_owned()));
        let found = store.count_process_instances(&query).await.unwrap();
        assert_eq!(found == 1, matches, "{pattern}");
    }
}

pub async fn history_is_what_ended_and_what_runs(store: SharedStore) {
    let definition = super::fixture::deploy(&store, "order", None).await;
    let (running, ended) = (waiting(&definition.id), waiting(&definition.id));
    let mut suspended = waiting(&definition.id);
    suspended.instance.suspended = true;
    commit(&store, [running.start(), ended.start(), suspended.start()]).await;
    commit(&store, [ended.complete(1)]).await;
    let found = store.historic_instances(&Query::default()).await.unwrap();
    let states: Vec<_> = found.iter().map(|row| (row.id, &*row.state)).collect();
    assert_eq!(
        states,
        [
            (running.id(), "ACTIVE"),
            (ended.id(), "COMPLETED"),
            (suspended.id(), "SUSPENDED")
        ]
    );
    assert_eq!((&*found[0].definition_key, found[0].definition_version), ("order", 1));
    assert_eq!(found[0].definition_name.as_deref(), Some("Order"));
    assert!(found[0].ended_at.is_none());
    assert_eq!(found[1].ended_at.map(|at| at > ended.instance.started_at), Some(true));

    let of_ended = Query::default().with(HistoricActivityField::InstanceId, Test::Equals(Scalar::Id(ended.id())));
    assert_eq!(store.count_historic_activities(&of_ended).await.unwrap(), 3);
    let open = Query::default().with(HistoricActivityField::EndedAt, Test::IsNull);
    let open = store.historic_activities(&open).await.unwrap();
    assert_eq!(
        open.iter().map(|row| row.id).collect::<Vec<_>>(),
        [running.task.id, suspended.task.id]
    );
    assert_eq!(&*open[0].definition_key, "order");
    let long = Query::default().with(HistoricInstanceField::Duration, Test::AtLeast(Scalar::Integer(7)));
    assert_eq!(store.count_historic_instances(&long).await.unwrap(), 1);
}

pub async fn candidates_and_incidents_match_when_one_does(store: SharedStore) {
    let fixture = waiting("order:1:x");
    let other = waiting("order:1:x");
    let approval = activity(fixture.id(), "approve", ActivityKind::UserTask);
    let mut task = user_task(&approval);
    task.candidate_users = vec!["ada".to_owned(), "bob".to_owned()];
    let mut start = fixture.start();
    start.user_tasks_put = vec![task];
    start.incidents_inserted = vec![incident(&fixture.task), incident(&approval)];
    start.incidents_inserted[1].message = Some("other".to_owned());
    start.activities_inserted.push(approval);
    commit(&store, [start, other.start()]).await;

    for (test, count) in [
        (Test::Equals(text("bob")), 1),
        (Test::Equals(text("eve")), 0),
        (Test::In(vec![text("eve"), text("ada")]), 1),
        (Test::IsNotNull, 1),
    ] {
        let query = Query::default().with(TaskField::CandidateUser, test);
        assert_eq!(store.count_tasks(&query).await.unwrap(), count, "{query:?}");
    }
    let unassigned = Query::<TaskField>::default().with(TaskField::CandidateGroup, Test::IsNotNull);
    assert_eq!(store.count_tasks(&unassigned).await.unwrap(), 0);
    for (field, test, count) in [
        (ProcessInstanceField::IncidentMessage, Test::Equals(text("other")), 1),
        (ProcessInstanceField::IncidentMessage, Test::Like("decl%".to_owned()), 1),
        (
            ProcessInstanceField::HasIncident,
            Test::Equals(Scalar::Boolean(true)),
            1,
        ),
        (
            ProcessInstanceField::HasIncident,
            Test::Equals(Scalar::Boolean(false)),
            1,
        ),
        (ProcessInstanceField::ActivityId, Test::Equals(text("charge")), 2),
        (ProcessInstanceField::ActivityId, Test::Equals(text("approve")), 1),
    ] {
        let query = Query::default().with(field, test);
        assert_eq!(store.count_process_instances(&query).await.unwrap(), count, "{query:?}");
    }
}

pub async fn variables_of_scopes_and_tasks_are_listed(store: SharedStore) {
    let mut fixture = waiting("order:1:x").with(variables([("a", 1.into()), ("b", "x".into())]));
    fixture.task.variables = Some(variables([("a", 2.into())]));
    commit(&store, [fixture.start()]).await;
    let found = store.variables(&Query::default()).await.unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|row| (row.scope_id, row.name.as_str(), row.value.clone()))
        .collect();
    assert_eq!(
        shown,
        [
            (fixture.id(), "a", 1.into()),
            (fixture.id(), "b", "x".into()),
            (fixture.task.id, "a", 2.into())
        ]
    );
    let one = Query::default().with(
        VariableField::Id,
        Test::Equals(Scalar::Text(format!("{}:a", fixture.task.id))),
    );
    assert_eq!(store.variables(&one).await.unwrap(), [found[2].clone()]);
    let texts = Query::default().with(VariableField::TypeName, Test::Equals(text("String")));
    assert_eq!(store.variables(&texts).await.unwrap(), [found[1].clone()]);
}
