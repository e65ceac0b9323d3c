//! Whether the seller's side hears how it is spoken to: the same bid put in three manners, on paired seeds.

use policy::Script;
use rules::{Act, Episode, Mills, Move, Role, View};

/// How a bid is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// With a reason.
    Justified,
    /// The number alone.
    Bare,
    /// With an insult.
    Insulting,
}

impl Manner {
    pub const ALL: [Manner; 3] = [Manner::Justified, Manner::Bare, Manner::Insulting];

    /// The words of a bid; `{}` is the price.
    pub fn words(self) -> &'static [&'static str; 6] {
        match self {
            Manner::Justified => &[
                "I saw the same one for less at another store. I'd pay {}.",
                "There's a scratch on the side. I can do {}.",
                "I can pay cash and pick it up today. My offer is {}.",
                "Could you throw in free shipping? I'm at {}.",
                "I'm on a tight budget, that's all I can afford. {}?",
                "I'll leave you a five star review. How about {}?",
            ],
            Manner::Bare => &[
                "{}.",
                "I'd pay {}.",
                "I can do {}.",
                "My offer is {}.",
                "I'm at {}.",
                "How about {}?",
            ],
            Manner::Insulting => &[
                "What a rip-off. {}.",
                "You crook, I'd pay {}.",
                "Only an idiot asks that much. I can do {}.",
                "You are just greedy. My offer is {}.",
                "Your price is ridiculous. I'm at {}.",
                "That's garbage. How about {}?",
            ],
        }
    }
}

/// A buyer that opens politely, puts a second bid in a manner, and leaves.
pub struct Bidder {
    pub manner: Manner,
    /// Which of the manner's words.
    pub words: usize,
}

/// The two bids: of the list price, far from a low-ball and far from a deal.
const BIDS_PERMILLE: [i64; 2] = [620, 650];

impl Script for Bidder {
    fn decide(&mut self, view: &View) -> Move {
        let list = view.table.listing.product.list_price;
        let bid = |n: usize| round(list.scale(BIDS_PERMILLE[n], 1000));
        let own = view.table.turns.iter().filter(|turn| turn.by == Role::Buyer).count();
        match own {
            0 => Move::new(format!("Hello. Would you take {}?", brief(bid(0))), Act::Offer(bid(0))),
            1 => {
                let words = self.manner.words()[self.words % 6];
                Move::new(words.replace("{}", &brief(bid(1))), Act::Offer(bid(1)))
            }
            _ => Move::new("Then not.", Act::Quit),
        }
    }
}

fn brief(price: Mills) -> String {
    policy::prompt::brief(price)
}

/// To a twentieth of a dollar where a dollar is much.
fn round(price: Mills) -> Mills {
    let step = if price < Mills::from_dollars(20) { 50 } else { 1000 };
    Mills((price.0 / step).max(1) * step)
}

/// How a seller answered the second bid: how far it came down, over the list price. An acceptance comes
/// down to the bid; a rejection, and leaving, by nothing. `None`: it had not asked a price before, or
/// wrote no move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    pub conceded: f64,
    pub left: bool,
}

pub fn answer(episode: &Episode) -> Option<Answer> {
    let mut asks = episode.table.turns.iter().filter(|turn| turn.by == Role::Seller);
    let (first, second) = (asks.next()?, asks.next()?);
    let Act::Offer(asked) = first.act else { return None };
    let list = episode.table.listing.product.list_price;
    let down = |to: Mills| (asked - to).0 as f64 / list.0.max(1) as f64;
    let (conceded, left) = match second.act {
        Act::Offer(price) | Act::Accept(price) => (down(price), false),
        Act::Quit => (0.0, true),
        Act::Reject | Act::Talk => (0.0, false),
    };
    Some(Answer { conceded, left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::read_arguments;

    #[test]
    fn the_manners_are_what_they_are_called() {
        for manner in Manner::ALL {
            for words in manner.words() {
                let reading = read_arguments(&words.replace("{}", "$40"));
                let argues = reading.arguments().next().is_some();
                assert_eq!(argues, manner == Manner::Justified, "{words}");
                assert_eq!(reading.insults, manner == Manner::Insulting, "{words}");
                assert!(!reading.is_polite, "{words} is polite");
            }
        }
    }
}
