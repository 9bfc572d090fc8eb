//! What a request says to begin or cancel in an instance (contract 3.8 and `/process-instance/{id}/modification`).

use flowstone_core::{Instruction, Rejection, StartAt, StartInstruction};
use flowstone_expression::Variables;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::body::{self, WireVariables};
use crate::api::error::ApiError;
use crate::api::value;

/// One instruction.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct InstructionRequest {
    /// `startBeforeActivity`, `startAfterActivity`, `startTransition` or `cancel`.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Node before or after which a token begins, or whose instances are canceled; `{id}#multiInstanceBody` is a
    /// multi-instance activity as a whole.
    activity_id: Option<String>,
    /// Sequence flow on which a token begins.
    transition_id: Option<String>,
    /// Activity instance to cancel.
    activity_instance_id: Option<String>,
    /// Transition instance to cancel.
    transition_instance_id: Option<String>,
    /// Activity instance in which a token begins; without it the only open one around the node.
    ancestor_activity_instance_id: Option<String>,
    /// Cancel only instances that are there before the first instruction.
    cancel_current_active_activity_instances: bool,
    /// Variables that a token brings; those with `local` are local to what it enters.
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
}

/// Reads instructions that begin tokens only.
///
/// # Errors
/// As [`read`], and 400 for an instruction that cancels: a new instance has nothing to cancel.
pub(crate) fn read_starts(instructions: Vec<InstructionRequest>) -> Result<Vec<Instruction>, ApiError> {
    if instructions.iter().any(|one| one.kind.as_deref() == Some("cancel")) {
        return Err(ApiError::invalid(
            "For instruction type 'cancel': a new process instance has nothing to cancel; leave the instruction out",
        ));
    }
    instructions.into_iter().map(read).collect()
}

/// Reads one instruction.
///
/// # Errors
/// 400 when its type is unknown or what the type needs is missing, 500 when it names an instance by an id that can be
/// none.
pub(super) fn read(request: InstructionRequest) -> Result<Instruction, ApiError> {
    let kind = request.kind.as_deref().unwrap_or_default();
    let needed = |field: Option<&String>, name: &str| {
        let missing = || ApiError::invalid(format!("For instruction type '{kind}': '{name}' must be set"));
        field.cloned().ok_or_else(missing)
    };
    let at = match kind {
        "startBeforeActivity" => StartAt::Before(needed(request.activity_id.as_ref(), "activityId")?),
        "startAfterActivity" => StartAt::After(needed(request.activity_id.as_ref(), "activityId")?),
        "startTransition" => StartAt::Flow(needed(request.transition_id.as_ref(), "transitionId")?),
        "cancel" => return read_cancel(request),
        _ => {
            return Err(ApiError::invalid(format!(
                "Unknown instruction type '{kind}'; use startBeforeActivity, startAfterActivity, startTransition or \
                 cancel"
            )));
        }
    };
    let ancestor = request.ancestor_activity_instance_id.as_deref();
    let ancestor = ancestor
        .map(|id| {
            let instruction = format!("{at} with ancestor activity instance");
            instance(id, &instruction, "Ancestor activity instance", "ancestorInstance")
        })
        .transpose()?;
    let (variables, local_variables) = read_variables(&request.variables)?;
    Ok(Instruction::Start(StartInstruction {
        at,
        ancestor,
        variables,
        local_variables,
    }))
}

fn read_cancel(request: InstructionRequest) -> Result<Instruction, ApiError> {
    if let Some(activity) = request.activity_id {
        return Ok(Instruction::CancelActivity {
            activity,
            only_current: request.cancel_current_active_activity_instances,
        });
    }
    if let Some(id) = request.activity_instance_id {
        let id = instance(&id, "Cancel activity instance", "Activity instance", "activityInstance")?;
        return Ok(Instruction::CancelActivityInstance(id));
    }
    if let Some(id) = request.transition_instance_id {
        let id = instance(
            &id,
            "Cancel transition instance",
            "Transition instance",
            "transitionInstance",
        )?;
        return Ok(Instruction::CancelTransitionInstance(id));
    }
    Err(ApiError::invalid(
        "For instruction type 'cancel': exactly one, 'activityId', 'activityInstanceId', or 'transitionInstanceId', \
         is required",
    ))
}

/// An id of an instance. One that is no id at all belongs to nothing.
fn instance(id: &str, instruction: &str, what: &str, missing: &str) -> Result<Uuid, ApiError> {
    body::id(id).ok_or_else(|| {
        let rejection = Rejection::InvalidInstruction {
            instruction: format!("{instruction} '{id}'"),
            problem: format!("{what} '{id}' does not exist: {missing} is null"),
        };
        rejection.into()
    })
}

/// Variables that are set where they exist, and those that are local.
fn read_variables(json: &WireVariables) -> Result<(Variables, Variables), ApiError> {
    let is_local = |name: &str| matches!(&json[name]["local"], Value::Bool(true));
    let variables = value::map_from_wire(json)?;
    let (local, usual) = variables.into_iter().partition(|(name, _)| is_local(name));
    Ok((usual, local))
}
