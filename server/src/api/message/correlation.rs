//! Who a message is for.

use flowstone_expression::{TypedValue, Variables};
use flowstone_store::query::{
    Condition, Query, Scalar, SubscriptionField, Test, VariableField, VariableOperator, VariableTest,
};
use flowstone_store::record::SubscriptionRecord;

use crate::api::AppState;
use crate::api::body;
use crate::api::error::ApiError;

/// What a receiver of the message must be; all that is given holds.
pub(super) struct Correlation {
    pub name: String,
    pub business_key: Option<String>,
    pub tenant_id: Option<String>,
    pub without_tenant_id: bool,
    pub process_instance_id: Option<String>,
    pub correlation_keys: Variables,
    pub local_correlation_keys: Variables,
}

impl Correlation {
    /// The executions that wait now for the message that brings these variables.
    ///
    /// # Errors
    /// 500 for correlation keys whose values cannot be compared, or when the database fails.
    pub async fn receivers(
        &self,
        state: &AppState,
        variables: &Variables,
    ) -> Result<Vec<SubscriptionRecord>, ApiError> {
        let mut receivers = Vec::new();
        for receiver in state.store().subscriptions(&self.query()?).await? {
            if self.has_local_keys(state, &receiver).await?
                && state.engine().takes_message(&receiver, &self.name, variables).await?
            {
                receivers.push(receiver);
            }
        }
        Ok(receivers)
    }

    fn query(&self) -> Result<Query<SubscriptionField>, ApiError> {
        use SubscriptionField as Field;
        let equals = |text: &str| Test::Equals(Scalar::Text(text.to_owned()));
        let mut query = Query::default()
            .with(Field::EventType, equals("message"))
            .with(Field::EventName, equals(&self.name))
            .with(Field::Suspended, Test::Equals(Scalar::Boolean(false)));
        if let Some(instance) = &self.process_instance_id {
            let test = body::id(instance).map_or(Test::Never, |id| Test::Equals(Scalar::Id(id)));
            query = query.with(Field::InstanceId, test);
        }
        if let Some(business_key) = &self.business_key {
            query = query.with(Field::BusinessKey, equals(business_key));
        }
        if let Some(tenant) = &self.tenant_id {
            query = query.with(Field::TenantId, equals(tenant));
        }
        if self.without_tenant_id {
            query = query.with(Field::TenantId, Test::IsNull);
        }
        for (name, value) in &self.correlation_keys {
            comparable(name, value)?;
            query.conditions.push(Condition::Variable(VariableTest {
                name: name.clone(),
                operator: VariableOperator::Equals,
                value: value.clone(),
                ignore_name_case: false,
                ignore_value_case: false,
            }));
        }
        Ok(query)
    }

    async fn has_local_keys(&self, state: &AppState, receiver: &SubscriptionRecord) -> Result<bool, ApiError> {
        if self.local_correlation_keys.is_empty() {
            return Ok(true);
        }
        let execution = Scalar::Id(receiver.subscription.activity_id);
        let query = Query::default().with(VariableField::ScopeId, Test::Equals(execution));
        let local = state.store().variables(&query).await?;
        Ok(self
            .local_correlation_keys
            .iter()
            .all(|(name, value)| local.iter().any(|found| found.name == *name && found.value == *value)))
    }

    /// Nobody waits.
    pub fn unmatched(&self) -> ApiError {
        self.mismatch(&format!(
            "Cannot correlate message '{}': No process definition or execution matches the parameters",
            self.name
        ))
    }

    /// Several wait, and the message is for one.
    pub fn ambiguous(&self, count: usize) -> ApiError {
        let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "null".to_owned());
        let names = |keys: &Variables| keys.keys().cloned().collect::<Vec<_>>().join(", ");
        self.mismatch(&format!(
            "ENGINE-13031 Cannot correlate a message with name '{}' to a single execution. {count} executions match \
             the correlation keys: CorrelationSet [businessKey={}, processInstanceId={}, correlationKeys={{{}}}, \
             localCorrelationKeys={{{}}}, tenantId={}]",
            self.name,
            shown(&self.business_key),
            shown(&self.process_instance_id),
            names(&self.correlation_keys),
            names(&self.local_correlation_keys),
            shown(&self.tenant_id),
        ))
    }

    /// Several processes start by it, and the message is for one.
    pub fn ambiguous_start(&self, count: usize) -> ApiError {
        self.mismatch(&format!(
            "ENGINE-13032 Cannot correlate message '{}': {count} process definitions start by it; name the tenant",
            self.name
        ))
    }

    /// Clients look for the class name in the text (contract 3.9).
    fn mismatch(&self, message: &str) -> ApiError {
        ApiError::refused(format!(
            "org.camunda.bpm.engine.MismatchingMessageCorrelationException: {message}"
        ))
    }
}

fn comparable(name: &str, value: &TypedValue) -> Result<(), ApiError> {
    match value {
        TypedValue::Bytes(_)
        | TypedValue::File(_)
        | TypedValue::Json(_)
        | TypedValue::Xml(_)
        | TypedValue::Object(_) => Err(ApiError::engine(format!(
            "{} values cannot be used to query: correlation key '{name}'",
            value.type_name()
        ))),
        _ => Ok(()),
    }
}
