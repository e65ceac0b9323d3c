//! Souk's own catalogue: invented products of invented brands, made from grammars and a seed.

mod kind;
mod kinds;
mod people;
mod phrase;
mod price;

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rules::Product;

use crate::item::{CATEGORIES, Item, Split, limits, persona_for};
use crate::manifest::{Manifest, assign_split, stable_roll};
use crate::picture;
use kind::{Draft, Drafter};

/// The seed of the catalogue that Souk ships with.
pub const SEED: u64 = 7;

/// The source's name in manifests and in the store.
const SOURCE: &str = "own";

/// Of a thousand products, how many have a cost above the buyer's budget: close to the reported
/// set's 44 of 930.
const CONFLICTING_PERMILLE: usize = 50;

/// Of a thousand products, how many are kept for evaluation: the reported set's 128 of 930.
const TEST_PERMILLE: usize = 138;

/// Makes the whole catalogue. The same seed gives the same items to the last byte; the first
/// products of a category are not the cheapest or of one kind, so that a page of it looks varied.
pub fn own_catalogue(seed: u64) -> Vec<Item> {
    let mut drafts = drafts(seed);
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5f0e_a11c);
    mark_conflicting(&mut drafts, &mut rng);
    let mut items: Vec<Item> = drafts.into_iter().map(|d| item_of(d, seed, &mut rng)).collect();
    let test = items.len() * TEST_PERMILLE / 1000;
    assign_split(&mut items, test, seed);
    items
}

/// The manifest of [`own_catalogue`]'s items.
pub fn own_manifest(seed: u64, items: &[Item]) -> Manifest {
    Manifest::of(SOURCE, seed, items)
}

fn drafts(seed: u64) -> Vec<Draft> {
    let mut titles = BTreeSet::new();
    let mut all = Vec::new();
    for (index, category) in CATEGORIES.into_iter().enumerate() {
        let mut rng =
            ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(index as u64));
        let shelf = kinds::shelf(category);
        let mut drafters: Vec<Drafter> =
            shelf.kinds.iter().map(|k| Drafter::new(k, shelf.brands, &mut rng)).collect();
        for nth in 0..shelf.products {
            let drafter = nth % drafters.len();
            let draft = drafters[drafter].draft(category, nth + 1, &mut titles, &mut rng);
            all.push(draft);
        }
    }
    all
}

fn mark_conflicting(drafts: &mut [Draft], rng: &mut ChaCha8Rng) {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.shuffle(rng);
    for &i in order.iter().take(drafts.len() * CONFLICTING_PERMILLE / 1000) {
        drafts[i].conflicting = true;
    }
}

fn item_of(draft: Draft, seed: u64, rng: &mut ChaCha8Rng) -> Item {
    let prices = price::history(draft.dollars, draft.conflicting, rng);
    let (list_price, budget, cost) = limits(prices.list, prices.highest, prices.lowest);
    let roll = stable_roll(&format!("persona {seed}"), &draft.codename) % 100;
    let picture = picture::draw(&picture::Subject {
        id: &draft.codename,
        title: &draft.title,
        drawing: draft.drawing,
        colour: draft.colour,
        seed: stable_roll(&format!("picture {seed}"), &draft.codename),
    });
    Item {
        product: Product {
            codename: draft.codename,
            category: draft.category.to_owned(),
            title: draft.title,
            description: draft.description,
            features: draft.features,
            list_price,
        },
        recorded_list_price: prices.list,
        highest_price: prices.highest,
        lowest_price: prices.lowest,
        budget,
        cost,
        history: prices.points,
        persona: persona_for(u32::try_from(roll).expect("it is below 100")).to_owned(),
        split: Split::Train,
        picture,
    }
}
