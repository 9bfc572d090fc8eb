//! The throwaway cluster starts, serves and leaves nothing behind.

use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use flowstone_tests::postgres::{Durability, PrivateCluster};
use sqlx::{Connection as _, PgConnection};

#[tokio::test]
async fn a_cluster_is_gone_when_it_is_dropped() {
    let cluster = PrivateCluster::start(Durability::Durable).unwrap();
    let url = cluster.create_database().await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let (directory, fsync): (String, String) =
        sqlx::query_as("select current_setting('data_directory'), current_setting('fsync')")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(fsync, "on");
    let directory = PathBuf::from(directory);
    assert!(directory.exists());
    let address = url.split_once('@').unwrap().1.split_once('/').unwrap().0.to_owned();

    // An open connection does not keep the server alive.
    drop(cluster);
    assert!(!directory.exists());
    let began = Instant::now();
    while TcpStream::connect(&address).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(5), "the server still listens");
    }
}
