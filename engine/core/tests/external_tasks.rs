//! Locks, failures and errors of external tasks (contract 3.4 and 3.5).

mod world;

use chrono::TimeDelta;
use flowstone_core::{Command, Event, JobChange, Rejection, step};
use flowstone_expression::Variables;
use world::{WORKER, World, flows, run, service};

fn one() -> World {
    run(
        &(r#"<startEvent id="s"/>"#.to_owned() + &service("w") + r#"<userTask id="u"/>"# + &flows(&["s>w", "w>u"])),
        &[],
    )
}

fn complete(world: &World, worker: &str) -> Command {
    let mut holder = world.holder("w");
    holder.worker = worker.to_owned();
    Command::CompleteExternalTask {
        holder,
        variables: Variables::new(),
        local_variables: Variables::new(),
    }
}

#[test]
fn only_the_worker_that_holds_the_lock_completes() {
    let mut world = one();
    let command = complete(&world, WORKER);
    assert!(matches!(
        world.give(&command),
        Err(Rejection::WrongWorker { holder: None, .. })
    ));
    world.lock_for("w", WORKER, false).unwrap();
    let stranger = complete(&world, "stranger");
    let refused = world.give(&stranger);
    assert!(matches!(refused, Err(Rejection::WrongWorker { holder: Some(holder), .. }) if holder == WORKER));
    world.now += TimeDelta::hours(1);
    world.give(&command).unwrap();
    assert_eq!(
        world.waiting(),
        ["u"],
        "a late worker may complete as long as nobody else took the task"
    );
}

#[test]
fn a_lock_token_tells_an_older_lock_of_the_same_worker() {
    let mut world = one();
    world.lock_for("w", WORKER, false).unwrap();
    let old = world.external_task("w").lock_token;
    world.lock_for("w", WORKER, true).unwrap();
    assert_ne!(world.external_task("w").lock_token, old);
    let command = |world: &World, lock_token| {
        let mut holder = world.holder("w");
        holder.lock_token = lock_token;
        Command::CompleteExternalTask {
            holder,
            variables: Variables::new(),
            local_variables: Variables::new(),
        }
    };
    let stale = command(&world, old);
    assert!(matches!(world.give(&stale), Err(Rejection::StaleLock { .. })));
    let current = command(&world, world.external_task("w").lock_token);
    world.give(&current).unwrap();
}

#[test]
fn who_may_lock_when() {
    for (minutes, worker, force, allowed) in [
        (0, WORKER, false, false),
        (0, WORKER, true, true),
        (0, "other", true, false),
        (5, "other", false, true),
        (5, "other", true, true),
    ] {
        let mut world = one();
        world.lock_for("w", WORKER, false).unwrap();
        world.now += TimeDelta::minutes(minutes);
        let result = world.lock_for("w", worker, force);
        assert_eq!(
            result.is_ok(),
            allowed,
            "{minutes} minutes, {worker}, force {force}: {result:?}"
        );
    }
}

#[test]
fn a_lock_is_extended_only_while_it_holds() {
    let mut world = one();
    world.lock_for("w", WORKER, false).unwrap();
    let extend = |world: &World| Command::ExtendLock {
        holder: world.holder("w"),
        until: world.now + TimeDelta::minutes(10),
    };
    let command = extend(&world);
    world.give(&command).unwrap();
    world.now += TimeDelta::minutes(10);
    let command = extend(&world);
    assert!(matches!(world.give(&command), Err(Rejection::LockExpired { .. })));
    let task = world.token("w").id;
    world.give(&Command::Unlock { task }).unwrap();
    assert_eq!(world.external_task("w").worker, None);
}

#[test]
fn running_out_of_retries_raises_one_incident_until_there_are_new_ones() {
    let mut world = one();
    world.lock_for("w", WORKER, false).unwrap();
    world.fail("w", 1, "once").unwrap();
    assert_eq!(world.instance.incidents().count(), 0);
    world.fail("w", 0, &"é".repeat(700)).unwrap();
    world.fail("w", 0, "again").unwrap();
    let incidents: Vec<_> = world.instance.incidents().collect();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].message.as_deref(), Some("é".repeat(666).as_str()));
    assert!(matches!(
        world.lock_for("w", WORKER, false),
        Err(Rejection::NotFetchable { .. })
    ));
    let task = world.token("w").id;
    world
        .give(&Command::SetExternalTaskRetries { task, retries: 2 })
        .unwrap();
    assert_eq!(world.instance.incidents().count(), 0);
    world
        .give(&Command::SetExternalTaskRetries { task, retries: 0 })
        .unwrap();
    assert_eq!(world.instance.incidents().count(), 1);
    let command = complete(&world, WORKER);
    world.give(&command).unwrap();
    assert_eq!(
        world.instance.incidents().count(),
        0,
        "the same worker may still complete"
    );
    assert_eq!(world.waiting(), ["u"]);
}

#[test]
fn an_error_that_nobody_catches_ends_the_path() {
    let mut world = one();
    world.lock_for("w", WORKER, false).unwrap();
    let command = Command::ThrowExternalTaskError {
        holder: world.holder("w"),
        error_code: "E1".to_owned(),
        error_message: None,
        variables: world::variables(&[("why", "late".into())]),
    };
    let events = world.give(&command).unwrap();
    assert!(world.instance.ended);
    assert_eq!(world.root("why"), Some("late".into()));
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::ErrorUncaught { error_code, .. } if error_code == "E1"))
    );
}

#[test]
fn what_is_not_an_external_task_is_unknown() {
    let mut world = one();
    let task = world.instance.id;
    assert_eq!(
        world.give(&Command::Unlock { task }),
        Err(Rejection::UnknownExternalTask { task })
    );
    let task = world.token("w").id;
    let command = Command::CompleteUserTask {
        task,
        variables: Variables::new(),
    };
    assert_eq!(world.give(&command), Err(Rejection::UnknownTask { task }));
    world
        .give(&Command::SetExternalTaskPriority { task, priority: 9 })
        .unwrap();
    assert_eq!(world.external_task("w").priority, 9);
}

#[test]
fn a_suspended_task_can_only_be_locked_by_name() {
    let mut world = one();
    world.lock_for("w", WORKER, false).unwrap();
    world.instance.suspended = true;
    world.now += TimeDelta::hours(1);
    let lock = |force| Command::LockExternalTask {
        task: world.token("w").id,
        worker: WORKER.to_owned(),
        until: world.now,
        force,
    };
    let (fetch, by_name, complete) = (lock(false), lock(true), complete(&world, WORKER));
    // Suspension is no event, so the check of `World` that compares with a replay does not fit here.
    let mut give = |command| {
        step(
            &world.model,
            &mut world.instance,
            command,
            world.now,
            &mut world.ids,
            &world.options,
        )
    };
    assert!(matches!(give(&fetch), Err(Rejection::NotFetchable { .. })));
    assert!(matches!(give(&complete), Err(Rejection::Suspended { .. })));
    assert!(give(&by_name).is_ok());
}

#[test]
fn the_retry_cycle_of_the_model_counts_when_the_worker_says_nothing() {
    let content = r#"<startEvent id="s"/><serviceTask id="t" camunda:type="external" camunda:topic="work">
        <extensionElements><camunda:failedJobRetryTimeCycle>R2/PT10M</camunda:failedJobRetryTimeCycle></extensionElements>
        </serviceTask><sequenceFlow id="f" sourceRef="s" targetRef="t"/>"#;
    let mut world = run(content, &[]);
    for left in [1, 0] {
        world.lock_for("t", WORKER, true).unwrap();
        let silent = Command::FailExternalTask {
            holder: world.holder("t"),
            error_message: None,
            error_details: None,
            retries: None,
            retry_at: None,
            variables: Variables::new(),
            local_variables: Variables::new(),
        };
        world.give(&silent).unwrap();
        let task = world.external_task("t");
        assert_eq!(task.retries, Some(left));
        assert_eq!(task.lock_expires, Some(world.now + TimeDelta::minutes(10)));
        world.now += TimeDelta::minutes(11);
    }
    assert_eq!(world.instance.incidents().count(), 1);
}

#[test]
fn java_code_becomes_an_incident_that_an_operator_moves_on() {
    let content = r#"<startEvent id="s"/><serviceTask id="t" camunda:class="org.example.Charge"/><endEvent id="e"/>
        <sequenceFlow id="f" sourceRef="s" targetRef="t"/><sequenceFlow id="g" sourceRef="t" targetRef="e"/>"#;
    let mut world = run(content, &[]);
    let incident = world.instance.incidents().next().unwrap();
    assert!(incident.message.as_ref().unwrap().contains("org.example.Charge"));
    let signal = world.signal(world.token("t").id, None);
    world.give(&signal).unwrap();
    assert!(world.instance.ended);
}

#[test]
fn new_retries_leave_the_incident_of_a_timer_at_the_border() {
    let content = r#"<startEvent id="s"/>"#.to_owned()
        + &service("a")
        + r#"<boundaryEvent id="b" attachedToRef="a"><timerEventDefinition><timeDuration>PT5M</timeDuration></timerEventDefinition></boundaryEvent>"#
        + &flows(&["s>a"]);
    let mut world = run(&content, &[]);
    let change = Command::ChangeJob {
        job: world.job("b").id,
        change: JobChange::Retries(0),
    };
    world.give(&change).unwrap();
    world.lock_for("a", WORKER, true).unwrap();
    for (retries, incidents) in [(0, 2), (2, 1)] {
        world.fail("a", retries, "no").unwrap();
        assert_eq!(world.instance.incidents().count(), incidents);
    }
}
