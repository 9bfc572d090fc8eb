//! Rounds that overlap: while the transaction of one is under way, the jobs that come are run for the next.
//!
//! Transactions of a writer never overlap: the next is begun when the one before is over and memory knows what became
//! of it. A job for an instance that is being written waits for that. Whatever is out of the ordinary, such as a
//! conflict with another node, jobs that concern several instances or a change of definitions, ends the overlapping:
//! what has begun is finished first.

use std::collections::HashSet;
use std::sync::Arc;

use flowstone_store::Error as StoreError;
use tokio::sync::mpsc;

use super::commit::{Replies, write};
use super::job::Job;
use super::round::Round;
use super::writer::{BATCH, Left, Shell, Writer};

/// Works until all senders are gone.
pub(super) async fn run(shell: Arc<Shell>, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let mut writer = Writer::new(shell);
    let mut gathered = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut gathered, BATCH).await > 0 {
        let mut waiting = std::mem::take(&mut gathered);
        while !waiting.is_empty() {
            waiting = writer.overlap(waiting, &mut jobs).await;
        }
        writer.hot.shrink();
    }
}

impl Writer {
    /// Carries out jobs and those that come while they are written; answers jobs that came when it had to stop.
    async fn overlap(&mut self, first: Vec<Job>, jobs: &mut mpsc::UnboundedReceiver<Job>) -> Vec<Job> {
        self.follow_definitions();
        let mut round = Round::new(self.shell.clock.now());
        self.gather(&mut round, first, &HashSet::new()).await;
        let mut replies = Replies::default();
        let mut left = Left::nothing();
        let mut waiting = Vec::new();
        while !round.is_empty() && left.is_nothing() && self.across.is_empty() && !self.is_behind_definitions() {
            self.hand_over(&mut round);
            let (closed, batch) = self.close(round);
            let mut writing = tokio::spawn(write(self.shell.store.clone(), batch));
            self.hot.shrink();
            self.give(std::mem::take(&mut replies)).await;

            let busy = closed.instances();
            round = Round::new(self.shell.clock.now());
            let (mut room, mut gathered) = (BATCH, Vec::new());
            let written = loop {
                tokio::select! {
                    biased;
                    written = &mut writing => break written,
                    count = jobs.recv_many(&mut gathered, room), if room > 0 => {
                        // No sender is left: what has begun is finished.
                        room = if count == 0 { 0 } else { room - count };
                        let gathered = std::mem::take(&mut gathered);
                        if self.is_behind_definitions() {
                            waiting.extend(gathered);
                        } else {
                            waiting.extend(self.gather(&mut round, gathered, &busy).await);
                        }
                    }
                }
            };
            let written = written.unwrap_or_else(|error| {
                tracing::error!(%error, "the writing of a transaction broke down");
                let problem = "it is not known whether the command was carried out; look before you try again";
                Err(StoreError::Unavailable(problem.to_owned()))
            });
            (left, replies) = self.settle(closed, written);
            if left.is_nothing() && !waiting.is_empty() && !self.is_behind_definitions() {
                // Loading for those who waited must not keep the others.
                self.give(std::mem::take(&mut replies)).await;
                let waited = std::mem::take(&mut waiting);
                self.gather(&mut round, waited, &HashSet::new()).await;
            }
        }
        self.give(replies).await;
        let last = if round.is_empty() {
            Left::nothing()
        } else {
            self.hand_over(&mut round);
            self.commit(round).await
        };
        self.finish(left).await;
        self.finish(last).await;
        waiting
    }
}
