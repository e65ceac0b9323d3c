//! What researchers find and write.

use std::collections::BTreeMap;

use app::backend::Caller;
use rules::{Mills, PerRole, Role};
use wire::{
    Arm, CounterfactualId, CounterfactualPage, Dossier, Ending, EpisodeHit, EpisodeHits, EpisodeId,
    EpisodePage, EpisodePoint, EpisodeSample, EpisodeSearch, Interval, Ladder, LadderGroup,
    LadderId, LadderPage, LadderStatus, Lead, ModelCall, NewCounterfactual, Origin, PairPage,
    PairQuery, Placed, PowerRow, Rating, Reveal, Rung, ScaleAgreement, Seat, WrittenToken,
};

use super::NOW_MS;
use super::sitting::Sitting;
use uuid::Uuid;

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
    let counterfactuals = vec![(COUNTERFACTUAL, 2)];
    let token = |text: &str, logp| WrittenToken { text: text.into(), logp };
    let tokens = vec![token("Could you", -0.1), token(" do ", -0.02), token("twelve", -6.0)];
    let written = calls.iter().map(|call| (call.id, tokens.clone())).collect();
    Dossier { page, reveal, calls, written, origin, tags, ratings, counterfactuals }
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

pub const LADDER: LadderId = LadderId(Uuid::from_u128(0x301));
pub const PRIVATE_LADDER: LadderId = LadderId(Uuid::from_u128(0x302));

/// A public one that is ready, and a private one that nobody has worked out yet.
pub fn ladders() -> Vec<LadderPage> {
    let placed = |value: f64, rank| Placed {
        rating: Interval { value: Some(value), low: Some(value - 0.05), high: Some(value + 0.05) },
        rank,
        best_rank: rank,
        worst_rank: rank + 1,
    };
    let rung = |agent: &str, value, rank| Rung {
        agent: agent.into(),
        title: agent.to_uppercase(),
        episodes: 512,
        payoff: placed(value, rank),
        wins: placed(4.0 * value, rank),
    };
    let group = LadderGroup {
        rungs: vec![rung("demo", 0.12, 1), rung("linear", -0.03, 2), rung("person", -0.09, 3)],
        wins: vec![
            vec![None, Some(0.7), Some(0.8)],
            vec![Some(0.3), None, Some(0.6)],
            vec![Some(0.2), Some(0.4), None],
        ],
        lead: Some(Lead {
            first: "demo".into(),
            second: "linear".into(),
            products: 128,
            without: Some(31),
        }),
    };
    let ready = LadderPage {
        id: LADDER,
        title: "Buyers on the test split".into(),
        conditions: "split=test".into(),
        public: true,
        status: LadderStatus::Ready,
        failure: None,
        created_ms: NOW_MS,
        computed_ms: Some(NOW_MS),
        result: Some(Ladder {
            episodes: 1_536,
            products: 128,
            code_version: "0.1.0".into(),
            groups: vec![group],
            alone: vec!["hermit".into()],
        }),
    };
    let waiting = LadderPage {
        id: PRIVATE_LADDER,
        title: "Not for all".into(),
        public: false,
        status: LadderStatus::Computing,
        computed_ms: None,
        result: None,
        ..ready.clone()
    };
    vec![waiting, ready]
}

pub const COUNTERFACTUAL: CounterfactualId = CounterfactualId(Uuid::from_u128(0x401));

/// Still played, with another seller and price.
pub fn counterfactual() -> CounterfactualPage {
    let arm = |prices: &[i64]| Arm {
        evaluation: Uuid::from_u128(0x402),
        done: 4,
        deals: prices.len() as u32,
        prices: prices.iter().map(|dollars| Mills::from_dollars(*dollars)).collect(),
        deal_rate: Interval { value: Some(0.75), low: Some(0.3), high: Some(0.95) },
        rewards: PerRole {
            buyer: Interval { value: Some(0.4), low: Some(0.3), high: Some(0.5) },
            seller: Interval { value: Some(0.6), low: None, high: None },
        },
    };
    CounterfactualPage {
        id: COUNTERFACTUAL,
        episode: EpisodeId(Uuid::from_u128(0x403)),
        title: "Kettle".into(),
        asked: NewCounterfactual {
            after: 2,
            seats: PerRole { buyer: None, seller: Some("boulware".into()) },
            personas: PerRole::default(),
            offer: Some(Mills::from_dollars(60)),
            rollouts: 10,
        },
        seats: PerRole { buyer: "demo".into(), seller: "boulware".into() },
        budget: Mills::from_dollars(80),
        cost: Mills::from_dollars(50),
        going_on: true,
        failure: None,
        created_ms: NOW_MS,
        was: Some(Mills::from_dollars(72)),
        changed: arm(&[60, 62, 70]),
        control: Some(arm(&[70, 71])),
    }
}

/// Those that are over.
pub fn sample(hits: EpisodeHits) -> EpisodeSample {
    let point = |hit: EpisodeHit| {
        let limits = hit.limits?;
        Some(EpisodePoint {
            id: hit.summary.id,
            category: hit.category,
            list_price: Mills::from_dollars(104),
            budget: limits.buyer,
            cost: limits.seller,
            price: None,
            rewards: hit.rewards,
            offers: vec![(Role::Buyer, 1, Mills::from_dollars(20))],
        })
    };
    EpisodeSample { points: hits.items.into_iter().filter_map(point).collect(), more: hits.more }
}

/// Nobody has met `nobody`.
pub fn pair(query: &PairQuery) -> PairPage {
    if query.b == "nobody" {
        return PairPage::default();
    }
    let interval = |value: f64| Interval {
        value: Some(value),
        low: Some(value - 0.05),
        high: Some(value + 0.05),
    };
    PairPage {
        scenarios: 256,
        products: 128,
        a: interval(0.4),
        b: interval(0.25),
        difference: interval(0.15),
        p: Some(0.002),
        by_opponent: vec![("persuadable".into(), 128, interval(0.2))],
        by_category: vec![("books".into(), 32, interval(0.1))],
        lost: vec![("souk.books_1".into(), -0.4)],
        won: Vec::new(),
        power: vec![PowerRow { products: 128, scenarios: 4, difference: 0.031 }],
        needed: vec![(0.05, 77)],
    }
}
