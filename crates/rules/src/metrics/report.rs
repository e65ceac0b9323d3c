//! Estimates over many episodes, split as the tables want them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Metric, Observation};
use crate::money::Mills;
use crate::scenario::{Interest, Role};
use crate::statistics::{Bootstrap, Interval, Sums, wilson};

/// What is resampled as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clustering {
    Product,
    /// Only episodes with a participant count.
    Participant,
}

/// A part of the episodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slice {
    All,
    /// MI: `B > C`.
    Mutual,
    /// CI: `B < C`.
    Conflicting,
    /// From 1, the cheapest fifth of the products by list price, to 5.
    PriceQuintile(u8),
}

impl Slice {
    pub const ALL: [Slice; 8] = [
        Slice::All,
        Slice::Mutual,
        Slice::Conflicting,
        Slice::PriceQuintile(1),
        Slice::PriceQuintile(2),
        Slice::PriceQuintile(3),
        Slice::PriceQuintile(4),
        Slice::PriceQuintile(5),
    ];
}

/// A number with what it rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// `None`: nothing to estimate from.
    pub value: Option<f64>,
    /// `None` with fewer than two clusters.
    pub interval: Option<Interval>,
    /// Units that the definition counts: episodes, deals, offers.
    pub n: u64,
    /// Clusters that have a unit.
    pub clusters: u64,
}

/// A line of a table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub metric: Metric,
    pub slice: Slice,
    pub estimate: Estimate,
}

/// One metric over some episodes, with an interval from resampled clusters. Where every unit of a
/// share agrees, resampling sees no spread: then it is Wilson's interval over the clusters.
pub fn estimate<'a>(
    metric: Metric,
    observations: impl IntoIterator<Item = &'a Observation>,
    role: Role,
    clustering: Clustering,
    bootstrap: &Bootstrap,
) -> Estimate {
    let clusters = cluster_sums(metric, observations, role, clustering);
    let total: Sums = clusters.iter().copied().sum();
    let value = metric.value(&total);
    let unanimous = metric.is_share() && (total.y == 0.0 || total.y == total.n);
    let count = clusters.len() as f64;
    let interval = match value {
        Some(share) if unanimous && clusters.len() > 1 => Some(wilson(share * count, count)),
        _ => bootstrap.interval(&clusters, |sums| metric.value(sums)),
    };
    Estimate { value, interval, n: total.n as u64, clusters: clusters.len() as u64 }
}

/// The sums of each cluster that has a unit, in the order of the clusters' names.
fn cluster_sums<'a>(
    metric: Metric,
    observations: impl IntoIterator<Item = &'a Observation>,
    role: Role,
    clustering: Clustering,
) -> Vec<Sums> {
    let mut clusters: BTreeMap<&str, Sums> = BTreeMap::new();
    for observation in observations {
        let name = match clustering {
            Clustering::Product => Some(observation.product.as_str()),
            Clustering::Participant => observation.participant.as_deref(),
        };
        if let Some(name) = name {
            *clusters.entry(name).or_default() += metric.sums(&observation.facts, role);
        }
    }
    clusters.into_values().filter(|sums| sums.n > 0.0).collect()
}

/// One metric on every slice.
pub fn slices(
    metric: Metric,
    observations: &[Observation],
    role: Role,
    clustering: Clustering,
    bootstrap: &Bootstrap,
) -> Vec<Row> {
    let quintiles = Quintiles::of(observations);
    let row = |slice| {
        let members = observations.iter().filter(|seen| quintiles.holds(slice, seen));
        let estimate = estimate(metric, members, role, clustering, bootstrap);
        Row { metric, slice, estimate }
    };
    Slice::ALL.map(row).to_vec()
}

/// Every metric on every slice: 22 x 8 rows.
pub fn report(
    observations: &[Observation],
    role: Role,
    clustering: Clustering,
    bootstrap: &Bootstrap,
) -> Vec<Row> {
    let quintiles = Quintiles::of(observations);
    let mut rows = Vec::with_capacity(Slice::ALL.len() * Metric::ALL.len());
    for slice in Slice::ALL {
        let members: Vec<_> = observations.iter().filter(|o| quintiles.holds(slice, o)).collect();
        for metric in Metric::ALL {
            let estimate = estimate(metric, members.iter().copied(), role, clustering, bootstrap);
            rows.push(Row { metric, slice, estimate });
        }
    }
    rows
}

/// The list prices that end the first four fifths of the products.
struct Quintiles([Mills; 4]);

impl Quintiles {
    fn of(observations: &[Observation]) -> Quintiles {
        let products: BTreeMap<&str, Mills> =
            observations.iter().map(|o| (o.product.as_str(), o.facts.list_price)).collect();
        let mut prices: Vec<Mills> = products.into_values().collect();
        prices.sort_unstable();
        let end_of = |fifth: usize| {
            let last = (fifth * prices.len()).div_ceil(5).saturating_sub(1);
            prices.get(last).copied().unwrap_or_default()
        };
        Quintiles([1, 2, 3, 4].map(end_of))
    }

    /// From 1 to 5. Products of one price share a quintile.
    fn place(&self, list_price: Mills) -> u8 {
        1 + self.0.iter().map(|end| u8::from(list_price > *end)).sum::<u8>()
    }

    fn holds(&self, slice: Slice, observation: &Observation) -> bool {
        let facts = &observation.facts;
        match slice {
            Slice::All => true,
            Slice::Mutual => facts.interest() == Interest::Mutual,
            Slice::Conflicting => facts.interest() == Interest::Conflicting,
            Slice::PriceQuintile(place) => self.place(facts.list_price) == place,
        }
    }
}
