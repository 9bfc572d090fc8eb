//! How much history is kept.

use std::str::FromStr;

/// How much of what happens is kept beyond the end of an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryLevel {
    /// Nothing: an ended instance leaves no trace.
    None,
    /// Process and activity instances and user tasks.
    Activity,
    /// The variables that instances and activities held at their end, too.
    Audit,
    /// Incidents, the log of jobs, failures of external tasks, evaluated decisions and every event, too, from which an instance can
    /// be rebuilt at any moment.
    #[default]
    Full,
}

impl FromStr for HistoryLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(HistoryLevel::None),
            "activity" => Ok(HistoryLevel::Activity),
            "audit" => Ok(HistoryLevel::Audit),
            "full" => Ok(HistoryLevel::Full),
            other => Err(format!(
                "history level '{other}' is not known; use none, activity, audit or full"
            )),
        }
    }
}
