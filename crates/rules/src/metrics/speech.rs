//! What talk gives away: prices named in it, and markers of a persona.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::Mills;
use crate::scenario::Persona;

/// The amounts named in a text: `$80`, `80 dollars`, `1,234.56`. Any number may be one. Words
/// (`eighty`) and abbreviations (`1.2k` is read as 1.2) are not understood.
pub fn prices_in(text: &str) -> impl Iterator<Item = Mills> + '_ {
    text.split(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .map(|number| number.trim_matches(['.', ',']))
        .filter_map(|number| number.parse().ok())
}

/// Whether a text names an amount within a cent of `price`.
pub fn states_price(text: &str, price: Mills) -> bool {
    const CENT: i64 = 10;
    prices_in(text).any(|named| (named - price).0.saturating_abs() <= CENT)
}

/// Phrases that mark each persona, given as data by whoever defines the personas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonaMarkers(BTreeMap<Persona, Vec<String>>);

impl PersonaMarkers {
    /// Phrases are compared without regard to case; one that several personas share marks none.
    pub fn new<P, M>(phrases: impl IntoIterator<Item = (P, M)>) -> PersonaMarkers
    where
        P: Into<Persona>,
        M: IntoIterator<Item: Into<String>>,
    {
        let lowered = |phrases: M| phrases.into_iter().map(|p| p.into().to_lowercase()).collect();
        PersonaMarkers(phrases.into_iter().map(|(p, m)| (p.into(), lowered(m))).collect())
    }

    /// Markers in a text: of `persona`, and of all personas. Each phrase counts once.
    pub fn count(&self, persona: Option<&str>, text: &str) -> (u32, u32) {
        if self.0.is_empty() {
            return (0, 0);
        }
        let text = text.to_lowercase();
        let mut counts = (0, 0);
        for (owner, phrases) in &self.0 {
            let hits =
                phrases.iter().filter(|phrase| text.contains(*phrase) && self.is_own(phrase));
            let hits = u32::try_from(hits.count()).unwrap_or(u32::MAX);
            counts.1 += hits;
            counts.0 += if persona == Some(owner) { hits } else { 0 };
        }
        counts
    }

    /// Whether a phrase belongs to one persona only.
    fn is_own(&self, phrase: &str) -> bool {
        self.0.values().filter(|phrases| phrases.iter().any(|p| p == phrase)).count() == 1
    }
}
