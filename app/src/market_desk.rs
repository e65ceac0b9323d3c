//! Markets of scripted agents as researchers look at them.

use rules::market::{Market, Measures};
use rules::statistics::{Difference, Interval};
use uuid::Uuid;

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

/// What growing shares of other buyers did to markets.
#[derive(Clone, Debug, PartialEq)]
pub struct SharesPage {
    /// The newest first.
    pub known: Vec<ShareHead>,
    /// The one that was asked for.
    pub shown: Option<SharePage>,
    /// For the form: small populations, each with the scripts that play its buyers.
    pub populations: Vec<(String, Vec<String>)>,
    /// Scripts that can play buyers.
    pub scripts: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareHead {
    pub id: Uuid,
    pub population: String,
    pub of: String,
    pub by: String,
    pub seeds: u64,
    pub created_ms: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SharePage {
    pub head: ShareHead,
    pub command: String,
    pub code_version: String,
    pub arms: Vec<ShareArm>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ShareArm {
    /// In percent.
    pub share: u8,
    /// What a buyer of the new and of the old kind gains, of what its goods are worth to it.
    pub gain_by: Option<f64>,
    pub gain_of: Option<f64>,
    pub figures: Vec<ShareFigure>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ShareFigure {
    pub name: &'static str,
    pub meaning: &'static str,
    pub mean: Option<f64>,
    /// Of the mean over markets.
    pub interval: Option<Interval>,
    /// Against the first share, paired by seed.
    pub difference: Option<Difference>,
}

/// Which markets a form asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareWanted {
    pub population: String,
    pub of: String,
    pub by: String,
    pub seeds: u64,
}
