//! Episodes as a reader may see them, and the reveal after the end.

use app::backend::Caller;
use rules::reward::{self, Explanation, RewardSpec};
use rules::{Audience, Episode, Interest, Mills, Outcome, PerRole, Role};
use store::{EpisodeRow, Listed};
use wire::{
    Comparison, Envelope, EpisodeHead, EpisodePage, EpisodeQuery, EpisodeStatus, EpisodeSummary,
    Problem, Reveal, Score, ScoreTerm, Viewer,
};

use super::failure::failure;
use super::play::may_pace;
use super::{Souk, audience, refusal};
use wire::EpisodeId;

/// More events than the longest episode has.
const ALL: i64 = 10_000;

impl Souk {
    pub(crate) async fn page(&self, caller: Caller, id: EpisodeId) -> Result<EpisodePage, Problem> {
        let row = self.row(caller, id).await?;
        let product = self.store.product_find(&row.product).await.map_err(refusal)?.detail.card;
        let events = self.events(id, 0, audience(&row, caller)).await?;
        let invites = row.status == EpisodeStatus::Waiting && row.role_of(caller.visitor).is_some();
        let head = EpisodeHead {
            id,
            status: row.status,
            product,
            seats: PerRole { buyer: row.seats.buyer.public(), seller: row.seats.seller.public() },
            viewer: viewer(audience(&row, caller)),
            created_ms: row.created_ms,
            invite: invites.then(|| format!("/join/{id}/{}", self.invite_token(id))),
            pace: row.pace,
            may_pace: may_pace(&row, caller),
            failure: row
                .failing
                .clone()
                .map(|failing| failure(failing, row.role_of(caller.visitor))),
            forked_from: row.forked_from,
        };
        if row.acting_negotiators().next().is_some() {
            // A program may look again and again rather than follow: it is there, too.
            self.driver.attend(id);
        }
        Ok(EpisodePage { head, events })
    }

    /// The events after a cursor as `reader` may see them.
    pub(crate) async fn events(
        &self,
        id: EpisodeId,
        after: i64,
        reader: Audience,
    ) -> Result<Vec<Envelope>, Problem> {
        let events = self.store.events_after(id, after, ALL).await.map_err(refusal)?;
        Ok(events.into_iter().map(|e| Envelope { event: e.event.shown_to(reader), ..e }).collect())
    }

    pub(crate) async fn summaries(
        &self,
        caller: Caller,
        query: EpisodeQuery,
    ) -> Result<Vec<EpisodeSummary>, Problem> {
        self.health.check()?;
        let listed = self.store.episode_list(&query, caller.visitor).await.map_err(refusal)?;
        let told = |Listed { summary, failing, role }| EpisodeSummary {
            failure: failing.map(|failing| failure(failing, role)),
            ..summary
        };
        Ok(listed.into_iter().map(told).collect())
    }

    /// Both limits and what came of them, to everybody, once they are public.
    pub(crate) async fn revealed(
        &self,
        caller: Caller,
        id: EpisodeId,
    ) -> Result<Option<Reveal>, Problem> {
        let row = self.row(caller, id).await?;
        let researcher = audience(&row, caller) == Audience::Researcher;
        if row.status != EpisodeStatus::Over || !(row.scenario.reveal || researcher) {
            return Ok(None);
        }
        let events = self.store.events_after(id, 0, ALL).await.map_err(refusal)?;
        let episode = Episode::replay(events.iter().map(|envelope| &envelope.event))
            .map_err(|why| refusal(corrupt(&why)))?;
        if !researcher && !episode.outcome().is_some_and(Outcome::may_reveal) {
            return Ok(None);
        }
        let rows = self.store.comparison(&row.product).await.map_err(refusal)?;
        Ok(reveal(&row, &episode, Comparison { rows }))
    }
}

fn corrupt(why: &dyn std::fmt::Display) -> store::StoreError {
    store::StoreError::Corrupt { what: "episode", why: why.to_string() }
}

fn viewer(audience: Audience) -> Viewer {
    match audience {
        Audience::Seat(role) => Viewer::Seat { role },
        Audience::Spectator => Viewer::Spectator,
        Audience::Researcher => Viewer::Researcher,
    }
}

fn reveal(row: &EpisodeRow, episode: &Episode, comparison: Comparison) -> Option<Reveal> {
    let outcome = episode.outcome()?;
    let (budget, cost) = (episode.budget, episode.cost);
    let price = match outcome {
        Outcome::Deal { price, .. } => Some(price),
        _ => None,
    };
    let surplus =
        |role| price.map_or(Mills::ZERO, |p| reward::surplus(role, episode.limit(role), p));
    Some(Reveal {
        budget,
        cost,
        outcome,
        surplus: PerRole { buyer: surplus(Role::Buyer), seller: surplus(Role::Seller) },
        position: price
            .filter(|_| row.scenario.interest() == Interest::Mutual)
            .map(|p| (p - cost).0 as f64 / (budget - cost).0 as f64),
        scores: PerRole {
            buyer: score(row, episode, Role::Buyer),
            seller: score(row, episode, Role::Seller),
        },
        comparison,
    })
}

/// By the formula that the episode was scored with, where this program still has it.
fn score(row: &EpisodeRow, episode: &Episode, role: Role) -> Score {
    let stored = row.scores.as_ref();
    let spec = stored
        .and_then(|s| RewardSpec::registered(&s.reward, s.version))
        .unwrap_or(RewardSpec::PAPER);
    let Explanation { reward, version, value, formula, filled, terms } =
        reward::explain(episode, role, &spec);
    Score {
        reward: reward.to_owned(),
        version,
        value,
        formula,
        filled,
        terms: terms
            .into_iter()
            .map(|term| ScoreTerm {
                symbol: term.symbol.to_owned(),
                meaning: term.meaning.to_owned(),
                value: term.value,
            })
            .collect(),
    }
}
