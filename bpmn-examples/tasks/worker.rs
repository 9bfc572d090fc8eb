//! The worker of the tasks example: it makes business tasks of data, gives those with a mapped key
//! a workflow of their own, and notes when a workflow reports its end.
//!
//! `LEDGER` names the file that holds the business tasks.

use flowstone_examples::ledger::{Ledger, NewTask};
use flowstone_examples::{Api, log, url};
use flowstone_worker::{ProcessStart, Task, TaskError, Variables, Worker};
use serde::{Deserialize, Serialize};

/// Which workflow a task gets, by its key.
fn workflow(key: &str) -> Option<&'static str> {
    match key {
        "statement-of-work" => Some("edit-statement-of-work"),
        _ => None,
    }
}

/// The tasks travel as a list under `values`; writers also send that list as text.
#[derive(Serialize, Deserialize)]
struct Values<T> {
    values: T,
}

#[derive(Serialize, Deserialize)]
struct Data {
    tasks: Values<serde_json::Value>,
}

fn task(key: &str, name: &str, priority: &str) -> NewTask {
    NewTask {
        key: key.to_owned(),
        name: name.to_owned(),
        priority: priority.to_owned(),
    }
}

async fn read_data(_: Task, (): ()) -> Result<Data, TaskError> {
    let tasks = [
        task("statement-of-work", "Statement of work for Ada", "high"),
        task("statement-of-work", "Statement of work for Grace", "low"),
        task("filing", "File the offers", "low"),
    ];
    Ok(Data {
        tasks: Values {
            values: serde_json::to_value(tasks)?,
        },
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    created_tasks: Vec<String>,
}

async fn create_tasks(ledger: &Ledger, api: &Api, task: &Task, data: Data) -> Result<Created, TaskError> {
    let tasks: Vec<NewTask> = match data.tasks.values {
        serde_json::Value::String(text) => serde_json::from_str(&text),
        list => serde_json::from_value(list),
    }
    .map_err(|error| TaskError::fatal(format!("variable 'tasks' does not hold tasks: {error}")))?;
    let mut created_tasks = Vec::with_capacity(tasks.len());
    for (ordinal, new) in tasks.into_iter().enumerate() {
        // The same in every attempt, so that nothing is made twice.
        let id = format!("{}-{ordinal}", task.id());
        let known = ledger.add(&id, new)?;
        if let (Some(process), None) = (workflow(&known.task.key), &known.workflow) {
            let instance = start_once(api, process, &id).await?;
            ledger.set_workflow(&id, &instance)?;
        }
        created_tasks.push(id);
    }
    Ok(Created { created_tasks })
}

/// Starts the workflow of a task unless an earlier attempt did.
async fn start_once(api: &Api, process: &str, id: &str) -> anyhow::Result<String> {
    if let Some(earlier) = api.history_of(id).await?.into_iter().next() {
        return Ok(earlier.id);
    }
    let start = ProcessStart::new(process)
        .business_key(id)
        .variables(Variables::new().with("taskId", id)?)?;
    Ok(api.processes.start(start).await?.id)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    task_id: String,
}

async fn end_task(ledger: &Ledger, done: Done) -> Result<(), TaskError> {
    if ledger.complete(&done.task_id)? {
        Ok(())
    } else {
        Err(TaskError::fatal(format!("no task has the id '{}'", done.task_id)))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    log();
    let ledger = Ledger::at(std::env::var("LEDGER").unwrap_or_else(|_| "ledger.json".to_owned()));
    let api = Api::new(&url())?;
    let creating = ledger.clone();
    Worker::builder(url())
        .name("tasks")
        .topic("read-data", read_data)
        .topic("create-tasks", move |task: Task, data: Data| {
            let (ledger, api) = (creating.clone(), api.clone());
            async move { create_tasks(&ledger, &api, &task, data).await }
        })
        .topic("end-task", move |_: Task, done: Done| {
            let ledger = ledger.clone();
            async move { end_task(&ledger, done).await }
        })
        .stop_on_signals()
        .run()
        .await?;
    Ok(())
}
