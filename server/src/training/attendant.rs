//! The worker that `souk serve` starts beside itself: a process of its own, begun again when it dies.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// Between a worker's death and the next one.
const PAUSE: Duration = Duration::from_secs(3);
/// For a worker to leave its run after it was told to.
const GRACE: Duration = Duration::from_secs(20);

/// Keeps a worker alive until `stop`, and then has it leave.
pub async fn attend(stop: CancellationToken) {
    while !stop.is_cancelled() {
        match begin() {
            Ok(mut worker) => {
                tokio::select! {
                    ended = worker.wait() => {
                        tracing::warn!(?ended, "the training worker ended; another one is started");
                    }
                    () = stop.cancelled() => return leave(worker).await,
                }
            }
            Err(error) => tracing::error!(%error, "the training worker does not start"),
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = stop.cancelled() => {}
        }
    }
}

fn begin() -> std::io::Result<Child> {
    let parent = std::process::id().to_string();
    Command::new(std::env::current_exe()?)
        .args(["worker", "--under", &parent])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

async fn leave(mut worker: Child) {
    let pid =
        worker.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself just now.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(GRACE, worker.wait()).await.is_err() {
        tracing::warn!("the training worker did not leave in time");
    }
}
