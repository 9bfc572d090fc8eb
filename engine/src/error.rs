//! What callers of the engine must handle.

use flowstone_bpmn::Diagnostic;
use flowstone_core::Rejection;

/// Why a request was not carried out. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The core refused the command.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// No running instance holds this id (task, execution, scope or instance).
    #[error("nothing that runs has the id {0}")]
    Unknown(uuid::Uuid),
    /// No such definition.
    #[error("no deployed process definition found with id '{0}'")]
    UnknownDefinition(String),
    /// The definition is suspended.
    #[error("process definition with id '{0}' is suspended")]
    SuspendedDefinition(String),
    /// The stored definition can no longer be executed by this version.
    #[error("process definition '{definition}' cannot be executed: {problem}")]
    UnusableDefinition {
        /// Definition id.
        definition: String,
        /// Why.
        problem: String,
    },
    /// No such decision.
    #[error("no deployed decision definition found with id '{0}'")]
    UnknownDecision(String),
    /// A decision could not be evaluated.
    #[error("decision '{decision}' could not be evaluated: {problem}")]
    DecisionFailed {
        /// Id or key of the decision.
        decision: String,
        /// Why.
        problem: String,
    },
    /// Instances of the definition still run and the deletion does not cascade to them.
    #[error("{running} instances of process definition '{definition}' still run; delete with cascade=true to end them")]
    DefinitionInUse {
        /// Definition id.
        definition: String,
        /// Number of running instances.
        running: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] flowstone_store::Error),
    /// The server is stopping; ask another node or ask again later.
    #[error("the server is shutting down; send the request again later")]
    ShuttingDown,
}

impl Error {
    /// Whether trying again is likely to come to the same: then the attempt counts.
    pub(crate) fn is_lasting(&self) -> bool {
        !matches!(self, Error::Unknown(_) | Error::Store(_) | Error::ShuttingDown)
    }
}

/// Why a deployment was refused. Nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// At least one resource has errors. All problems of all resources are listed.
    #[error("{} problem(s) in the deployed resources", problems.iter().map(|(_, list)| list.len()).sum::<usize>())]
    Invalid {
        /// Diagnostics by resource name, errors and warnings.
        problems: Vec<(String, Vec<Diagnostic>)>,
    },
    /// The deployment holds no resource.
    #[error("No deployment resources contained in the form upload.")]
    Empty,
    /// A start event of a process cannot be set up.
    #[error("Cannot deploy process definition '{key}': {problem}")]
    Start {
        /// BPMN id of the process.
        key: String,
        /// What is wrong.
        problem: String,
    },
    /// A resource with decisions has errors.
    #[error("Unable to transform DMN resource '{resource}': {}", problems.join("; "))]
    Decisions {
        /// Name of the resource.
        resource: String,
        /// What is wrong, each with its line and column.
        problems: Vec<String>,
    },
    /// Two resources, or one, define the same decision twice.
    #[error("the deployment contains the decision '{key}' more than once")]
    DuplicateDecision {
        /// Key of the decision.
        key: String,
    },
    /// Two resources, or one, define the same process twice.
    #[error("the deployment contains the process '{key}' more than once")]
    DuplicateProcess {
        /// BPMN id of the process.
        key: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] flowstone_store::Error),
}
