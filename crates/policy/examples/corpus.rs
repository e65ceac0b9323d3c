//! The naive buyer against the neutral regulated seller, and what the lessons are made of.
//!
//! `cargo run --release -p policy --example corpus`

use std::collections::{BTreeMap, HashSet};

use policy::corpus::{Deal, Lesson, NaiveBuyer, distinct_2, lesson};
use policy::prompt::{Message, Speaker};
use policy::{Draw, find};
use rules::metrics::states_price;
use rules::{Act, Episode, Interest, Mills, Outcome, Product, Role, Scenario};
use testkit::{play, product, scenario};

const GAMES: u64 = 400;
const LESSONS: u64 = 20_000;

fn main() {
    figures();
    let deals = deals();
    let lessons: Vec<Lesson> = (0..LESSONS)
        .map(|seed| {
            lesson(seed, Role::BOTH[seed as usize % 2], &deals[seed as usize % deals.len()])
        })
        .collect();
    lengths(&lessons);
    variety();
    leaks(&lessons);
    for lesson in &lessons[..6] {
        print(lesson);
    }
}

/// As evaluation plays: list prices from $5 to $4,300, budgets at four fifths, about one zone in
/// twenty empty.
fn games() -> impl Iterator<Item = Scenario> {
    (0..GAMES).map(|seed| {
        let mut draw = Draw::new(&[seed]);
        let doublings = draw.between(0, 9);
        let list = Mills(draw.between(5_000, 8_400) << doublings);
        let cost = list.scale(draw.between(280, 825), 1000);
        scenario().list_price(list).budget(list.scale(4, 5)).cost(cost).seed(seed).build()
    })
}

/// The naive buyer against the regulated seller with the neutral persona.
fn figures() {
    let seller = find("regulated").expect("the regulated seller is a family");
    let (mut deals, mut ratio, mut feasible_deals, mut openings, mut opened) = (0, 0.0, 0, 0.0, 0);
    let mut false_deals = 0;
    let mut rounds = BTreeMap::<String, u32>::new();
    for game in games() {
        let buyer = NaiveBuyer::seat(game.seed, None);
        let (episode, _) = play(&game, buyer, seller.seat(Role::Seller, game.seed, None));
        if let Some((_, price)) = episode.table.offers_of(Role::Buyer).next() {
            openings += price.as_dollars_f64() / game.budget.as_dollars_f64();
            opened += 1;
        }
        *rounds.entry(ending(&episode)).or_default() += 1;
        if let Some(Outcome::Deal { price, .. }) = episode.outcome() {
            deals += 1;
            if game.interest() == Interest::Mutual {
                let zone = (game.budget - game.cost).as_dollars_f64();
                ratio += (game.budget - price).as_dollars_f64() / zone;
                feasible_deals += 1;
            } else {
                false_deals += 1;
            }
        }
    }
    println!("naive buyer, neutral regulated seller, {GAMES} scenarios:");
    println!("  deal rate {:.3}", f64::from(deals) / GAMES as f64);
    println!("  bargained ratio {:.3}", ratio / f64::from(feasible_deals));
    println!("  first-offer ratio {:.3}", openings / f64::from(opened));
    println!("  deals without a zone {false_deals}; endings {rounds:?}\n");
}

fn ending(episode: &Episode) -> String {
    match episode.outcome() {
        Some(Outcome::Deal { round, .. }) => format!("deal {round}"),
        Some(Outcome::Quit { by }) => format!("{} quits", by.name()),
        other => format!("{other:?}"),
    }
}

fn kind(act: Act) -> &'static str {
    match act {
        Act::Offer(_) => "offer",
        Act::Reject => "reject",
        Act::Accept(_) => "accept",
        Act::Quit => "quit",
        Act::Talk => "talk",
    }
}

/// Words, numbers and marks, about as a small vocabulary with single digits cuts them.
fn pieces(text: &str) -> usize {
    let mut count = 0;
    let mut in_word = false;
    for c in text.chars() {
        let goes_on = in_word && c.is_alphabetic();
        count += usize::from(!(goes_on || c.is_whitespace()));
        in_word = c.is_alphabetic();
    }
    count
}

fn lengths(lessons: &[Lesson]) {
    let moves: Vec<_> = lessons.iter().flat_map(|lesson| &lesson.moves).collect();
    let own: Vec<&Message> = lessons
        .iter()
        .flat_map(|l| &l.messages)
        .filter(|message| message.speaker == Speaker::Assistant)
        .collect();
    let mean = |sum: usize, n: usize| sum as f64 / n as f64;
    let words = |text: &str| text.split_whitespace().count();
    let thoughts = moves.iter().filter_map(|(_, mv)| mv.thought.as_deref());
    println!("{} lessons, {} own moves", lessons.len(), moves.len());
    println!(
        "  pieces a move {:.1}, a thought {:.1}; words a talk {:.1}, at most {}",
        mean(own.iter().map(|m| pieces(&m.text)).sum(), own.len()),
        mean(thoughts.map(pieces).sum(), moves.len()),
        mean(moves.iter().map(|(_, mv)| words(&mv.talk)).sum(), moves.len()),
        moves.iter().map(|(_, mv)| words(&mv.talk)).max().unwrap_or(0),
    );
    let whole = |lesson: &Lesson| lesson.messages.iter().map(|m| pieces(&m.text)).sum::<usize>();
    println!(
        "  pieces a lesson {:.0}, at most {}",
        mean(lessons.iter().map(whole).sum(), lessons.len()),
        lessons.iter().map(whole).max().unwrap_or(0)
    );
    let mut acts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut ends: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for lesson in lessons {
        let end = match lesson.outcome {
            Some(Outcome::Deal { .. }) => "deal".to_owned(),
            Some(Outcome::Quit { by }) => format!("{} quits", by.name()),
            _ => "timeout".to_owned(),
        };
        *ends.entry((lesson.role.name(), end)).or_default() += 1;
        for (_, mv) in &lesson.moves {
            *acts.entry((lesson.role.name(), kind(mv.act))).or_default() += 1;
        }
    }
    println!("  acts {acts:?}\n  ends {ends:?}");
    let conflicting = lessons.iter().filter(|l| l.scenario.interest() != Interest::Mutual).count();
    println!("  conflicting interest {:.3}\n", mean(conflicting, lessons.len()));
}

/// Different sentences per act, amounts aside, over one product so that its name is no variety.
fn variety() {
    let deal = &deals()[0];
    let mut wordings: BTreeMap<(&str, &str), HashSet<String>> = BTreeMap::new();
    let mut talks = Vec::new();
    for seed in 0..LESSONS {
        let lesson = lesson(seed, Role::BOTH[seed as usize % 2], deal);
        for (_, mv) in lesson.moves {
            let words = mv.talk.split(' ').map(without_amount).collect::<Vec<_>>().join(" ");
            wordings.entry((lesson.role.name(), kind(mv.act))).or_default().insert(words);
            talks.push(mv.talk);
        }
    }
    let counts: BTreeMap<_, _> = wordings.iter().map(|(key, set)| (*key, set.len())).collect();
    println!("different talks over {LESSONS} lessons of one product: {counts:?}");
    let some = talks.iter().take(2_000).map(String::as_str);
    println!("distinct-2 over 2,000 talks: {:.3}\n", distinct_2(some).unwrap_or(0.0));
}

fn without_amount(word: &str) -> &str {
    match word.strip_prefix('$') {
        Some(amount) => &amount[amount.trim_end_matches(['.', ',', '!', '?', ':']).len()..],
        None => word,
    }
}

fn leaks(lessons: &[Lesson]) {
    let moves = lessons.iter().flat_map(|lesson| &lesson.moves);
    let leaks = moves.filter(|(view, mv)| states_price(&mv.talk, view.limit)).count();
    println!("talks that name the own limit: {leaks}\n");
}

fn print(lesson: &Lesson) {
    println!("--- {} {} with {}", lesson.role.name(), lesson.pupil, lesson.teacher);
    for message in &lesson.messages {
        println!("<{}>\n{}", message.speaker.name(), message.text);
    }
    println!();
}

/// Some products of several categories.
fn deals() -> Vec<Deal> {
    const GOODS: [(&str, &str, &str); 10] = [
        ("home-kitchen_1", "Hearthline Enamel Kettle, 1.5 L, Cream", "49.99"),
        ("books_17", "The Lighthouse Keeper's Almanac: A Novel", "18.95"),
        ("electronics_102", "Norvik Wireless Headphones with Case", "129.00"),
        ("tools-home-improvement_7", "Castor 18V Cordless Drill, 2 Batteries", "89.50"),
        ("toys-games_31", "Pinewood Marble Run for Children", "34.99"),
        ("music_4", "Late Trains (Remastered)", "14.99"),
        ("sports-outdoors_58", "Ridgeway Two Person Tent, Green", "219.00"),
        ("beauty_12", "Oat and Honey Hand Cream - Pack of 3", "16.50"),
        ("automotive_9", "Foldable Snow Shovel for Car and Camping", "27.99"),
        ("baby-products_6", "Little Acorn Stroller Wagon (Black)", "349.99"),
    ];
    let deal = |&(codename, title, price): &(&str, &str, &str)| {
        let list: Mills = price.parse().expect("the prices above are prices");
        let category = codename.rsplit_once('_').map_or(codename, |(category, _)| category);
        let product: Product =
            product().codename(codename).category(category).title(title).list_price(list).build();
        Deal { product, budget: list.scale(4, 5), cost: list.scale(11, 20) }
    };
    GOODS.iter().map(deal).collect()
}
