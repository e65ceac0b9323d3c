//! A check as a table, and negotiations as a reader sees them.

use std::fmt::{self, Display, Formatter, Write};

use rules::metrics::Estimate;
use rules::{Act, Outcome, PerRole, Role};

use super::table::Game;
use super::{Check, Checked, LEAST_CONSISTENT, LEAST_VALID};

/// A number with its interval.
struct Shown<'a>(&'a Estimate, usize);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let &Shown(Estimate { value, interval, .. }, digits) = self;
        let text = match (value, interval) {
            (Some(value), Some(ends)) => {
                format!("{value:.digits$} [{:.digits$}, {:.digits$}]", ends.low, ends.high)
            }
            (Some(value), None) => format!("{value:.digits$}"),
            (None, _) => "-".to_owned(),
        };
        f.pad(&text)
    }
}

impl Display for Check {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(f, "{} held-out products; intervals of 95%, clustered by product", self.products)?;
        writeln!(f, "perplexity on held-out lessons {:.3}", self.perplexity)?;
        let lessons = self.lessons_distinct_2.unwrap_or(f64::NAN);
        writeln!(f, "distinct-2 of as many talks of held-out lessons {lessons:.3}\n")?;
        self.show_writing(f)?;
        self.show_buying(f)?;
        self.show_reactions(f)?;
        let verdict = if self.passes() { "passes" } else { "FAILS" };
        writeln!(
            f,
            "needed: valid {LEAST_VALID}, consistent {LEAST_CONSISTENT}: the model {verdict}"
        )
    }
}

impl Check {
    fn show_writing(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(
            f,
            "{:<14} {:>8} {:<24} {:<24} {:<24} {:>10} {:<24} {:<20}",
            "against all",
            "messages",
            "valid",
            "consistent",
            "thought fits",
            "distinct-2",
            "limit told (episodes)",
            "deal rate"
        )?;
        for row in &self.writing {
            writeln!(
                f,
                "{:<14} {:>8} {:<24} {:<24} {:<24} {:>10.3} {:<24} {:<20}",
                format!("{} at {}", row.role.name(), row.temperature),
                row.messages,
                Shown(&row.valid, 4),
                Shown(&row.consistent, 4),
                Shown(&row.reasoned, 4),
                row.distinct_2.unwrap_or(f64::NAN),
                Shown(&row.leaks, 4),
                Shown(&row.deal_rate, 2),
            )?;
            for (code, count) in &row.faults {
                writeln!(f, "{:<14} {count:>8} {code}", "")?;
            }
        }
        writeln!(f)
    }

    fn show_buying(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(
            f,
            "{:<14} {:<11} {:>4} {:<18} {:<20} {:<18} {:<24}",
            "buyer, from the regulated neutral seller",
            "",
            "n",
            "deal rate",
            "bargained ratio",
            "first offer / B",
            "overshoot rate"
        )?;
        for row in &self.buying {
            writeln!(
                f,
                "{:<14} {:<11} {:>4} {:<18} {:<20} {:<18} {:<24}",
                row.buyer,
                row.prices,
                row.episodes,
                Shown(&row.deal_rate, 2),
                Shown(&row.bargained_ratio, 2),
                Shown(&row.first_offer_ratio, 2),
                Shown(&row.overshoot_rate, 4),
            )?;
        }
        writeln!(f)
    }

    fn show_reactions(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(
            f,
            "{:<19} {:<24} {:<24} {:<24} {:<24} {:<24} {:<20}",
            "seller comes down",
            "for a reason",
            "for a bare number",
            "for an insult",
            "reason less bare",
            "insult less bare",
            "leaves insulted"
        )?;
        for row in &self.reactions {
            writeln!(
                f,
                "{:<19} {:<24} {:<24} {:<24} {:<24} {:<24} {:<20}",
                row.seller,
                Shown(&row.justified, 3),
                Shown(&row.bare, 3),
                Shown(&row.insulting, 3),
                Shown(&row.justified_less_bare, 3),
                Shown(&row.insulting_less_bare, 3),
                Shown(&row.leaves_insulted, 2),
            )?;
        }
        writeln!(f)
    }
}

/// Negotiations for a blind read, evenly out of all, every other one the model's as a seller. Which side
/// the model was, and what it thought, is told behind them.
pub fn transcripts(checked: &Checked, count: usize) -> String {
    let per_role = |role: Role| -> Vec<&Game> {
        let games: Vec<&Game> = checked.games.iter().filter(|game| game.role == role).collect();
        let wanted = count.div_ceil(2).min(games.len());
        // Odd strides, so that not every game is against the same family.
        (0..wanted).map(|n| games[(n * games.len() / wanted + n) % games.len()]).collect()
    };
    let sides = PerRole { buyer: per_role(Role::Buyer), seller: per_role(Role::Seller) };
    let both = sides.buyer.iter().zip(&sides.seller).flat_map(|(one, other)| [*one, *other]);
    let (mut told, mut key) = (String::new(), String::from("\nKEY\n"));
    for (n, game) in (1..).zip(both.take(count)) {
        // Writing to a string cannot fail.
        let _ = write!(told, "--- {n}\n{}", Told(game));
        let _ = write!(
            key,
            "\n{n}: the {} is the model; the other is {}\n",
            game.role.name(),
            game.against
        );
        for said in &game.said {
            let _ = match &said.read {
                Ok(mv) => writeln!(key, "  {}", mv.thought.as_deref().unwrap_or("(no thought)")),
                Err(code) => writeln!(key, "  {code}: {:?}", said.text),
            };
        }
    }
    told + &key
}

/// A negotiation without what tells who is who.
struct Told<'a>(&'a Game);

impl Display for Told<'_> {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let episode = &self.0.episode;
        let listing = &episode.table.listing;
        let (title, list) = (&listing.product.title, listing.product.list_price);
        writeln!(f, "{title}, list {list}, B {}, C {}", episode.budget, episode.cost)?;
        for role in Role::BOTH {
            let persona = listing.personas.get(role).as_deref().unwrap_or("none");
            writeln!(f, "{}'s persona: {persona}", role.name())?;
        }
        for turn in &episode.table.turns {
            writeln!(f, "{:>6}: {} [{}]", turn.by.name(), turn.talk, act(turn.act))?;
        }
        writeln!(f, "{}\n", end(episode.outcome()))
    }
}

fn act(act: Act) -> String {
    match act {
        Act::Offer(price) => format!("offers {price}"),
        Act::Accept(price) => format!("accepts {price}"),
        Act::Reject => "rejects".to_owned(),
        Act::Quit => "leaves".to_owned(),
        Act::Talk => "talks".to_owned(),
    }
}

fn end(outcome: Option<Outcome>) -> String {
    match outcome {
        Some(Outcome::Deal { price, round }) => format!("=> deal at {price} in round {round}"),
        Some(Outcome::Quit { by }) => format!("=> the {} left", by.name()),
        Some(Outcome::FormatError { by }) => format!("=> the {} wrote no move", by.name()),
        Some(Outcome::BudgetViolation { by, price }) => {
            format!("=> the {} went beyond its limit with {price}", by.name())
        }
        Some(other) => format!("=> {other:?}"),
        None => "=> unfinished".to_owned(),
    }
}
