//! Rows on their way out of the database.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::Variables;
use flowstone_store::record::{ActivityKind, ActivityRow, ExternalTaskColumns};
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

/// Reads cells by position.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'row>(pub(crate) &'row SqliteRow);

impl<'row> Cells<'row> {
    pub(crate) fn get<T>(self, position: usize) -> sqlx::Result<T>
    where
        T: sqlx::Decode<'row, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        self.0.try_get(position)
    }

    /// A text that many records share.
    pub(crate) fn shared(self, position: usize) -> sqlx::Result<Arc<str>> {
        self.get::<&str>(position).map(Arc::from)
    }

    pub(crate) fn optional_shared(self, position: usize) -> sqlx::Result<Option<Arc<str>>> {
        Ok(self.get::<Option<&str>>(position)?.map(Arc::from))
    }

    pub(crate) fn id(self, position: usize) -> sqlx::Result<Uuid> {
        parse_id(self.get(position)?)
    }

    pub(crate) fn optional_id(self, position: usize) -> sqlx::Result<Option<Uuid>> {
        self.get::<Option<&str>>(position)?.map(parse_id).transpose()
    }

    pub(crate) fn time(self, position: usize) -> sqlx::Result<DateTime<Utc>> {
        parse_time(self.get(position)?)
    }

    pub(crate) fn optional_time(self, position: usize) -> sqlx::Result<Option<DateTime<Utc>>> {
        self.get::<Option<i64>>(position)?.map(parse_time).transpose()
    }

    /// A JSON document.
    pub(crate) fn document<T: DeserializeOwned>(self, position: usize) -> sqlx::Result<T> {
        serde_json::from_str(self.get(position)?).map_err(|error| sqlx::Error::Decode(error.into()))
    }

    pub(crate) fn optional_document<T: DeserializeOwned>(self, position: usize) -> sqlx::Result<Option<T>> {
        self.get::<Option<&str>>(position)?
            .map(|text| serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into())))
            .transpose()
    }

    /// The attributes of an external task, from `topic` to `task_suspended`.
    pub(crate) fn external_task(self, position: usize) -> sqlx::Result<ExternalTaskColumns> {
        Ok(ExternalTaskColumns {
            topic: self.get(position)?,
            priority: self.get(position + 1)?,
            retries: self.get(position + 2)?,
            worker: self.get(position + 3)?,
            lock_expires: self.optional_time(position + 4)?,
            lock_token: self.optional_id(position + 5)?,
            error_message: self.get(position + 6)?,
            error_details: self.get(position + 7)?,
            suspended: self.get(position + 8)?,
        })
    }

    /// An activity, in the order of [`crate::table::ACTIVITY`].
    pub(crate) fn activity(self) -> sqlx::Result<ActivityRow> {
        let kind: &str = self.get(6)?;
        let has_task = self.get::<Option<&str>>(9)?.is_some();
        Ok(ActivityRow {
            id: self.id(0)?,
            instance_id: self.id(1)?,
            parent_id: self.id(2)?,
            node_id: self.shared(3)?,
            activity_type: self.shared(4)?,
            activity_name: self.optional_shared(5)?,
            kind: ActivityKind::parse(kind)
                .ok_or_else(|| sqlx::Error::Decode(format!("unknown kind of activity `{kind}`").into()))?,
            started_at: self.time(7)?,
            variables: self.optional_document::<Variables>(8)?,
            external_task: has_task.then(|| self.external_task(9)).transpose()?,
            detail: self.optional_document(18)?,
        })
    }
}

fn parse_id(text: &str) -> sqlx::Result<Uuid> {
    Uuid::parse_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn parse_time(microseconds: i64) -> sqlx::Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(microseconds)
        .ok_or_else(|| sqlx::Error::Decode(format!("{microseconds} is no moment").into()))
}
