//! The persuadable seller gives more to reasons than to bare numbers, and less to insults.

use policy::{Argument, Script, find};
use rules::{Act, Mills, Move, Outcome, Role, View};
use testkit::play;

use crate::usual;

const LIST: Mills = Mills::from_dollars(100);

/// Offers the same prices whatever the seller does, takes any price within its next offer, and says
/// given words.
struct Buyer<'a> {
    talk: &'a [&'a str],
}

impl Script for Buyer<'_> {
    fn decide(&mut self, view: &View) -> Move {
        let round = view.table.round_of(Role::Buyer);
        let offer = Mills::from_dollars(55 + 4 * i64::from(round - 1));
        let talk = self.talk[(round as usize - 1) % self.talk.len()];
        match view.legal().accept {
            Some(asked) if asked <= offer || round == 6 && asked <= view.limit => {
                Move::new(talk, Act::Accept(asked))
            }
            _ => Move::new(talk, Act::Offer(offer)),
        }
    }
}

struct Result {
    deals: usize,
    /// The price of a deal, the list price for none: a buyer without a deal buys elsewhere.
    mean_price: f64,
    /// The lowest price that the seller asked, or took.
    mean_best: f64,
}

fn bargain(talk: &[&str], persona: Option<&str>) -> Result {
    let seller = find("persuadable").unwrap();
    let mut result = Result { deals: 0, mean_price: 0.0, mean_best: 0.0 };
    let games = 200;
    for seed in 0..games {
        let game = usual(LIST, 450);
        let seat = seller.seat(Role::Seller, seed, persona);
        let (episode, _) = play(&game, Buyer { talk }, seat);
        let asked = episode.table.offers.seller.unwrap_or(LIST);
        let price = match episode.outcome() {
            Some(Outcome::Deal { price, .. }) => {
                result.deals += 1;
                price
            }
            _ => LIST,
        };
        result.mean_price += price.as_dollars_f64() / games as f64;
        result.mean_best += asked.min(price).as_dollars_f64() / games as f64;
    }
    println!(
        "{:?}: {} deals, {:.2}, best {:.2}",
        talk[0], result.deals, result.mean_price, result.mean_best
    );
    result
}

const BARE: [&str; 1] = ["I can do this much."];
const REASONS: [&str; 5] = [
    "I saw the same one cheaper at another store.",
    "There's a scratch on the side.",
    "I can pay cash and pick it up today.",
    "I'd take two of them.",
    "Money is tight, I'm on a small budget.",
];

#[test]
fn reasons_earn_more_than_bare_numbers() {
    let (bare, reasons) = (bargain(&BARE, None), bargain(&REASONS, None));
    assert!(reasons.mean_price < bare.mean_price - 5.0);
    assert!(reasons.mean_best < bare.mean_best - 5.0);
    assert!(reasons.deals >= bare.deals);
}

#[test]
fn one_reason_again_and_again_wears_off() {
    let (once, varied) = (bargain(&REASONS[..1], None), bargain(&REASONS, None));
    assert!(varied.mean_best < once.mean_best - 3.0);
    let bare = bargain(&BARE, None);
    assert!(once.mean_best < bare.mean_best - 2.0);
}

#[test]
fn insults_make_it_worse() {
    let rude = ["You greedy crook.", "I can do this much.", "What a ripoff."];
    let (bare, rude) = (bargain(&BARE, None), bargain(&rude, None));
    assert!(rude.mean_price > bare.mean_price + 3.0);
    assert!(rude.deals < bare.deals);
    let very_rude = bargain(&["You greedy crook."], None);
    assert_eq!(very_rude.deals, 0, "enough of it ends the talk");
}

#[test]
fn every_kind_of_argument_tells() {
    let bare = bargain(&BARE, None).mean_best;
    let sayings = [
        (Argument::Rival, "It's cheaper at another shop."),
        (Argument::Flaw, "The lid is scratched."),
        (Argument::BuyNow, "I'll pay right now."),
        (Argument::Bundle, "I'd buy two of them."),
        (Argument::Budget, "I'm on a tight budget."),
        (Argument::Loyalty, "I'm a regular customer."),
    ];
    for (argument, saying) in sayings {
        let told = bargain(&[saying], None).mean_best;
        assert!(told < bare - 0.5, "{argument:?}: {told} against {bare}");
    }
}

#[test]
fn an_unyielding_seller_yields_less_and_a_begging_one_bears_more() {
    let neutral = bargain(&REASONS, None).mean_best;
    assert!(bargain(&REASONS, Some("unyielding")).mean_best > neutral + 3.0);
    let rude = ["You greedy crook.", "ok", "ok", "stupid price", "ok", "ok"];
    let patience = |persona| bargain(&rude, persona).deals;
    assert!(patience(Some("begging")) >= patience(Some("unyielding")));
}

#[test]
fn lowballs_harden() {
    struct Low(i64);
    impl Script for Low {
        fn decide(&mut self, view: &View) -> Move {
            let round = i64::from(view.table.round_of(Role::Buyer));
            let talk = REASONS[(round as usize - 1) % REASONS.len()];
            let offer = Mills::from_dollars(self.0 + round);
            Move::new(talk, if round <= 3 { Act::Offer(offer) } else { Act::Quit })
        }
    }
    let seller = find("persuadable").unwrap();
    let asked = |low: i64| -> f64 {
        let price = |seed| {
            let (episode, _) =
                play(&usual(LIST, 450), Low(low), seller.seat(Role::Seller, seed, None));
            episode.table.offers.seller.unwrap_or(LIST).as_dollars_f64()
        };
        (0..200).map(price).sum::<f64>() / 200.0
    };
    assert!(asked(32) > asked(57) + 1.0, "{} {}", asked(32), asked(57));
}
