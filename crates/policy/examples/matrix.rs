//! Every buyer against every seller: deal rate and share of the zone, over 200 scenarios.
//!
//! `cargo run --release -p policy --example matrix`

use policy::{Draw, Entry, registry};
use rules::{Interest, Mills, Outcome, Role, Scenario};
use testkit::{play, scenario};

const GAMES: u64 = 200;

/// List prices from $5 to $4,300, budgets at four fifths, costs such that about one zone in twenty is
/// empty, as in the AmazonHistoryPrice set.
fn games() -> Vec<Scenario> {
    (0..GAMES)
        .map(|seed| {
            let mut draw = Draw::new(&[seed]);
            let doublings = draw.between(0, 9);
            let list = Mills(draw.between(5_000, 8_400) << doublings);
            let cost = list.scale(draw.between(280, 825), 1000);
            let scenario = scenario().list_price(list).budget(list.scale(4, 5)).cost(cost);
            scenario.seed(seed).build()
        })
        .collect()
}

#[derive(Default)]
struct Cell {
    feasible: u32,
    deals: u32,
    /// Sum over deals of the buyer's share of the zone, in thousandths.
    share: i64,
    rounds: u32,
    false_deals: u32,
}

fn bargain(buyer: &Entry, seller: &Entry, games: &[Scenario]) -> Cell {
    let mut cell = Cell::default();
    for game in games {
        let seat = |entry: &Entry, role| entry.seat(role, game.seed, None);
        let (episode, _) = play(game, seat(buyer, Role::Buyer), seat(seller, Role::Seller));
        let is_feasible = game.interest() == Interest::Mutual;
        cell.feasible += u32::from(is_feasible);
        match episode.outcome() {
            Some(Outcome::Deal { price, round }) if is_feasible => {
                cell.deals += 1;
                cell.rounds += round;
                cell.share += (game.budget - price).0 * 1000 / (game.budget - game.cost).0;
            }
            Some(Outcome::Deal { .. }) => cell.false_deals += 1,
            _ => {}
        }
    }
    cell
}

fn main() {
    let games = games();
    let sellers: Vec<_> = registry().iter().filter(|entry| entry.plays(Role::Seller)).collect();
    let feasible = games.iter().filter(|game| game.interest() == Interest::Mutual).count();
    println!(
        "{GAMES} scenarios, {feasible} with a zone. Each cell: deals on those (%), the buyer's"
    );
    println!("share of the zone on deals (%), rounds to a deal.\n");
    let heads: Vec<_> = sellers.iter().map(|seller| seller.name).collect();
    println!("| buyer | {} |\n|---|{}", heads.join(" | "), "---|".repeat(heads.len()));
    let mut false_deals = 0;
    for buyer in registry().iter().filter(|entry| entry.plays(Role::Buyer)) {
        let cells: Vec<_> = sellers.iter().map(|seller| bargain(buyer, seller, &games)).collect();
        false_deals += cells.iter().map(|cell| cell.false_deals).sum::<u32>();
        let texts: Vec<_> = cells.iter().map(print).collect();
        println!("| {} | {} |", buyer.name, texts.join(" | "));
    }
    println!("\nDeals where there is no zone: {false_deals}.");
}

fn print(cell: &Cell) -> String {
    let deals = f64::from(cell.deals.max(1));
    format!(
        "{:.0}, {:.0}, {:.1}",
        f64::from(cell.deals) * 100.0 / f64::from(cell.feasible.max(1)),
        cell.share as f64 / 10.0 / deals,
        f64::from(cell.rounds) / deals
    )
}
