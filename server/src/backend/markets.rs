//! Markets as researchers look at them: small ones, played when they are asked for.

use app::backend::Caller;
use app::market_desk::{MarketWanted, MarketsPage, PlayedMarket};
use policy::market::Population;
use wire::{Code, Problem};

use super::Souk;
use super::account::researcher;
use crate::markets::{MECHANISMS, POPULATIONS, bundled, name, play};

/// Agents of a market that is played while somebody waits for the page.
const MOST_AGENTS: usize = 1_000;

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

fn agents(population: &Population) -> usize {
    let sellers: usize = population.sellers.iter().map(|group| group.count).sum();
    sellers + population.buyers.iter().map(|group| group.count).sum::<usize>()
}
