//! Whole games of the scripted families.

mod attacks;
mod chat;
mod corpus;
mod legality;
mod persuasion;
mod prompt;
mod replay;
mod talk;

use policy::{Entry, registry};
use rules::{Mills, Role, Scenario};
use testkit::{ScenarioBuilder, scenario};

/// All families that play a side.
fn players(role: Role) -> impl Iterator<Item = &'static Entry> {
    registry().iter().filter(move |entry| entry.plays(role))
}

/// A scenario with limits given in thousandths of the list price.
fn priced(list: Mills, budget: i64, cost: i64) -> ScenarioBuilder {
    scenario().list_price(list).budget(list.scale(budget, 1000)).cost(list.scale(cost, 1000))
}

/// The paper's rule: the budget is four fifths of the list price.
fn usual(list: Mills, cost: i64) -> Scenario {
    priced(list, 800, cost).build()
}
