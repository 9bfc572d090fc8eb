//! `/history`: what runs and what ended.

mod activity_instance;
mod decision_instance;
mod detail;
mod external_task_log;
mod incident;
mod job_log;
pub(crate) mod process_instance;
mod task;
mod variable_instance;

use chrono::{DateTime, Utc};
use utoipa_axum::router::OpenApiRouter;

use super::AppState;

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(activity_instance::routes())
        .merge(decision_instance::routes())
        .merge(detail::routes())
        .merge(external_task_log::routes())
        .merge(incident::routes())
        .merge(job_log::routes())
        .merge(process_instance::routes())
        .merge(task::routes())
        .merge(variable_instance::routes())
}

/// How long something took, in milliseconds; `None` while it runs.
fn duration(start: DateTime<Utc>, end: Option<DateTime<Utc>>) -> Option<i64> {
    end.map(|end| end.signed_duration_since(start).num_milliseconds())
}
