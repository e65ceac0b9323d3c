//! The seeded split of a catalogue into training and test products, and its signed-off list.

use rules::{Interest, Mills};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::item::{Item, Split};

/// Which products are trained on and which are kept for evaluation, so that a run can prove which
/// split it used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Where the products come from: `own` or `amazon-history-price`.
    pub source: String,
    pub seed: u64,
    /// Codenames in the order of the items.
    pub train: Vec<String>,
    pub test: Vec<String>,
    /// Hex SHA-256 over source, seed, and one line per product with codename, part, list price,
    /// both limits (in mills) and title: it changes when the data changes, not only the names.
    pub sha256: String,
}

/// How many products a catalogue has, and of what kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub products: usize,
    pub categories: usize,
    /// Products with B > C.
    pub mutual: usize,
    /// Products with B < C.
    pub conflicting: usize,
    /// Products with B = C.
    pub ties: usize,
}

impl Counts {
    pub fn of(items: &[Item]) -> Counts {
        let interests = |wanted| items.iter().filter(|i| i.interest() == wanted).count();
        let categories: std::collections::BTreeSet<_> =
            items.iter().map(|i| &i.product.category).collect();
        Counts {
            products: items.len(),
            categories: categories.len(),
            mutual: interests(Interest::Mutual),
            conflicting: interests(Interest::Conflicting),
            ties: interests(Interest::Tie),
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} products, {} categories, {} mutual interest, {} conflicting, {} ties",
            self.products, self.categories, self.mutual, self.conflicting, self.ties
        )
    }
}

/// A number that depends on a purpose and a name alone: the same on every machine, in any order of
/// products, and with any version of any library.
pub(crate) fn stable_roll(purpose: &str, name: &str) -> u64 {
    let digest = Sha256::digest(format!("{purpose}\n{name}"));
    let first: [u8; 8] = digest[..8].try_into().expect("a digest has 32 bytes");
    u64::from_be_bytes(first)
}

/// Marks `test` of the items as test, the rest as train. Which ones depends on the seed and the
/// codenames only.
pub(crate) fn assign_split(items: &mut [Item], test: usize, seed: u64) {
    let purpose = format!("split {seed}");
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_cached_key(|&i| {
        let name = &items[i].product.codename;
        (stable_roll(&purpose, name), name.clone())
    });
    for (rank, &i) in order.iter().enumerate() {
        items[i].split = if rank < test { Split::Test } else { Split::Train };
    }
}

impl Manifest {
    pub(crate) fn of(source: &str, seed: u64, items: &[Item]) -> Manifest {
        let names = |split| {
            let of_split = items.iter().filter(|i| i.split == split);
            of_split.map(|i| i.product.codename.clone()).collect()
        };
        Manifest {
            source: source.to_owned(),
            seed,
            train: names(Split::Train),
            test: names(Split::Test),
            sha256: digest(source, seed, items),
        }
    }
}

fn digest(source: &str, seed: u64, items: &[Item]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{source}\n{seed}\n"));
    for item in items {
        let (product, Mills(budget), Mills(cost)) = (&item.product, item.budget, item.cost);
        hash.update(format!(
            "{}\t{}\t{}\t{budget}\t{cost}\t{}\n",
            product.codename,
            item.split.name(),
            product.list_price.0,
            product.title
        ));
    }
    hex::encode(hash.finalize())
}
