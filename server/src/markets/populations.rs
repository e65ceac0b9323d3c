//! Markets of scripted agents, played to their end: for the command and for researchers' pages.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use policy::market::{Bazaar, Cast, Population};
use rules::market::{Market, MarketEvent, Measures, Mechanism, measure};
use rules::{Millis, Product};
use wire::MarketId;

/// Populations that come with Souk, by their names.
pub const POPULATIONS: [(&str, &str); 6] = [
    ("plaza", include_str!("../../populations/plaza.toml")),
    ("bazaar", include_str!("../../populations/bazaar.toml")),
    ("models", include_str!("../../populations/models.toml")),
    ("shock", include_str!("../../populations/shock.toml")),
    ("thin", include_str!("../../populations/thin.toml")),
    ("thousands", include_str!("../../populations/thousands.toml")),
];

pub const MECHANISMS: [Mechanism; 3] =
    [Mechanism::Bargaining, Mechanism::PostedPrice, Mechanism::DoubleAuction];

/// One of those that come with Souk; `None`: there is none of this name.
pub fn bundled(name: &str) -> Option<Result<Population>> {
    let (_, text) = POPULATIONS.iter().find(|(known, _)| *known == name)?;
    Some(read(text, name))
}

/// A population's file.
pub fn read(text: &str, name: &str) -> Result<Population> {
    toml::from_str(text).with_context(|| name.to_owned())
}

/// Souk's own catalogue, from which goods are drawn where no others are named.
pub fn own_products() -> Vec<Product> {
    let items = catalogue::own_catalogue(catalogue::SEED);
    items.into_iter().map(|item| item.product).collect()
}

/// A market after its end.
pub struct Played {
    /// Where it was stored.
    pub id: Option<MarketId>,
    pub market: Market,
    pub cast: Cast,
    pub measures: Measures,
    pub talks: usize,
    /// Of the market and, a message each, of its talks.
    pub events: u64,
    pub took: Duration,
}

/// Plays a population to the market's end, and tells what happens in the market.
pub fn play(
    population: &Population,
    products: &[Product],
    mut tell: impl FnMut(&MarketEvent) -> Result<()>,
) -> Result<Played> {
    let drawn = population.draw(products)?;
    let begun = Instant::now();
    let mut bazaar = Bazaar::new(drawn.scenario, drawn.cast);
    let (mut events, mut steps) = (0_u64, 0_i64);
    while !bazaar.is_over() {
        steps += 1;
        for event in bazaar.step(Millis(steps)) {
            events += 1;
            tell(&event)?;
        }
    }
    let took = begun.elapsed();
    Ok(Played {
        id: None,
        measures: measure(&bazaar.market),
        talks: bazaar.market.talks.len(),
        events,
        market: bazaar.market,
        cast: bazaar.cast,
        took,
    })
}

pub fn name(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Bargaining => "bargaining",
        Mechanism::PostedPrice => "posted price",
        Mechanism::DoubleAuction => "double auction",
    }
}
