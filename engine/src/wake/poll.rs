//! Polls that wait for tasks.

use std::collections::HashMap;
use std::sync::Arc;

use flowstone_store::query::Direction;
use flowstone_store::record::ReadyTask;
use tokio::sync::oneshot;

use super::Wake;
use crate::request::{FetchFilter, FetchRequest, FetchTopic, LockedTask};

/// A fetch with its topics by name; of a name that came twice the last entry counts.
#[derive(Debug)]
pub(crate) struct Fetch {
    pub(crate) worker: String,
    pub(crate) max_tasks: usize,
    pub(crate) use_priority: bool,
    pub(crate) create_time: Option<Direction>,
    pub(crate) topics: HashMap<String, Arc<FetchTopic>>,
}

impl Fetch {
    pub(crate) fn new(request: FetchRequest) -> Self {
        Fetch {
            worker: request.worker,
            max_tasks: request.max_tasks,
            use_priority: request.use_priority,
            create_time: request.create_time,
            topics: request
                .topics
                .into_iter()
                .map(|topic| (topic.topic.clone(), Arc::new(topic)))
                .collect(),
        }
    }
}

/// A task to try for a fetch.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) task: ReadyTask,
    pub(crate) topic: Arc<FetchTopic>,
}

/// What a parked poll is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// These tasks are locked for it.
    Tasks(Vec<LockedTask>),
    /// Something may be there: look again.
    Look,
}

/// A poll that waits.
pub(super) struct Poll {
    pub(super) fetch: Arc<Fetch>,
    sender: oneshot::Sender<Message>,
}

impl Poll {
    pub(super) fn new(fetch: Arc<Fetch>) -> (Self, oneshot::Receiver<Message>) {
        let (sender, receiver) = oneshot::channel();
        (Poll { fetch, sender }, receiver)
    }

    /// Whether its caller is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.sender.is_closed()
    }

    /// Tells it; `false` when its caller is gone.
    pub(super) fn send(self, message: Message) -> bool {
        self.sender.send(message).is_ok()
    }

    /// Gives it its tasks; answers them back when its caller is gone.
    pub(super) fn deliver(self, tasks: Vec<LockedTask>) -> Vec<LockedTask> {
        match self.sender.send(Message::Tasks(tasks)) {
            Err(Message::Tasks(tasks)) => tasks,
            _ => Vec::new(),
        }
    }
}

/// A poll that gets tasks of the batch being written.
pub(crate) struct Engaged {
    pub(super) poll: Poll,
    /// What it gets once the batch is durable.
    pub(crate) tasks: Vec<LockedTask>,
}

/// A place for a task with an engaged poll.
pub(crate) struct Engagement {
    /// Position of the poll among those engaged.
    pub(crate) position: usize,
    /// Worker that polls.
    pub(crate) worker: String,
    /// What it said about the topic.
    pub(crate) topic: Arc<FetchTopic>,
}

impl Engaged {
    pub(super) fn new(poll: Poll) -> Self {
        Engaged {
            poll,
            tasks: Vec::new(),
        }
    }

    /// The first engaged poll that takes one more task of a topic.
    pub(super) fn with_room(
        engaged: &[Engaged],
        topic: &str,
        matches: &impl Fn(&FetchFilter) -> bool,
    ) -> Option<Engagement> {
        engaged.iter().enumerate().rev().find_map(|(position, engaged)| {
            let fetch = &engaged.poll.fetch;
            let entry = fetch.topics.get(topic)?;
            let takes = engaged.tasks.len() < fetch.max_tasks && matches(&entry.filter);
            takes.then(|| Engagement {
                position,
                worker: fetch.worker.clone(),
                topic: entry.clone(),
            })
        })
    }
}

/// The caller's end of a parked poll. Dropping it withdraws the poll.
pub(crate) struct Parked {
    wake: Arc<Wake>,
    id: u64,
    topics: Vec<String>,
    receiver: Option<oneshot::Receiver<Message>>,
}

impl Parked {
    pub(super) fn new(wake: Arc<Wake>, id: u64, topics: Vec<String>, receiver: oneshot::Receiver<Message>) -> Self {
        Parked {
            wake,
            id,
            topics,
            receiver: Some(receiver),
        }
    }

    /// Waits for a message. Dropping the future before it is ready loses nothing.
    pub(crate) async fn message(&mut self) -> Message {
        let Some(receiver) = &mut self.receiver else {
            return Message::Look;
        };
        // A sender that is dropped unheard belongs to a writer that stopped.
        let message = receiver.await.unwrap_or(Message::Look);
        self.receiver = None;
        message
    }

    /// Ends the waiting: what had been on its way, if anything.
    pub(crate) async fn end(mut self) -> Message {
        if self.receiver.is_some() && self.wake.withdraw(self.id) {
            self.receiver = None;
            return Message::Look;
        }
        self.message().await
    }
}

impl Drop for Parked {
    fn drop(&mut self) {
        let Some(mut receiver) = self.receiver.take() else {
            return;
        };
        if self.wake.withdraw(self.id) {
            return;
        }
        // A message is on its way or has come: it must not be lost with its receiver.
        receiver.close();
        match receiver.try_recv() {
            Ok(Message::Tasks(tasks)) => {
                for task in tasks {
                    self.wake.abandon(task.id);
                }
            }
            Ok(Message::Look) => self.wake.rouse_again(self.topics.drain(..)),
            Err(_) => {}
        }
    }
}
