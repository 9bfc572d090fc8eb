//! Deploying and deleting definitions.

use std::collections::HashSet;
use std::sync::Arc;

use flowstone_bpmn::{Diagnostic, Document, Limits, Severity, parse};
use flowstone_core::{Command, Executable, compile};
use flowstone_decision::read;
use flowstone_store::query::{DefinitionField, DeploymentField, Direction, ProcessInstanceField, Query, Scalar, Test};
use flowstone_store::record::{
    DecisionRecord, DefinitionRecord, Deployed, DeploymentRecord, JobRow, NewDeployment, Requirements, ResourceRecord,
};
use flowstone_store::{Error as StoreError, Hint};
use futures::future::join_all;
use uuid::Uuid;

use crate::decisions::is_dmn;
use crate::definitions::{Definition, DeployRequest, DeployedResources, DuplicateFilter, NewResource, is_bpmn};
use crate::engine::Engine;
use crate::error::{DeployError, Error};
use crate::latest::TRUSTED_FOR;
use crate::request::Submission;
use crate::starts::start_jobs;

/// Instances ended at once when their definition is deleted.
const PAGE: u64 = 200;

/// How a deployment or definition is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deletion {
    /// End running instances and delete history too.
    pub cascade: bool,
    /// Do not evaluate output mappings of what is ended.
    pub skip_output_mappings: bool,
    /// Do not evaluate listeners of what is ended.
    pub skip_listeners: bool,
}

impl Engine {
    /// Parses, checks and stores resources; all or nothing.
    ///
    /// # Errors
    /// [`DeployError::Invalid`] with every problem of every resource.
    pub async fn deploy(&self, request: DeployRequest) -> Result<DeployedResources, DeployError> {
        if request.resources.is_empty() {
            return Err(DeployError::Empty);
        }
        let Checked {
            documents,
            decisions,
            warnings,
        } = check(&request.resources).await?;
        let changed = match self.changed(&request).await? {
            Changes::All => request.resources.clone(),
            Changes::Some(resources) => resources,
            Changes::None(deployment) => {
                // Another node may have deployed it just now.
                self.until_all_nodes_know().await;
                return Ok(DeployedResources {
                    existing_definitions: self.definitions_of(deployment.id).await?,
                    deployment,
                    definitions: Vec::new(),
                    decisions: Vec::new(),
                    unchanged: true,
                    warnings,
                });
            }
        };
        let deployment = DeploymentRecord {
            id: Uuid::now_v7(),
            name: request.name,
            source: request.source,
            tenant_id: request.tenant_id,
            deployed_at: self.now(),
        };
        let names: HashSet<&str> = changed.iter().map(|resource| resource.name.as_str()).collect();
        let executables: Vec<(Arc<str>, Executable)> = documents
            .iter()
            .filter(|(name, _)| names.contains(name.as_str()))
            .flat_map(|(_, document)| &document.processes)
            .map(|process| (process.id.as_str().into(), compile(process)))
            .collect();
        self.check_start_messages(deployment.tenant_id.as_deref(), &executables)
            .await?;
        let definitions: Vec<DefinitionRecord> = documents
            .iter()
            .filter(|(name, _)| names.contains(name.as_str()))
            .flat_map(|(name, document)| definitions_in(&deployment, name, document, &changed))
            .collect();
        let start_jobs = self.start_jobs_of(&definitions, executables)?;
        let decisions = decisions
            .into_iter()
            .filter(|record| names.contains(record.resource_name.as_str()))
            .map(|record| DecisionRecord {
                deployment_id: deployment.id,
                deployed_at: deployment.deployed_at,
                tenant_id: deployment.tenant_id.clone(),
                ..record
            })
            .collect();
        let resources = changed
            .into_iter()
            .map(|resource| ResourceRecord {
                id: Uuid::now_v7(),
                deployment_id: deployment.id,
                name: resource.name,
                bytes: resource.bytes,
            })
            .collect();
        let new = NewDeployment {
            deployment: deployment.clone(),
            resources,
            start_jobs,
            definitions,
            decisions,
        };
        let deployed = self.to_the_end(move |engine| async move {
            let deployed = engine.store().deploy(new).await?;
            engine.definitions_changed().await;
            Ok::<_, StoreError>(deployed)
        });
        let Deployed { definitions, decisions } = deployed.await?;
        Ok(DeployedResources {
            deployment,
            definitions,
            decisions,
            unchanged: false,
            existing_definitions: Vec::new(),
            warnings,
        })
    }

    /// Deletes a deployment with its definitions; running instances of them are cancelled first
    /// when `cascade`, and their history goes too. `false` when there is no such deployment.
    ///
    /// # Errors
    /// [`Error::Store`]; without `cascade`, when instances still run, [`Error::DefinitionInUse`].
    pub async fn delete_deployment(&self, id: Uuid, options: Deletion) -> Result<bool, Error> {
        for definition in self.definitions_of(id).await? {
            self.end_instances(&definition.id, options).await?;
        }
        let gone = self.definitions_of(id).await?;
        self.to_the_end(move |engine| async move {
            let deleted = engine.store().delete_deployment(id, options.cascade).await?;
            engine.definitions_gone(&gone).await?;
            Ok(deleted)
        })
        .await
    }

    /// Deletes one definition, as [`Engine::delete_deployment`] does for all of a deployment.
    ///
    /// # Errors
    /// As [`Engine::delete_deployment`].
    pub async fn delete_definition(&self, id: &str, options: Deletion) -> Result<bool, Error> {
        self.end_instances(id, options).await?;
        let gone = self.store().definition(id).await?;
        let id = id.to_owned();
        self.to_the_end(move |engine| async move {
            let deleted = engine.store().delete_definition(&id, options.cascade).await?;
            engine.definitions_gone(gone.as_slice()).await?;
            Ok(deleted)
        })
        .await
    }

    /// The jobs of the timers that start new definitions.
    fn start_jobs_of(
        &self,
        records: &[DefinitionRecord],
        executables: Vec<(Arc<str>, Executable)>,
    ) -> Result<Vec<JobRow>, DeployError> {
        let mut jobs = Vec::new();
        for (record, (key, executable)) in records.iter().zip(executables) {
            let definition = Definition {
                record: record.clone(),
                executable,
                generation: self.definitions().generation(),
            };
            let set = start_jobs(&definition, self.now(), self.retry_policy().attempts).map_err(|rejection| {
                DeployError::Start {
                    key: key.to_string(),
                    problem: rejection.to_string(),
                }
            })?;
            jobs.extend(set);
        }
        Ok(jobs)
    }

    /// Makes every node look at the stored definitions again. Once it returns, none starts what was the latest version
    /// before, whether it got the hint or not.
    pub(crate) async fn definitions_changed(&self) {
        self.definitions().forget();
        self.jobs_changed();
        if let Err(error) = self.store().send_hint(Hint::Definitions).await {
            tracing::warn!(%error, "other nodes were not told that definitions changed");
        }
        self.until_all_nodes_know().await;
    }

    /// Makes every node look at the stored definitions again, and sets the timers of the versions that are the latest
    /// now.
    async fn definitions_gone(&self, gone: &[DefinitionRecord]) -> Result<(), Error> {
        self.definitions_changed().await;
        for definition in gone {
            self.set_start_timers(&definition.key, definition.tenant_id.as_deref())
                .await?;
        }
        Ok(())
    }

    /// Waits until no node trusts what it was told before now.
    async fn until_all_nodes_know(&self) {
        if self.store().is_shared() {
            tokio::time::sleep(TRUSTED_FOR).await;
        }
    }

    async fn end_instances(&self, definition: &str, options: Deletion) -> Result<(), Error> {
        let query = Query {
            max: Some(PAGE),
            ..Query::default()
        };
        let query = query.with(
            ProcessInstanceField::DefinitionId,
            Test::Equals(Scalar::Text(definition.to_owned())),
        );
        if !options.cascade {
            let running = self.store().count_process_instances(&query).await?;
            return if running == 0 {
                Ok(())
            } else {
                Err(Error::DefinitionInUse {
                    definition: definition.to_owned(),
                    running,
                })
            };
        }
        loop {
            let instances = self.store().process_instances(&query).await?;
            if instances.is_empty() {
                return Ok(());
            }
            let cancellations = instances.iter().map(|instance| {
                let command = Command::Cancel {
                    reason: Some("deployment deleted".to_owned()),
                    skip_output_mappings: options.skip_output_mappings,
                    skip_listeners: options.skip_listeners,
                };
                self.submit(Submission::new(instance.id, command))
            });
            for outcome in join_all(cancellations).await {
                match outcome {
                    // It may have ended by itself meanwhile.
                    Ok(_) | Err(Error::Unknown(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    async fn definitions_of(&self, deployment: Uuid) -> Result<Vec<DefinitionRecord>, StoreError> {
        let query = Query::default().with(DefinitionField::DeploymentId, Test::Equals(Scalar::Id(deployment)));
        self.store().definitions(&query).await
    }

    /// Compares the resources with the latest deployment of the same name, source and tenant
    /// (contract 3.7).
    async fn changed(&self, request: &DeployRequest) -> Result<Changes, StoreError> {
        if request.duplicates == DuplicateFilter::Off {
            return Ok(Changes::All);
        }
        let text = |value: &Option<String>| match value {
            Some(value) => Test::Equals(Scalar::Text(value.clone())),
            None => Test::IsNull,
        };
        let query = Query {
            order: vec![(DeploymentField::DeployedAt, Direction::Descending)],
            ..Query::default()
        };
        let query = query
            .with(DeploymentField::Name, text(&request.name))
            .with(DeploymentField::Source, text(&request.source))
            .with(DeploymentField::TenantId, text(&request.tenant_id));
        let mut pending = request.resources.clone();
        let mut changed = Vec::new();
        let earlier = self.store().deployments(&query).await?;
        for deployment in &earlier {
            for resource in self.store().resources(deployment.id).await? {
                let Some(position) = pending.iter().position(|new| new.name == resource.name) else {
                    continue;
                };
                let new = pending.swap_remove(position);
                let stored = self.store().resource(deployment.id, resource.id).await?;
                if stored.is_none_or(|stored| stored.bytes != new.bytes) {
                    changed.push(new);
                }
            }
            if pending.is_empty() {
                break;
            }
        }
        changed.append(&mut pending);
        Ok(match earlier.into_iter().next() {
            Some(latest) if changed.is_empty() => Changes::None(latest),
            _ if request.duplicates == DuplicateFilter::ChangedOnly => Changes::Some(changed),
            _ => Changes::All,
        })
    }
}

enum Changes {
    All,
    Some(Vec<NewResource>),
    None(DeploymentRecord),
}

type Problems = Vec<(String, Vec<Diagnostic>)>;

/// What the resources of a deployment hold.
struct Checked {
    /// Process files by resource name.
    documents: Vec<(String, Document)>,
    /// Decisions, still without deployment and version.
    decisions: Vec<DecisionRecord>,
    /// Warnings by resource name.
    warnings: Problems,
}

/// Parses all files, off the threads that serve requests.
async fn check(resources: &[NewResource]) -> Result<Checked, DeployError> {
    let resources = resources.to_vec();
    let checked = tokio::task::spawn_blocking(move || check_all(&resources)).await;
    checked.unwrap_or_else(|error| {
        tracing::error!(%error, "the check of a deployment broke down");
        Err(DeployError::Store(StoreError::Failed(
            "the files could not be checked; the log says more".to_owned(),
        )))
    })
}

fn check_all(resources: &[NewResource]) -> Result<Checked, DeployError> {
    let mut documents = Vec::new();
    let mut problems = Problems::new();
    for resource in resources.iter().filter(|resource| is_bpmn(&resource.name)) {
        let parsed = parse(&resource.name, &resource.bytes, &Limits::default());
        if !parsed.diagnostics.is_empty() {
            problems.push((resource.name.clone(), parsed.diagnostics));
        }
        documents.extend(parsed.document.map(|document| (resource.name.clone(), document)));
    }
    let failed = problems
        .iter()
        .any(|(_, list)| list.iter().any(|problem| problem.severity == Severity::Error));
    if failed {
        return Err(DeployError::Invalid { problems });
    }
    let mut keys = HashSet::new();
    for process in documents.iter().flat_map(|(_, document)| &document.processes) {
        if !keys.insert(&process.id) {
            return Err(DeployError::DuplicateProcess {
                key: process.id.clone(),
            });
        }
    }
    let mut decisions: Vec<DecisionRecord> = Vec::new();
    for resource in resources.iter().filter(|resource| is_dmn(&resource.name)) {
        decisions.extend(decisions_in(resource)?);
    }
    let mut keys = HashSet::new();
    if let Some(double) = decisions.iter().find(|decision| !keys.insert(&decision.key)) {
        return Err(DeployError::DuplicateDecision {
            key: double.key.to_string(),
        });
    }
    Ok(Checked {
        documents,
        decisions,
        warnings: problems,
    })
}

/// The decisions of a file, still without deployment and version.
fn decisions_in(resource: &NewResource) -> Result<Vec<DecisionRecord>, DeployError> {
    let refused = |problems: Vec<String>| DeployError::Decisions {
        resource: resource.name.clone(),
        problems,
    };
    let text = std::str::from_utf8(&resource.bytes)
        .map_err(|_| refused(vec!["the file is not written in UTF-8; save it so".to_owned()]))?;
    let reading = read(text, &[]);
    let Some(model) = reading.model.filter(|_| reading.problems.is_empty()) else {
        return Err(refused(reading.problems.iter().map(ToString::to_string).collect()));
    };
    // A file of one decision is no graph to speak of, as in the reference engine.
    let requirements = (model.decisions().count() > 1).then(|| Requirements {
        id: Uuid::now_v7().to_string().into(),
        key: model.id().unwrap_or(&resource.name).into(),
        name: Some(model.name().to_owned()),
        version: 0,
    });
    let records = model.decisions().map(|decision| DecisionRecord {
        id: Uuid::now_v7().to_string().into(),
        key: decision.id.into(),
        category: Some(model.namespace().to_owned()),
        name: Some(decision.name.to_owned()),
        version: 0,
        resource_name: resource.name.clone(),
        deployment_id: Uuid::nil(),
        deployed_at: Default::default(),
        tenant_id: None,
        version_tag: decision.version_tag.map(str::to_owned),
        history_time_to_live: decision.history_time_to_live.and_then(days),
        requirements: requirements.clone(),
    });
    Ok(records.collect())
}

/// Days, written as a number or as `P5D`.
fn days(text: &str) -> Option<i32> {
    let text = text.trim();
    let digits = text.strip_prefix('P').and_then(|rest| rest.strip_suffix('D'));
    digits.unwrap_or(text).parse().ok()
}

fn definitions_in(
    deployment: &DeploymentRecord,
    resource: &str,
    document: &Document,
    resources: &[NewResource],
) -> Vec<DefinitionRecord> {
    let stem = resource.trim_end_matches(".bpmn20.xml").trim_end_matches(".bpmn");
    document
        .processes
        .iter()
        .map(|process| {
            let diagram = resources.iter().map(|resource| &resource.name).find(|name| {
                ["png", "jpg", "gif", "svg"].iter().any(|suffix| {
                    **name == format!("{stem}.{suffix}") || **name == format!("{stem}.{}.{suffix}", process.id)
                })
            });
            DefinitionRecord {
                id: Uuid::now_v7().to_string().into(),
                key: process.id.as_str().into(),
                category: document.target_namespace.clone(),
                description: process.documentation.clone(),
                name: process.name.as_deref().map(Arc::from),
                version: 0,
                resource_name: resource.to_owned(),
                deployment_id: deployment.id,
                deployed_at: deployment.deployed_at,
                diagram: diagram.cloned(),
                suspended: false,
                tenant_id: deployment.tenant_id.clone(),
                version_tag: process.version_tag.clone(),
                history_time_to_live: process
                    .history_time_to_live
                    .map(|days| i32::try_from(days).unwrap_or(i32::MAX)),
                startable_in_tasklist: process.startable_in_tasklist,
            }
        })
        .collect()
}
