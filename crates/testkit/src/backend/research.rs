//! What researchers find and write.

use std::collections::BTreeMap;

use app::backend::Caller;
use rules::{PerRole, Role};
use wire::{
    Dossier, Ending, EpisodeHit, EpisodeHits, EpisodeId, EpisodePage, EpisodeSearch, ModelCall,
    Origin, Rating, Reveal, ScaleAgreement, Seat,
};

use super::sitting::Sitting;

/// Beside one episode.
#[derive(Clone, Default)]
pub struct Noted {
    pub tags: Vec<String>,
    pub ratings: Vec<Rating>,
}

impl Noted {
    pub fn tag(&mut self, tag: &str, there: bool) {
        self.tags.retain(|other| other != tag);
        if there {
            self.tags.push(tag.to_owned());
        }
    }

    pub fn rate(&mut self, rating: Rating) {
        self.ratings.retain(|other| other.scale != rating.scale);
        self.ratings.push(Rating { rater: "you@example.org".into(), own: true, ..rating });
    }
}

/// Fits by seats and ending alone, and by a tag.
pub fn hits(
    sittings: &BTreeMap<EpisodeId, Sitting>,
    noted: &BTreeMap<EpisodeId, Noted>,
    caller: Caller,
    search: &EpisodeSearch,
) -> EpisodeHits {
    let tags = |id: &EpisodeId| noted.get(id).map(|noted| noted.tags.clone()).unwrap_or_default();
    let seat_is = |sitting: &Sitting, role: Role, wanted: &Option<String>| {
        wanted.as_deref().is_none_or(|wanted| match sitting.seats.get(role) {
            Seat::Negotiator { name, .. } => name.0 == wanted,
            Seat::Person => wanted == "person",
            Seat::Open => false,
        })
    };
    let fits = |(id, sitting): &(&EpisodeId, &Sitting)| {
        seat_is(sitting, Role::Buyer, &search.buyer)
            && seat_is(sitting, Role::Seller, &search.seller)
            && search.ending.is_none_or(|ending| sitting.outcome().map(Ending::of) == Some(ending))
            && search.tag.as_ref().is_none_or(|tag| tags(id).contains(tag))
            && search.after.is_none_or(|after| **id < after)
    };
    let limit = search.limit.unwrap_or(50) as usize;
    let mut found: Vec<_> = sittings.iter().rev().filter(fits).take(limit + 1).collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let hit = |(id, sitting): (&EpisodeId, &Sitting)| {
        let scenario = &sitting.scenario;
        let over = sitting.outcome().is_some();
        EpisodeHit {
            summary: sitting.summary(*id, caller),
            category: scenario.listing.product.category.clone(),
            limits: over.then_some(PerRole { buyer: scenario.budget, seller: scenario.cost }),
            personas: scenario.listing.personas.clone(),
            rewards: PerRole { buyer: over.then_some(0.25), seller: over.then_some(0.75) },
            tags: tags(id),
        }
    };
    EpisodeHits { items: found.into_iter().map(hit).collect(), more }
}

pub fn dossier(
    page: EpisodePage,
    reveal: Option<Reveal>,
    calls: Vec<ModelCall>,
    noted: Noted,
) -> Dossier {
    let Noted { tags, ratings } = noted;
    let origin = Origin { code_version: "0.1.0".into(), seed: Some(77_001), ..Origin::default() };
    Dossier { page, reveal, calls, origin, tags, ratings }
}

pub fn agreement() -> ScaleAgreement {
    ScaleAgreement {
        scale: "sense".into(),
        raters: 2,
        episodes: 12,
        ratings: 22,
        mean: 3.5,
        alpha: Some(0.815),
    }
}
