//! A kind of product as data, and drawing products of it.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::people;
use super::phrase::{Values, fill_sentence, fill_title};

/// A category's brands and kinds, and how many products it has.
pub(super) struct Shelf {
    pub brands: &'static [&'static str],
    pub products: usize,
    pub kinds: &'static [Kind],
}

/// One kind of product: everything needed to write its listings. Templates may use its slots and
/// `{brand}`, `{line}` (a model's name), `{first}` and `{last}` (an invented person's), `{first2}`
/// and `{last2}` (another's).
pub(super) struct Kind {
    /// The picture's name in [`crate::picture`].
    pub drawing: &'static str,
    /// List price in dollars, from the plainest to the best.
    pub dollars: (u32, u32),
    /// The slot whose values go from cheap to dear; empty: any price fits any product.
    pub ladder: &'static str,
    pub slots: &'static [(&'static str, &'static [&'static str])],
    pub titles: &'static [&'static str],
    /// Alternatives for each sentence of the description.
    pub text: &'static [&'static [&'static str]],
    /// Of these, three to five are listed, in this order.
    pub features: &'static [&'static str],
}

/// A product before its prices and picture.
pub(super) struct Draft {
    pub codename: String,
    pub category: &'static str,
    pub title: String,
    pub description: String,
    pub features: Vec<String>,
    pub dollars: f64,
    pub drawing: &'static str,
    /// The name of its colour, where the listing gives one.
    pub colour: Option<String>,
    pub conflicting: bool,
}

/// Draws products of one kind, going through all values of each slot before one comes again.
pub(super) struct Drafter {
    kind: &'static Kind,
    brands: Vec<&'static str>,
    slots: Vec<Vec<usize>>,
    titles: Vec<usize>,
    sentences: Vec<Vec<usize>>,
    drawn: usize,
}

fn shuffled(len: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.shuffle(rng);
    order
}

impl Drafter {
    pub fn new(kind: &'static Kind, brands: &[&'static str], rng: &mut ChaCha8Rng) -> Drafter {
        let mut brands = brands.to_vec();
        brands.shuffle(rng);
        Drafter {
            kind,
            brands,
            slots: kind.slots.iter().map(|(_, v)| shuffled(v.len(), rng)).collect(),
            titles: shuffled(kind.titles.len(), rng),
            sentences: kind.text.iter().map(|s| shuffled(s.len(), rng)).collect(),
            drawn: 0,
        }
    }

    /// The next product, with a title that none has yet. Its codename counts within the category.
    pub fn draft(
        &mut self,
        category: &'static str,
        number: usize,
        titles: &mut BTreeSet<String>,
        rng: &mut ChaCha8Rng,
    ) -> Draft {
        loop {
            let nth = self.drawn;
            self.drawn += 1;
            let values = self.values(nth, rng);
            let title = fill_title(pick(self.kind.titles, &self.titles, nth), &values);
            if titles.insert(title.clone()) {
                return self.written(category, number, nth, title, &values, rng);
            }
        }
    }

    fn values(&self, nth: usize, rng: &mut ChaCha8Rng) -> Values<'static> {
        let brand = self.brands[nth % self.brands.len()];
        let line = loop {
            let line = people::line(rng);
            // "Tiny Harbor Harbor" would read as a slip.
            if !line.split(' ').any(|word| brand.contains(word)) {
                break line;
            }
        };
        let mut values: Values<'static> = vec![("brand", brand.to_owned()), ("line", line)];
        let (person, other) = people::two(rng);
        values.extend([("first", person.0), ("last", person.1)]);
        values.extend([("first2", other.0), ("last2", other.1)]);
        for ((name, choices), order) in self.kind.slots.iter().zip(&self.slots) {
            values.push((name, pick(choices, order, nth).to_owned()));
        }
        values
    }

    fn written(
        &self,
        category: &'static str,
        number: usize,
        nth: usize,
        title: String,
        values: &Values<'static>,
        rng: &mut ChaCha8Rng,
    ) -> Draft {
        let sentences = self.kind.text.iter().zip(&self.sentences).enumerate();
        let text: Vec<String> = sentences
            .map(|(place, (s, o))| fill_sentence(pick(s, o, mixed(nth, place)), values))
            .collect();
        Draft {
            codename: format!("{category}_{number}"),
            category,
            title,
            description: text.join(" "),
            features: self.features(values, rng),
            dollars: self.dollars(nth, rng),
            drawing: self.kind.drawing,
            colour: values.iter().find(|(n, _)| *n == "colour").map(|(_, v)| v.clone()),
            conflicting: false,
        }
    }

    fn features(&self, values: &Values<'static>, rng: &mut ChaCha8Rng) -> Vec<String> {
        let most = self.kind.features.len().min(5);
        let wanted = rng.random_range(3.min(most)..=most);
        let mut chosen = shuffled(self.kind.features.len(), rng);
        chosen.truncate(wanted);
        chosen.sort_unstable();
        chosen.into_iter().map(|i| fill_sentence(self.kind.features[i], values)).collect()
    }

    /// The list price: by the ladder's rung where the kind has one, with some play around it.
    fn dollars(&self, nth: usize, rng: &mut ChaCha8Rng) -> f64 {
        let (low, high) = (f64::from(self.kind.dollars.0), f64::from(self.kind.dollars.1));
        let mut ladders = self.kind.slots.iter().zip(&self.slots);
        let share = match ladders.find(|((name, _), _)| *name == self.kind.ladder) {
            Some(((_, values), order)) => {
                let rung = order[nth % order.len()] as f64 / (values.len().max(2) - 1) as f64;
                (rung + rng.random_range(-0.1..0.1)).clamp(0.0, 1.0)
            }
            None => rng.random_range(0.0..1.0),
        };
        low * (high / low).powf(share)
    }
}

fn pick(values: &[&'static str], order: &[usize], nth: usize) -> &'static str {
    values[order[nth % order.len()]]
}

/// Which alternative the nth product takes for a sentence: out of step from one sentence to the next,
/// so that two products share a first sentence without sharing the second.
fn mixed(nth: usize, place: usize) -> usize {
    match place % 3 {
        0 => nth,
        1 => nth / 2,
        _ => nth + nth / 2,
    }
}
