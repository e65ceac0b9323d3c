//! Opening a market.

use std::time::Duration;

use policy::market::{BadPopulation, Drawn, Population};
use rules::Product;
use store::NewMarket;
use uuid::Uuid;
use wire::{Code, MarketId, NewMarketRequest, Problem, UserId, VisitorId};

use super::{Halls, bundled, own_products, read};
use crate::backend::refusal;
use crate::eval::code_version;
use crate::roster::Roster;

/// Where the goods come from: Souk's own catalogue, as an import knows it.
pub const MARKET_SOURCE: &str = "souk";

/// Agents of a market that everybody may open, and of one that researchers open.
pub(super) const MOST_AGENTS: (usize, usize) = (400, 4_000);
/// Markets under way that one visitor opened, and all together.
const MOST_MARKETS: (i64, i64) = (2, 24);
/// Between steps, where nobody says.
const PACE: Duration = Duration::from_secs(1);
const PACES_MS: std::ops::RangeInclusive<u32> = 50..=60_000;
const LONGEST_TITLE: usize = 100;

/// Problem codes of opening markets, for `/api/errors`.
pub const CODES: [(&str, u16, &str); 4] = [
    ("population_unknown", 404, "No population that comes with Souk has this name."),
    ("population_unreadable", 422, "The population's file cannot be used; the detail says where."),
    ("market_too_large", 422, "The market has more agents than may be opened here."),
    ("too_many_markets", 429, "As many markets as there may be are under way."),
];

/// Who opens it.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    pub visitor: VisitorId,
    pub user: Option<UserId>,
}

/// A population as it is stored: drawn, with its file.
pub fn opened(
    roster: &Roster,
    population: &Population,
    products: &[Product],
) -> Result<Drawn, BadPopulation> {
    let plays = |name: &str, role| roster.find(name).is_some_and(|member| member.plays(role));
    population.draw_with(products, &plays)
}

impl Halls {
    /// Draws a market and opens it; its clock begins with the next round.
    pub async fn open(&self, by: Opening, new: NewMarketRequest) -> Result<MarketId, Problem> {
        let (population, text) = asked_for(by, &new)?;
        let agents = agents(&population);
        let most = if by.user.is_some() { MOST_AGENTS.1 } else { MOST_AGENTS.0 };
        if agents > most {
            let detail = format!(
                "The market has {agents} agents, and {most} may be opened here. `souk market run` plays larger ones."
            );
            return Err(Problem::named(Code::Unprocessable, "market_too_large", detail));
        }
        self.may_open(by).await?;
        let products = own_products();
        let drawn = opened(&self.0.roster, &population, &products).map_err(|why| {
            Problem::named(Code::Unprocessable, "population_unreadable", format!("{why}."))
        })?;
        let title = new.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
        let title = title.map_or_else(|| usual_title(&new, population.seed), str::to_owned);
        let pace = match new.pace_ms {
            None => PACE,
            Some(ms) if PACES_MS.contains(&ms) => Duration::from_millis(u64::from(ms)),
            Some(_) => {
                let detail = "The time between two steps is 50 to 60000 milliseconds.";
                return Err(Problem::named(Code::Unprocessable, "market_pace_in_range", detail));
            }
        };
        let row = NewMarket {
            id: MarketId(Uuid::now_v7()),
            title: title.chars().take(LONGEST_TITLE).collect(),
            population: text,
            scenario: drawn.scenario,
            parts: serde_json::to_value(&drawn.cast).map_err(unwritten)?,
            pace: Some(pace),
            creator: by.visitor,
            user: by.user,
            key: new.key,
            code_version: code_version(),
        };
        self.0.store.market_create(&row).await.map_err(refusal)
    }

    async fn may_open(&self, by: Opening) -> Result<(), Problem> {
        let store = &self.0.store;
        let own = store.markets_under_way(Some(by.visitor)).await.map_err(refusal)?;
        if by.user.is_none() && own >= MOST_MARKETS.0 {
            let detail =
                format!("You have {own} markets under way: watch those to their end first.");
            return Err(Problem::named(Code::TooManyRequests, "too_many_markets", detail));
        }
        if store.markets_under_way(None).await.map_err(refusal)? >= MOST_MARKETS.1 {
            let detail = "As many markets are under way as there may be: join one of them, or wait until one is over.";
            return Err(Problem::named(Code::TooManyRequests, "too_many_markets", detail));
        }
        Ok(())
    }
}

/// The population that was asked for, and its file with the seed that counts.
fn asked_for(by: Opening, new: &NewMarketRequest) -> Result<(Population, String), Problem> {
    let unreadable = |why: anyhow::Error| {
        Problem::named(Code::Unprocessable, "population_unreadable", format!("{why:#}."))
    };
    let mut population = match (&new.file, &new.population) {
        (Some(_), _) if by.user.is_none() => {
            return Err(Problem::new(
                Code::Forbidden,
                "Files of your own are for researchers: sign in, or take a population that comes with Souk.",
            ));
        }
        (Some(file), _) => read(file, "the file").map_err(unreadable)?,
        (None, name) => {
            let name = name.as_deref().unwrap_or("plaza");
            bundled(name)
                .ok_or_else(|| {
                    let detail = format!("There is no population {name} that comes with Souk.");
                    Problem::named(Code::NotFound, "population_unknown", detail)
                })?
                .map_err(unreadable)?
        }
    };
    population.seed = new.seed.unwrap_or(population.seed);
    let text = toml::to_string(&population).map_err(unwritten)?;
    Ok((population, text))
}

fn usual_title(new: &NewMarketRequest, seed: u64) -> String {
    let name = match (&new.file, &new.population) {
        (Some(_), _) => "market",
        (None, name) => name.as_deref().unwrap_or("plaza"),
    };
    format!("{name}, seed {seed}")
}

pub fn agents(population: &Population) -> usize {
    let sellers: usize = population.sellers.iter().map(|group| group.count).sum();
    sellers + population.buyers.iter().map(|group| group.count).sum::<usize>()
}

fn unwritten(why: impl std::fmt::Display) -> Problem {
    tracing::error!(%why, "a market could not be written");
    Problem::new(Code::Internal, "The market could not be written. Try again.")
}
