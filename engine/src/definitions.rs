//! Deployments and the cache of executable definitions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use flowstone_bpmn::{Diagnostic, Limits, parse_deployed};
use flowstone_core::{Executable, StartSubscription, compile};
use flowstone_store::SharedStore;
use flowstone_store::query::{DefinitionField, Query, Scalar, Test};
use flowstone_store::record::{DecisionRecord, DefinitionRecord, DeploymentRecord};

use crate::cache::Cache;
use crate::decisions::Decision;
use crate::error::Error;
use crate::latest::LatestVersions;
use crate::lock::lock;
use crate::starts::StartSubscription as DeployedStart;

/// A definition ready to run.
#[derive(Debug)]
pub struct Definition {
    /// What is stored of it.
    pub record: DefinitionRecord,
    /// Its compiled graph.
    pub executable: Executable,
    /// Generation of the definitions when it was read.
    pub(crate) generation: u64,
}

/// A resource to deploy.
#[derive(Clone, Debug)]
pub struct NewResource {
    /// File name, kept verbatim; its suffix decides what it is.
    pub name: String,
    /// Bytes, stored and returned unchanged.
    pub bytes: Arc<[u8]>,
}

/// What to do with resources that are already deployed (contract 3.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuplicateFilter {
    /// Deploy everything.
    #[default]
    Off,
    /// Deploy nothing when no resource differs, else everything.
    All,
    /// Deploy only what differs.
    ChangedOnly,
}

/// A request to deploy.
#[derive(Clone, Debug, Default)]
pub struct DeployRequest {
    /// Name of the deployment.
    pub name: Option<String>,
    /// Source.
    pub source: Option<String>,
    /// Tenant of everything in it.
    pub tenant_id: Option<String>,
    /// What to do with duplicates.
    pub duplicates: DuplicateFilter,
    /// The resources.
    pub resources: Vec<NewResource>,
}

/// The outcome of a deployment.
#[derive(Clone, Debug)]
pub struct DeployedResources {
    /// The deployment; an earlier one when nothing had to be deployed.
    pub deployment: DeploymentRecord,
    /// Its process definitions; empty when nothing had to be deployed.
    pub definitions: Vec<DefinitionRecord>,
    /// Its decisions; empty when nothing had to be deployed.
    pub decisions: Vec<DecisionRecord>,
    /// Whether duplicate filtering found nothing to deploy.
    pub unchanged: bool,
    /// Definitions of the earlier deployment when `unchanged`.
    pub existing_definitions: Vec<DefinitionRecord>,
    /// Warnings by resource name.
    pub warnings: Vec<(String, Vec<Diagnostic>)>,
}

/// Definitions in memory, bounded by the size of their sources.
pub(crate) struct Definitions {
    pub(crate) store: SharedStore,
    compiled: Mutex<Cache<String, Arc<Definition>>>,
    pub(crate) decisions: Mutex<Cache<String, Arc<Decision>>>,
    latest: LatestVersions<DefinitionRecord>,
    pub(crate) latest_decisions: LatestVersions<DecisionRecord>,
    /// What starts each definition, by its id. Few processes wait for anything, so these lists are short.
    started_by: Mutex<HashMap<Arc<str>, Arc<[StartSubscription]>>>,
    /// How often everything was forgotten.
    pub(crate) forgotten: AtomicU64,
}

impl Definitions {
    pub(crate) fn new(store: SharedStore, bound: usize) -> Self {
        Definitions {
            store,
            compiled: Mutex::new(Cache::new(bound)),
            decisions: Mutex::new(Cache::new(bound / 4)),
            latest: LatestVersions::default(),
            latest_decisions: LatestVersions::default(),
            started_by: Mutex::default(),
            forgotten: AtomicU64::new(0),
        }
    }

    /// Forgets everything: something was deployed, suspended, overridden or deleted here or on another node.
    pub(crate) fn forget(&self) {
        let mut compiled = lock(&self.compiled);
        // Under the lock, so that whoever sees the new number finds nothing old.
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        compiled.clear();
        drop(compiled);
        lock(&self.decisions).clear();
        self.latest.forget();
        self.latest_decisions.forget();
        lock(&self.started_by).clear();
    }

    /// A number that changes whenever everything is forgotten.
    pub(crate) fn generation(&self) -> u64 {
        self.forgotten.load(Ordering::SeqCst)
    }

    /// The messages, signals and conditions that start a definition.
    pub(crate) async fn started_by(
        &self,
        record: &DefinitionRecord,
        now: DateTime<Utc>,
    ) -> Result<Arc<[StartSubscription]>, Error> {
        if let Some(known) = lock(&self.started_by).get(&record.id) {
            return Ok(known.clone());
        }
        let definition = self.get(&record.id).await?;
        let found = definition
            .executable
            .start_subscriptions(now)
            .map_err(Error::Rejected)?;
        let found: Arc<[StartSubscription]> = found.into();
        lock(&self.started_by).insert(record.id.clone(), found.clone());
        Ok(found)
    }

    /// The start events of all latest versions that wait for a message, a signal or a condition.
    pub(crate) async fn start_subscriptions(&self, now: DateTime<Utc>) -> Result<Vec<DeployedStart>, Error> {
        let latest = Query::default().with(DefinitionField::Latest, Test::Equals(Scalar::Boolean(true)));
        let mut found = Vec::new();
        for record in self.store.definitions(&latest).await? {
            let waiting = self.started_by(&record, now).await?;
            found.extend(waiting.iter().map(|one| DeployedStart::new(&record, one)));
        }
        Ok(found)
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Arc<Definition>, Error> {
        if let Some(definition) = lock(&self.compiled).get(&id.to_owned()) {
            return Ok(definition.clone());
        }
        let generation = self.generation();
        let record = self.store.definition(id).await?;
        let record = record.ok_or_else(|| Error::UnknownDefinition(id.to_owned()))?;
        let resource = self
            .store
            .resource_named(record.deployment_id, &record.resource_name)
            .await?;
        let unusable = |problem: String| Error::UnusableDefinition {
            definition: id.to_owned(),
            problem,
        };
        let resource = resource.ok_or_else(|| unusable("its resource is gone".to_owned()))?;
        let size = resource.bytes.len();
        let overrides = self.store.job_overrides(std::slice::from_ref(&record.id)).await?;
        let definition = compile_definition(record, &resource.bytes, generation).map_err(unusable)?;
        let definition = Arc::new(definition.overridden(&overrides));
        let mut compiled = lock(&self.compiled);
        // What was read before a change must not be remembered after it.
        if self.generation() == generation {
            compiled.insert(id.to_owned(), definition.clone(), size * 4 + 4096);
            compiled.shrink();
        }
        Ok(definition)
    }

    /// Forgets a definition that another node suspended or activated, in case its word is still on the way.
    fn forget_unless(&self, record: &DefinitionRecord) {
        let mut compiled = lock(&self.compiled);
        let id = record.id.to_string();
        if compiled.get(&id).is_some_and(|known| known.record != *record) {
            compiled.remove(&id);
        }
    }

    /// The latest version of a process within a tenant (`None`: without tenant).
    pub(crate) async fn latest(&self, key: &str, tenant: Option<&str>) -> Result<Option<DefinitionRecord>, Error> {
        let asked = self.latest.get(key, tenant, self.store.is_shared(), async || {
            let record = self.store.latest_definition(key, tenant).await?;
            if let Some(record) = &record {
                self.forget_unless(record);
            }
            Ok(record)
        });
        asked.await
    }
}

/// Whether a resource of this name holds processes (contract 3.7 "Deployed by suffix").
pub(crate) fn is_bpmn(name: &str) -> bool {
    name.ends_with(".bpmn") || name.ends_with(".bpmn20.xml")
}

fn compile_definition(record: DefinitionRecord, bytes: &[u8], generation: u64) -> Result<Definition, String> {
    let document = parse_deployed(&record.resource_name, bytes, &Limits::default())
        .ok_or_else(|| "its file can no longer be read; deploy it again".to_owned())?;
    let process = document
        .processes
        .into_iter()
        .find(|process| process.id == *record.key)
        .ok_or_else(|| "its file does not hold the process".to_owned())?;
    let executable = compile(&process);
    Ok(Definition {
        record,
        executable,
        generation,
    })
}
