//! What one might say or offer next. Ideas, not advice: they use what the reader's own side knows.

use rules::{Mills, Product, Role, View};

use crate::format::money;

/// A price worth trying, with the reason in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceIdea {
    pub label: &'static str,
    pub price: Mills,
}

/// A sentence to start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TalkIdea {
    pub label: &'static str,
    pub text: String,
}

/// A price field's text, judged against the own limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceCheck {
    Empty,
    /// Not a price; the sentence says what is.
    Unreadable(String),
    /// The rules would let it through and end the talk as a violation: the page does not.
    Beyond {
        limit: Mills,
    },
    Fine(Mills),
}

pub fn check_price(view: &View, text: &str) -> PriceCheck {
    if text.trim().is_empty() {
        return PriceCheck::Empty;
    }
    match text.parse::<Mills>() {
        Err(why) => PriceCheck::Unreadable(crate::format::capitalised(&format!("{why}."))),
        Ok(price) if view.beyond_limit(price) => PriceCheck::Beyond { limit: view.limit },
        Ok(price) => PriceCheck::Fine(price),
    }
}

/// How far one press of plus or minus moves a price: about a hundredth of the list price, round.
pub fn step(list_price: Mills) -> Mills {
    const STEPS: [i64; 10] = [10, 50, 100, 250, 500, 1_000, 5_000, 10_000, 50_000, 100_000];
    let hundredth = list_price.0 / 100;
    Mills(STEPS.into_iter().rev().find(|s| *s <= hundredth).unwrap_or(STEPS[0]))
}

/// The price after a press of plus (`up`) or minus; from the list price where the field is empty.
/// Never below a cent.
pub fn stepped(text: &str, list_price: Mills, up: bool) -> Mills {
    let from = text.parse::<Mills>().unwrap_or(list_price);
    let by = step(list_price);
    let to = if up { from + by } else { from - by };
    if to.is_price() { to } else { Mills(10) }
}

/// At most four prices to try, none beyond the own limit, none twice.
pub fn prices(view: &View) -> Vec<PriceIdea> {
    let list = view.table.listing.product.list_price;
    let mut ideas = Vec::new();
    match (view.own_offer(), view.their_offer()) {
        (Some(own), Some(theirs)) => {
            let gap = theirs - own;
            ideas.push(PriceIdea { label: "Small step", price: own + gap.scale(1, 10) });
            ideas.push(PriceIdea { label: "A quarter of the way", price: own + gap.scale(1, 4) });
            ideas.push(PriceIdea { label: "Meet halfway", price: own + gap.scale(1, 2) });
            ideas.push(PriceIdea { label: "Match theirs", price: theirs });
        }
        (own, theirs) => {
            ideas.extend(openings(view.role, list, theirs));
            ideas.extend(own.map(|own| PriceIdea { label: "Same again", price: own }));
        }
    }
    tidy(view, ideas)
}

/// Prices to start from, before both sides have named one.
fn openings(role: Role, list: Mills, theirs: Option<Mills>) -> Vec<PriceIdea> {
    let of_list = |label, percent| PriceIdea { label, price: list.scale(percent, 100) };
    match role {
        Role::Buyer => vec![
            of_list("Half the list price", 50),
            of_list("35% under list", 65),
            of_list("20% under list", 80),
        ],
        Role::Seller => {
            let between = theirs.map(|theirs| PriceIdea {
                label: "Between list and theirs",
                price: theirs + (list - theirs).scale(1, 2),
            });
            let fixed = [of_list("List price", 100), of_list("10% under list", 90)];
            fixed.into_iter().chain(between).collect()
        }
    }
}

fn tidy(view: &View, ideas: Vec<PriceIdea>) -> Vec<PriceIdea> {
    let mut kept: Vec<PriceIdea> = Vec::new();
    for idea in ideas {
        // "Match theirs" has to be their price exactly.
        let price =
            if view.their_offer() == Some(idea.price) { idea.price } else { rounded(idea.price) };
        let new = kept.iter().all(|k| k.price != price);
        if new && price.is_price() && !view.beyond_limit(price) {
            kept.push(PriceIdea { price, ..idea });
        }
    }
    kept.truncate(4);
    kept
}

/// Whole dollars from $50 on, else whole ten cents from $5 on, else cents.
fn rounded(price: Mills) -> Mills {
    let unit = match price.0 {
        50_000.. => 1_000,
        5_000.. => 100,
        _ => 10,
    };
    Mills((price.0 + unit / 2).div_euclid(unit) * unit)
}

/// Sentences to start from: a reason earns more than a bare number.
pub fn talk(view: &View, price: Option<Mills>) -> Vec<TalkIdea> {
    let product = &view.table.listing.product;
    match view.role {
        Role::Buyer => buyer_talk(price),
        Role::Seller => seller_talk(product, price),
    }
}

fn idea(label: &'static str, text: impl Into<String>) -> TalkIdea {
    TalkIdea { label, text: text.into() }
}

fn buyer_talk(price: Option<Mills>) -> Vec<TalkIdea> {
    let now = price.map_or_else(
        || "If we agree on a fair price, I'll take it right now.".to_owned(),
        |price| format!("At {} I'll take it right now, no second thoughts.", money(price)),
    );
    vec![
        idea(
            "A rival's price",
            "I've seen the same thing for less at another stall. Can you beat that?",
        ),
        idea("A flaw", "There's a small flaw I'd have to live with. The price should say so."),
        idea("Buy now", now),
        idea("A bundle", "If the price is right, I'd take two of them."),
    ]
}

fn seller_talk(product: &Product, price: Option<Mills>) -> Vec<TalkIdea> {
    let quality = product.features.first().map_or_else(
        || "Look at how well it is made: it will last you for years.".to_owned(),
        |feature| format!("Remember what you get: {}.", feature.trim_end_matches('.')),
    );
    let now = price.map_or_else(
        || "Decide today and I'll meet you with the price.".to_owned(),
        |price| format!("Say yes today and it's yours for {}.", money(price)),
    );
    vec![
        idea("Quality", quality),
        idea("Scarcity", "It's the last one at my stall, and others have asked for it."),
        idea("Decide today", now),
        idea("A bundle", "Take two and I can do something about the price."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::view;

    #[test]
    fn a_price_is_judged_before_it_is_sent() {
        let buyer = view(Role::Buyer, &[]);
        assert_eq!(check_price(&buyer, "  "), PriceCheck::Empty);
        assert_eq!(check_price(&buyer, "$40"), PriceCheck::Fine(Mills::from_dollars(40)));
        let limit = buyer.limit;
        assert_eq!(check_price(&buyer, "1,000"), PriceCheck::Beyond { limit });
        assert!(matches!(check_price(&buyer, "forty"), PriceCheck::Unreadable(_)));
        let seller = view(Role::Seller, &[]);
        assert_eq!(check_price(&seller, "1"), PriceCheck::Beyond { limit: seller.limit });
    }

    #[test]
    fn no_idea_is_beyond_the_own_limit_or_twice() {
        for offers in [&[][..], &[60], &[60, 95], &[60, 61], &[60, 95, 61, 62]] {
            for role in Role::BOTH {
                let view = view(role, offers);
                let ideas = prices(&view);
                assert!(ideas.len() <= 4);
                for (i, idea) in ideas.iter().enumerate() {
                    assert!(!view.beyond_limit(idea.price), "{role:?} {offers:?} {idea:?}");
                    assert!(ideas[..i].iter().all(|other| other.price != idea.price));
                }
            }
        }
    }

    #[test]
    fn the_middle_lies_between_both_offers() {
        let ideas = prices(&view(Role::Buyer, &[60, 70]));
        let middle = ideas.iter().find(|i| i.label == "Meet halfway").expect("both have offered");
        assert_eq!(middle.price, Mills::from_dollars(65));
    }

    #[test]
    fn steps_are_round_and_stay_prices() {
        assert_eq!(step(Mills::from_dollars(100)), Mills::from_dollars(1));
        assert_eq!(step(Mills::from_cents(99)), Mills::from_cents(1));
        assert_eq!(stepped("", Mills::from_dollars(100), false), Mills::from_dollars(99));
        assert_eq!(stepped("0.01", Mills::from_cents(99), false), Mills(10));
    }

    #[test]
    fn both_sides_have_words_to_start_from() {
        for role in Role::BOTH {
            let ideas = talk(&view(role, &[]), Some(Mills::from_dollars(70)));
            assert_eq!(ideas.len(), 4);
            assert!(ideas.iter().any(|i| i.text.contains("$70.00")));
        }
    }
}
