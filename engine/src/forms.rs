//! Forms as people see them, and forms that were deployed.

use flowstone_core::{FormAddress, FormVariable};
use flowstone_store::query::{DeploymentField, Direction, Query, Scalar, Test};
use flowstone_store::record::{DefinitionRecord, ResourceRecord};
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::Error;
use crate::view::InstanceView;

/// Deployments looked through at once.
const PAGE: u64 = 100;

/// Suffix of resources that hold a form with an id of its own.
const FORM_SUFFIX: &str = ".form";

/// Why there is no deployed form.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// The model names none.
    #[error("One of the attributes 'formKey' and 'camunda:formRef' must be supplied but none were set.")]
    NotNamed,
    /// The key means a form that is found elsewhere.
    #[error("The form key '{0}' does not reference a deployed form.")]
    NotDeployed(String),
    /// The deployment has no such resource.
    #[error("The form with the resource name '{name}' cannot be found in deployment with id '{deployment}'")]
    NoResource {
        /// Name of the resource.
        name: String,
        /// Deployment of the process.
        deployment: Uuid,
    },
    /// No deployed form has the id.
    #[error("No Camunda Form Definition was found for Camunda Form Ref: {key} ({binding})")]
    UnknownForm {
        /// Id of the form.
        key: String,
        /// How its version is chosen.
        binding: String,
    },
    /// Versions of forms are not counted.
    #[error("the form '{0}' is bound by its version, which is not implemented; bind 'deployment' or 'latest'")]
    BoundByVersion(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] flowstone_store::Error),
}

impl Engine {
    /// The fields of the form of a user task with their variables, else with their defaults.
    ///
    /// # Errors
    /// [`Error::Rejected`] when there is no such task, a default cannot be computed or a value does not fit its field.
    pub fn task_form_variables(&self, view: &InstanceView, task: Uuid) -> Result<Vec<FormVariable>, Error> {
        let limits = self.evaluation_limits();
        let executable = &view.definition.executable;
        executable
            .task_form_variables(&view.instance, task, self.now(), &limits)
            .map_err(Error::Rejected)
    }

    /// The resource that holds a form, named by a key such as `embedded:deployment:form.html` or by the id that the
    /// form itself has.
    ///
    /// # Errors
    /// [`FormError`].
    pub async fn deployed_form(
        &self,
        address: &FormAddress,
        definition: &DefinitionRecord,
    ) -> Result<ResourceRecord, FormError> {
        if let Some(key) = &address.key {
            return self.keyed_form(key, definition.deployment_id).await;
        }
        let reference = address.reference.as_ref().ok_or(FormError::NotNamed)?;
        let found = match reference.binding.as_str() {
            "deployment" => self.form_in(definition.deployment_id, &reference.key).await?,
            "latest" => {
                self.latest_form(definition.tenant_id.as_deref(), &reference.key)
                    .await?
            }
            _ => return Err(FormError::BoundByVersion(reference.key.clone())),
        };
        found.ok_or_else(|| FormError::UnknownForm {
            key: reference.key.clone(),
            binding: reference.binding.clone(),
        })
    }

    async fn keyed_form(&self, key: &str, deployment: Uuid) -> Result<ResourceRecord, FormError> {
        let address = ["embedded:", "camunda-forms:"]
            .into_iter()
            .find_map(|prefix| key.strip_prefix(prefix))
            .unwrap_or(key);
        let name = address
            .strip_prefix("deployment:")
            .ok_or_else(|| FormError::NotDeployed(key.to_owned()))?;
        let found = self.store().resource_named(deployment, name).await?;
        found.ok_or_else(|| FormError::NoResource {
            name: name.to_owned(),
            deployment,
        })
    }

    /// The form of an id in a deployment.
    async fn form_in(&self, deployment: Uuid, id: &str) -> Result<Option<ResourceRecord>, FormError> {
        for listed in self.store().resources(deployment).await? {
            if !listed.name.ends_with(FORM_SUFFIX) {
                continue;
            }
            let resource = self.store().resource(deployment, listed.id).await?;
            if let Some(resource) = resource.filter(|resource| form_id(&resource.bytes).as_deref() == Some(id)) {
                return Ok(Some(resource));
            }
        }
        Ok(None)
    }

    /// The form of an id that was deployed last.
    async fn latest_form(&self, tenant: Option<&str>, id: &str) -> Result<Option<ResourceRecord>, FormError> {
        let tenant = tenant.map_or(Test::IsNull, |tenant| Test::Equals(Scalar::Text(tenant.to_owned())));
        let mut page = Query {
            order: vec![(DeploymentField::DeployedAt, Direction::Descending)],
            max: Some(PAGE),
            ..Query::default()
        }
        .with(DeploymentField::TenantId, tenant);
        loop {
            let deployments = self.store().deployments(&page).await?;
            for deployment in &deployments {
                if let Some(found) = self.form_in(deployment.id, id).await? {
                    return Ok(Some(found));
                }
            }
            if (deployments.len() as u64) < PAGE {
                return Ok(None);
            }
            page.first += PAGE;
        }
    }
}

/// The id that a form gives itself.
fn form_id(bytes: &[u8]) -> Option<String> {
    let form: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    form.get("id")?.as_str().map(str::to_owned)
}
