//! The most that a scripted opponent gives: a best response found by search.
//!
//! It is clairvoyant: it tries moves against the very opponent of the scenario, its private limit and draws
//! included. No policy that learns can expect as much; how close one comes tells what is left to learn. The
//! search is a beam over prices and arguments, so what it finds is a lower bound of the best response.

use policy::{Entry, Script};
use rules::reward::{RewardSpec, score};
use rules::{Act, Episode, Event, Millis, Mills, Move, Role, Scenario, apply, open};

/// How wide the search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// Histories that are kept after each of the own moves.
    pub beam: usize,
    /// Prices that are tried at each move, evenly between where a first offer may lie and the own limit.
    pub prices: i64,
}

impl Default for Search {
    fn default() -> Search {
        Search { beam: 24, prices: 14 }
    }
}

/// What is said with an offer. Read by `policy::read_arguments`: two reasons at a time, each once, manners, and
/// nothing at all.
const TALKS: [&str; 5] = [
    "",
    "Please, I saw it cheaper at another shop, and the box is damaged.",
    "Please, I can pay cash today, and I would take two of them.",
    "Please, I am on a tight budget, and I bought from you before.",
    "Please, I saw it cheaper at another shop.",
];

/// A history, and what the own side could have for it by now.
#[derive(Clone)]
struct Line {
    events: Vec<Event>,
    episode: Episode,
}

/// The best negotiation that was found for a side, against a script on the other one; walking away at once where
/// nothing is better.
pub fn best_response(
    scenario: &Scenario,
    role: Role,
    opponent: &Entry,
    reward: &RewardSpec,
    search: Search,
) -> Vec<Event> {
    let across = role.other();
    let persona = scenario.listing.personas.get(across).clone();
    let mut script = opponent.seat(across, scenario.seed, persona.as_deref());
    let mut start =
        Line { events: open(scenario, Millis(0)), episode: Episode::start(scenario, Millis(0)) };
    start.answered(across, &mut script);
    let value = |line: &Line| score(&line.episode, role, reward).unwrap_or(f64::MIN);
    let mut best: Option<Line> = None;
    let mut beam = vec![start];
    while !beam.is_empty() {
        let mut next = Vec::new();
        for line in &beam {
            for mv in moves(&line.episode, role, search.prices) {
                let Some(mut after) = line.after(role, mv) else { continue };
                after.answered(across, &mut script);
                if !after.episode.table.is_over() {
                    next.push(after);
                } else if best.as_ref().is_none_or(|best| value(&after) > value(best)) {
                    best = Some(after);
                }
            }
        }
        // What the opponent asks now is what could be had at once.
        next.sort_by_key(|line| {
            let asked = line.episode.table.offers.get(across).unwrap_or(Mills(i64::MAX / 4));
            if role == Role::Buyer { asked } else { Mills(-asked.0) }
        });
        next.dedup_by(|a, b| a.episode.table.offers == b.episode.table.offers);
        next.truncate(search.beam);
        beam = next;
    }
    best.expect("a side can always walk away or let the rounds run out").events
}

impl Line {
    fn after(&self, role: Role, mv: Move) -> Option<Line> {
        let events = apply(&self.episode, role, mv, Millis(0)).ok()?;
        let mut line = self.clone();
        line.take(events);
        Some(line)
    }

    /// The opponent's moves, as long as it has the turn.
    fn answered(&mut self, across: Role, script: &mut dyn Script) {
        while self.episode.table.turn_of() == Some(across) && !self.episode.table.is_over() {
            let mv = script.decide(&self.episode.view(across));
            let events =
                apply(&self.episode, across, mv, Millis(0)).expect("scripts play by the rules");
            self.take(events);
        }
    }

    fn take(&mut self, events: Vec<Event>) {
        self.episode.absorb_all(&events);
        self.events.extend(events);
    }
}

/// Moves to try: what lies on the table, walking away, and offers on a grid with the last offer among them.
fn moves(episode: &Episode, role: Role, prices: i64) -> Vec<Move> {
    let table = &episode.table;
    let (legal, limit) = (table.legal(role), episode.limit(role));
    let mut moves = Vec::new();
    if let Some(price) = legal.accept {
        moves.push(Move::new("", Act::Accept(price)));
    }
    if legal.quit {
        moves.push(Move::new("", Act::Quit));
    }
    if !legal.offer {
        return moves;
    }
    let list = table.listing.product.list_price;
    // Below a fifth of the list price no seller bargains; above it, none needs to.
    let far = if role == Role::Buyer { list.scale(1, 5) } else { list };
    let step = |n: i64| far + (limit - far).scale(n, prices);
    let grid = (0..=prices).map(step).chain(*table.offers.get(role));
    for price in grid.filter(|price| price.0 > 0) {
        moves.extend(TALKS.iter().map(|talk| Move::new(*talk, Act::Offer(price))));
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::{Listing, OverLimit, PerRole, Product, Protocol, Regulation};

    fn scenario(budget: i64, cost: i64, seed: u64) -> Scenario {
        let product = Product {
            codename: "books_1".into(),
            category: "books".into(),
            title: "A book".into(),
            description: String::new(),
            features: Vec::new(),
            list_price: Mills::from_dollars(100),
        };
        Scenario {
            listing: Listing {
                product,
                protocol: Protocol::PAPER,
                personas: PerRole { buyer: None, seller: Some("neutral".into()) },
            },
            budget: Mills::from_dollars(budget),
            cost: Mills::from_dollars(cost),
            regulation: Some(Regulation::CounterAtFloor),
            over_limit: OverLimit::Violation,
            reveal: true,
            seed,
        }
    }

    fn reward_of(scenario: &Scenario, seller: &str) -> f64 {
        let entry = policy::find(seller).expect("a family");
        let events =
            best_response(scenario, Role::Buyer, entry, &RewardSpec::PAPER, Search::default());
        let episode = Episode::replay(&events).expect("a history");
        score(&episode, Role::Buyer, &RewardSpec::PAPER).expect("it is over")
    }

    #[test]
    fn a_persuadable_seller_gives_nearly_all_and_never_what_is_not_there() {
        for seed in 0..4 {
            let reward = reward_of(&scenario(80, 40, seed), "persuadable");
            assert!((0.6..1.0).contains(&reward), "{reward}");
        }
        assert_eq!(
            reward_of(&scenario(80, 95, 1), "persuadable"),
            0.0,
            "there is nothing to be had"
        );
    }

    #[test]
    fn it_is_better_than_any_fixed_line() {
        let scenario = scenario(80, 50, 7);
        let entry = policy::find("regulated").expect("a family");
        let mut seller = entry.seat(Role::Seller, scenario.seed, Some("neutral"));
        let buyer = policy::find("og-narrator").expect("a family");
        let mut buyer = buyer.seat(Role::Buyer, scenario.seed, None);
        let mut line = Line {
            events: open(&scenario, Millis(0)),
            episode: Episode::start(&scenario, Millis(0)),
        };
        while !line.episode.table.is_over() {
            line.answered(Role::Buyer, &mut buyer);
            line.answered(Role::Seller, &mut seller);
        }
        let fixed = score(&line.episode, Role::Buyer, &RewardSpec::PAPER).expect("it is over");
        assert!(reward_of(&scenario, "regulated") >= fixed);
    }
}
