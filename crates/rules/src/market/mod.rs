//! A market: stalls with stock, buyers with wants and purses, many talks at once, on one clock.
//!
//! A talk is an [`Episode`](crate::Episode) with rules of its own; the market says who may talk to whom, and sells. As
//! there, a rule returns events and changes nothing; [`Market`] is their fold. Selling is one rule: it takes the unit
//! from the stall's stock and the price from the buyer's purse, and ends every other talk that has lost its object. An
//! acceptance in a talk is such a sale, or is refused. The market's log holds what was said too: it is all that there is.

mod act;
mod clearing;
mod event;
mod measures;
mod scenario;
mod state;
#[cfg(test)]
mod tests;

pub use act::{advance, arrive, close_stall, leave, meet, open_stall, part, post, say, sell};
pub use clearing::{Auction, Equilibrium, Trade, double_auction, equilibrium};
pub use event::{MarketEvent, Parting, Refused};
pub use measures::{GoodMeasures, Measures, measure};
pub use scenario::{BadMarket, Buyer, MarketScenario, Mechanism, Shock, Stall, Want};
pub use state::{BuyerState, Market, Sale, StallState, TalkEnd, TalkState};
