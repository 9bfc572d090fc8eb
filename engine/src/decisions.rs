//! Deployed decisions: finding and evaluating them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use flowstone_core::EvaluationLimits;
use flowstone_decision::{Evaluated, Inputs, Model, read};
use flowstone_expression::{TypedValue, Value, Variables};
use flowstone_feel as feel;
use flowstone_script::{feel_value, from_feel_value};
use flowstone_store::query::{DecisionField, Query, Scalar, Test};
use flowstone_store::record::DecisionRecord;

use crate::decision_history;
use crate::definitions::Definitions;
use crate::engine::Engine;
use crate::error::Error;
use crate::history::HistoryLevel;
use crate::lock::lock;

/// A decision ready to be evaluated.
#[derive(Debug)]
pub(crate) struct Decision {
    /// What is stored of it.
    pub(crate) record: DecisionRecord,
    /// The other decisions of its file.
    others: Vec<DecisionRecord>,
    model: Model,
}

/// What a decision came to.
pub(crate) struct Answer {
    /// The results by the names of the outputs, a row for each matching rule.
    pub(crate) rows: Vec<Variables>,
    /// How it and what it requires came to that; empty unless it was asked for.
    pub(crate) evaluated: Vec<Evaluated>,
}

/// Whether a resource of this name holds decisions (contract 3.7 "Deployed by suffix").
pub(crate) fn is_dmn(name: &str) -> bool {
    name.ends_with(".dmn") || name.ends_with(".dmn11.xml")
}

impl Decision {
    /// Another decision of its file, by its key.
    pub(crate) fn required(&self, key: &str) -> Option<&DecisionRecord> {
        self.others.iter().find(|other| &*other.key == key)
    }

    /// Evaluates it with all that it requires. `traced` says that history is to tell how it came to its result.
    ///
    /// # Errors
    /// [`Error::DecisionFailed`] when the decision costs more than the limits allow, or gives what no variable can
    /// hold.
    pub(crate) fn evaluate(
        &self,
        variables: &Variables,
        limits: &EvaluationLimits,
        now: DateTime<Utc>,
        traced: bool,
    ) -> Result<Answer, Error> {
        let key = &self.record.key;
        let failed = |problem: String| Error::DecisionFailed {
            decision: key.to_string(),
            problem,
        };
        let named = variables
            .iter()
            .map(|(name, value)| (name.as_str(), as_given(feel_value(&Value::from(value)))));
        let mut inputs = Inputs::open(named.collect::<feel::Context>());
        if traced {
            inputs = inputs.traced();
        }
        let outcome = self
            .model
            .evaluate(key, &inputs, &limits.feel(), now.fixed_offset())
            .map_err(|error| failed(error.to_string()))?;
        for warning in &outcome.warnings {
            tracing::debug!(decision = %self.record.id, %warning, "a part of a decision is null");
        }
        let types = self.model.output_types(key);
        let typed = |name: &str, value: &feel::Value| {
            let stated = types.iter().find(|(output, _)| *output == name);
            typed(value, stated.and_then(|(_, stated)| *stated)).map_err(&failed)
        };
        let rows = outcome.rows.iter().map(|row| {
            let outputs = row.outputs.iter();
            outputs
                .map(|(name, value)| Ok((name.to_string(), typed(name, value)?)))
                .collect()
        });
        Ok(Answer {
            rows: rows.collect::<Result<_, Error>>()?,
            evaluated: outcome.evaluated,
        })
    }
}

/// A variable as decisions see it: moments have no zone, so that they compare with those that models write without one.
fn as_given(value: feel::Value) -> feel::Value {
    match value {
        feel::Value::DateTime(moment) => {
            feel::temporal::DateTime::new(moment.date(), moment.time().with_zone(None)).into()
        }
        other => other,
    }
}

/// A result as a variable. What an output calls its type tells apart kinds of numbers that FEEL does not know.
pub(crate) fn typed(value: &feel::Value, stated: Option<&str>) -> Result<TypedValue, String> {
    let plain = from_feel_value(value).map_err(|error| error.to_string())?;
    let stated = stated.map(|stated| stated.rsplit(':').next().unwrap_or(stated));
    let exact = match (plain, stated) {
        (Value::Long(number), Some("integer" | "short")) => match i32::try_from(number) {
            Ok(small) => Value::Integer(small),
            Err(_) => Value::Long(number),
        },
        (Value::Long(number), Some("double" | "float" | "decimal")) => Value::Double(number as f64),
        (Value::String(text), Some("date")) => match text.parse::<chrono::NaiveDate>() {
            Ok(day) => Value::Date(day.and_time(chrono::NaiveTime::MIN).and_utc()),
            Err(_) => Value::String(text),
        },
        (plain, _) => plain,
    };
    exact.into_typed().map_err(|error| error.to_string())
}

impl Definitions {
    /// A decision by its id.
    pub(crate) async fn decision(&self, id: &str) -> Result<Arc<Decision>, Error> {
        if let Some(decision) = lock(&self.decisions).get(&id.to_owned()) {
            return Ok(decision.clone());
        }
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let record = self.store.decision(id).await?;
        let record = record.ok_or_else(|| Error::UnknownDecision(id.to_owned()))?;
        let resource = self
            .store
            .resource_named(record.deployment_id, &record.resource_name)
            .await?;
        let unusable = |problem: &str| Error::DecisionFailed {
            decision: id.to_owned(),
            problem: problem.to_owned(),
        };
        let resource = resource.ok_or_else(|| unusable("its resource is gone; deploy it again"))?;
        let size = resource.bytes.len();
        let reading = read(&String::from_utf8_lossy(&resource.bytes), &[]);
        let model = reading
            .model
            .ok_or_else(|| unusable("its file no longer passes the checks; deploy it again"))?;
        let of_deployment = Test::Equals(Scalar::Id(record.deployment_id));
        let query = Query::default().with(DecisionField::DeploymentId, of_deployment);
        let mut others = self.store.decisions(&query).await?;
        others.retain(|other| other.resource_name == record.resource_name && other.id != record.id);
        let decision = Arc::new(Decision { record, others, model });
        let mut decisions = lock(&self.decisions);
        // What was read before a change must not be remembered after it.
        if self.forgotten.load(Ordering::SeqCst) == forgotten {
            decisions.insert(id.to_owned(), decision.clone(), size * 4 + 4096);
            decisions.shrink();
        }
        Ok(decision)
    }

    /// The latest version of a decision within a tenant (`None`: without tenant).
    pub(crate) async fn latest_decision(
        &self,
        key: &str,
        tenant: Option<&str>,
    ) -> Result<Option<DecisionRecord>, Error> {
        let shared = self.store.is_shared();
        let asked = self.latest_decisions.get(key, tenant, shared, async || {
            let text = |text: &str| Test::Equals(Scalar::Text(text.to_owned()));
            let query = Query::default()
                .with(DecisionField::Key, text(key))
                .with(DecisionField::TenantId, tenant.map_or(Test::IsNull, text))
                .with(DecisionField::Latest, Test::Equals(Scalar::Boolean(true)));
            Ok(self.store.decisions(&query).await?.pop())
        });
        asked.await
    }
}

impl Engine {
    /// The latest version of a decision within a tenant (`None`: without tenant).
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn latest_decision(&self, key: &str, tenant: Option<&str>) -> Result<Option<DecisionRecord>, Error> {
        self.definitions().latest_decision(key, tenant).await
    }

    /// Evaluates a decision, given by its id, with all that it requires: the results by the names of the outputs, a
    /// row for each matching rule. At history level `full` the evaluation is written down before it is answered.
    ///
    /// # Errors
    /// [`Error::UnknownDecision`]; [`Error::DecisionFailed`] when it costs more than the limits allow, or gives what
    /// no variable can hold; [`Error::Store`].
    pub async fn evaluate_decision(&self, id: &str, variables: Variables) -> Result<Vec<Variables>, Error> {
        let decision = self.definitions().decision(id).await?;
        let (limits, now) = (self.evaluation_limits(), self.now());
        // It computes for as long as its limits allow, so not on a thread that serves others.
        let asked = decision.clone();
        let traced = self.history_level() >= HistoryLevel::Full;
        let evaluated = tokio::task::spawn_blocking(move || asked.evaluate(&variables, &limits, now, traced)).await;
        let answer = evaluated.unwrap_or_else(|error| {
            tracing::error!(%error, "the evaluation of a decision broke down");
            Err(Error::DecisionFailed {
                decision: id.to_owned(),
                problem: "the evaluation broke down; the log says more".to_owned(),
            })
        })?;
        if traced {
            let batch = decision_history::of_request(&decision, &answer.evaluated, now);
            self.store().commit(batch).await?;
        }
        Ok(answer.rows)
    }
}
