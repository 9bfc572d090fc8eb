//! Timers, asynchronous continuations, their failures and incidents.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use std::collections::HashMap;
use std::time::Duration;

use chrono::TimeDelta;
use flowstone_core::{Command, EventKind, JobChange, JobFailure, JobOverride, Rejection, RetryPolicy, StepOptions};
use flowstone_expression::TypedValue;
use world::{World, compiled, flows, run, start_with};

fn process(content: &str, list: &[&str]) -> World {
    run(&(content.to_owned() + &flows(list)), &[])
}

fn timer(kind: &str, text: &str) -> String {
    format!("<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>")
}

const ENDS: &str = r#"<startEvent id="s"/><endEvent id="e"/>"#;

fn minutes(world: &World, node: &str) -> i64 {
    (world.job(node).due.unwrap() - world.now).num_minutes()
}

#[test]
fn a_timer_catch_event_waits_for_its_job() {
    for (kind, text, due) in [
        ("timeDuration", "PT10M", 10),
        ("timeDate", "2026-01-31T09:45:00Z", 15),
        ("timeCycle", "R3/PT5M", 5),
    ] {
        let event = format!(
            r#"{ENDS}<intermediateCatchEvent id="c">{}</intermediateCatchEvent>"#,
            timer(kind, text)
        );
        let mut world = process(&event, &["s>c", "c>e"]);
        assert_eq!(minutes(&world, "c"), due, "{text}");
        world.execute("c").unwrap();
        assert!(world.instance.ended, "a cycle at a catch event fires once: {text}");
    }
}

#[test]
fn a_timer_reads_variables_and_dates() {
    let event = format!(
        r#"{ENDS}<intermediateCatchEvent id="c">{}</intermediateCatchEvent>"#,
        timer("timeDate", "${when}")
    );
    let content = event + &flows(&["s>c", "c>e"]);
    let when = TypedValue::Date("2026-02-01T09:30:00Z".parse().unwrap());
    let world = run(&content, &[("when", when)]);
    assert_eq!(minutes(&world, "c"), 24 * 60);
}

#[test]
fn a_wrong_timer_refuses_the_step_and_says_what_to_write() {
    let content = format!(
        r#"{ENDS}<userTask id="u"/><intermediateCatchEvent id="c">{}</intermediateCatchEvent>"#,
        timer("timeDuration", "ten minutes")
    );
    let mut world = process(&content, &["s>u", "u>c", "c>e"]);
    let refused = world.complete("u", &[]).unwrap_err();
    assert!(refused.to_string().contains("PT10M"), "{refused}");
    assert_eq!(world.waiting(), ["u"]);
}

fn with_boundary(interrupting: bool, kind: &str, text: &str) -> World {
    let content = format!(
        r#"{ENDS}<userTask id="u"/><userTask id="remind"/><boundaryEvent id="b" attachedToRef="u"
           cancelActivity="{interrupting}">{}</boundaryEvent>"#,
        timer(kind, text)
    );
    process(&content, &["s>u", "u>e", "b>remind"])
}

#[test]
fn an_interrupting_boundary_timer_takes_the_place_of_its_activity() {
    let mut world = with_boundary(true, "timeCycle", "R3/PT10M");
    world.execute("b").unwrap();
    assert_eq!(world.waiting(), ["remind"]);
    assert!(world.jobs().is_empty(), "it fires once, also with a cycle");
}

#[test]
fn a_boundary_timer_goes_with_its_activity() {
    let mut world = with_boundary(false, "timeDuration", "PT10M");
    world.complete("u", &[]).unwrap();
    assert!(world.instance.ended);
}

#[test]
fn a_cycle_of_an_event_that_does_not_interrupt_comes_as_often_as_it_says() {
    let mut world = with_boundary(false, "timeCycle", "R3/PT10M");
    for times in 1..=3 {
        assert_eq!(minutes(&world, "b"), 10);
        world.now += TimeDelta::minutes(10);
        world.execute("b").unwrap();
        assert_eq!(world.waiting().iter().filter(|node| **node == "remind").count(), times);
    }
    assert!(world.jobs().is_empty());
}

#[test]
fn a_cycle_executed_by_hand_ahead_of_its_time_comes_at_its_time_too() {
    let mut world = with_boundary(false, "timeCycle", "R1/PT10M");
    world.execute("b").unwrap();
    assert_eq!(minutes(&world, "b"), 10);
    world.now += TimeDelta::minutes(10);
    world.execute("b").unwrap();
    assert!(world.jobs().is_empty());
}

#[test]
fn a_timer_sets_off_an_event_sub_process() {
    for interrupting in [true, false] {
        let content = format!(
            r#"{ENDS}<userTask id="u"/><subProcess id="x" triggeredByEvent="true">
               <startEvent id="xs" isInterrupting="{interrupting}">{}</startEvent><userTask id="xu"/>
               <sequenceFlow id="xf" sourceRef="xs" targetRef="xu"/></subProcess>"#,
            timer("timeDuration", "PT1H")
        );
        let mut world = process(&content, &["s>u", "u>e"]);
        world.execute("xs").unwrap();
        let expected: &[&str] = if interrupting { &["xu"] } else { &["u", "xu"] };
        assert_eq!(world.waiting(), expected);
    }
}

#[test]
fn the_first_event_behind_a_gateway_ends_the_timers_of_the_others() {
    let content = format!(
        r#"{ENDS}<eventBasedGateway id="g"/><intermediateCatchEvent id="t">{}</intermediateCatchEvent>
           <intermediateCatchEvent id="c"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>"#,
        timer("timeDuration", "PT1H")
    );
    let list = ["s>g", "g>t", "g>c", "t>e", "c>e"];
    let mut world = process(&content, &list);
    world.execute("t").unwrap();
    assert!(world.instance.ended);
    let mut world = process(&content, &list);
    let gateway = world.token("g").id;
    let message = world.signal(gateway, Some("paid"));
    world.give(&message).unwrap();
    assert!(world.instance.ended);
}

#[test]
fn a_job_enters_an_event_sub_process_whose_event_came() {
    let content = r#"<startEvent id="s"/><userTask id="u"/><subProcess id="q" triggeredByEvent="true"
        camunda:asyncBefore="true"><startEvent id="qs"><messageEventDefinition messageRef="m"/></startEvent>
        <userTask id="v"/><sequenceFlow id="qf" sourceRef="qs" targetRef="v"/></subProcess>"#;
    let mut world = process(content, &["s>u"]);
    world.event(EventKind::Message, "paid").unwrap();
    assert_eq!((world.waiting(), world.jobs()), (vec!["q"], vec!["q"]));
    world.execute("q").unwrap();
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn a_job_enters_what_is_asynchronous_before_and_leaves_what_is_after() {
    let content = format!(
        r#"{ENDS}<serviceTask id="t" camunda:asyncBefore="true" camunda:asyncAfter="true"
           camunda:expression="${{execution.setVariable('done', true)}}"/>"#
    );
    let mut world = process(&content, &["s>t", "t>e"]);
    assert_eq!(world.waiting(), ["t"]);
    assert_eq!(world.root("done"), None);
    world.execute("t").unwrap();
    assert_eq!(world.root("done"), Some(TypedValue::from(true)));
    assert!(!world.instance.ended);
    world.execute("t").unwrap();
    assert!(world.instance.ended);
}

#[test]
fn each_flow_that_is_taken_later_has_a_job_of_its_own() {
    let content =
        format!(r#"{ENDS}<parallelGateway id="f" camunda:asyncAfter="true"/><userTask id="a"/><userTask id="b"/>"#);
    let mut world = process(&content, &["s>f", "f>a", "f>b", "a>e", "b>e"]);
    assert_eq!(world.jobs(), ["f", "f"]);
    world.execute("f").unwrap();
    assert_eq!(world.waiting(), ["f", "a"]);
    world.execute("f").unwrap();
    assert_eq!(world.waiting(), ["a", "b"]);
}

#[test]
fn jobs_enter_a_multi_instance_activity_as_a_whole_or_each_time() {
    let content = |node: &str, each: &str| {
        format!(
            r#"{ENDS}<userTask id="t" {node}><multiInstanceLoopCharacteristics {each}>
               <loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics></userTask>"#
        )
    };
    let mut world = process(&content(r#"camunda:asyncBefore="true""#, ""), &["s>t", "t>e"]);
    assert_eq!(world.jobs(), ["t#multiInstanceBody"]);
    world.execute("t#multiInstanceBody").unwrap();
    assert_eq!(world.waiting(), ["t", "t"]);

    let each = r#"camunda:asyncBefore="true" camunda:asyncAfter="true""#;
    let mut world = process(&content("", each), &["s>t", "t>e"]);
    assert_eq!(world.jobs(), ["t", "t"]);
    world.execute("t").unwrap();
    world.execute("t").unwrap();
    let counter = |world: &World| world.token("t").variables["loopCounter"].clone();
    assert_eq!(counter(&world), TypedValue::from(0));
    world.complete("t", &[]).unwrap();
    world.complete("t", &[]).unwrap();
    assert!(!world.instance.ended, "the last one is counted by its job");
    world.execute("t").unwrap();
    world.execute("t").unwrap();
    assert!(world.instance.ended);
}

#[test]
fn what_is_canceled_takes_its_jobs_along() {
    let content = format!(
        r#"{ENDS}<subProcess id="x"><startEvent id="xs"/><task id="t" camunda:asyncBefore="true"/>
           <sequenceFlow id="xf" sourceRef="xs" targetRef="t"/></subProcess><boundaryEvent id="b" attachedToRef="x">{}</boundaryEvent>"#,
        timer("timeDuration", "PT1H")
    );
    let mut world = process(&content, &["s>x", "x>e", "b>e"]);
    assert_eq!(world.jobs().len(), 2);
    world.execute("b").unwrap();
    assert!(world.instance.ended);
}

fn failure() -> JobFailure {
    JobFailure {
        message: "out of paper".to_owned(),
        details: None,
        node: None,
    }
}

fn fail(world: &mut World, node: &str) {
    let job = world.job(node).id;
    let failure = failure();
    world.give(&Command::FailJob { job, failure }).unwrap();
}

fn asynchronous(extension: &str) -> World {
    let content = format!(
        r#"{ENDS}<task id="t" camunda:asyncBefore="true"><extensionElements>{extension}</extensionElements></task>"#
    );
    process(&content, &["s>t", "t>e"])
}

#[test]
fn the_third_failure_raises_an_incident_that_new_retries_resolve() {
    let mut world = asynchronous("");
    for left in [2, 1, 0] {
        assert_eq!(world.instance.incidents().count(), 0);
        fail(&mut world, "t");
        assert_eq!(world.job("t").retries, left);
    }
    let incident = world.instance.incidents().next().unwrap();
    assert_eq!(&*incident.incident_type, "failedJob");
    assert_eq!(incident.message.as_deref(), Some("out of paper"));
    let job = world.job("t").id;
    let change = JobChange::Retries(1);
    world.give(&Command::ChangeJob { job, change }).unwrap();
    assert_eq!(world.instance.incidents().count(), 0);
    world.execute("t").unwrap();
    assert!(world.instance.ended);
}

#[test]
fn an_executed_job_resolves_its_incident() {
    let mut world = asynchronous("");
    (0..3).for_each(|_| fail(&mut world, "t"));
    world.execute("t").unwrap();
    assert!(world.instance.ended);
}

#[test]
fn a_retry_cycle_says_how_often_and_when_to_try_again() {
    for (cycle, attempts, pauses) in [
        ("R2/PT10M", 2, vec![10, 10]),
        ("PT1M,PT5M", 3, vec![1, 5, 5]),
        ("${'R1/PT3M'}", 1, vec![3]),
        ("nonsense", 3, vec![]),
    ] {
        let extension = format!("<camunda:failedJobRetryTimeCycle>{cycle}</camunda:failedJobRetryTimeCycle>");
        let mut world = asynchronous(&extension);
        assert_eq!(world.job("t").retries, attempts, "{cycle}");
        for pause in pauses {
            fail(&mut world, "t");
            assert_eq!(minutes(&world, "t"), pause, "{cycle}");
        }
    }
}

#[test]
fn jobs_can_be_changed_and_deleted() {
    let mut world = asynchronous("");
    let job = world.job("t").id;
    let due = Some(world.now + TimeDelta::hours(1));
    for change in [JobChange::Due(due), JobChange::Priority(7), JobChange::Suspended(true)] {
        world.give(&Command::ChangeJob { job, change }).unwrap();
    }
    let changed = world.job("t");
    assert_eq!((changed.due, changed.priority, changed.suspended), (due, 7, true));
    let change = JobChange::Delete;
    world.give(&Command::ChangeJob { job, change }).unwrap();
    assert!(world.jobs().is_empty());
    assert_eq!(world.waiting(), ["t"], "what waited for it waits for good");
    let gone = world.give(&Command::ExecuteJob { job }).unwrap_err();
    assert_eq!(gone, Rejection::UnknownJob { job });
}

#[test]
fn priorities_come_from_the_node_or_else_the_process() {
    let content = format!(r#"{ENDS}<task id="t" camunda:asyncBefore="true" camunda:jobPriority="${{2 * 21}}"/>"#);
    let world = process(&content, &["s>t", "t>e"]);
    assert_eq!(world.job("t").priority, 42);
}

#[test]
fn the_places_of_jobs_are_known_ahead() {
    let content = format!(
        r#"{ENDS}<userTask id="u" camunda:asyncBefore="true"/><boundaryEvent id="b" attachedToRef="u">{}</boundaryEvent>"#,
        timer("timeDuration", "${later}")
    );
    let world = compiled(&(content + &flows(&["s>u", "u>e", "b>e"])));
    let places: Vec<String> = world
        .job_definitions()
        .iter()
        .map(|place| format!("{} {} {}", place.node, place.job_type, place.configuration))
        .collect();
    assert_eq!(
        places,
        [
            "u async-continuation async-before",
            "b timer-transition DURATION: ${later}"
        ]
    );
}

#[test]
fn jobs_whose_model_says_nothing_are_tried_as_the_policy_says() {
    let content = r#"<startEvent id="s"/><task id="t" camunda:asyncBefore="true"/>"#.to_owned() + &flows(&["s>t"]);
    let options = StepOptions {
        retries: RetryPolicy {
            attempts: 4,
            pause: Duration::from_secs(60),
            growth: 3,
        },
        ..StepOptions::default()
    };
    let mut world = start_with(compiled(&content), &[], options).unwrap();
    assert_eq!(world.job("t").retries, 4);
    for (left, minutes) in [(3, 1), (2, 3), (1, 9)] {
        let id = world.job("t").id;
        let failed = Command::FailJob {
            job: id,
            failure: failure(),
        };
        world.give(&failed).unwrap();
        let job = world.job("t");
        assert_eq!(
            (job.retries, job.due),
            (left, Some(world.now + TimeDelta::minutes(minutes)))
        );
    }
    let endless = RetryPolicy {
        growth: 100,
        ..options.retries
    };
    assert_eq!(endless.pause_after(50), Duration::from_secs(24 * 60 * 60));
}

#[test]
fn jobs_obey_what_was_decided_for_their_place() {
    let content =
        format!(r#"{ENDS}<task id="t" camunda:asyncBefore="true" camunda:asyncAfter="true" camunda:jobPriority="5"/>"#);
    let model = compiled(&(content + &flows(&["s>t", "t>e"])));
    let place = model.job_definitions().remove(0);
    let decided = JobOverride {
        suspended: true,
        priority: Some(-1),
    };
    let model = model.with_job_overrides(HashMap::from([(place, decided)]));
    let mut world = start_with(model, &[], StepOptions::default()).unwrap();
    let job = world.job("t");
    assert_eq!((job.suspended, job.priority), (true, -1));
    world.execute("t").unwrap();
    let job = world.job("t");
    assert_eq!(
        (job.suspended, job.priority),
        (false, 5),
        "the job after it has another place"
    );
}

#[test]
fn the_due_date_of_a_timer_is_computed_once_more() {
    let event = format!(
        r#"{ENDS}<intermediateCatchEvent id="c">{}</intermediateCatchEvent>"#,
        timer("timeDuration", "${pause}")
    );
    let mut world = run(&(event + &flows(&["s>c", "c>e"])), &[("pause", "PT10M".into())]);
    let job = world.job("c").id;
    let recalculate = |world: &mut World, since_creation| {
        let change = JobChange::RecalculateDue { since_creation };
        world.give(&Command::ChangeJob { job, change }).map(drop)
    };
    world.now += TimeDelta::minutes(2);
    recalculate(&mut world, false).unwrap();
    assert_eq!(minutes(&world, "c"), 10);
    recalculate(&mut world, true).unwrap();
    assert_eq!(minutes(&world, "c"), 8);
    let scope = world.instance.id;
    let set = |text: &str| Command::ModifyVariables {
        scope,
        local: false,
        set: [("pause".to_owned(), text.into())].into(),
        remove: Vec::new(),
    };
    world.give(&set("PT1H")).unwrap();
    recalculate(&mut world, true).unwrap();
    assert_eq!(minutes(&world, "c"), 58, "the expression is evaluated again");
    world.give(&set("soon")).unwrap();
    recalculate(&mut world, true).unwrap_err();
    assert_eq!(minutes(&world, "c"), 58);
}

#[test]
fn only_timers_have_a_due_date_to_compute() {
    let content = format!(r#"{ENDS}<task id="t" camunda:asyncBefore="true"/>"#);
    let mut world = process(&content, &["s>t", "t>e"]);
    let job = world.job("t").id;
    let change = JobChange::RecalculateDue { since_creation: true };
    let refused = world.give(&Command::ChangeJob { job, change }).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("Only timer jobs can be recalculated, but the job with id '{job}' is of type 'async-continuation'.")
    );
}
