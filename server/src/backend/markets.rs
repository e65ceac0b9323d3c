//! Markets as researchers look at them: small ones, played when they are asked for.

use std::time::Duration;

use app::backend::Caller;
use app::market_desk::{MarketWanted, MarketsPage, PlayedMarket};
use policy::market::Population;
use wire::{Code, MarketClockRequest, MarketId, Problem};

use super::Souk;
use super::account::researcher;
use super::refusal::refusal;
use crate::markets::{MECHANISMS, POPULATIONS, agents, bundled, name, play};

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
            let products = catalogue::own_catalogue(catalogue::SEED);
            let products: Vec<_> = products.into_iter().map(|item| item.product).collect();
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
