//! What a buyer gets that knows no limit but its own, and plays one line: a first offer, equal raises, the same
//! reasons in turn, and the last price on the table where it is low enough.
//!
//! `cargo run -p rl --example fixed_lines -- DIR [SELLER]`, over the test products of AmazonHistoryPrice in DIR, twice
//! each; SELLER is a scripted family, `persuadable` unless given. Prints the best lines with and without words, and
//! what the best response gets, which knows the seller.

use std::path::Path;

use catalogue::{Split, amazon_history_price};
use policy::corpus::Deal;
use rl::Plan;
use rl::exam::{Exam, Novelty, tasks};
use rl::oracle::{Search, best_response};
use rules::reward::{RewardSpec, score};
use rules::{Act, Episode, Millis, Mills, Move, Outcome, Role, Scenario, apply};

/// Thousandths of the buyer's limit.
#[derive(Clone, Copy, Debug)]
struct Line {
    first: i64,
    raise: i64,
    takes: i64,
    argues: bool,
}

/// Two reasons a message, each twice in six messages.
const REASONS: [&str; 3] = [
    "I saw it cheaper at another shop. The box is damaged.",
    "I can pay cash today. I would take two of them.",
    "I am on a tight budget. I bought from you before.",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().ok_or("the folder of AmazonHistoryPrice is needed")?;
    let seller = arguments.next().unwrap_or_else(|| "persuadable".to_owned());
    let items = amazon_history_price::read(Path::new(&dir))?.items;
    let test = items.iter().filter(|item| item.split == Split::Test);
    let deals: Vec<Deal> = test
        .map(|item| Deal { product: item.product.clone(), budget: item.budget, cost: item.cost })
        .collect();
    let exam = Exam {
        role: Role::Buyer,
        against: seller.clone(),
        persona: "neutral".to_owned(),
        novelty: Novelty::Counterpart,
    };
    let tasks = tasks(&Plan::of("laptop", "")?, &exam, &deals, 2);
    let lines = (400..=750).step_by(50).flat_map(|first| {
        [0, 20, 50, 100].into_iter().flat_map(move |raise| {
            [500, 750, 1000].into_iter().flat_map(move |takes| {
                [false, true].map(|argues| Line { first, raise, takes, argues })
            })
        })
    });
    let mut results: Vec<(f64, f64, Line)> = lines
        .map(|line| {
            let ended = tasks.iter().map(|task| play(&task.scenario, &seller, line));
            let (rewards, agreed): (Vec<f64>, Vec<f64>) = ended.unzip();
            (mean(&rewards), mean(&agreed), line)
        })
        .collect();
    results.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("{} negotiations with {seller} a line, {} lines", tasks.len(), results.len());
    for argues in [true, false] {
        let of = results.iter().filter(|(.., line)| line.argues == argues);
        for (reward, deals, line) in of.take(5) {
            println!("reward {reward:.3}, deals {deals:.3}: {line:?}");
        }
    }
    let best = tasks.iter().map(|task| {
        let entry = policy::find(&seller).expect("a scripted family");
        let (spec, search) = (RewardSpec::PAPER, Search::default());
        let events = best_response(&task.scenario, Role::Buyer, entry, &spec, search);
        ended(&Episode::replay(&events).expect("a history"))
    });
    let (rewards, agreed): (Vec<f64>, Vec<f64>) = best.unzip();
    println!("best response: reward {:.3}, deals {:.3}", mean(&rewards), mean(&agreed));
    Ok(())
}

fn mean(all: &[f64]) -> f64 {
    all.iter().sum::<f64>() / all.len() as f64
}

/// The buyer's reward, and 1 for a deal.
fn ended(episode: &Episode) -> (f64, f64) {
    let reward = score(episode, Role::Buyer, &RewardSpec::PAPER).expect("it is over");
    let is_deal = matches!(episode.outcome(), Some(Outcome::Deal { .. }));
    (reward, f64::from(u8::from(is_deal)))
}

fn play(scenario: &Scenario, seller: &str, line: Line) -> (f64, f64) {
    let entry = policy::find(seller).expect("a scripted family");
    let persona = scenario.listing.personas.seller.as_deref();
    let mut seller = entry.seat(Role::Seller, scenario.seed, persona);
    let mut episode = Episode::start(scenario, Millis(0));
    let mut spoken = 0;
    while let Some(by) = episode.table.turn_of() {
        let mv = match by {
            Role::Seller => seller.decide(&episode.view(by)),
            Role::Buyer => {
                spoken += 1;
                next(&episode, line, spoken)
            }
        };
        let events = apply(&episode, by, mv, Millis(0)).expect("both play by the rules");
        episode.absorb_all(&events);
    }
    ended(&episode)
}

/// The buyer's message of that number, from 1.
fn next(episode: &Episode, line: Line, spoken: i64) -> Move {
    const LAST: i64 = 6;
    let limit = episode.limit(Role::Buyer);
    let legal = episode.table.legal(Role::Buyer);
    let offer = limit.scale((line.first + line.raise * (spoken - 1)).min(1000), 1000);
    if let Some(asked) = legal.accept {
        let most = if spoken == LAST { limit.scale(line.takes, 1000) } else { offer };
        if asked <= most {
            return Move::new("", Act::Accept(asked));
        }
    }
    let reasons = REASONS[(spoken as usize - 1) % REASONS.len()];
    Move::new(if line.argues { reasons } else { "" }, Act::Offer(Mills(offer.0.max(1))))
}
