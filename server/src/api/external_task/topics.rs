//! The topics that tasks wait on.

use axum::Json;
use axum::extract::State;
use flowstone_store::query::{Direction, ExternalTaskField as Field, Scalar, Test};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::query::in_states;
use crate::api::AppState;
use crate::api::body::Parameters;
use crate::api::error::{ApiError, ErrorBody};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(topic_names))
}

/// List the topics of external tasks
///
/// Each once, in the order of their names.
#[utoipa::path(get, path = "/external-task/topic-names", operation_id = "getTopicNames", tag = "External Task",
    params(("withLockedTasks" = Option<bool>, Query, description = "Only of tasks that are locked"),
        ("withUnlockedTasks" = Option<bool>, Query, description = "Only of tasks that are not locked"),
        ("withRetriesLeft" = Option<bool>, Query, description = "Only of tasks that have retries left")),
    responses((status = 200, body = [String]), (status = 400, body = ErrorBody)))]
async fn topic_names(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<String>>, ApiError> {
    let states = [
        ("locked", parameters.flag("withLockedTasks", false)),
        ("notLocked", parameters.flag("withUnlockedTasks", false)),
        ("withRetriesLeft", parameters.flag("withRetriesLeft", false)),
    ];
    let wanted = |name: &str| states.iter().any(|(state, wanted)| *state == name && *wanted);
    let mut all = in_states(wanted, state.engine().now());
    all.order = vec![(Field::Topic, Direction::Ascending)];
    all.max = Some(1);
    let mut topics: Vec<String> = Vec::new();
    // From topic to topic by their index, however many tasks each has.
    loop {
        let mut next = all.clone();
        if let Some(last) = topics.last() {
            next = next.with(Field::Topic, Test::Greater(Scalar::Text(last.clone())));
        }
        match state.store().external_tasks(&next).await?.pop() {
            Some(task) => topics.push(task.task.topic),
            None => return Ok(Json(topics)),
        }
    }
}
