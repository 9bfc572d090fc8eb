//! Starts the parent process, does the user tasks of the workflows that it leads to, and checks
//! that every business task with a workflow was reported as done. A worker must be running;
//! `LEDGER` names the file in which it keeps the business tasks.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use flowstone_examples::ledger::{Ledger, Status};
use flowstone_examples::{Api, url};
use flowstone_worker::{Deployment, ProcessStart};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let api = Api::new(&url())?;
    let ledger = Ledger::at(std::env::var("LEDGER").unwrap_or_else(|_| "ledger.json".to_owned()));
    let models = Deployment::new("tasks")
        .resource("parent.bpmn", include_bytes!("parent.bpmn").as_slice())
        .resource("child.bpmn", include_bytes!("child.bpmn").as_slice());
    api.processes.deploy(models).await?;
    let parent = api.processes.start(ProcessStart::new("tasks-parent")).await?;
    let parent = api.until_ended(&parent.id, PATIENCE).await?;
    ensure!(parent.state == "COMPLETED", "the parent ended as {}", parent.state);
    for (id, task) in ledger.read()? {
        let Some(instance) = task.workflow else {
            println!("{:<30} has no workflow and stays {:?}", task.task.name, task.status);
            continue;
        };
        for expected in ["Edit SOW", "Save SOW"] {
            let user_task = api.until_task(&instance, PATIENCE).await?;
            ensure!(
                user_task.name.as_deref() == Some(expected),
                "'{expected}' was expected, but {:?} is to be done",
                user_task.name
            );
            api.complete_task(&user_task.id).await?;
            println!("{:<30} {expected} done", task.task.name);
        }
        let child = api.until_ended(&instance, PATIENCE).await?;
        ensure!(
            child.state == "COMPLETED",
            "the workflow of {id} ended as {}",
            child.state
        );
        until_completed(&ledger, &id).await?;
        println!("{:<30} completed", task.task.name);
    }
    println!("all workflows ended");
    Ok(())
}

/// The report of the end reaches the ledger before the instance ends.
async fn until_completed(ledger: &Ledger, id: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while ledger.read()?.get(id).map(|task| task.status) != Some(Status::Completed) {
        if Instant::now() > deadline {
            bail!("task {id} was not reported as done");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
