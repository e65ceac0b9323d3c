//! How many products and rollouts it takes to see a difference.

use serde::{Deserialize, Serialize};

/// Where a figure's spread comes from: products differ, and rollouts of one product differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Variance of a product's true mean.
    pub between: f64,
    /// Variance of one rollout about its product's mean.
    pub within: f64,
}

impl Spread {
    /// By the one-way analysis of variance with random effects, from each product's rollouts (Searle 1971;
    /// products may have different numbers of them). A negative variance between is 0. `None` with fewer
    /// than two products, or no product with two rollouts.
    pub fn of(products: &[Vec<f64>]) -> Option<Spread> {
        let products: Vec<&Vec<f64>> = products.iter().filter(|all| !all.is_empty()).collect();
        let count = products.iter().map(|all| all.len() as f64).sum::<f64>();
        let groups = products.len() as f64;
        if products.len() < 2 || count <= groups {
            return None;
        }
        let mean_of = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
        let grand = products.iter().flat_map(|all| all.iter()).sum::<f64>() / count;
        let (mut about_own, mut about_grand, mut squares) = (0.0, 0.0, 0.0);
        for all in products {
            let mean = mean_of(all);
            about_own += all.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
            about_grand += all.len() as f64 * (mean - grand).powi(2);
            squares += (all.len() as f64).powi(2);
        }
        let within = about_own / (count - groups);
        let typical = (count - squares / count) / (groups - 1.0);
        let between = (about_grand / (groups - 1.0) - within) / typical;
        Some(Spread { between: between.max(0.0), within })
    }

    /// The standard error of a mean over so many products with so many rollouts each.
    pub fn standard_error(self, products: f64, rollouts: f64) -> f64 {
        ((self.between + self.within / rollouts) / products).sqrt()
    }

    /// Intraclass correlation: the share of the variance that more rollouts do not take away.
    pub fn intraclass(self) -> f64 {
        let all = self.between + self.within;
        if all > 0.0 { self.between / all } else { 0.0 }
    }
}

/// A question that an evaluation is to answer, by a two-sided test in normal approximation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The chance of a false alarm. Default 0.05.
    pub alpha: f64,
    /// The chance to see the difference where it is there. Default 0.8.
    pub power: f64,
}

impl Default for Question {
    fn default() -> Question {
        Question { alpha: 0.05, power: 0.8 }
    }
}

impl Question {
    /// The difference in standard errors that is seen with that power: `z(1 - alpha / 2) + z(power)`.
    fn reach(self) -> f64 {
        normal_quantile(1.0 - self.alpha / 2.0) + normal_quantile(self.power)
    }

    /// The smallest difference that so many products with so many rollouts each will show. `spread` is
    /// that of the paired differences.
    pub fn smallest_difference(self, spread: Spread, products: u64, rollouts: u64) -> f64 {
        self.reach() * spread.standard_error(products as f64, rollouts as f64)
    }

    /// The products that it takes to see a difference, with so many rollouts each.
    pub fn products(self, spread: Spread, difference: f64, rollouts: u64) -> u64 {
        let wanted = (self.reach() / difference).powi(2);
        (wanted * (spread.between + spread.within / rollouts as f64)).ceil().max(2.0) as u64
    }

    /// The chance to see a difference.
    pub fn power_at(self, spread: Spread, difference: f64, products: u64, rollouts: u64) -> f64 {
        let error = spread.standard_error(products as f64, rollouts as f64);
        let bar = normal_quantile(1.0 - self.alpha / 2.0);
        let shift = difference.abs() / error;
        normal(shift - bar) + normal(-shift - bar)
    }
}

/// The standard normal distribution function.
fn normal(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// Where the standard normal distribution function has a value, by halving.
fn normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if normal(middle) < p { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_tables() {
        for (p, z) in [(0.5, 0.0), (0.975, 1.959_963_984_540_054), (0.8, 0.841_621_233_572_914)] {
            assert!((normal_quantile(p) - z).abs() < 1e-9, "{p}");
        }
    }

    /// Two products of two rollouts, by hand: means 1 and 5, each rollout 1 away from its own.
    #[test]
    fn a_spread_by_hand() {
        let spread = Spread::of(&[vec![0.0, 2.0], vec![4.0, 6.0]]).expect("two of two");
        // Within: (1 + 1 + 1 + 1) / 2. Between: (2 x 4 + 2 x 4) / 1 = 16, less 2, over 2.
        assert_eq!(spread, Spread { between: 7.0, within: 2.0 });
        assert!((spread.intraclass() - 7.0 / 9.0).abs() < 1e-12);
        assert_eq!(spread.standard_error(4.0, 2.0), 2.0_f64.sqrt());
        assert_eq!(Spread::of(&[vec![1.0], vec![2.0]]), None);
        assert_eq!(Spread::of(&[vec![1.0, 2.0]]), None);
    }

    #[test]
    fn the_smallest_difference_is_the_one_whose_products_are_asked_for() {
        let spread = Spread { between: 0.04, within: 0.2 };
        let question = Question::default();
        let seen = question.smallest_difference(spread, 128, 4);
        // (1.96 + 0.8416) x sqrt((0.04 + 0.05) / 128)
        assert!((seen - 2.801_585 * (0.09_f64 / 128.0).sqrt()).abs() < 1e-5, "{seen}");
        assert!((128..=129).contains(&question.products(spread, seen, 4)));
        assert!((question.power_at(spread, seen, 128, 4) - 0.8).abs() < 1e-3);
        assert!((question.power_at(spread, 0.0, 128, 4) - 0.05).abs() < 1e-9);
    }
}
