//! Dates and durations as texts.

use chrono::{DateTime, Utc};
use flowstone_expression::temporal::{IsoDuration, TemporalError, format_date, parse_date, parse_due_date};

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant of the test")
}

#[test]
fn every_iso_form_of_a_date_is_read() {
    for (text, expected) in [
        ("2026-01-31T09:30:00.000+0000", "2026-01-31T09:30:00Z"),
        ("2026-01-31T09:30:00.123456Z", "2026-01-31T09:30:00.123456Z"),
        ("2026-01-31T09:30:00+02:00", "2026-01-31T07:30:00Z"),
        ("2026-01-31T09:30:00-0530", "2026-01-31T15:00:00Z"),
        ("2026-01-31T09:30:00+02", "2026-01-31T07:30:00Z"),
        ("2026-01-31T09:30:00", "2026-01-31T09:30:00Z"),
        ("2026-01-31t09:30z", "2026-01-31T09:30:00Z"),
        ("2026-01-31 09:30", "2026-01-31T09:30:00Z"),
        ("2026-01-31T09", "2026-01-31T09:00:00Z"),
        ("2026-01-31T09:30,5", "2026-01-31T09:30:30Z"),
        ("2026-01-31T24:00", "2026-02-01T00:00:00Z"),
        ("2026-01-31T23:59:60Z", "2026-01-31T23:59:59Z"),
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("2026-01", "2026-01-01T00:00:00Z"),
        ("2026", "2026-01-01T00:00:00Z"),
        ("2026-031", "2026-01-31T00:00:00Z"),
        ("2026-W05-6", "2026-01-31T00:00:00Z"),
        ("2026-W05", "2026-01-26T00:00:00Z"),
        ("20260131T093000Z", "2026-01-31T09:30:00Z"),
        ("20260131T0930+0100", "2026-01-31T08:30:00Z"),
        ("2026031", "2026-01-31T00:00:00Z"),
        ("2026W056", "2026-01-31T00:00:00Z"),
        (" 2026-01-31 ", "2026-01-31T00:00:00Z"),
        ("+12026-01-31T00:00:00Z", "+12026-01-31T00:00:00Z"),
    ] {
        assert_eq!(parse_date(text), Ok(instant(expected)), "{text}");
    }
    for text in [
        "",
        "x",
        "T",
        "2026-",
        "2026-13-01",
        "2026-02-30",
        "2026-01-31T25:00",
        "2026-01-31T24:01",
        "2026-01-31T",
        "12",
        "2026-01-31T09:30:00.",
        "2026-01-31T09:30:00+25:00",
        "2026-W54-1",
        "2026-01-31T+1:00",
        "2026-01-3١",
        "2026-01-31T09:30:00.000+0000x",
        "26-01-31",
        "2026-01-31T1:2:3:4",
    ] {
        assert!(matches!(parse_date(text), Err(TemporalError::NotADate(_))), "{text}");
    }
}

#[test]
fn dates_are_written_in_the_wire_pattern() {
    assert_eq!(
        format_date(instant("2026-01-31T09:30:00.123987Z")),
        "2026-01-31T09:30:00.123+0000"
    );
    assert_eq!(
        format_date(instant("1970-01-01T00:00:00Z")),
        "1970-01-01T00:00:00.000+0000"
    );
}

#[test]
fn durations_count_months_before_days_before_time() {
    let start = instant("2026-01-31T09:30:00Z");
    for (text, expected) in [
        ("PT10S", "2026-01-31T09:30:10Z"),
        ("PT1.5S", "2026-01-31T09:30:01.500Z"),
        ("PT36H", "2026-02-01T21:30:00Z"),
        ("P1D", "2026-02-01T09:30:00Z"),
        ("P2W", "2026-02-14T09:30:00Z"),
        ("P1M", "2026-02-28T09:30:00Z"),
        ("P1Y1M", "2027-02-28T09:30:00Z"),
        ("P1Y2M3DT4H5M6S", "2027-04-03T13:35:06Z"),
        ("-P1M", "2025-12-31T09:30:00Z"),
        ("P0D", "2026-01-31T09:30:00Z"),
    ] {
        assert_eq!(
            IsoDuration::parse(text).unwrap().after(start),
            Ok(instant(expected)),
            "{text}"
        );
    }
    assert_eq!(
        IsoDuration::parse("P2M").unwrap().before(start),
        Ok(instant("2025-11-30T09:30:00Z"))
    );
    for text in [
        "", "P", "PT", "1D", "P1", "PT1D", "P1H", "P1D1Y", "P-1D", "P1DT", "P1.5D", "PT1S1S", "PT١S",
    ] {
        assert!(
            matches!(IsoDuration::parse(text), Err(TemporalError::NotADuration(_))),
            "{text}"
        );
    }
    let huge = IsoDuration::parse("P300000Y").unwrap();
    assert_eq!(huge.after(start), Err(TemporalError::OutOfRange));
}

#[test]
fn due_dates_are_dates_or_durations_from_now() {
    let now = instant("2026-01-31T09:30:00Z");
    assert_eq!(parse_due_date("P1D", now), Ok(instant("2026-02-01T09:30:00Z")));
    assert_eq!(parse_due_date("2026-03-01", now), Ok(instant("2026-03-01T00:00:00Z")));
    assert!(parse_due_date("tomorrow", now).is_err());
}
