//! What is bargained over in lessons: products given by the caller, at prices of every size.

use rules::{Listing, Mills, OverLimit, PerRole, Product, Protocol, Regulation, Role, Scenario};

use crate::draw::Draw;
use crate::persona::personas;
use crate::pricing::thousandths;

/// A product with both limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    pub product: Product,
    /// The buyer's limit.
    pub budget: Mills,
    /// The seller's limit.
    pub cost: Mills,
}

/// The deal as a lesson plays it.
///
/// - One in four keeps its prices. The others get a list price between $5 and $4,300, each doubling
///   as likely as any other, written as shops write it.
/// - The budget is four fifths of the list price as a rule, sometimes 60 to 97% of it; the cost 28 to
///   79% of it. In about one of seven of these the cost is above the budget.
/// - The codename's number is any up to 999; one codename in four has a word of the title for its category.
/// - Six rounds as a rule, sometimes three to ten; a few are in the open protocol.
/// - The side to be learnt, and the other, have each a persona half of the time.
pub fn augmented(deal: &Deal, role: Role, draw: &mut Draw) -> Scenario {
    let mut product = deal.product.clone();
    product.codename = renamed(&product, draw);
    let (budget, cost) = if draw.chance(250) {
        (deal.budget, deal.cost)
    } else {
        product.list_price = list_price(draw);
        limits(product.list_price, draw)
    };
    let personas = PerRole { buyer: persona(draw), seller: persona(draw) };
    Scenario {
        listing: Listing { product, protocol: protocol(draw), personas },
        budget,
        cost,
        regulation: (role == Role::Buyer).then_some(Regulation::CounterAtFloor),
        over_limit: OverLimit::Violation,
        reveal: false,
        seed: draw.next_u64(),
    }
}

/// The category, or now and then another word, with any number: names are to be copied, never known by
/// heart.
fn renamed(product: &Product, draw: &mut Draw) -> String {
    let known = product.codename.rsplit_once('_').map_or(&*product.codename, |(word, _)| word);
    let words: Vec<&str> = product.title.split_whitespace().filter(|word| is_plain(word)).collect();
    let other = (!words.is_empty() && draw.chance(250)).then(|| *draw.pick(&words));
    let word = other.unwrap_or(known).to_ascii_lowercase();
    let most = [9, 99, 99, 999][draw.below(4)];
    format!("{word}_{}", draw.between(1, most))
}

fn is_plain(word: &str) -> bool {
    word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The highest list price of a lesson.
const HIGHEST: Mills = Mills::from_dollars(4_300);

/// Uniform in the logarithm from $5 to $4,300, up to the steps of shop prices.
fn list_price(draw: &mut Draw) -> Mills {
    // 2^9.75 is about 860, the ratio of the two ends; the fraction of a doubling is taken linearly.
    let quarters = draw.between(0, 38);
    let whole = Mills(5_000 << (quarters / 4));
    let price = thousandths(whole, 1000 + 250 * (quarters % 4) + draw.between(0, 249));
    shop_price(price.min(HIGHEST), draw)
}

fn shop_price(price: Mills, draw: &mut Draw) -> Mills {
    let dollars = (price.0 / 1000).max(5);
    let cents = match draw.below(6) {
        0 | 1 => 0,
        2 if dollars < 100 => 50,
        3 if dollars < 100 => 95,
        2 | 3 => 0,
        _ => 99,
    };
    let dollars = match dollars {
        ..100 => dollars,
        100..1000 if cents == 99 => dollars / 10 * 10 + 9,
        100..1000 => dollars / 5 * 5,
        _ if cents == 99 => dollars / 50 * 50 + 49,
        _ => dollars / 10 * 10,
    };
    Mills::from_cents(dollars * 100 + cents).min(HIGHEST)
}

fn limits(list: Mills, draw: &mut Draw) -> (Mills, Mills) {
    let budget = if draw.chance(700) {
        list.scale(4, 5)
    } else {
        tidy(thousandths(list, draw.between(600, 970)), draw)
    };
    let of_list = |permille: i64, draw: &mut Draw| tidy(thousandths(list, permille), draw);
    let least = budget.scale(350, 1000).0 * 1000 / list.0;
    let most = budget.scale(985, 1000).0 * 1000 / list.0;
    let cost = if draw.chance(150) {
        let above = budget.0 * 1000 / list.0;
        let permille = draw.between(above + 15, above.max(900) + 140);
        of_list(permille, draw).max(budget + Mills::from_cents(5))
    } else {
        let permille = draw.between(least, most);
        of_list(permille, draw).min(budget - Mills::from_cents(5))
    };
    (budget, cost)
}

/// A limit as a person has it in mind or as a shop's history says it.
fn tidy(price: Mills, draw: &mut Draw) -> Mills {
    let step = match price.0 {
        ..20_000 => 500,
        20_000..200_000 => 1_000,
        200_000..1_000_000 => 5_000,
        _ => 10_000,
    };
    match draw.below(4) {
        0 => price.round_to_cents(),
        1 => Mills((price.0 / 1000).max(1) * 1000 + 990),
        _ => Mills((price.0 / step).max(1) * step),
    }
}

fn persona(draw: &mut Draw) -> Option<String> {
    draw.chance(500).then(|| draw.pick(personas()).name.to_owned())
}

fn protocol(draw: &mut Draw) -> Protocol {
    match draw.below(100) {
        0..76 => Protocol::PAPER,
        76..90 => Protocol::Alternating { max_rounds: draw.between(3, 10) as u32 },
        _ => Protocol::Open { deadline_ms: 600_000, max_moves: 2 * draw.between(4, 8) as u32 },
    }
}
