//! The thought before a move: what was heard, and the decision.

use std::fmt::Write;

use rules::{Act, Role, View};

use crate::arguments::{Argument, read_arguments};
use crate::prompt::brief;

/// The scratchpad of a move: a function of what its side sees and of the act.
///
/// A buyer's is `offer $33.`; a seller's `rival, ask $45.`: it gives way for reasons, so it notes what
/// the other side's words amount to (`rival`, `rude`). Talk and act then repeat the price.
pub fn scratchpad(view: &View, act: Act) -> String {
    let mut out = heard(view).map_or(String::new(), |word| format!("{word}, "));
    let own_word = match view.role {
        Role::Buyer => "offer",
        Role::Seller => "ask",
    };
    // Writing to a string cannot fail.
    let _ = match act {
        Act::Offer(price) => write!(out, "{own_word} {}.", brief(price)),
        Act::Accept(price) => write!(out, "deal {}.", brief(price)),
        Act::Reject => write!(out, "wait."),
        Act::Quit => write!(out, "leave."),
        Act::Talk => write!(out, "chat."),
    };
    out
}

/// What the buyer's last words amount to, to a seller.
fn heard(view: &View) -> Option<&'static str> {
    let turn = view.table.turns.last().filter(|turn| turn.by == Role::Buyer)?;
    let reading = (view.role == Role::Seller).then(|| read_arguments(&turn.talk))?;
    if reading.insults {
        return Some("rude");
    }
    let told = reading.arguments().next().map(Argument::name);
    told.or(reading.is_polite.then_some("polite"))
}
