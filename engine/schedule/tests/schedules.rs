//! What timer texts mean.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use chrono::{DateTime, Utc};
use flowstone_schedule::{Cycle, Duration, RetryCycle, after_duration, due_date, parse_date};
use proptest::prelude::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// All moments of a cycle, each executed when it is due.
fn moments(cycle: &str, now: &str, most: usize) -> Vec<String> {
    let cycle = Cycle::parse(cycle).unwrap();
    let mut due = cycle.first_due(at(now));
    let mut found = Vec::new();
    while let Some(moment) = due.filter(|_| found.len() < most) {
        found.push(moment.format("%Y-%m-%dT%H:%M:%S").to_string());
        due = cycle.next_due(moment, found.len() as u32, moment);
    }
    found
}

#[test]
fn durations_follow_the_calendar() {
    for (text, from, to) in [
        ("PT10S", "2026-01-31T10:00:00Z", "2026-01-31T10:00:10Z"),
        ("P1M", "2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z"),
        ("P1DT2H", "2026-02-28T23:00:00Z", "2026-03-02T01:00:00Z"),
        ("P1W", "2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"),
    ] {
        assert_eq!(
            Duration::parse(text).unwrap().added_to(at(from)),
            Some(at(to)),
            "{text}"
        );
    }
}

#[test]
fn timers_take_dates_and_durations_in_more_than_one_form() {
    let now = at("2026-01-01T00:00:00Z");
    for (text, due) in [
        ("PT1H", "2026-01-01T01:00:00Z"),
        ("R3/PT1H", "2026-01-01T01:00:00Z"),
        ("PT1H/2026-01-05T00:00:00", "2026-01-05T00:00:00Z"),
        ("2026-01-05T00:00:00/PT1H", "2026-01-05T01:00:00Z"),
    ] {
        assert_eq!(after_duration(text, now).unwrap(), Some(at(due)), "{text}");
    }
    for text in ["an hour", "2026-01-05T00:00:00", "PT1H/soon", "-PT1H"] {
        assert!(after_duration(text, now).is_err(), "{text}");
    }
    assert_eq!(due_date("PT1H", now).unwrap(), at("2026-01-01T01:00:00Z"));
    assert_eq!(
        due_date("2026-01-05T00:00:00", now).unwrap(),
        at("2026-01-05T00:00:00Z")
    );
    assert!(due_date("soon", now).is_err());
}

#[test]
fn repetitions_come_as_often_as_they_say() {
    for (cycle, expected) in [
        (
            "R3/PT10S",
            vec!["2026-01-01T00:00:10", "2026-01-01T00:00:20", "2026-01-01T00:00:30"],
        ),
        ("R1/P1D", vec!["2026-01-02T00:00:00"]),
        (
            "R1/2026-01-05T00:00:00Z/P1D",
            vec!["2026-01-05T00:00:00", "2026-01-06T00:00:00"],
        ),
        (
            "R2/2025-12-31T12:00:00Z/P1D",
            vec!["2026-01-01T12:00:00", "2026-01-02T12:00:00"],
        ),
        (
            "R2/P1D/2026-01-05T00:00:00Z",
            vec!["2026-01-04T00:00:00", "2026-01-05T00:00:00"],
        ),
        (
            "0 0 8 ? * MON-FRI",
            vec!["2026-01-01T08:00:00", "2026-01-02T08:00:00", "2026-01-05T08:00:00"],
        ),
        (
            "0 0/5 * * * ?",
            vec!["2026-01-01T00:05:00", "2026-01-01T00:10:00", "2026-01-01T00:15:00"],
        ),
        (
            "0 0 0 ? * 2",
            vec!["2026-01-05T00:00:00", "2026-01-12T00:00:00", "2026-01-19T00:00:00"],
        ),
    ] {
        assert_eq!(moments(cycle, "2026-01-01T00:00:00Z", 3), expected, "{cycle}");
    }
}

#[test]
fn missed_moments_are_passed_over_and_an_anchored_repetition_keeps_its_beat() {
    let cycle = Cycle::parse("R/PT1H").unwrap();
    let next = cycle.next_due(at("2026-01-01T01:00:00Z"), 1, at("2026-01-01T05:30:00Z"));
    assert_eq!(next, Some(at("2026-01-01T06:00:00Z")));
}

#[test]
fn a_cron_expression_that_never_comes_has_no_moment() {
    assert_eq!(moments("0 0 0 30 2 ?", "2026-01-01T00:00:00Z", 1), Vec::<String>::new());
}

#[test]
fn retry_cycles_give_attempts_and_pauses() {
    for (text, retries, pauses) in [
        ("R3/PT10M", 3, vec!["PT10M", "PT10M", "PT10M"]),
        ("PT1M,PT5M", 3, vec!["PT1M", "PT5M", "PT5M"]),
        ("PT7M", 2, vec!["PT7M"]),
    ] {
        let cycle = RetryCycle::parse(text).unwrap();
        assert_eq!(cycle.retries(), retries, "{text}");
        for (failure, pause) in (1..).zip(pauses) {
            assert_eq!(
                cycle.interval(failure),
                Some(&Duration::parse(pause).unwrap()),
                "{text} {failure}"
            );
        }
    }
}

#[test]
fn wrong_texts_say_what_to_write() {
    for (text, hint) in [
        ("every day", "R3/PT10M"),
        ("R3", "R3/PT10M"),
        ("Rx/PT1S", "'x' is no number of repetitions"),
        ("R3/10 minutes", "PT10M"),
        (",,, 0,,,2 * * ?", "empty item"),
        ("0 0 1,  * * ?", "empty item"),
    ] {
        let error = Cycle::parse(text).unwrap_err().to_string();
        assert!(error.contains(hint), "{text}: {error}");
    }
    assert!(Duration::parse("-PT5S").unwrap_err().to_string().contains("negative"));
    assert!(parse_date("tomorrow").is_err());
    assert!(
        RetryCycle::parse("R/PT1S")
            .unwrap_err()
            .to_string()
            .contains("R3/PT10M")
    );
}

proptest! {
    #[test]
    fn no_text_breaks_the_readers(text in "[RPT0-9/:,\\-ZWMDHS*? LW#A-Z]{0,40}") {
        let now = at("2026-01-01T00:00:00Z");
        let _ = parse_date(&text);
        let _ = RetryCycle::parse(&text);
        if let Ok(duration) = Duration::parse(&text) {
            let _ = duration.added_to(now);
        }
        if let Ok(cycle) = Cycle::parse(&text) {
            let _ = cycle.first_due(now).and_then(|first| cycle.next_due(first, 1, first));
        }
    }
}
