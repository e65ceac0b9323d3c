//! Markets as researchers look at them: small ones, played when they are asked for.

use std::time::Duration;

use app::backend::Caller;
use app::market_desk::{
    MarketWanted, MarketsPage, PlayedMarket, ShareArm, ShareFigure, ShareHead, SharePage,
    ShareWanted, SharesPage,
};
use policy::market::{FIGURES, Population, compare};
use rules::Role;
use rules::statistics::{Bootstrap, Sums};
use store::{StoreError, SweepRow};
use uuid::Uuid;
use wire::{Code, MarketClockRequest, MarketId, Problem};

use super::Souk;
use super::account::researcher;
use super::refusal::refusal;
use crate::markets::{
    Arm, MECHANISMS, POPULATIONS, Question, Sweep, agents, bundled, name, own_products, play, sweep,
};

/// Agents of a market that is played while somebody waits for the page.
const MOST_AGENTS: usize = 1_000;
/// Steps that are granted at once while a market stands.
const MOST_STEPS: u32 = 1_000;

impl Souk {
    pub(crate) async fn play_markets(
        &self,
        caller: Caller,
        wanted: MarketWanted,
    ) -> Result<MarketsPage, Problem> {
        researcher(caller)?;
        let small = |name: &str| {
            let read = bundled(name).and_then(Result::ok);
            read.filter(|population| agents(population) <= MOST_AGENTS)
        };
        let Some(population) = small(&wanted.population) else {
            let detail =
                format!("There is no population {} that is played here.", wanted.population);
            return Err(Problem::new(Code::NotFound, detail));
        };
        let population = Population {
            seed: wanted.seed,
            talks_at_once: wanted.talks_at_once.unwrap_or(population.talks_at_once).min(20),
            sees: wanted.sees.unwrap_or(population.sees).min(100),
            ..population
        };
        let names = POPULATIONS.iter().map(|(name, _)| *name).filter(|name| small(name).is_some());
        let populations = names.map(str::to_owned).collect();
        let played = tokio::task::spawn_blocking(move || {
            let products = own_products();
            MECHANISMS
                .map(|mechanism| {
                    let one = Population { mechanism, ..population.clone() };
                    play(&one, &products, |_| Ok(())).map(|played| PlayedMarket {
                        mechanism: name(mechanism),
                        market: played.market,
                        measures: played.measures,
                        talks: played.talks,
                    })
                })
                .into_iter()
                .collect::<anyhow::Result<Vec<_>>>()
        });
        match played.await {
            Ok(Ok(played)) => Ok(MarketsPage { populations, played }),
            Ok(Err(why)) => Err(Problem::new(Code::Unprocessable, format!("{why:#}."))),
            Err(_) => Err(Problem::new(Code::Internal, "The market broke off. Try again.")),
        }
    }
}

impl Souk {
    /// For who opened it, and for researchers.
    pub(crate) async fn set_market_clock(
        &self,
        caller: Caller,
        id: MarketId,
        request: MarketClockRequest,
    ) -> Result<(), Problem> {
        let row = self.store.market_find(id).await.map_err(refusal)?;
        if row.creator != caller.visitor && caller.researcher.is_none() {
            let detail = "A market's clock is set by who opened it, and by researchers.";
            return Err(Problem::new(Code::Forbidden, detail));
        }
        let pace = request.pace_ms.map(|ms| Duration::from_millis(u64::from(ms)));
        self.store
            .market_pace_set(id, pace, request.paused, request.steps.min(MOST_STEPS))
            .await
            .map_err(refusal)
    }
}

/// Sweeps that the list shows.
const SWEEPS: i64 = 50;
/// Shares of the form's markets, and the most markets of each.
const SHARES: [u8; 5] = [0, 25, 50, 75, 100];
const MOST_SEEDS: u64 = 20;

impl Souk {
    pub(crate) async fn shares(
        &self,
        caller: Caller,
        id: Option<Uuid>,
    ) -> Result<SharesPage, Problem> {
        researcher(caller)?;
        let rows = self.store.market_sweeps(SWEEPS).await.map_err(refusal)?;
        let buyers = policy::registry().iter().filter(|entry| entry.plays(Role::Buyer));
        let mut page = SharesPage {
            known: Vec::new(),
            shown: None,
            populations: with_scripts(),
            scripts: buyers.map(|entry| entry.name.to_owned()).collect(),
        };
        for row in rows {
            let Ok(found) = serde_json::from_value::<Sweep>(row.sweep.clone()) else { continue };
            let head = head(&row, &found);
            if id == Some(row.id) {
                page.shown = Some(SharePage {
                    head: head.clone(),
                    command: row.command,
                    code_version: row.code_version,
                    arms: arms(&found),
                });
            }
            page.known.push(head);
        }
        match (id, &page.shown) {
            (Some(_), None) => Err(refusal(StoreError::NotFound("comparison of shares"))),
            _ => Ok(page),
        }
    }

    /// Plays the markets of a form: scripts alone, for somebody waits.
    pub(crate) async fn sweep_markets(
        &self,
        caller: Caller,
        wanted: ShareWanted,
    ) -> Result<Uuid, Problem> {
        let user = researcher(caller)?;
        let ShareWanted { population: name, of, by, seeds } = &wanted;
        let refused = |detail: String| Problem::new(Code::Unprocessable, detail);
        let known = bundled(name).and_then(Result::ok);
        let Some(population) = known.filter(|population| agents(population) <= MOST_AGENTS) else {
            return Err(refused(format!("There is no population {name} that is played here.")));
        };
        let plays = policy::find(by).is_some_and(|entry| entry.plays(Role::Buyer));
        if !plays || policy::find(of).is_none() {
            let detail = "Scripts are compared here. `souk market share --store` compares language models, and keeps what it finds here.";
            return Err(refused(detail.to_owned()));
        }
        let products = own_products();
        let (asked, roster) = (wanted.clone(), self.roster.clone());
        let seeds = (*seeds).clamp(2, MOST_SEEDS);
        // Scripts wait for nothing: all of it is work.
        let played = tokio::task::spawn_blocking(move || {
            let question = Question {
                name: &asked.population,
                population: &population,
                of: &asked.of,
                by: &asked.by,
                shares: &SHARES,
                seeds,
            };
            let playing = sweep(&roster, &products, &question, |_, _| {});
            tokio::runtime::Handle::current().block_on(playing)
        });
        let found = match played.await {
            Ok(played) => played.map_err(|why| refused(format!("{why:#}.")))?,
            Err(_) => {
                return Err(Problem::new(Code::Internal, "The markets broke off. Try again."));
            }
        };
        let value = serde_json::to_value(&found).map_err(|why| refused(format!("{why}.")))?;
        let id = Uuid::now_v7();
        let command =
            format!("souk market share {name} --of {of} --by {by} --seeds {}", found.seeds);
        let version = crate::eval::code_version();
        let stored = self.store.market_sweep_add(id, &value, &command, &version, Some(user));
        stored.await.map_err(refusal)?;
        Ok(id)
    }
}

/// Populations that are small enough, with the scripts that play their buyers.
fn with_scripts() -> Vec<(String, Vec<String>)> {
    let read = POPULATIONS.iter().filter_map(|(name, _)| Some((*name, bundled(name)?.ok()?)));
    let small = read.filter(|(_, population)| agents(population) <= MOST_AGENTS);
    let with = small.map(|(name, population)| {
        let names = population.buyers.iter().map(|group| group.negotiator.clone());
        let mut scripts: Vec<String> = names.filter(|name| policy::find(name).is_some()).collect();
        scripts.dedup();
        (name.to_owned(), scripts)
    });
    with.filter(|(_, scripts)| !scripts.is_empty()).collect()
}

fn head(row: &SweepRow, found: &Sweep) -> ShareHead {
    ShareHead {
        id: row.id,
        population: found.population.clone(),
        of: found.of.clone(),
        by: found.by.clone(),
        seeds: found.seeds,
        created_ms: row.created_ms,
    }
}

fn arms(found: &Sweep) -> Vec<ShareArm> {
    let Some(first) = found.arms.first() else { return Vec::new() };
    let arm = |arm: &Arm| {
        let differences = compare(&arm.figures, &first.figures);
        let told = FIGURES.iter().zip(differences).enumerate();
        let figures = told.map(|(at, ((name, meaning), difference))| {
            let units: Vec<Sums> =
                arm.figures.iter().filter_map(|of| of[at]).map(Sums::unit).collect();
            ShareFigure {
                name,
                meaning,
                mean: units.iter().copied().sum::<Sums>().mean(),
                interval: Bootstrap::seeded(1).interval(&units, Sums::mean),
                difference: difference.filter(|_| arm.share != first.share),
            }
        });
        ShareArm {
            share: arm.share,
            gain_by: arm.gain_by,
            gain_of: arm.gain_of,
            figures: figures.collect(),
        }
    };
    found.arms.iter().map(arm).collect()
}
