//! The REST API: one room per resource.
//!
//! A resource parses and checks a request, submits a command to the engine or asks its store, and
//! shows the outcome the way Camunda 7 does. Each exposes `routes()`, whose paths begin below the
//! API root; [`paths`] puts them together. Nothing here touches an instance or knows SQL.

pub mod base_uri;
pub mod body;
pub mod condition;
pub mod decision_definition;
pub mod decision_requirements_definition;
mod definition;
pub mod deployment;
pub mod engine;
pub mod error;
pub mod event_subscription;
pub mod execution;
pub mod external_task;
pub mod filter;
mod form;
pub mod history;
pub mod incident;
pub mod job;
pub mod job_definition;
pub mod message;
pub mod openapi;
pub mod operations;
pub mod process_definition;
pub mod process_instance;
pub mod signal;
mod starts;
mod suspension;
pub mod task;
mod tenants;
pub mod unsupported;
pub mod value;
pub mod variable_instance;
pub mod variables;
pub mod version;
pub mod well_known;

use std::sync::Arc;

use axum::Json;
use flowstone_engine::Engine;
use serde::Serialize;
use tenants::tenants;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// Settings of the HTTP side.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Largest JSON body and largest binary variable, in bytes.
    pub max_body_bytes: usize,
    /// Largest upload of a deployment, all its resources together, in bytes.
    pub max_deployment_bytes: usize,
    /// How long a stop waits for requests that are being answered.
    pub shutdown_grace: std::time::Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        ServerOptions {
            max_body_bytes: 16 << 20,
            max_deployment_bytes: 64 << 20,
            shutdown_grace: std::time::Duration::from_secs(30),
        }
    }
}

/// What every handler works with. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    engine: Engine,
    options: Arc<ServerOptions>,
    stopping: CancellationToken,
}

impl AppState {
    /// The state of a server over an engine. When `stopping` is cancelled, parked fetches are
    /// answered with nothing.
    pub fn new(engine: Engine, options: ServerOptions, stopping: CancellationToken) -> Self {
        AppState {
            engine,
            options: Arc::new(options),
            stopping,
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The database, for queries.
    pub fn store(&self) -> &dyn flowstone_store::Store {
        self.engine.store()
    }

    /// Settings.
    pub fn options(&self) -> &ServerOptions {
        &self.options
    }

    /// Cancelled when the server begins to stop.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }
}

/// Every implemented operation below the API root, with its documentation.
pub fn paths() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(condition::routes())
        .merge(decision_definition::routes())
        .merge(decision_requirements_definition::routes())
        .merge(deployment::routes())
        .merge(engine::routes())
        .merge(event_subscription::routes())
        .merge(execution::routes())
        .merge(external_task::routes())
        .merge(history::routes())
        .merge(incident::routes())
        .merge(job::routes())
        .merge(job_definition::routes())
        .merge(message::routes())
        .merge(process_definition::routes())
        .merge(process_instance::routes())
        .merge(signal::routes())
        .merge(task::routes())
        .merge(variable_instance::routes())
        .merge(variables::routes())
        .merge(version::routes())
}

/// Answer of the count operations.
#[derive(Serialize, ToSchema)]
pub struct Count {
    /// Number of records that pass the filter.
    pub count: u64,
}

impl Count {
    /// A count as the body of a reply.
    pub fn json(count: u64) -> Json<Count> {
        Json(Count { count })
    }
}

/// A reference to another resource.
#[derive(Serialize, ToSchema)]
pub struct Link {
    /// HTTP method.
    pub method: &'static str,
    /// Absolute address.
    pub href: String,
    /// Relation, `self`.
    pub rel: &'static str,
}

impl Link {
    /// The address of the resource itself.
    pub fn to_self(href: String) -> Vec<Link> {
        vec![Link {
            method: "GET",
            href,
            rel: "self",
        }]
    }
}
