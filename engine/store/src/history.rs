//! History beside process and activity instances: rows that are appended when something ends and
//! never change.
//!
//! What still runs is read from the rows of the running instances; queries answer both. One list of
//! columns describes each table to all stores.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

use crate::cell::{Cell, Kind, Mismatch, Stored};

/// The tables of [`HistoryRow`]s.
pub const TABLES: &[&str] = &[HistoricVariablesRow::TABLE];

/// Rows that a change appends to history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryRows {
    /// Variables of scopes and activities that ended.
    pub variables: Vec<HistoricVariablesRow>,
}

/// A row of a table of history. Its key is the instance and the id.
pub trait HistoryRow: Sized + Clone + Send + Sync + 'static {
    /// Name of the table.
    const TABLE: &'static str;
    /// Its columns; `id` and `instance_id` are the first ones.
    const COLUMNS: &'static [(&'static str, Kind)];

    /// The instance that it belongs to: rows are kept, found and removed by it.
    fn instance_id(&self) -> Uuid;

    /// The values of the columns, in their order.
    fn cells(&self) -> Vec<Cell>;

    /// The row of the values of its columns.
    ///
    /// # Errors
    /// [`Mismatch`] when there are too few of them or one is of another type.
    fn from_cells(cells: impl IntoIterator<Item = Cell>) -> Result<Self, Mismatch>;
}

macro_rules! history_row {
    ($row:ident in $table:literal; $($column:ident: $type:ty,)+) => {
        impl HistoryRow for $row {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [(&'static str, Kind)] =
                &[$((stringify!($column), <$type as Stored>::KIND)),+];

            fn instance_id(&self) -> Uuid {
                self.instance_id
            }

            fn cells(&self) -> Vec<Cell> {
                vec![$(self.$column.cell()),+]
            }

            fn from_cells(cells: impl IntoIterator<Item = Cell>) -> Result<Self, Mismatch> {
                let mut cells = cells.into_iter();
                Ok($row {
                    $($column: Stored::from_cell(cells.next().ok_or(Mismatch)?)?,)+
                })
            }
        }
    };
}

/// The variables of a scope or activity that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoricVariablesRow {
    /// Scope or activity instance that held them; the instance id for the root scope.
    pub id: Uuid,
    /// Instance.
    pub instance_id: Uuid,
    /// First of the instances that called each other; the instance itself when absent.
    pub root_instance_id: Option<Uuid>,
    /// Task id, when it was a user task.
    pub task_id: Option<Uuid>,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// When the scope began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// Its variables, as they were then.
    pub variables: Variables,
}

history_row! {
    HistoricVariablesRow in "history_variables";
    id: Uuid,
    instance_id: Uuid,
    root_instance_id: Option<Uuid>,
    task_id: Option<Uuid>,
    definition_id: Arc<str>,
    definition_key: Arc<str>,
    tenant_id: Option<String>,
    started_at: DateTime<Utc>,
    ended_at: DateTime<Utc>,
    variables: Variables,
}

/// A variable of a scope that runs or ended (contract `/history/variable-instance`).
#[derive(Clone, Debug, PartialEq)]
pub struct HistoricVariable {
    /// Scope or activity instance that holds it.
    pub scope_id: Uuid,
    /// Instance.
    pub instance_id: Uuid,
    /// First of the instances that called each other; the instance itself when absent.
    pub root_instance_id: Option<Uuid>,
    /// Task id, when it belongs to a user task.
    pub task_id: Option<Uuid>,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// When the scope began.
    pub started_at: DateTime<Utc>,
    /// When the scope ended; `None` while it runs.
    pub ended_at: Option<DateTime<Utc>>,
    /// Name.
    pub name: String,
    /// Value; the last one that it had.
    pub value: TypedValue,
}
