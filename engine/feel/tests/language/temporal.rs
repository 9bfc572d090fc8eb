use flowstone_feel::temporal::{Date, DateTime, Zone};

use super::{check, check_null, evaluate};

#[test]
fn dates_are_read_and_written() {
    check(&[
        ("date(\"2026-01-31\")", "2026-01-31"),
        ("date(2026, 1, 31)", "2026-01-31"),
        ("date(year: 2024, month: 2, day: 29)", "2024-02-29"),
        ("date(\"-0044-03-15\")", "-0044-03-15"),
        ("date(\"999999999-12-31\")", "999999999-12-31"),
        ("date(date and time(\"2026-01-31T10:00:00\"))", "2026-01-31"),
        ("@\"2026-01-31\".weekday", "6"),
        ("@\"2026-01-31\".year", "2026"),
        ("day of week(@\"2019-09-16\")", "Monday"),
        ("day of year(@\"2024-12-31\")", "366"),
        ("month of year(@\"2026-01-31\")", "January"),
        ("week of year(@\"2005-01-01\")", "53"),
        ("week of year(@\"2005-01-03\")", "1"),
        ("week of year(@\"2003-12-29\")", "1"),
        ("last day of month(@\"2024-02-01\")", "29"),
    ]);
    check_null(&[
        "date(\"2026-02-29\")",
        "date(\"2026-1-31\")",
        "date(\"01211-12-31\")",
        "date(\"+2026-01-31\")",
        "date(\"1000999999-12-31\")",
        "date(2026, 13, 1)",
        "date(\"2026-01-31T10:00:00\")",
        "date(1)",
    ]);
}

#[test]
fn times_have_offsets_and_zones() {
    check(&[
        ("time(\"10:30:00\")", "10:30:00"),
        ("time(\"10:30:00.50\")", "10:30:00.5"),
        ("time(\"10:30:00-00:00\")", "10:30:00Z"),
        ("time(\"10:30:00+01:00\").time offset", "PT1H"),
        ("time(\"10:30:00@Europe/Paris\").timezone", "Europe/Paris"),
        ("time(\"10:30:00\").time offset", "null"),
        ("time(10, 30, 0)", "10:30:00"),
        ("time(10, 30, 1.5, @\"PT2H45M55S\")", "10:30:01.5+02:45:55"),
        ("time(@\"2026-01-31\")", "00:00:00Z"),
        ("time(\"10:00:00+01:00\") = time(\"09:00:00Z\")", "true"),
        ("time(\"10:00:00\") = time(\"10:00:00Z\")", "false"),
        ("time(\"10:00:00\") < time(\"10:00:00Z\")", "null"),
        ("is(time(\"10:00:00+01:00\"), time(\"09:00:00Z\"))", "false"),
        ("is(time(\"10:00:00Z\"), time(\"10:00:00+00:00\"))", "true"),
        ("is(1, 1.0)", "true"),
        ("is(@\"2026-01-31\", \"2026-01-31\")", "false"),
        ("time(\"23:30:00\") + @\"PT1H\"", "00:30:00"),
        ("time(\"10:00:00\") - time(\"12:00:00\")", "-PT2H"),
    ]);
    check_null(&[
        "time(\"24:00:01\")",
        "time(\"7:00:00\")",
        "time(\"10:30\")",
        "time(\"10:30:00+19:00\")",
        "time(\"10:30:00@No/Where\")",
        "time(\"10:30:00+01:00@Europe/Paris\")",
        "time(24, 0, 0, null)",
    ]);
}

#[test]
fn moments_know_their_zone() {
    check(&[
        ("date and time(\"2026-01-31\")", "2026-01-31T00:00:00"),
        ("date and time(\"2026-01-31T24:00:00\")", "2026-02-01T00:00:00"),
        (
            "date and time(@\"2026-01-31\", @\"10:00:00@Europe/Paris\")",
            "2026-01-31T10:00:00@Europe/Paris",
        ),
        ("date and time(@\"2026-01-31\")", "2026-01-31T00:00:00Z"),
        ("date and time(2026, 1, 31, 10, 30, 0)", "2026-01-31T10:30:00"),
        (
            "date and time(2026, 1, 31, 10, 30, 0, @\"PT1H\")",
            "2026-01-31T10:30:00+01:00",
        ),
        (
            "date and time(2026, 1, 31, 10, 30, 0, \"Europe/Paris\")",
            "2026-01-31T10:30:00@Europe/Paris",
        ),
        ("@\"2026-07-01T10:00:00@Europe/Paris\".time offset", "PT2H"),
        ("@\"2026-01-01T10:00:00@Europe/Paris\".time offset", "PT1H"),
        (
            "@\"2026-07-01T10:00:00@Europe/Paris\" = @\"2026-07-01T08:00:00Z\"",
            "true",
        ),
        (
            "@\"2026-03-28T10:00:00@Europe/Paris\" + @\"P1D\"",
            "2026-03-29T11:00:00@Europe/Paris",
        ),
        ("@\"2026-01-02T00:00:00Z\" - @\"2026-01-01\"", "P1D"),
        ("@\"2026-01-31T10:00:00\" + @\"P1M\"", "2026-02-28T10:00:00"),
        ("now()", "2026-01-31T09:30:00+01:00"),
        ("today()", "2026-01-31"),
    ]);
    check_null(&[
        "date and time(\"2026-01-31 10:00:00\")",
        "date and time(\"2026-01-31T10:00\")",
        "@\"2026-01-31T10:00:00\" - @\"2026-01-31T10:00:00Z\"",
        "now(1)",
    ]);
}

#[test]
fn durations_are_normal() {
    check(&[
        ("duration(\"PT1000M\")", "PT16H40M"),
        ("duration(\"P26M\")", "P2Y2M"),
        ("duration(\"-P1DT2H\").hours", "-2"),
        ("duration(\"P1Y2M\").years", "1"),
        ("duration(\"PT0.S\")", "PT0S"),
        ("duration(\"P0Y\")", "P0M"),
        ("@\"P1D\" = @\"PT24H\"", "true"),
        ("@\"P1Y\" = @\"P12M\"", "true"),
        ("@\"P1Y\" = @\"P365D\"", "null"),
        ("@\"PT1H\" * 1.5", "PT1H30M"),
        ("@\"PT3H\" / @\"PT2H\"", "1.5"),
        ("@\"P1Y11M\" * -2.5", "-P4Y9M"),
        ("-@\"P1D\"", "-P1D"),
        ("years and months duration(@\"2011-12-22\", @\"2013-08-24\")", "P1Y8M"),
        ("years and months duration(@\"2013-08-24\", @\"2011-12-25\")", "-P1Y7M"),
        ("@\"2026-01-31\" - @\"PT1H\"", "2026-01-30"),
        ("@\"2026-01-31\" + @\"P1M\"", "2026-02-28"),
    ]);
    check_null(&[
        "duration(\"P\")",
        "duration(\"P1H\")",
        "duration(\"PT\")",
        "duration(1)",
        "@\"PT1H\" / 0",
        "@\"P1D\" + 1",
    ]);
}

#[test]
fn moments_move_between_zones() {
    let moment: DateTime = "2026-07-01T10:00:00Z".parse().unwrap();
    let paris = Zone::named("Europe/Paris").unwrap();
    assert_eq!(
        moment.in_zone(paris).unwrap().to_string(),
        "2026-07-01T12:00:00@Europe/Paris"
    );
    assert_eq!(
        evaluate("now()"),
        DateTime::from(super::NOW.parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap()).into()
    );
    let far: Date = "-999999999-01-01".parse().unwrap();
    assert_eq!(Date::from_days_since_epoch(far.days_since_epoch()), Some(far));
    assert_eq!(Date::from_days_since_epoch(far.days_since_epoch() - 1), None);
}
