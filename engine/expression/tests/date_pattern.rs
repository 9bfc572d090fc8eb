//! Dates in the patterns of form fields.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::{DateTime, Utc};
use flowstone_expression::{DatePattern, DatePatternError};

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn read(pattern: &str, text: &str) -> Option<DateTime<Utc>> {
    let now = instant("2026-01-31T09:30:00Z");
    DatePattern::parse(pattern).unwrap().read(text, now)
}

#[test]
fn dates_are_written_and_read_again() {
    for (pattern, text, date) in [
        ("dd/MM/yyyy", "05/02/2026", "2026-02-05T00:00:00Z"),
        ("d.M.yy", "5.2.26", "2026-02-05T00:00:00Z"),
        ("yyyyMMdd", "20260205", "2026-02-05T00:00:00Z"),
        ("yyyy-MM-dd'T'HH:mm:ss", "2026-02-05T14:03:09", "2026-02-05T14:03:09Z"),
        (
            "yyyy-MM-dd HH:mm:ss.SSSZ",
            "2026-02-05 14:03:09.007+0000",
            "2026-02-05T14:03:09.007Z",
        ),
        ("h:mm a, dd MMM yyyy", "12:03 AM, 05 Feb 2026", "2026-02-05T00:03:00Z"),
        (
            "K:mm a, dd MMMM yyyy",
            "2:03 PM, 05 February 2026",
            "2026-02-05T14:03:00Z",
        ),
        ("kk:mm dd/MM/yyyy", "24:03 05/02/2026", "2026-02-05T00:03:00Z"),
        ("EEE, dd/MM/yyyy", "Thu, 05/02/2026", "2026-02-05T00:00:00Z"),
        (
            "EEEE dd/MM/yyyy HH'h'X",
            "Thursday 05/02/2026 07hZ",
            "2026-02-05T07:00:00Z",
        ),
        ("dd ''MM'' yyyy z", "05 '02' 2026 UTC", "2026-02-05T00:00:00Z"),
    ] {
        let date = instant(date);
        assert_eq!(DatePattern::parse(pattern).unwrap().format(date), text, "{pattern}");
        assert_eq!(read(pattern, text), Some(date), "{pattern}");
    }
}

#[test]
fn more_is_read_than_is_written() {
    for (pattern, text, date) in [
        ("dd/MM/yyyy", " 5/2/2026 ", "2026-02-05T00:00:00Z"),
        ("dd/MM/yy", "05/02/2026", "2026-02-05T00:00:00Z"),
        ("dd/MM/yy", "05/02/80", "1980-02-05T00:00:00Z"),
        ("dd/MM/yy", "05/02/45", "2045-02-05T00:00:00Z"),
        ("dd MMM yyyy", "5 february 2026", "2026-02-05T00:00:00Z"),
        ("yyyy-MM-dd HH:mmZ", "2026-02-05 14:03+02:00", "2026-02-05T12:03:00Z"),
        ("yyyy-MM-dd HH:mmX", "2026-02-05 14:03-01", "2026-02-05T15:03:00Z"),
        ("yyyy-MM-dd HH:mmz", "2026-02-05 14:03GMT+01:30", "2026-02-05T12:33:00Z"),
        ("HH:mm", "14:03", "1970-01-01T14:03:00Z"),
    ] {
        assert_eq!(read(pattern, text), Some(instant(date)), "{pattern}: {text}");
    }
}

#[test]
fn other_texts_are_no_dates() {
    for (pattern, text) in [
        ("dd/MM/yyyy", ""),
        ("dd/MM/yyyy", "2026-02-05"),
        ("dd/MM/yyyy", "30/02/2026"),
        ("dd/MM/yyyy", "05/13/2026"),
        ("dd/MM/yyyy", "05/02/2026 and more"),
        ("dd/MM/yyyy", "05/02/99999999999"),
        ("dd/MM/yyyy", "-5/02/2026"),
        ("dd MMM yyyy", "05 Foo 2026"),
        ("h:mm a", "13:00 PM"),
        ("h:mm a", "1:00 XM"),
        ("HH:mm", "24:00"),
        ("HH:mmZ", "14:03+99:99"),
        ("HH:mma", "14:03é"),
        ("MMM", "é"),
    ] {
        assert_eq!(read(pattern, text), None, "{pattern}: {text}");
    }
}

#[test]
fn patterns_that_mean_nothing_are_refused() {
    for (pattern, error) in [
        ("", DatePatternError::Length),
        ("dd/QQ/yyyy", DatePatternError::Letter('Q')),
        ("dd 'of MM", DatePatternError::OpenQuote),
    ] {
        assert_eq!(DatePattern::parse(pattern), Err(error), "{pattern}");
    }
    assert_eq!(DatePattern::parse(&"d".repeat(101)), Err(DatePatternError::Length));
}
