//! A database that is there and says nothing: a link that takes what is said and delivers it late, or never.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use store::Store;
use store::cluster::Ephemeral;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::fixture::soon;

/// Longer than any answer takes here.
const GIVEN_UP: Duration = Duration::from_millis(200);

struct Link {
    /// Connections that were made, and how many of them, from the first, are held up.
    made: watch::Receiver<usize>,
    held: watch::Sender<usize>,
    _folder: tempfile::TempDir,
}

impl Link {
    /// A store with a single connection, over a link; and a connection past it.
    async fn to_a_store() -> (Link, Store, PgConnection) {
        let options = Ephemeral::shared().await.database().await.expect("a database");
        let name = format!(".s.PGSQL.{}", options.get_port());
        let behind = options.get_socket().expect("it is reached by a socket").join(&name);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = UnixListener::bind(folder.path().join(&name)).expect("is free");
        let (held, watched) = watch::channel(0);
        let (count, made) = watch::channel(0);
        tokio::spawn(pass(listener, behind, count, watched));
        let link = Link { made, held, _folder: folder };
        let here: PgConnectOptions = options.clone().socket(link._folder.path());
        let store = Store::connect(here, 1).await.expect("is there");
        (link, store, options.connect().await.expect("is there"))
    }

    fn hold_up(&self) {
        self.held.send_replace(*self.made.borrow());
    }

    fn let_through(&self) {
        self.held.send_replace(0);
    }
}

async fn pass(
    listener: UnixListener,
    behind: PathBuf,
    count: watch::Sender<usize>,
    held: watch::Receiver<usize>,
) {
    for number in 1.. {
        let (near, _) = listener.accept().await.expect("is bound");
        let far = UnixStream::connect(&behind).await.expect("it listens");
        count.send_replace(number);
        let (from_near, to_near) = near.into_split();
        let (from_far, to_far) = far.into_split();
        tokio::spawn(carry(from_near, to_far, number, held.clone()));
        tokio::spawn(carry(from_far, to_near, number, held.clone()));
    }
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    number: usize,
    mut held: watch::Receiver<usize>,
) {
    let mut said = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut said).await {
        if held.wait_for(|held| *held < number).await.is_err()
            || to.write_all(&said[..length]).await.is_err()
        {
            return;
        }
    }
}

async fn given_up<T>(asked: impl Future<Output = T>) {
    assert!(tokio::time::timeout(GIVEN_UP, asked).await.is_err(), "it was answered");
}

#[tokio::test]
async fn a_statement_that_is_never_answered_does_not_keep_its_connection() {
    let (link, store, _past) = Link::to_a_store().await;
    store.ping().await.expect("the link is open");
    link.hold_up();
    given_up(store.ping()).await;
    // The pool has room for one. That it is away meanwhile is in order.
    soon(async { while store.ping().await.is_err() {} }).await;
}

#[tokio::test]
async fn a_transaction_that_was_given_up_before_it_began_is_not_open() {
    let (link, store, mut past) = Link::to_a_store().await;
    store.migrate().await.expect("is up to date");
    link.hold_up();
    // The first that it says is `begin`.
    given_up(store.backup()).await;
    link.let_through();
    soon(store.ping()).await.expect("the same connection, which answers again");
    let open = "select count(*) from pg_stat_activity
         where datname = current_database() and state like 'idle in transaction%'";
    let open: i64 = sqlx::query_scalar(open).fetch_one(&mut past).await.expect("it tells");
    assert_eq!(open, 0);
}
