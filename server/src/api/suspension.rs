//! What the operations that suspend and activate have in common.

use flowstone_store::query::{Query, Scalar, Test};
use serde_json::Value;

use super::error::ApiError;
use super::starts::Tenant;

/// The state that a request asks for.
///
/// # Errors
/// 400 when it names none: to activate by accident what an operator has stopped would be worse.
pub(super) fn wanted(suspended: Option<bool>) -> Result<bool, ApiError> {
    suspended.ok_or_else(|| ApiError::invalid("suspended must be true or false"))
}

/// Refuses a change that is to happen later.
///
/// # Errors
/// 501 when there is a date.
pub(super) fn at_once(execution_date: Option<&Value>) -> Result<(), ApiError> {
    match execution_date {
        None | Some(Value::Null) => Ok(()),
        Some(_) => Err(ApiError::not_implemented(
            "executionDate is not supported: the state changes at once. Leave it out, and send the request when the \
             state is to change",
        )),
    }
}

/// A query for what belongs to a tenant.
pub(super) fn of_tenant<F>(query: Query<F>, field: F, tenant: &Tenant) -> Query<F> {
    match tenant {
        Tenant::Any => query,
        Tenant::Without => query.with(field, Test::IsNull),
        Tenant::Only(tenant) => query.with(field, Test::Equals(Scalar::Text(tenant.clone()))),
    }
}
