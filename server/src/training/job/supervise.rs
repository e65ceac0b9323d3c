//! Looks after the runs that are jobs of a cluster: gives them to it, hears how they are, tells their pages.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use store::{Beat, ClaimedRun, RunEnd, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wire::{RunCommand, RunFailure, RunId, RunPlace};

use super::ray::{Cluster, Job, Status, Submission, Trouble, archive};
use crate::config::RaySettings;
use crate::training::queue::told;
use crate::training::worker::LEASE;

/// Between two looks at a job, and at the queue.
const LOOK: Duration = Duration::from_secs(2);
/// Runs that one process looks after at the same time.
const MOST: usize = 16;
/// For a job that is over by itself to have told its end.
const LAST_WORD: Duration = Duration::from_secs(10);
/// Bytes of a job's output that are kept for its page at one look.
const KEPT: usize = 64 * 1024;

/// What the program for TRL consists of, as it lies in a job's folder.
const TRL: [(&str, &str); 6] = [
    ("souk_trl.py", include_str!("../../../../trainers/ray/souk_trl.py")),
    ("figures.py", include_str!("../../../../trainers/ray/figures.py")),
    ("link.py", include_str!("../../../../trainers/ray/link.py")),
    ("plan.py", include_str!("../../../../trainers/ray/plan.py")),
    ("souk_env/__init__.py", include_str!("../../../../clients/python/src/souk_env/__init__.py")),
    ("souk_env/trl.py", include_str!("../../../../clients/python/src/souk_env/trl.py")),
];

/// Takes runs for the cluster from the queue and looks after each, until it is told to stop. Jobs go on meanwhile.
pub async fn look_after_all(store: Store, settings: RaySettings, stop: CancellationToken) {
    let owner = Uuid::new_v4();
    let mut runs = JoinSet::new();
    loop {
        while runs.try_join_next().is_some() {}
        if runs.len() < MOST {
            match store.run_claim(owner, LEASE, true).await {
                Ok(Some(claimed)) => {
                    let keeper = Keeper::new(&store, &settings, owner, &claimed);
                    let stop = stop.clone();
                    runs.spawn(async move { keeper.work(claimed, &stop).await });
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the queue of training runs cannot be read"),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => break,
        }
    }
    runs.join_all().await;
}

struct Keeper {
    store: Store,
    settings: RaySettings,
    cluster: Cluster,
    owner: Uuid,
    run: RunId,
    /// Bytes of the job's output that are in the log.
    logged: usize,
}

/// What a look at a job came to.
enum Seen {
    /// It is waited for, or works.
    On,
    /// Its last line said so, or somebody else looks after it.
    Settled,
    End(RunEnd),
}

impl Keeper {
    fn new(store: &Store, settings: &RaySettings, owner: Uuid, claimed: &ClaimedRun) -> Keeper {
        let cluster =
            Cluster::new(&settings.address, settings.token.as_ref().map(|token| token.0.as_str()));
        let (store, settings) = (store.clone(), settings.clone());
        Keeper { store, settings, cluster, owner, run: claimed.id, logged: 0 }
    }

    async fn work(mut self, claimed: ClaimedRun, stop: &CancellationToken) {
        let run = self.run;
        let end = match self.follow(&claimed, stop).await {
            Ok(end) => end,
            Err(error) => {
                tracing::error!(%run, error = format!("{error:#}"), "a job was not looked after");
                None
            }
        };
        let Some(end) = end else { return };
        tracing::info!(%run, ?end, "a job of the cluster is left");
        self.log(&told(&end)).await;
        let settled = async {
            self.store.run_settle(run, self.owner, &end).await?;
            self.store.job_drop(run).await
        };
        if let Err(error) = settled.await {
            tracing::error!(%run, %error, "a run's end was not stored");
        }
    }

    /// `None`: there is nothing to settle.
    async fn follow(
        &mut self,
        claimed: &ClaimedRun,
        stop: &CancellationToken,
    ) -> Result<Option<RunEnd>> {
        // One that was given to the cluster before this process began is found again by its name.
        let known = self.store.job_of(self.run).await?;
        let mut job = known.map(|(job, logged)| {
            self.logged = usize::try_from(logged).unwrap_or_default();
            job
        });
        let (mut away, mut over) = (None::<Instant>, None::<Instant>);
        loop {
            let seen = match &job {
                Some(id) => self.look(&id.clone(), &mut over).await,
                None => match self.submit(claimed.place).await? {
                    None => return Ok(None),
                    Some(Ok(id)) => {
                        job = Some(id);
                        Ok(Seen::On)
                    }
                    Some(Err(trouble)) => Err(trouble),
                },
            };
            match seen {
                Ok(Seen::On) => away = None,
                // What it printed at last was told by that look.
                Ok(Seen::Settled) => return Ok(None),
                Ok(Seen::End(end)) => return Ok(Some(end)),
                Err(trouble @ Trouble::Away { .. }) => {
                    if away.is_none() {
                        self.log(&format!("{trouble}.")).await;
                    }
                    let since = *away.get_or_insert_with(Instant::now);
                    if since.elapsed() > self.settings.patience {
                        let seconds = self.settings.patience.as_secs();
                        return Ok(Some(failed(
                            "cluster_lost",
                            format!(
                                "{trouble}. It was waited for {seconds} seconds: look at the cluster, and press Retry."
                            ),
                        )));
                    }
                }
                Err(trouble @ Trouble::Refused { .. }) => {
                    return Ok(Some(failed(
                        "cluster_refused",
                        format!("{trouble}. Look at SOUK_RAY_ADDRESS and SOUK_RAY_TOKEN."),
                    )));
                }
            }
            match self.store.run_beat(self.run, self.owner, LEASE, None, None).await {
                Ok(Beat { held: false, .. }) => {
                    if let Some(id) = &job {
                        self.last_words(id).await?;
                    }
                    return Ok(None);
                }
                Ok(Beat { asked: Some(RunCommand::Cancel), .. }) => {
                    if let Some(id) = &job
                        && let Err(trouble) = self.cluster.stop(id).await
                    {
                        self.log(&format!("{trouble}; the job may go on there.")).await;
                    }
                    return Ok(Some(RunEnd::Cancelled));
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(run = %self.run, %error, "no sign of life could be left")
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                // The job goes on, and the next process finds it.
                () = stop.cancelled() => return Ok(None),
            }
        }
    }

    /// `None`: the run is somebody else's by now.
    async fn submit(&self, place: RunPlace) -> Result<Option<Result<String, Trouble>>> {
        let Some((id, token)) = self.store.job_create(self.run, self.owner).await? else {
            return Ok(None);
        };
        let is_trl = place == RunPlace::RayTrl;
        let submitted = async {
            let working_dir = match is_trl {
                true => Some(self.cluster.upload(archive(&TRL)).await?),
                false => None,
            };
            let entrypoint =
                if is_trl { &self.settings.trl_entrypoint } else { &self.settings.entrypoint };
            let environment = BTreeMap::from([
                ("SOUK_RUN".to_owned(), self.run.to_string()),
                ("SOUK_ADDRESS".to_owned(), self.settings.souk.clone()),
                ("SOUK_JOB_TOKEN".to_owned(), token.reveal().to_owned()),
            ]);
            let job = Submission {
                id: id.clone(),
                entrypoint: entrypoint.clone(),
                environment,
                working_dir,
                metadata: BTreeMap::from([("souk_run".to_owned(), self.run.to_string())]),
                gpus: self.settings.gpus.into(),
            };
            self.cluster.submit(&job).await
        };
        Ok(Some(match submitted.await {
            Ok(()) => {
                self.log(&format!("Given to the Ray cluster as the job {id}.")).await;
                Ok(id)
            }
            Err(trouble) => {
                // Its token is worth nothing from now on; a job that did begin will be told so.
                self.store.job_drop(self.run).await?;
                Err(trouble)
            }
        }))
    }

    async fn look(&mut self, id: &str, over: &mut Option<Instant>) -> Result<Seen, Trouble> {
        let Some(job) = self.cluster.find(id).await? else {
            return Ok(Seen::End(failed(
                "cluster_lost",
                "The Ray cluster does not know the job any more: it was begun anew, or the job was deleted. What \
                 the run had learnt up to its last iteration is kept: press Retry.",
            )));
        };
        if let Ok(output) = self.cluster.log(id).await {
            self.tell(&output).await;
        }
        if !job.status.is_over() {
            return Ok(Seen::On);
        }
        // Its last line may still be on its way.
        let since = *over.get_or_insert_with(Instant::now);
        let held = self.store.run_beat(self.run, self.owner, LEASE, None, None).await;
        if held.is_ok_and(|beat| !beat.held) {
            return Ok(Seen::Settled);
        }
        if since.elapsed() < LAST_WORD {
            return Ok(Seen::On);
        }
        Ok(Seen::End(ended(&job)))
    }

    /// What a job printed at last, where its last line settled the run and nobody else looks after it.
    async fn last_words(&mut self, id: &str) -> Result<()> {
        if self.store.job_of(self.run).await?.is_none()
            && let Ok(output) = self.cluster.log(id).await
        {
            self.tell(&output).await;
        }
        Ok(())
    }

    /// Puts what the job printed since the last look into the log.
    async fn tell(&mut self, output: &str) {
        let Some(new) = output.get(self.logged..) else {
            // Another output than the one before.
            self.logged = 0;
            return;
        };
        // A line that is not whole yet waits for the next look.
        let whole = new.rfind('\n').map_or(0, |at| at + 1);
        let mut from = whole.saturating_sub(KEPT);
        while !new.is_char_boundary(from) {
            from += 1;
        }
        let lines: Vec<String> = new[from..whole].lines().map(str::to_owned).collect();
        if lines.is_empty() {
            return;
        }
        let logged = self.logged + whole;
        match self.store.job_log_add(self.run, &lines, logged as u64).await {
            Ok(()) => self.logged = logged,
            // The next look tries it again.
            Err(error) => tracing::warn!(run = %self.run, %error, "a job's output was not kept"),
        }
    }

    async fn log(&self, line: &str) {
        if let Err(error) = self.store.run_log_add(self.run, &[line.to_owned()]).await {
            tracing::warn!(run = %self.run, %error, "a line of a run's log was not kept");
        }
    }
}

fn failed(code: &str, sentence: impl Into<String>) -> RunEnd {
    RunEnd::Failed(RunFailure { code: code.to_owned(), sentence: sentence.into() })
}

/// What a job came to that did not say it itself.
fn ended(job: &Job) -> RunEnd {
    match job.status {
        Status::Stopped => failed(
            "job_stopped",
            "The job was stopped on its cluster. What it had learnt up to its last iteration is kept: press Retry \
             to go on.",
        ),
        _ => {
            let code =
                job.driver_exit_code.map_or(String::new(), |code| format!(" (exit code {code})"));
            let last = job.message.as_deref().and_then(|message| message.trim().lines().last());
            failed(
                "job_failed",
                format!(
                    "The job ended without a word{code}: {}. Its output is in the run's log; press Retry.",
                    last.unwrap_or("the cluster says nothing of it").trim_end_matches('.')
                ),
            )
        }
    }
}
