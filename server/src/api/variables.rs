//! Variables of a process instance, an execution or a user task, under `…/variables` (what is visible from there)
//! and `…/localVariables` (only what is set exactly there) (contract 3.11).
//!
//! All ids are execution ids: whatever names a scope or a token is accepted, whichever path it is sent to.

mod binary;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use flowstone_core::{Command, Rejection, Wait};
use flowstone_engine::{Error, InstanceView, Submission};
use flowstone_expression::{TypedValue, Variables};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::AppState;
use super::body::{self, JsonBody, Parameters, WireVariables};
use super::error::{ApiError, ErrorBody};
use super::value::{ValueError, map_from_wire, map_to_wire, to_wire};

pub use binary::download;

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(process_instance::routes())
        .merge(execution::routes())
        .merge(task::routes())
        .merge(task_local::routes())
}

/// Whose variables an operation is about.
#[derive(Clone, Copy)]
struct Place {
    /// What the path calls the holder, for messages.
    holder: Holder,
    /// Only variables set exactly there.
    local: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Holder {
    ProcessInstance,
    Execution,
    Task,
}

impl Place {
    fn name(self) -> &'static str {
        match self.holder {
            Holder::ProcessInstance => "process instance",
            Holder::Execution => "execution",
            Holder::Task => "task",
        }
    }

    /// The cause of failure when nothing that runs has the id.
    fn unknown(self, id: &str) -> String {
        match self.holder {
            Holder::ProcessInstance | Holder::Execution => format!("execution {id} doesn't exist: execution is null"),
            Holder::Task => format!("task {id} doesn't exist: task is null"),
        }
    }

    /// The committed state around an id, with the id.
    async fn view(self, state: &AppState, id: &str) -> Result<Option<(Uuid, InstanceView)>, ApiError> {
        let Some(execution) = body::id(id) else {
            return Ok(None);
        };
        let Some(view) = state.engine().view(execution).await? else {
            return Ok(None);
        };
        // The view answers for every id inside an instance, also for those that hold no variables.
        let token = view.instance.token(execution);
        let known = match self.holder {
            Holder::Task => token.is_some_and(|token| matches!(token.wait, Wait::UserTask(_))),
            Holder::ProcessInstance | Holder::Execution => token.is_some() || view.instance.scope(execution).is_some(),
        };
        Ok(known.then_some((execution, view)))
    }

    fn all(self, view: &InstanceView, execution: Uuid) -> Variables {
        if self.local {
            let mut holders = view.instance.variable_holders(execution);
            holders.next().map(|(_, own)| own.clone()).unwrap_or_default()
        } else {
            view.instance.visible_variables(execution)
        }
    }

    fn one<'view>(self, view: &'view InstanceView, execution: Uuid, name: &str) -> Option<&'view TypedValue> {
        if self.local {
            let (_, own) = view.instance.variable_holders(execution).next()?;
            own.get(name)
        } else {
            view.instance.variable(execution, name)
        }
    }

    async fn get_all(self, state: &AppState, id: &str, deserialize: bool) -> Result<Json<Value>, ApiError> {
        match self.view(state, id).await? {
            Some((execution, view)) => Ok(Json(map_to_wire(&self.all(&view, execution), deserialize))),
            None => Err(ApiError::null_value(self.unknown(id))),
        }
    }

    async fn read(self, state: &AppState, id: &str, name: &str) -> Result<TypedValue, ApiError> {
        let Some((execution, view)) = self.view(state, id).await? else {
            let (holder, cause) = (self.name(), self.unknown(id));
            return Err(ApiError::rest(format!("Cannot get {holder} variable {name}: {cause}")));
        };
        self.one(&view, execution, name)
            .cloned()
            .ok_or_else(|| ApiError::not_found(format!("{} variable with name {name} does not exist", self.name())))
    }

    async fn get(self, state: &AppState, id: &str, name: &str, deserialize: bool) -> Result<Json<Value>, ApiError> {
        Ok(Json(to_wire(&self.read(state, id, name).await?, deserialize)))
    }

    async fn set(self, state: &AppState, id: &str, name: &str, sent: Value) -> Result<StatusCode, ApiError> {
        let refusal = format!("Cannot put {} variable {name}", self.name());
        let set = map_from_wire(&json!({ name: sent })).map_err(|error: ValueError| error.within(&refusal))?;
        self.change(state, id, set, Vec::new(), &refusal).await
    }

    async fn delete(self, state: &AppState, id: &str, name: &str) -> Result<StatusCode, ApiError> {
        let refusal = format!("Cannot delete {} variable {name}", self.name());
        self.change(state, id, Variables::new(), vec![name.to_owned()], &refusal)
            .await
    }

    async fn modify(self, state: &AppState, id: &str, request: ModifyVariables) -> Result<StatusCode, ApiError> {
        let refusal = format!("Cannot modify variables for {} {id}", self.name());
        let set = map_from_wire(&request.modifications).map_err(|error| error.within(&refusal))?;
        self.change(state, id, set, request.deletions, &refusal).await
    }

    async fn get_data(self, state: &AppState, id: &str, name: &str) -> Result<Response, ApiError> {
        download(self.read(state, id, name).await?, id)
    }

    async fn set_data(self, state: &AppState, id: &str, name: &str, request: Request) -> Result<StatusCode, ApiError> {
        let refusal = format!("Cannot put {} variable {name}", self.name());
        let value = binary::upload(state, request, &refusal).await?;
        self.change(
            state,
            id,
            Variables::from([(name.to_owned(), value)]),
            Vec::new(),
            &refusal,
        )
        .await
    }

    async fn change(
        self,
        state: &AppState,
        id: &str,
        set: Variables,
        remove: Vec<String>,
        refusal: &str,
    ) -> Result<StatusCode, ApiError> {
        let unknown = || ApiError::rest(format!("{refusal}: {}", self.unknown(id)));
        let scope = match self.holder {
            // That the id is a user task's cannot be told from the id alone.
            Holder::Task => self.view(state, id).await?.map(|(execution, _)| execution),
            Holder::ProcessInstance | Holder::Execution => body::id(id),
        };
        let scope = scope.ok_or_else(unknown)?;
        let command = Command::ModifyVariables {
            scope,
            local: self.local,
            set,
            remove,
        };
        match state.engine().submit(Submission::new(scope, command)).await {
            Ok(_) => Ok(StatusCode::NO_CONTENT),
            Err(Error::Unknown(_) | Error::Rejected(Rejection::UnknownExecution { .. } | Rejection::Ended { .. })) => {
                Err(unknown())
            }
            Err(error) => Err(ApiError::rest(format!("{refusal}: {error}"))),
        }
    }
}

/// Variables to set and to remove.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct ModifyVariables {
    /// Variables to set, by name.
    #[schema(value_type = Option<Object>)]
    modifications: WireVariables,
    /// Names of variables to remove; those that do not exist are no error.
    deletions: Vec<String>,
}

/// The seven operations on the variables of one kind of holder.
macro_rules! variable_operations {
    (
        $module:ident, $holder:ident, local: $local:literal, tag: $tag:tt, all: $all:tt, one: $one:tt, data: $data:tt,
        $get_all:tt $modify:tt $get:tt $set:tt $delete:tt $get_data:tt $set_data:tt
    ) => {
        mod $module {
            use super::*;

            const PLACE: Place = Place {
                holder: Holder::$holder,
                local: $local,
            };

            pub(super) fn routes() -> OpenApiRouter<AppState> {
                OpenApiRouter::new()
                    .routes(routes!(get_all, modify))
                    .routes(routes!(get, set, delete))
                    .routes(routes!(get_data, set_data))
            }

            /// Get all variables
            #[utoipa::path(get, path = $all, operation_id = $get_all, tag = $tag,
                params(("id" = String, Path, description = "Id of the holder"),
                    ("deserializeValues" = Option<bool>, Query, description = "Whether objects are shown as JSON")),
                responses((status = 200, body = Object), (status = 500, body = ErrorBody)))]
            async fn get_all(
                State(state): State<AppState>,
                Path(id): Path<String>,
                parameters: Parameters,
            ) -> Result<Json<Value>, ApiError> {
                // Camunda names this parameter in the plural here and in the singular for one variable.
                PLACE.get_all(&state, &id, parameters.flag("deserializeValues", true)).await
            }

            /// Set and remove variables
            #[utoipa::path(post, path = $all, operation_id = $modify, tag = $tag,
                params(("id" = String, Path, description = "Id of the holder")), request_body = ModifyVariables,
                responses((status = 204), (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
            async fn modify(
                State(state): State<AppState>,
                Path(id): Path<String>,
                JsonBody(request): JsonBody<ModifyVariables>,
            ) -> Result<StatusCode, ApiError> {
                PLACE.modify(&state, &id, request).await
            }

            /// Get a variable
            #[utoipa::path(get, path = $one, operation_id = $get, tag = $tag,
                params(("id" = String, Path, description = "Id of the holder"),
                    ("varName" = String, Path, description = "Name of the variable"),
                    ("deserializeValue" = Option<bool>, Query, description = "Whether an object is shown as JSON")),
                responses((status = 200, body = Object), (status = 404, body = ErrorBody),
                    (status = 500, body = ErrorBody)))]
            async fn get(
                State(state): State<AppState>,
                Path((id, name)): Path<(String, String)>,
                parameters: Parameters,
            ) -> Result<Json<Value>, ApiError> {
                PLACE.get(&state, &id, &name, parameters.flag("deserializeValue", true)).await
            }

            /// Set a variable
            #[utoipa::path(put, path = $one, operation_id = $set, tag = $tag,
                params(("id" = String, Path, description = "Id of the holder"),
                    ("varName" = String, Path, description = "Name of the variable")), request_body = Object,
                responses((status = 204), (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
            async fn set(
                State(state): State<AppState>,
                Path((id, name)): Path<(String, String)>,
                JsonBody(variable): JsonBody<Map<String, Value>>,
            ) -> Result<StatusCode, ApiError> {
                PLACE.set(&state, &id, &name, Value::Object(variable)).await
            }

            /// Remove a variable
            ///
            /// A variable that does not exist is no error.
            #[utoipa::path(delete, path = $one, operation_id = $delete, tag = $tag,
                params(("id" = String, Path, description = "Id of the holder"),
                    ("varName" = String, Path, description = "Name of the variable")),
                responses((status = 204), (status = 500, body = ErrorBody)))]
            async fn delete(
                State(state): State<AppState>,
                Path((id, name)): Path<(String, String)>,
            ) -> Result<StatusCode, ApiError> {
                PLACE.delete(&state, &id, &name).await
            }

            /// Download the content of a variable
            ///
            /// Only files and bytes have one.
            #[utoipa::path(get, path = $data, operation_id = $get_data, tag = $tag,
                params(("id" = String, Path, description = "Id of the holder"),
                    ("varName" = String, Path, description = "Name of the variable")),
                responses((status = 200, content_type = "application/octet-stream"),
                    (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
            async fn get_data(
                State(state): State<AppState>,
                Path((id, name)): Path<(String, String)>,
            ) -> Result<Response, ApiError> {
                PLACE.get_data(&state, &id, &name).await
            }

            /// Upload the content of a variable
            ///
            /// A form with the part `data` and optionally the part `valueType`, `Bytes` (the default) or `File`.
            #[utoipa::path(post, path = $data, operation_id = $set_data, tag = $tag,
                params(("id" = String, Path, description = "Id of the holder"),
                    ("varName" = String, Path, description = "Name of the variable")),
                request_body(content_type = "multipart/form-data", content = Object),
                responses((status = 204), (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
            async fn set_data(
                State(state): State<AppState>,
                Path((id, name)): Path<(String, String)>,
                request: Request,
            ) -> Result<StatusCode, ApiError> {
                PLACE.set_data(&state, &id, &name, request).await
            }
        }
    };
}

variable_operations!(
    process_instance, ProcessInstance, local: false, tag: "Process Instance",
    all: "/process-instance/{id}/variables",
    one: "/process-instance/{id}/variables/{varName}",
    data: "/process-instance/{id}/variables/{varName}/data",
    "getProcessInstanceVariables" "modifyProcessInstanceVariables" "getProcessInstanceVariable"
    "setProcessInstanceVariable" "deleteProcessInstanceVariable" "getProcessInstanceVariableBinary"
    "setProcessInstanceVariableBinary"
);

variable_operations!(
    execution, Execution, local: true, tag: "Execution",
    all: "/execution/{id}/localVariables",
    one: "/execution/{id}/localVariables/{varName}",
    data: "/execution/{id}/localVariables/{varName}/data",
    "getLocalExecutionVariables" "modifyLocalExecutionVariables" "getLocalExecutionVariable"
    "putLocalExecutionVariable" "deleteLocalExecutionVariable" "getLocalExecutionVariableBinary"
    "setLocalExecutionVariableBinary"
);

variable_operations!(
    task, Task, local: false, tag: "Task Variable",
    all: "/task/{id}/variables",
    one: "/task/{id}/variables/{varName}",
    data: "/task/{id}/variables/{varName}/data",
    "getTaskVariables" "modifyTaskVariables" "getTaskVariable" "putTaskVariable" "deleteTaskVariable"
    "getTaskVariableBinary" "setBinaryTaskVariable"
);

variable_operations!(
    task_local, Task, local: true, tag: "Task Local Variable",
    all: "/task/{id}/localVariables",
    one: "/task/{id}/localVariables/{varName}",
    data: "/task/{id}/localVariables/{varName}/data",
    "getTaskLocalVariables" "modifyTaskLocalVariables" "getTaskLocalVariable" "putTaskLocalVariable"
    "deleteTaskLocalVariable" "getTaskLocalVariableBinary" "setBinaryTaskLocalVariable"
);
