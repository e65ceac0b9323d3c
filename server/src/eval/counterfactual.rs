//! Counterfactuals: an episode gone on with from one of its moves, with something changed, many times over.
//!
//! Both arms draw the same seeds, so that what differs between them is what was changed.

use futures::StreamExt;
use rules::statistics::{Bootstrap, Sums, wilson};
use rules::{Act, Episode, Event, Mills, Move, PerRole, Protocol, Role, Scenario};
use serde_json::json;
use store::{
    CounterfactualRow, EpisodeRow, EvaluationId, NewEvaluation, PlayedEpisode, Sitter, Store,
    StoreError,
};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;
use wire::{
    Arm, CounterfactualId, CounterfactualPage, EpisodeId, Fork, IdempotencyKey, Interval,
    NegotiatorName, NewCounterfactual, UserId,
};

use super::{ATTEMPTS, code_version, seat, seed_of, table};
use crate::clock::beating;
use crate::roster::{Member, Roster};

/// Of each arm, at most.
pub const MOST_ROLLOUTS: u32 = 500;
/// Episodes at once.
const AT_ONCE: usize = 8;
const ALL: i64 = 10_000;

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sentence for people.
    #[error("{0}")]
    Asked(String),
}

/// What an arm plays.
struct Ground {
    episode: EpisodeId,
    /// Number of the last event that both share.
    seq: i64,
    row: EpisodeRow,
    /// Messages that stay.
    given: Vec<(Role, Move)>,
    asked: NewCounterfactual,
}

impl Ground {
    async fn of(
        store: &Store,
        episode: EpisodeId,
        asked: NewCounterfactual,
    ) -> Result<Ground, Refused> {
        let row = store.episode_find(episode).await?;
        if !matches!(row.scenario.listing.protocol, Protocol::Alternating { .. }) {
            let told = "only episodes where the sides take turns can be gone on with";
            return Err(Refused::Asked(told.to_owned()));
        }
        let events = store.events_after(episode, 0, ALL).await?;
        let (mut given, mut thought, mut seq) = (Vec::new(), None, 0);
        let wanted = asked.after as usize;
        for envelope in &events {
            match &envelope.event {
                Event::Thought { text, .. } => thought = Some(text.clone()),
                Event::Moved { by, talk, act } if given.len() < wanted => {
                    given.push((
                        *by,
                        Move { thought: thought.take(), talk: talk.clone(), act: *act },
                    ));
                    seq = envelope.seq;
                }
                _ => {}
            }
            if wanted == 0 && matches!(envelope.event, Event::RulesSet { .. }) {
                seq = envelope.seq;
            }
        }
        if given.len() < wanted {
            let told = format!("the episode has only {} messages", given.len());
            return Err(Refused::Asked(told));
        }
        Ok(Ground { episode, seq: seq.max(1), row, given, asked })
    }

    fn scenario(&self, changed: bool, seed: u64) -> Scenario {
        let mut scenario = Scenario { seed, ..self.row.scenario.clone() };
        if changed {
            for role in Role::BOTH {
                if let Some(persona) = self.asked.personas.get(role) {
                    *scenario.listing.personas.get_mut(role) = Some(persona.clone());
                }
            }
        }
        scenario
    }

    /// Who plays a side; `None`: a person did, and nobody else was named.
    fn name(&self, role: Role, changed: bool) -> Option<String> {
        let other = self.asked.seats.get(role).clone().filter(|_| changed);
        other.or_else(|| match self.row.seats.get(role) {
            Sitter::Negotiator { name, .. } => Some(name.0.clone()),
            _ => None,
        })
    }

    /// The moves before the negotiators take over.
    fn moves(&self, changed: bool) -> Vec<(Role, Move)> {
        let mut moves = self.given.clone();
        if let Some(price) = self.asked.offer.filter(|_| changed) {
            // The buyer begins.
            let by = moves.last().map_or(Role::Buyer, |(by, _)| by.other());
            moves.push((by, Move::new(format!("How about {price}?"), Act::Offer(price))));
        }
        moves
    }

    /// Whether the rules take all given moves, and somebody is left to speak.
    fn check(&self, changed: bool) -> Result<(), Refused> {
        let scenario = self.scenario(changed, 1);
        let now = rules::Millis(0);
        let mut episode = Episode::start(&scenario, now);
        for (by, mv) in self.moves(changed) {
            let events = rules::apply(&episode, by, mv, now)
                .map_err(|why| Refused::Asked(format!("the rules refuse it: {why}")))?;
            episode.absorb_all(&events);
        }
        match episode.outcome() {
            None => Ok(()),
            Some(_) => Err(Refused::Asked(
                "the negotiation is over there: keep fewer messages, or change the price"
                    .to_owned(),
            )),
        }
    }
}

/// Keeps a counterfactual; nothing is played yet.
///
/// # Errors
/// Where there is no such episode, message or negotiator, or the rules refuse the changed price.
pub async fn create(
    store: &Store,
    roster: &Roster,
    episode: EpisodeId,
    asked: NewCounterfactual,
    by: UserId,
) -> Result<CounterfactualId, Refused> {
    if !(1..=MOST_ROLLOUTS).contains(&asked.rollouts) {
        return Err(Refused::Asked(format!("rollouts are 1 to {MOST_ROLLOUTS}")));
    }
    for persona in Role::BOTH.into_iter().filter_map(|role| asked.personas.get(role).as_ref()) {
        if !policy::personas().iter().any(|known| known.name == persona) {
            let known: Vec<&str> = policy::personas().iter().map(|known| known.name).collect();
            let told = format!("there is no persona {persona}; there are {}", known.join(", "));
            return Err(Refused::Asked(told));
        }
    }
    let ground = Ground::of(store, episode, asked).await?;
    ground.check(true)?;
    for role in Role::BOTH {
        let name = ground.name(role, true).ok_or_else(|| {
            Refused::Asked(format!(
                "a person was the {}: name a negotiator for that seat",
                role.name()
            ))
        })?;
        seat(roster, &name, role).map_err(|why| Refused::Asked(why.to_string()))?;
    }
    let id = CounterfactualId(Uuid::now_v7());
    let settings = serde_json::to_value(&ground.asked)
        .map_err(|why| StoreError::Corrupt { what: "counterfactual", why: why.to_string() })?;
    let arm = |changed: bool| {
        Some(NewEvaluation {
            id: EvaluationId(Uuid::now_v7()),
            command: format!(
                "counterfactual {id}, {}",
                if changed { "changed" } else { "as it was" }
            ),
            buyer: ground.name(Role::Buyer, changed)?,
            seller: ground.name(Role::Seller, changed)?,
            split: None,
            settings: json!({ "counterfactual": id, "changed": changed }),
            seed: seed(id),
            code_version: code_version(),
            planned: ground.asked.rollouts,
        })
    };
    // Behind the last message nobody is left to go on as it was.
    let control = ground.check(false).ok().and_then(|()| arm(false));
    if let Some(changed) = arm(true) {
        store.counterfactual_create(id, episode, &settings, &changed, control.as_ref(), by).await?;
    }
    Ok(id)
}

/// Begins to play what is not there yet, unless somebody does already, and does not wait for it.
pub async fn begin(store: &Store, roster: &Roster, id: CounterfactualId) -> Result<(), StoreError> {
    if !store.counterfactual_begin(id).await? {
        return Ok(());
    }
    let (store, roster) = (store.clone(), roster.clone());
    tokio::spawn(async move {
        let playing = beating(play(&store, &roster, id), || store.counterfactual_beat(id));
        let failure = playing.await.err().map(|why| why.to_string());
        if let Err(why) = store.counterfactual_end(id, failure.as_deref()).await {
            tracing::warn!(counterfactual = %id, %why, "its end was not kept");
        }
    });
    Ok(())
}

/// Both arms, to their ends. Rollouts that are there are not played again.
pub async fn play(store: &Store, roster: &Roster, id: CounterfactualId) -> Result<(), Refused> {
    let row = store.counterfactual_find(id).await?;
    let asked = asked(&row)?;
    let ground = std::sync::Arc::new(Ground::of(store, row.episode, asked).await?);
    for (changed, evaluation) in [(true, Some(row.changed)), (false, row.control)] {
        let Some(evaluation) = evaluation else { continue };
        let member = |role: Role| -> Result<Member, Refused> {
            let name = ground.name(role, changed).unwrap_or_default();
            seat(roster, &name, role).map_err(|why| Refused::Asked(why.to_string()))
        };
        let seats = PerRole { buyer: member(Role::Buyer)?, seller: member(Role::Seller)? };
        let done: Vec<u32> = store
            .evaluation_done(evaluation)
            .await?
            .into_iter()
            .map(|(_, rollout)| rollout)
            .collect();
        let arm = std::sync::Arc::new(Playing {
            store: store.clone(),
            ground: ground.clone(),
            seats,
            changed,
            evaluation,
            seed: seed(id),
        });
        let missing = (0..ground.asked.rollouts).filter(|rollout| !done.contains(rollout));
        let missing: Vec<u32> = missing.collect();
        let mut rollouts = futures::stream::iter(missing)
            .map(|rollout| AbortOnDropHandle::new(tokio::spawn(arm.clone().rollout(rollout))))
            .buffer_unordered(AT_ONCE);
        while let Some(played) = rollouts.next().await {
            played.map_err(|_| Refused::Asked("an episode broke off".to_owned()))??;
        }
        store.evaluation_end(evaluation).await?;
    }
    Ok(())
}

struct Playing {
    store: Store,
    ground: std::sync::Arc<Ground>,
    seats: PerRole<Member>,
    changed: bool,
    evaluation: EvaluationId,
    seed: u64,
}

impl Playing {
    async fn rollout(self: std::sync::Arc<Self>, rollout: u32) -> Result<(), Refused> {
        let ground = &self.ground;
        let product = &ground.row.product;
        let scenario = ground.scenario(self.changed, seed_of(self.seed, product, rollout));
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            let given = ground.moves(self.changed);
            let played = table::play_on(&scenario, &given, &self.seats).await;
            let failed = played.failed.as_ref().map(|failure| failure.detail.clone());
            let both = PerRole { buyer: Role::Buyer, seller: Role::Seller };
            let episode = PlayedEpisode {
                id: EpisodeId::fresh(),
                key: IdempotencyKey(Uuid::new_v4()),
                product: product.clone(),
                rollout,
                scenario: scenario.clone(),
                seats: both.map(|role, _| {
                    let name = ground.name(role, self.changed).unwrap_or_default();
                    (NegotiatorName(name), self.seats.get(role).card().title)
                }),
                events: played.events,
                failing: played.failed.map(|failure| failure.failing),
                calls: played.calls,
                code_version: code_version(),
                forked_from: Some(Fork { episode: ground.episode, seq: ground.seq }),
            };
            self.store.evaluation_episode_add(self.evaluation, &episode).await?;
            match failed {
                None => return Ok(()),
                Some(detail) => last = detail,
            }
        }
        Err(Refused::Asked(format!(
            "an episode failed {ATTEMPTS} times, the last time thus: {last}"
        )))
    }
}

fn asked(row: &CounterfactualRow) -> Result<NewCounterfactual, StoreError> {
    serde_json::from_value(row.settings.clone())
        .map_err(|why| StoreError::Corrupt { what: "counterfactual", why: why.to_string() })
}

/// Of all its rollouts.
fn seed(id: CounterfactualId) -> u64 {
    id.0.as_u64_pair().1 >> 11
}

/// A counterfactual's page, also while it is played.
pub async fn page(store: &Store, id: CounterfactualId) -> Result<CounterfactualPage, StoreError> {
    let row = store.counterfactual_find(id).await?;
    let asked = asked(&row)?;
    let episode = store.episode_find(row.episode).await?;
    let name = |role: Role| {
        asked.seats.get(role).clone().unwrap_or_else(|| match episode.seats.get(role) {
            Sitter::Negotiator { name, .. } => name.0.clone(),
            _ => "person".to_owned(),
        })
    };
    Ok(CounterfactualPage {
        id,
        episode: row.episode,
        title: episode.scenario.listing.product.title.clone(),
        seats: PerRole { buyer: name(Role::Buyer), seller: name(Role::Seller) },
        asked,
        budget: episode.scenario.budget,
        cost: episode.scenario.cost,
        going_on: row.attended,
        failure: row.failure,
        created_ms: row.created_ms,
        was: match episode.outcome {
            Some(rules::Outcome::Deal { price, .. }) => Some(price),
            _ => None,
        },
        changed: arm(store, row.changed).await?,
        control: match row.control {
            Some(control) => Some(arm(store, control).await?),
            None => None,
        },
    })
}

async fn arm(store: &Store, id: EvaluationId) -> Result<Arm, StoreError> {
    let outcomes = store.evaluation_outcomes(id).await?;
    let mut prices: Vec<Mills> =
        outcomes.iter().filter_map(|(price, ..)| price.map(Mills)).collect();
    prices.sort_unstable();
    let (done, deals) = (outcomes.len(), prices.len());
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let ends = (done > 1).then(|| wilson(deals as f64, done as f64));
    Ok(Arm {
        evaluation: id.0,
        done: number(done),
        deals: number(deals),
        prices,
        deal_rate: Interval {
            value: (done > 0).then(|| deals as f64 / done as f64),
            low: ends.map(|ends| ends.low),
            high: ends.map(|ends| ends.high),
        },
        rewards: PerRole {
            buyer: mean(outcomes.iter().filter_map(|(_, buyer, _)| *buyer)),
            seller: mean(outcomes.iter().filter_map(|(.., seller)| *seller)),
        },
    })
}

fn mean(rewards: impl Iterator<Item = f64>) -> Interval {
    let units: Vec<Sums> = rewards.map(Sums::unit).collect();
    let total: Sums = units.iter().copied().sum();
    let ends = Bootstrap::seeded(1).interval(&units, Sums::mean);
    Interval {
        value: total.mean(),
        low: ends.map(|ends| ends.low),
        high: ends.map(|ends| ends.high),
    }
}
