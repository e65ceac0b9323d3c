//! Whether a move is one that a side may make and would not regret.

use rules::{Act, Mills, Move, View};

/// What is wrong with a move that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inconsistency {
    /// The rules refuse it now.
    #[error("{0:?} is not legal here")]
    Illegal(Act),
    /// An offer or acceptance above a buyer's limit, or below a seller's.
    #[error("{price} is beyond the own limit {limit}")]
    BeyondLimit { price: Mills, limit: Mills },
}

/// Whether a move's act is legal now and its price within the own limit.
pub fn consistent(view: &View, mv: &Move) -> Result<(), Inconsistency> {
    let act = mv.act;
    if !view.legal().allows(act) || act.price().is_some_and(|price| !price.is_price()) {
        return Err(Inconsistency::Illegal(act));
    }
    match act.price() {
        Some(price) if view.beyond_limit(price) => {
            Err(Inconsistency::BeyondLimit { price, limit: view.limit })
        }
        _ => Ok(()),
    }
}
