//! Exams of runs whose trainer plays none: a worker plays them with the weights that came, as it does for its own runs.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rl::Plan;
use rl::exam::{baselines, exams};
use store::{RunRow, Split, Store};
use tokio_util::sync::CancellationToken;
use wire::{JobPlace, RunId, RunPlace};

use crate::clock::now_ms;
use crate::roster::Roster;
use crate::training::ground::{self, Lessons};
use crate::training::thread::{At, Ground, Handed, Judging, Keeper, Word, examine_at};
use crate::training::{record, rows};

/// Between two looks for exams that are due.
const LOOK: Duration = Duration::from_secs(10);
/// Runs that are looked at, the newest ones, and not older than this.
const RUNS: u32 = 50;
const RECENT_MS: i64 = 7 * 24 * 3_600_000;

/// What a worker remembers of exams.
#[derive(Default)]
pub struct Desk {
    looked: Mutex<Option<Instant>>,
    /// Those that could not be played; not tried again by this process.
    failed: Mutex<HashSet<(RunId, u32)>>,
}

impl Desk {
    /// Plays what is due after one iteration of one run. `false`: nothing is, or it was looked for just now.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn sit(
        &self,
        (store, roster, data): (&Store, &Roster, &Path),
        stop: &CancellationToken,
    ) -> Result<bool> {
        {
            let mut looked = self.looked.lock().expect("nobody panics here");
            if looked.is_some_and(|looked| looked.elapsed() < LOOK) {
                return Ok(false);
            }
            *looked = Some(Instant::now());
        }
        for row in store.run_list(RUNS).await? {
            if row.place != RunPlace::RayTrl || row.created_ms < now_ms() - RECENT_MS {
                continue;
            }
            let Some((iteration, weights)) = self.due(store, data, &row).await? else { continue };
            let line =
                format!("A worker of this machine plays the exams of iteration {iteration}.");
            store.run_log_add(row.id, &[line]).await?;
            match sit(store, roster, &row, (iteration, weights), stop).await {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(error) => {
                    tracing::warn!(run = %row.id, iteration, error = format!("{error:#}"), "exams were not played");
                    let line =
                        format!("The exams of iteration {iteration} were not played: {error:#}.");
                    store.run_log_add(row.id, &[line]).await?;
                    let mut failed = self.failed.lock().expect("nobody panics here");
                    failed.insert((row.id, iteration));
                }
            }
            // There may be more of it.
            *self.looked.lock().expect("nobody panics here") = None;
            return Ok(true);
        }
        Ok(false)
    }

    /// The first iteration of which an exam is due, with the folder of its weights.
    async fn due(
        &self,
        store: &Store,
        data: &Path,
        row: &RunRow,
    ) -> Result<Option<(u32, Option<PathBuf>)>> {
        let Ok(plan) = serde_json::from_value::<Plan>(row.settings.clone()) else {
            return Ok(None);
        };
        let mut kept = store.checkpoint_list(Some(row.id)).await?;
        kept.sort_by_key(|kept| kept.card.iteration);
        let kept = kept.into_iter().map(|kept| (kept.card.iteration, Some(data.join(kept.folder))));
        let done = ground::examined(store, row.id).await?;
        for (iteration, weights) in std::iter::once((0, None)).chain(kept) {
            let is_last = iteration == 0 || iteration >= plan.iterations;
            let times = match is_last {
                true => plan.evaluation.times,
                false => plan.evaluation.times_between,
            };
            let tried =
                self.failed.lock().expect("nobody panics here").contains(&(row.id, iteration));
            if times > 0 && !tried && !is_done(&plan, iteration, &done) {
                return Ok(Some((iteration, weights)));
            }
        }
        Ok(None)
    }
}

fn is_done(plan: &Plan, iteration: u32, done: &HashSet<JobPlace>) -> bool {
    exams(plan).iter().all(|exam| {
        let scripts = if iteration == 0 { baselines(exam) } else { Vec::new() };
        std::iter::once(None).chain(scripts.into_iter().map(Some)).all(|baseline| {
            done.contains(&JobPlace {
                iteration,
                role: exam.role,
                baseline: baseline.map(str::to_owned),
                against: exam.against.clone(),
                persona: exam.persona.clone(),
            })
        })
    })
}

async fn sit(
    store: &Store,
    roster: &Roster,
    row: &RunRow,
    (iteration, weights): (u32, Option<PathBuf>),
    stop: &CancellationToken,
) -> Result<bool> {
    let mut plan: Plan = serde_json::from_value(row.settings.clone())?;
    // Whole weights came, whatever was learnt.
    plan.learning.rank = None;
    let base = ground::base_folder(roster, &plan.base)
        .with_context(|| format!("there is no model {} here", plan.base))?;
    let products = ground::split(store, Split::Test).await?;
    let steps = store.training_series(row.id, iteration.saturating_sub(1)).await?;
    let worked = steps.first().filter(|step| step.iteration == iteration);
    let scratch = std::env::temp_dir().join(format!("souk-exam-{}-{iteration}", row.id));
    let ground = Ground {
        plan: plan.clone(),
        deals: ground::lessons(store).await?.deals,
        base,
        // Nothing is kept there.
        folder: scratch,
        judging: Judging {
            deals: products.deals.clone(),
            done: ground::examined(store, row.id).await?,
        },
    };
    let keeper = Exams {
        store,
        run: row.id,
        plan: &plan,
        products: &products,
        worked: worked.map_or(Duration::ZERO, |step| Duration::from_millis(step.worked_ms)),
    };
    examine_at(ground, (iteration, weights), roster.clone(), &keeper, stop).await
}

struct Exams<'a> {
    store: &'a Store,
    run: RunId,
    plan: &'a Plan,
    products: &'a Lessons,
    worked: Duration,
}

impl Keeper for Exams<'_> {
    async fn keep(&self, what: Handed) -> Result<bool> {
        let Handed::Sat(sat) = what else { return Ok(false) };
        let told = record::exam(*sat, &self.products.ids);
        let played = told.episodes.iter().filter_map(rows::Examined::whole).collect();
        let new = rows::evaluation(self.run, self.plan, self.products, &told, played, self.worked)?;
        self.store.job_evaluation_add(self.run, &new).await?;
        Ok(true)
    }

    async fn beat(&self, _: At) -> Option<Word> {
        None
    }
}
