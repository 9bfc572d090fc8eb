//! Hints between nodes over `LISTEN`/`NOTIFY`.
//!
//! A hint is one notification on one channel: `{"node":"…","topics":["a"]}` or
//! `{"node":"…","definitions":true}`. Every store draws a random node id, by which it drops what it
//! sent itself.

use std::time::Duration;

use flowstone_store::{Error, Hint, HintStream, Result};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgNotification};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::error::failure;
use crate::text::storable;

const CHANNEL: &str = "flowstone_hint";

/// Postgres refuses payloads of 8000 bytes and more; the rest is left for the frame.
const TOPICS_LIMIT: usize = 7600;

/// How many hints may wait for their reader; more are dropped, the reader's sweep makes that right.
const BACKLOG: usize = 1024;

/// Waits between attempts to reach Postgres again, doubled up to the limit.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

#[derive(Serialize, Deserialize)]
struct Payload {
    node: Uuid,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    topics: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    definitions: bool,
}

/// Sends a hint; one statement, which does not wait for the disk.
pub(crate) async fn send(pool: &PgPool, node: Uuid, hint: Hint) -> Result<()> {
    let payloads = payloads(node, hint)?;
    if payloads.is_empty() {
        return Ok(());
    }
    // A hint may be lost, so its transaction does not wait for the disk.
    sqlx::query(
        "with setting as materialized (select set_config('synchronous_commit', 'off', true) as value) \
         select pg_notify($1, p.payload) from setting, unnest($2::text[]) as p (payload)",
    )
    .bind(CHANNEL)
    .bind(payloads)
    .execute(pool)
    .await
    .map_err(|error| failure("sending a hint", error))?;
    Ok(())
}

/// The payloads of a hint: topics are spread over as many as they need; one too long for any is
/// left to the sweep of the other nodes.
fn payloads(node: Uuid, hint: Hint) -> Result<Vec<String>> {
    let mut groups = Vec::new();
    match hint {
        Hint::Definitions => groups.push(Payload {
            node,
            topics: Vec::new(),
            definitions: true,
        }),
        Hint::Topics(mut topics) => {
            topics.sort_unstable();
            topics.dedup();
            let mut size = TOPICS_LIMIT;
            for topic in topics {
                // As JSON a character may take six bytes for one (`\u0001`).
                let length = storable(&topic).len() * if topic.chars().any(char::is_control) { 6 } else { 2 } + 3;
                if length > TOPICS_LIMIT {
                    tracing::debug!("a topic is too long for a hint");
                    continue;
                }
                if size + length > TOPICS_LIMIT {
                    groups.push(Payload {
                        node,
                        topics: Vec::new(),
                        definitions: false,
                    });
                    size = 0;
                }
                size += length;
                if let Some(group) = groups.last_mut() {
                    group.topics.push(topic);
                }
            }
        }
    }
    groups
        .iter()
        .map(|payload| {
            serde_json::to_string(payload).map_err(|error| Error::Failed(format!("a hint cannot be written: {error}")))
        })
        .collect()
}

/// Listens to the other nodes until the stream is dropped. Returns once the database listens, so
/// that no hint sent afterwards is missed.
pub(crate) async fn listen(pool: PgPool, node: Uuid) -> Result<HintStream> {
    let listener = subscribe(&pool)
        .await
        .map_err(|error| failure("listening for hints", error))?;
    let (sender, receiver) = mpsc::channel(BACKLOG);
    tokio::spawn(async move {
        let mut listener = Some(listener);
        let mut pause = FIRST_PAUSE;
        while !sender.is_closed() {
            match listener.take() {
                Some(open) => {
                    let error = tokio::select! {
                        () = sender.closed() => return,
                        error = forward(open, node, &sender) => error,
                    };
                    tracing::warn!(%error, "the connection for hints was lost");
                }
                None => match subscribe(&pool).await {
                    Ok(open) => {
                        pause = FIRST_PAUSE;
                        // What was deployed meanwhile went unheard.
                        drop(sender.try_send(Hint::Definitions));
                        listener = Some(open);
                    }
                    Err(error) => {
                        tracing::debug!(%error, "the connection for hints cannot be made yet");
                        tokio::select! {
                            () = sender.closed() => return,
                            () = tokio::time::sleep(pause) => {}
                        }
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                },
            }
        }
    });
    Ok(receiver)
}

async fn subscribe(pool: &PgPool) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Passes hints on until the connection is lost; answers why.
async fn forward(mut listener: PgListener, node: Uuid, sender: &mpsc::Sender<Hint>) -> sqlx::Error {
    loop {
        match listener.try_recv().await {
            Ok(Some(notification)) => {
                if let Some(hint) = read(&notification, node) {
                    // A full backlog means a reader that is busy and will look anyway.
                    drop(sender.try_send(hint));
                }
            }
            Ok(None) => return sqlx::Error::Protocol("the server closed the connection".to_owned()),
            Err(error) => return error,
        }
    }
}

fn read(notification: &PgNotification, node: Uuid) -> Option<Hint> {
    let payload: Payload = serde_json::from_str(notification.payload())
        .inspect_err(|error| tracing::debug!(%error, "a notification is no hint"))
        .ok()?;
    if payload.node == node {
        None
    } else if payload.definitions {
        Some(Hint::Definitions)
    } else {
        Some(Hint::Topics(payload.topics))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_topics_spread_over_payloads_that_postgres_takes() {
        let topics: Vec<String> = (0..2000)
            .map(|number| format!("topic-\"{number}\"-{}", "ü".repeat(20)))
            .collect();
        let payloads = payloads(Uuid::now_v7(), Hint::Topics(topics.clone())).unwrap();
        assert!(payloads.len() > 1);
        assert!(payloads.iter().all(|payload| payload.len() < 8000));
        let mut sent: Vec<String> = payloads
            .iter()
            .flat_map(|text| serde_json::from_str::<Payload>(text).unwrap().topics)
            .collect();
        let mut topics = topics;
        sent.sort();
        topics.sort();
        assert_eq!(sent, topics);
    }

    #[test]
    fn a_topic_too_long_for_any_payload_is_left_to_the_sweep() {
        let hint = Hint::Topics(vec!["x".repeat(9000), "short".to_owned()]);
        let payloads = payloads(Uuid::now_v7(), hint).unwrap();
        assert_eq!(payloads.len(), 1);
        assert!(payloads[0].contains("short"));
    }
}
