//! The thought before a move: the numbers that decide, the verdict, the decision.

use std::fmt::Write;

use rules::{Act, Role, View, beyond_limit};

use crate::arguments::{Argument, read_arguments};
use crate::prompt::{brief, cautious};

/// The scratchpad of a move: a function of what its side sees and of the act.
///
/// A buyer's is `limit $40, ask $48, mine $32. above limit, offer $33.`; a seller's
/// `limit $25, bid $32, mine $48. within limit, rival, ask $45.` Before a first price of the other
/// side the list price stands in its place. What the other side's words amount to (`rival`, `rude`)
/// stands in a seller's, who gives way for reasons.
pub fn scratchpad(view: &View, act: Act) -> String {
    let limit = cautious(view.role, view.limit);
    let mut out = format!("limit {}", brief(limit));
    let (their_word, own_word) = match view.role {
        Role::Buyer => ("ask", "offer"),
        Role::Seller => ("bid", "ask"),
    };
    // Writing to a string cannot fail.
    let _ = match view.their_offer() {
        Some(theirs) => write!(out, ", {their_word} {}", brief(theirs)),
        None => write!(out, ", list {}", brief(view.table.listing.product.list_price)),
    };
    if let Some(mine) = view.own_offer() {
        let _ = write!(out, ", mine {}", brief(mine));
    }
    out.push('.');
    if let Some(theirs) = view.their_offer() {
        out.push_str(match (view.role, beyond_limit(view.role, limit, theirs)) {
            (_, false) => " within limit,",
            (Role::Buyer, true) => " above limit,",
            (Role::Seller, true) => " below limit,",
        });
    }
    if let Some(word) = heard(view) {
        let _ = write!(out, " {word},");
    }
    let _ = match act {
        Act::Offer(price) => write!(out, " {own_word} {}.", brief(price)),
        Act::Accept(price) => write!(out, " deal {}.", brief(price)),
        Act::Reject => write!(out, " wait."),
        Act::Quit => write!(out, " leave."),
        Act::Talk => write!(out, " chat."),
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
