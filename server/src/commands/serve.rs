//! `souk serve`.

use anyhow::{Context, Result, bail};
use store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wire::ProductQuery;

use super::admin::{find_or_create, login_link};
use super::database::{Opened, stop};
use super::import;
use crate::assets::Site;
use crate::config::Config;
use crate::roster::Roster;
use crate::running::Running;

/// The account of the first run's link.
const FIRST_RESEARCHER: &str = "researcher@localhost";

/// Serves until it is told to stop.
pub async fn serve(config: Config) -> Result<()> {
    // What can be wrong without a database is said before one is started.
    let site = Site::open(config.site.as_deref())?;
    let roster = Roster::open(&config)?;
    let listener = listen(&config).await?;
    let opened = Opened::open(&config).await?;
    let prepared = prepare(&config, &opened.database.store).await;
    let greeting = match prepared {
        Ok(greeting) => greeting,
        Err(error) => {
            opened.close().await?;
            return Err(error);
        }
    };
    let (database, cluster) = opened.into_parts();
    let mut running = Running::start_with(config.clone(), roster, database, site, listener).await?;
    // Heard from before it says that it is open: who reads that may end it at once.
    let mut ends = Ends::listen()?;
    let (stop_worker, worker) = worker(&config);
    println!("Souk is open at {}", address(&config, &running));
    println!("{greeting}");
    let failure = tokio::select! {
        outcome = running.failed() => outcome.err(),
        told = ends.told() => {
            if told == SignalKind::terminate() && !config.drain.is_zero() {
                leave(&config, &running, &mut ends).await;
            }
            None
        }
    };
    eprintln!("souk: closing");
    stop_worker.cancel();
    running.stop().await;
    worker.await.context("the training worker was not attended")?;
    stop(cluster).await?;
    failure.map_or(Ok(()), Err)
}

/// Answers on, not ready, until whoever stands in front has noticed; a second signal ends that.
async fn leave(config: &Config, running: &Running, ends: &mut Ends) {
    eprintln!("souk: leaving, and closing in {} s", config.drain.as_secs());
    running.leave();
    tokio::select! {
        () = tokio::time::sleep(config.drain) => {}
        _ = ends.told() => {}
    }
}

/// Starts the worker beside the server, where the settings want one, and gives what stops it.
fn worker(config: &Config) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let wanted = config.worker;
    let told = stop.clone();
    let attended = tokio::spawn(async move {
        #[cfg(feature = "trainer")]
        if wanted {
            crate::training::attendant::attend(told).await;
        }
        #[cfg(not(feature = "trainer"))]
        drop((wanted, told));
    });
    (stop, attended)
}

fn address(config: &Config, running: &Running) -> String {
    config.origin.clone().unwrap_or_else(|| format!("http://{}", running.addr))
}

async fn listen(config: &Config) -> Result<TcpListener> {
    let addr = config.addr;
    TcpListener::bind(addr).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "another program answers at {addr}, perhaps another Souk: stop it, or choose another port with SOUK_ADDR=127.0.0.1:{}",
            addr.port().wrapping_add(1).max(1024)
        ),
        std::io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "this user may not listen at {addr}: choose a port above 1023 with SOUK_ADDR"
        ),
        std::io::ErrorKind::AddrNotAvailable => {
            anyhow::anyhow!("{addr} is not an address of this machine: set another SOUK_ADDR")
        }
        _ => anyhow::Error::new(error).context(format!("cannot listen at {addr}")),
    })
}

/// Refuses what would be unsafe, fills an empty market, and says how the researcher signs in.
async fn prepare(config: &Config, store: &Store) -> Result<String> {
    let (users, with_password) = store.user_count().await?;
    if config.is_public() && with_password == 0 {
        bail!(
            "{} can be reached from other machines, and no researcher has a password yet: set one with \
             `souk admin password YOU@EXAMPLE.ORG`, or serve this machine alone with \
             SOUK_ADDR=127.0.0.1:{}",
            config.addr,
            config.addr.port()
        );
    }
    if store.product_list(&ProductQuery::default()).await?.total == 0 {
        eprintln!("souk: filling the market with Souk's own catalogue");
        import::own(store).await?;
    }
    if with_password > 0 {
        return Ok(
            "Researchers sign in at /sign-in; a forgotten password: `souk admin password EMAIL`"
                .to_owned(),
        );
    }
    if users > 0 && store.user_find_by_name(FIRST_RESEARCHER).await?.is_none() {
        return Ok(
            "Researchers sign in with a link: `souk admin login-link EMAIL` prints one".to_owned()
        );
    }
    let user = find_or_create(store, FIRST_RESEARCHER).await?;
    let link = login_link(config, store, user).await?;
    let minutes = config.link_life.as_secs() / 60;
    Ok(format!("The researcher signs in here, once, within {minutes} minutes: {link}"))
}

/// Begins to listen for Ctrl-C and a polite end, and gives what waits for the first of them.
pub(super) fn told_to_stop() -> Result<impl Future<Output = ()>> {
    let mut ends = Ends::listen()?;
    Ok(async move {
        ends.told().await;
    })
}

/// Ctrl-C, and a polite end.
struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    /// Hears from now on.
    fn listen() -> Result<Ends> {
        let hear = |kind| signal(kind).context("signals cannot be heard");
        Ok(Ends {
            terminate: hear(SignalKind::terminate())?,
            interrupt: hear(SignalKind::interrupt())?,
        })
    }

    /// The next of them.
    async fn told(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        }
    }
}
