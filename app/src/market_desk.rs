//! Markets of scripted agents as researchers look at them.

use rules::market::{Market, Measures};

/// Which market: the same words give the same market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketWanted {
    /// By its name.
    pub population: String,
    pub seed: u64,
    /// In place of the population's own.
    pub talks_at_once: Option<u32>,
    pub sees: Option<usize>,
}

/// The same draws by every mechanism.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketsPage {
    /// Names of those that there are.
    pub populations: Vec<String>,
    pub played: Vec<PlayedMarket>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlayedMarket {
    /// As people call the mechanism.
    pub mechanism: &'static str,
    pub market: Market,
    pub measures: Measures,
    pub talks: usize,
}
