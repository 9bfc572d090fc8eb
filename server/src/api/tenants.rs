//! The tenant filter of deployments and definitions, which can let those without tenant through.

use flowstone_store::query::{Condition, Scalar, Test};

use super::body::Parameters;

/// The condition for `tenantIdIn`; with the flag `including_none` records without tenant pass too.
pub(super) fn tenants<F: Copy>(parameters: &Parameters, field: F, including_none: &str) -> Option<Condition<F>> {
    let named: Vec<Scalar> = parameters
        .get("tenantIdIn")?
        .split(',')
        .map(str::trim)
        .filter(|tenant| !tenant.is_empty())
        .map(|tenant| Scalar::Text(tenant.to_owned()))
        .collect();
    if named.is_empty() {
        return None;
    }
    let mut alternatives = vec![Condition::Field(field, Test::In(named))];
    if parameters.flag(including_none, false) {
        alternatives.push(Condition::Field(field, Test::IsNull));
    }
    Some(Condition::Any(alternatives))
}
