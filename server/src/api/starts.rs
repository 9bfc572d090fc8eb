//! Start events of deployed processes, as messages, signals and conditions find them.

use flowstone_core::EventKind;
use flowstone_engine::StartSubscription;

use super::AppState;
use super::error::ApiError;

/// Which tenants a request is about.
pub(super) enum Tenant {
    Any,
    Without,
    Only(String),
}

impl Tenant {
    /// The tenant that the parameters of a request name.
    pub(super) fn read(tenant_id: Option<String>, without: bool) -> Result<Self, ApiError> {
        match (tenant_id, without) {
            (Some(_), true) => Err(ApiError::invalid(
                "Parameter 'tenantId' cannot be used together with parameter 'withoutTenantId'.",
            )),
            (Some(tenant), false) => Ok(Tenant::Only(tenant)),
            (None, true) => Ok(Tenant::Without),
            (None, false) => Ok(Tenant::Any),
        }
    }

    fn includes(&self, tenant: Option<&str>) -> bool {
        match self {
            Tenant::Any => true,
            Tenant::Without => tenant.is_none(),
            Tenant::Only(wanted) => tenant == Some(wanted),
        }
    }
}

/// The start events that wait for something of a kind and, where it has one, a name.
pub(super) async fn waiting(
    state: &AppState,
    kind: EventKind,
    name: Option<&str>,
    tenant: &Tenant,
) -> Result<Vec<StartSubscription>, ApiError> {
    let mut waiting = state.engine().start_subscriptions().await?;
    waiting.retain(|start| {
        start.kind == kind
            && !start.definition.suspended
            && name.is_none_or(|name| start.name.as_deref() == Some(name))
            && tenant.includes(start.definition.tenant_id.as_deref())
    });
    Ok(waiting)
}
