//! What happens when more and more buyers are played by somebody else.

use anyhow::{Result, bail};
use policy::market::{Cast, Figures, Population, figures};
use rules::Product;
use rules::statistics::Sums;
use serde::{Deserialize, Serialize};

use super::{Played, hold};
use crate::roster::Roster;

/// The question, and every market's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// As it was named.
    pub population: String,
    /// Whose buyers are replaced.
    pub of: String,
    /// Who plays them then.
    pub by: String,
    /// Markets of each share, with the seeds from 1 on.
    pub seeds: u64,
    pub arms: Vec<Arm>,
}

/// One share's markets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Of those buyers, in percent.
    pub share: u8,
    /// Of each seed's market, in the order of [`policy::market::FIGURES`].
    pub figures: Vec<Figures>,
    /// What a buyer of each kind gains, of what its goods are worth to it, at the mean.
    pub gain_by: Option<f64>,
    pub gain_of: Option<f64>,
}

/// Who replaces whom, how far, and how often.
pub struct Question<'a> {
    pub name: &'a str,
    pub population: &'a Population,
    pub of: &'a str,
    pub by: &'a str,
    pub shares: &'a [u8],
    pub seeds: u64,
}

/// Plays all of a question's markets; `tell` hears how many are done, of how many.
///
/// # Errors
/// Where nobody can be replaced, and what cannot be played.
pub async fn sweep(
    roster: &Roster,
    products: &[Product],
    question: &Question<'_>,
    mut tell: impl FnMut(usize, usize),
) -> Result<Sweep> {
    let Question { name, population, of, by, shares, seeds } = *question;
    if population.buyers.iter().all(|group| group.negotiator != of) {
        let mut there: Vec<&str> =
            population.buyers.iter().map(|group| group.negotiator.as_str()).collect();
        there.dedup();
        bail!("no buyers of {name} are played by {of}: there are {}", there.join(", "));
    }
    let each = usize::try_from(seeds)?;
    let mut arms = Vec::new();
    for share in shares {
        let (mut found, mut gains) = (Vec::new(), [Sums::default(), Sums::default()]);
        for seed in 1..=seeds {
            tell(arms.len() * each + found.len(), shares.len() * each);
            let one = Population { seed, ..population.clone() };
            let recast = |cast: &mut Cast| shared(cast, seed, of, by, f64::from(*share) / 100.0);
            let played = hold(roster, &one, products, None, recast, |_| Ok(())).await?;
            found.push(figures(&played.market, &played.measures));
            for (sums, name) in gains.iter_mut().zip([by, of]) {
                *sums = [*sums, gained(&played, name)].into_iter().sum();
            }
        }
        let [gain_by, gain_of] = gains.map(|sums| sums.mean());
        arms.push(Arm { share: *share, figures: found, gain_by, gain_of });
    }
    Ok(Sweep { population: name.to_owned(), of: of.to_owned(), by: by.to_owned(), seeds, arms })
}

/// Of each buyer that somebody plays: what it gained, of the sum of its values.
fn gained(played: &Played, negotiator: &str) -> Sums {
    let market = &played.market;
    let parts = played.cast.buyers.iter().enumerate();
    parts
        .filter(|(_, part)| part.negotiator == negotiator)
        .map(|(buyer, _)| {
            let worth: i64 = market.scenario.buyers[buyer].wants.iter().map(|w| w.value.0).sum();
            let sales = market.sales.iter().filter(|sale| sale.buyer == buyer);
            let gain: i64 = sales.map(|sale| (sale.value - sale.price).0).sum();
            Sums::unit(gain as f64 / worth as f64)
        })
        .sum()
}

/// Has a share of the buyers that `base` plays played by `other`: always the same ones, and those of a smaller share
/// among those of a larger one, so that markets with the same seed differ in nothing else.
fn shared(cast: &mut Cast, seed: u64, base: &str, other: &str, share: f64) {
    let own = (0..cast.buyers.len()).filter(|n| cast.buyers[*n].negotiator == base);
    let drawn = |n: usize| policy::Draw::new(&[seed, 7, n as u64]).next_u64();
    let mut order: Vec<(u64, usize)> = own.map(|n| (drawn(n), n)).collect();
    order.sort_unstable();
    let count = (order.len() as f64 * share.clamp(0.0, 1.0)).round() as usize;
    for (_, n) in order.into_iter().take(count) {
        other.clone_into(&mut cast.buyers[n].negotiator);
    }
}

#[cfg(test)]
mod tests {
    use policy::market::Part;

    use super::*;

    #[test]
    fn a_smaller_share_is_part_of_a_larger_one() {
        let names = |share: f64| {
            let buyers = (0..40).map(|n| Part::new(["linear", "boulware"][n % 2], "neutral"));
            let mut cast = Cast { sellers: Vec::new(), buyers: buyers.collect(), sees: 1 };
            shared(&mut cast, 3, "linear", "conceder", share);
            cast.buyers.into_iter().map(|part| part.negotiator).collect::<Vec<_>>()
        };
        let count = |of: &[String]| of.iter().filter(|name| *name == "conceder").count();
        let (quarter, half) = (names(0.25), names(0.5));
        assert_eq!((count(&names(0.0)), count(&quarter), count(&half)), (0, 5, 10));
        assert_eq!(count(&names(1.0)), 20, "nobody else is replaced");
        for (small, large) in quarter.iter().zip(&half) {
            assert!(small != "conceder" || large == "conceder");
        }
    }

    #[tokio::test]
    async fn markets_of_a_sweep_differ_in_who_plays_alone() {
        let population = crate::markets::bundled("thin").unwrap().unwrap();
        let products = crate::markets::own_products();
        let roster = Roster::scripted();
        let question = Question {
            name: "thin",
            population: &population,
            of: "conceder",
            by: "boulware",
            shares: &[0, 100],
            seeds: 4,
        };
        let found = sweep(&roster, &products, &question, |_, _| {}).await.unwrap();
        let [none, all] = found.arms.as_slice() else { panic!("two shares") };
        assert_eq!((none.gain_by, all.gain_of), (None, None));
        assert!(none.gain_of.unwrap() > 0.0 && all.gain_by.unwrap() > 0.0);
        let price = |arm: &Arm| arm.figures.iter().filter_map(|of| of[1]).sum::<f64>();
        assert!(price(all) < price(none), "who concedes late pays less");
        assert_eq!(found, sweep(&roster, &products, &question, |_, _| {}).await.unwrap());
        let nobody = Question { of: "linear", ..question };
        let refused = sweep(&roster, &products, &nobody, |_, _| {}).await.unwrap_err().to_string();
        assert!(refused.contains("there are conceder"), "{refused}");
    }
}
