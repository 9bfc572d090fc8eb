//! The business tasks of the tasks example, kept in a file.
//!
//! A stand-in for the database of a task service: every change is on disk before it is
//! acknowledged, and adding what is there already changes nothing, so that a worker may repeat
//! itself after a crash.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// State of a business task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Somebody has to do it.
    Pending,
    /// It is done.
    Completed,
}

/// A task as data names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewTask {
    /// Kind of task; decides which workflow it gets.
    pub key: String,
    /// For readers.
    pub name: String,
    /// `low`, `medium` or `high`.
    pub priority: String,
}

/// A task in the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BusinessTask {
    /// What it is about.
    #[serde(flatten)]
    pub task: NewTask,
    /// Whether it is done.
    pub status: Status,
    /// Instance of its workflow; `None` when its key is mapped to none.
    pub workflow: Option<String>,
}

/// The file, shared between the handlers of a worker.
#[derive(Clone, Debug)]
pub struct Ledger {
    path: Arc<PathBuf>,
    turn: Arc<Mutex<()>>,
}

impl Ledger {
    /// The ledger in a file, which may not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Ledger {
            path: Arc::new(path.into()),
            turn: Arc::default(),
        }
    }

    /// All tasks by id.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self) -> anyhow::Result<BTreeMap<String, BusinessTask>> {
        match fs::read(&*self.path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds a task unless its id is there, and answers it as it is now.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn add(&self, id: &str, task: NewTask) -> anyhow::Result<BusinessTask> {
        self.change(|tasks| {
            let new = BusinessTask {
                task,
                status: Status::Pending,
                workflow: None,
            };
            tasks.entry(id.to_owned()).or_insert(new).clone()
        })
    }

    /// Notes the workflow of a task.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn set_workflow(&self, id: &str, instance: &str) -> anyhow::Result<()> {
        self.change(|tasks| {
            if let Some(task) = tasks.get_mut(id) {
                task.workflow = Some(instance.to_owned());
            }
        })
    }

    /// Marks a task as done; answers whether it is known.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn complete(&self, id: &str) -> anyhow::Result<bool> {
        self.change(|tasks| {
            let task = tasks.get_mut(id);
            task.map(|task| task.status = Status::Completed).is_some()
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<String, BusinessTask>) -> T) -> anyhow::Result<T> {
        // The file is whole whatever a panicking holder did: it is replaced at once.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tasks = self.read()?;
        let answer = change(&mut tasks);
        replace(&self.path, &serde_json::to_vec_pretty(&tasks)?)?;
        Ok(answer)
    }
}

/// Replaces a file so that a crash leaves either the old or the new one.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let new = path.with_extension("new");
    let mut file = fs::File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "these are tests")]

    use super::*;

    #[test]
    fn tasks_outlive_the_worker_and_are_added_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.json");
        let task = |name: &str| NewTask {
            key: "sow".to_owned(),
            name: name.to_owned(),
            priority: "high".to_owned(),
        };
        let ledger = Ledger::at(&path);
        ledger.add("1", task("first")).unwrap();
        ledger.set_workflow("1", "instance").unwrap();
        let again = Ledger::at(&path).add("1", task("second attempt")).unwrap();
        assert_eq!(
            (again.task.name.as_str(), again.workflow.as_deref()),
            ("first", Some("instance"))
        );
        assert!(ledger.complete("1").unwrap());
        assert!(!ledger.complete("unknown").unwrap());
        assert_eq!(Ledger::at(&path).read().unwrap()["1"].status, Status::Completed);
    }
}
