//! What one side may know.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::money::Mills;
use crate::scenario::{Role, beyond_limit};
use crate::table::{Legal, Table};

/// What one seat knows: the table, its own limit, its own thoughts. Built from the events that its
/// audience may see, in the browser as on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub role: Role,
    pub limit: Mills,
    pub table: Table,
    /// Own thoughts, each with the number of turns that were on the table when it was had.
    pub thoughts: Vec<(usize, String)>,
    /// Budget and cost, once revealed.
    pub revealed: Option<(Mills, Mills)>,
}

impl View {
    /// Folds the events that `role` may see. `None` until both the opening and the own limit have
    /// been seen.
    pub fn fold<'a>(role: Role, events: impl IntoIterator<Item = &'a Event>) -> Option<View> {
        let mut table = None;
        let mut limit = None;
        let mut thoughts = Vec::new();
        let mut revealed = None;
        for event in events {
            match event {
                Event::LimitSet { role: owner, limit: own } if *owner == role => limit = Some(*own),
                Event::Thought { by, text } if *by == role => {
                    let turns = table.as_ref().map_or(0, |t: &Table| t.turns.len());
                    thoughts.push((turns, text.clone()));
                }
                Event::Revealed { budget, cost } => revealed = Some((*budget, *cost)),
                _ => absorb_public(&mut table, event),
            }
        }
        Some(View { role, limit: limit?, table: table?, thoughts, revealed })
    }

    pub fn legal(&self) -> Legal {
        self.table.legal(self.role)
    }

    /// Whether a price is beyond this side's own limit.
    pub fn beyond_limit(&self, price: Mills) -> bool {
        beyond_limit(self.role, self.limit, price)
    }

    pub fn own_offer(&self) -> Option<Mills> {
        *self.table.offers.get(self.role)
    }

    pub fn their_offer(&self) -> Option<Mills> {
        *self.table.offers.get(self.role.other())
    }
}

/// Folds the public events alone: what a spectator knows.
pub fn fold_public<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<Table> {
    let mut table = None;
    for event in events {
        absorb_public(&mut table, event);
    }
    table
}

pub(crate) fn absorb_public(table: &mut Option<Table>, event: &Event) {
    match (event, table) {
        (Event::Opened(opening), slot @ None) => *slot = Some(Table::open(opening.clone())),
        (Event::Moved { by, talk, act }, Some(table)) => table.push(*by, talk.clone(), *act),
        (Event::Ended { outcome }, Some(table)) => table.outcome = Some(*outcome),
        _ => {}
    }
}
