//! Decisions that business rule tasks want.

use std::sync::Arc;

use flowstone_core::{CalledVersion, Command, DecisionQuestion, Rejection};
use flowstone_store::query::{DecisionField, Query, Scalar, Test};
use uuid::Uuid;

use super::{Across, Failure};
use crate::decision_history;
use crate::decisions::Decision;
use crate::error::Error;
use crate::history::HistoryLevel;

impl Across<'_> {
    /// Evaluates a decision for the token that waits for it.
    pub(super) async fn decide(&mut self, from: Uuid, question: DecisionQuestion) -> Result<(), Failure> {
        let decision = self.wanted_decision(from, &question).await?;
        let limits = self.writer.shell.step_options.evaluation;
        let now = self.round.now;
        let traced = self.writer.shell.history >= HistoryLevel::Full;
        let answer = decision
            .evaluate(&question.variables, &limits, now, traced)
            .map_err(|error| match error {
                Error::DecisionFailed { problem, .. } => Failure::Refused(Rejection::DecisionFailed {
                    node: question.node.to_string(),
                    key: question.key.clone(),
                    problem,
                }),
                other => other.into(),
            })?;
        let history = match self.writer.hot.get(from) {
            Some(hot) if traced => decision_history::of_instance(
                &decision,
                &answer.evaluated,
                &hot.instance,
                &hot.definition,
                &question,
                now,
            ),
            _ => Vec::new(),
        };
        let (token, rows) = (question.token, answer.rows);
        self.step(from, &Command::Decided { token, rows }).await?;
        if let Some(touched) = self.round.touched.get_mut(&from) {
            touched.projection.decided(history);
        }
        Ok(())
    }

    async fn wanted_decision(&mut self, from: Uuid, question: &DecisionQuestion) -> Result<Arc<Decision>, Failure> {
        let shell = self.writer.shell.clone();
        let text = |text: &str| Test::Equals(Scalar::Text(text.to_owned()));
        let tenant = question.tenant_id.as_deref();
        let query = Query::default()
            .with(DecisionField::Key, text(&question.key))
            .with(DecisionField::TenantId, tenant.map_or(Test::IsNull, text));
        let query = match &question.version {
            CalledVersion::Latest => {
                let own = shell.definitions.latest_decision(&question.key, tenant).await?;
                let found = match own {
                    // What no tenant of its own has is what all tenants share.
                    None if tenant.is_some() => shell.definitions.latest_decision(&question.key, None).await?,
                    own => own,
                };
                let record = found.ok_or_else(|| unknown(question))?;
                return Ok(shell.definitions.decision(&record.id).await?);
            }
            CalledVersion::Deployment => {
                let deployment = self.deployment_of(from);
                query.with(DecisionField::DeploymentId, Test::Equals(Scalar::Id(deployment)))
            }
            CalledVersion::Version(version) => query.with(
                DecisionField::Version,
                Test::Equals(Scalar::Integer(i64::from(*version))),
            ),
            CalledVersion::Tag(tag) => query.with(DecisionField::VersionTag, text(tag)),
        };
        let found = shell.store.decisions(&query).await?;
        let newest = found.into_iter().max_by_key(|record| record.version);
        let record = newest.ok_or_else(|| unknown(question))?;
        Ok(shell.definitions.decision(&record.id).await?)
    }
}

fn unknown(question: &DecisionQuestion) -> Failure {
    Failure::Refused(Rejection::UnknownDecision {
        node: question.node.to_string(),
        key: question.key.clone(),
    })
}
