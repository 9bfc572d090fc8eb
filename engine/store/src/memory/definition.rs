//! Deployments, their resources and their process definitions.

use std::sync::Arc;

use uuid::Uuid;

use super::State;
use crate::job_override::{JobOverrideChange, JobOverrideRow};
use crate::record::{DecisionRecord, DefinitionRecord, Deployed, JobRow, NewDeployment, ResourceRecord};
use crate::store::{Error, Result, Versioned};
use crate::text::{clean_deployment, clean_job};

impl State {
    pub(super) fn deploy(&mut self, mut new: NewDeployment) -> Result<Deployed> {
        clean_deployment(&mut new);
        let id = new.deployment.id;
        let is_taken = self.deployments.contains_key(&id)
            || new
                .resources
                .iter()
                .any(|resource| self.resources.contains_key(&resource.id));
        if is_taken {
            return Err(Error::Failed(
                "storing a deployment: a row with the same id exists already".to_owned(),
            ));
        }
        self.deployments.insert(id, new.deployment);
        self.resources
            .extend(new.resources.into_iter().map(|resource| (resource.id, resource)));
        for definition in &mut new.definitions {
            let latest = self.latest_definition(&definition.key, definition.tenant_id.as_deref());
            definition.version = latest.map_or(1, |latest| latest.version + 1);
            let last = definition.final_id();
            let provisional = std::mem::replace(&mut definition.id, last);
            self.definition_jobs.retain(|_, job| {
                job.job_type != "timer-start-event"
                    || job.definition_key != definition.key
                    || job.tenant_id != definition.tenant_id
            });
            for job in new.start_jobs.iter().filter(|job| job.definition_id == provisional) {
                let mut job = job.clone();
                job.definition_id = definition.id.clone();
                self.definition_jobs.insert(job.id, job);
            }
            self.definitions.insert(definition.id.clone(), definition.clone());
        }
        for index in 0..new.decisions.len() {
            let (stored, rest) = new.decisions.split_at_mut(index);
            let decision = &mut rest[0];
            let latest = self.latest_decision(&decision.key, decision.tenant_id.as_deref());
            decision.version = latest.map_or(1, |latest| latest.version + 1);
            decision.id = decision.final_id();
            decision.requirements = decision.shared_requirements(stored).or_else(|| {
                let requirements = decision.requirements.clone()?;
                let latest = self.latest_requirements(&requirements.key, decision.tenant_id.as_deref());
                Some(requirements.numbered(latest.unwrap_or(0) + 1))
            });
            self.decisions.insert(decision.id.clone(), decision.clone());
        }
        Ok(Deployed {
            definitions: new.definitions,
            decisions: new.decisions,
        })
    }

    pub(super) fn latest_decision(&self, key: &str, tenant: Option<&str>) -> Option<&DecisionRecord> {
        self.decisions
            .values()
            .filter(|decision| &*decision.key == key && decision.tenant_id.as_deref() == tenant)
            .max_by_key(|decision| decision.version)
    }

    /// The highest version of a graph of decisions.
    pub(super) fn latest_requirements(&self, key: &str, tenant: Option<&str>) -> Option<i32> {
        self.decisions
            .values()
            .filter(|decision| decision.tenant_id.as_deref() == tenant)
            .filter_map(|decision| decision.requirements.as_ref())
            .filter(|requirements| &*requirements.key == key)
            .map(|requirements| requirements.version)
            .max()
    }

    pub(super) fn write_definition_jobs(&mut self, put: Vec<JobRow>, deleted: &[Uuid]) {
        self.definition_jobs.retain(|id, _| !deleted.contains(id));
        for mut job in put {
            clean_job(&mut job);
            self.definition_jobs.insert(job.id, job);
        }
    }

    pub(super) fn suspend_definitions(&mut self, ids: &[String], suspended: bool) -> u64 {
        let named = |id: &str| ids.iter().any(|named| named == id);
        let jobs = self.definition_jobs.values_mut();
        for job in jobs.filter(|job| named(&job.definition_id)) {
            job.suspended = suspended;
        }
        for row in self.job_overrides.values_mut().filter(|row| named(&row.definition_id)) {
            row.suspended = None;
        }
        let definitions = self.definitions.values_mut();
        definitions
            .filter(|definition| named(&definition.id))
            .map(|definition| definition.suspended = suspended)
            .count() as u64
    }

    pub(super) fn set_history_time_to_live(&mut self, of: Versioned, id: &str, days: Option<i32>) -> bool {
        let stored = match of {
            Versioned::Process => self.definitions.get_mut(id).map(|one| &mut one.history_time_to_live),
            Versioned::Decision => self.decisions.get_mut(id).map(|one| &mut one.history_time_to_live),
        };
        stored.map(|stored| *stored = days).is_some()
    }

    pub(super) fn override_jobs(&mut self, job_definitions: &[(Uuid, Arc<str>)], change: JobOverrideChange) {
        for (id, definition) in job_definitions {
            if self.definitions.contains_key(definition) {
                let row = self.job_overrides.entry(*id);
                row.or_insert_with(|| JobOverrideRow::new(*id, definition.clone()))
                    .change(change);
            }
        }
    }

    pub(super) fn latest_definition(&self, key: &str, tenant: Option<&str>) -> Option<&DefinitionRecord> {
        self.definitions
            .values()
            .filter(|definition| &*definition.key == key && definition.tenant_id.as_deref() == tenant)
            .max_by_key(|definition| definition.version)
    }

    pub(super) fn resources_of(&self, deployment: Uuid) -> Vec<ResourceRecord> {
        let mut resources: Vec<ResourceRecord> = self
            .resources
            .values()
            .filter(|resource| resource.deployment_id == deployment)
            .map(|resource| ResourceRecord {
                bytes: Arc::from([]),
                ..resource.clone()
            })
            .collect();
        resources.sort_by(|left, right| left.name.cmp(&right.name));
        resources
    }

    pub(super) fn delete_deployment(&mut self, id: Uuid, cascade: bool) -> bool {
        if self.deployments.remove(&id).is_none() {
            return false;
        }
        self.resources.retain(|_, resource| resource.deployment_id != id);
        if cascade {
            let gone = |key: &Arc<str>| self.decisions.get(key).is_some_and(|one| one.deployment_id == id);
            self.historic_decisions.retain(|_, row| !gone(&row.decision_id));
        }
        self.decisions.retain(|_, decision| decision.deployment_id != id);
        let gone: Vec<Arc<str>> = self
            .definitions
            .values()
            .filter(|definition| definition.deployment_id == id)
            .map(|definition| definition.id.clone())
            .collect();
        for definition in gone {
            self.delete_definition(&definition, cascade);
        }
        true
    }

    pub(super) fn delete_definition(&mut self, id: &str, cascade: bool) -> bool {
        let existed = self.definitions.remove(id).is_some();
        self.definition_jobs.retain(|_, job| &*job.definition_id != id);
        self.job_overrides.retain(|_, row| &*row.definition_id != id);
        if existed && cascade {
            let ended: Vec<Uuid> = self
                .historic_instances
                .values()
                .filter(|row| &*row.definition_id == id)
                .map(|row| row.id)
                .collect();
            for instance in ended {
                self.delete_historic_instance(instance);
            }
            self.historic_activities.retain(|_, row| &*row.definition_id != id);
            self.historic_variables.retain(|_, row| &*row.definition_id != id);
            self.historic_tasks.retain(|_, row| &*row.definition_id != id);
            self.external_task_log.retain(|_, row| &*row.definition_id != id);
            self.job_log.retain(|_, row| &*row.definition_id != id);
            self.historic_incidents.retain(|_, row| &*row.definition_id != id);
            self.historic_decisions
                .retain(|_, row| row.definition_id.as_deref() != Some(id));
        }
        existed
    }
}
