//! Starting, joining, playing again.

use app::backend::Caller;
use rand::Rng;
use rules::{Audience, Outcome, PerRole, Role, Scenario};
use sha2::{Digest, Sha256};
use store::{Branch, NewEpisodeRow, Sitter};
use wire::{
    Code, EpisodeId, EpisodeStatus, IdempotencyKey, Joined, NewEpisode, Pace, Problem, ProductId,
};

use super::refusal::join_refusal;
use super::{Souk, audience, refusal, seats};
use crate::eval::code_version;
use crate::live::Beat;

/// What a new episode is made of, once everything was checked.
pub(super) struct Order {
    pub product: ProductId,
    pub scenario: Scenario,
    pub seats: PerRole<Sitter>,
    pub pace: Option<Pace>,
    pub key: IdempotencyKey,
    pub branch: Option<Branch>,
}

impl Souk {
    pub(crate) async fn start(
        &self,
        caller: Caller,
        new: NewEpisode,
    ) -> Result<EpisodeId, Problem> {
        self.health.check()?;
        let seats = seats::sitters(&self.roster, caller, &new.seats)?;
        let pace = seats::pace(&new, &seats)?;
        let row = self.store.product_find(&new.product).await.map_err(refusal)?;
        if row.retired {
            return Err(Problem::named(
                Code::Unprocessable,
                "product_retired",
                "This product is no longer listed: choose another stall.",
            ));
        }
        let seed = new.seed.unwrap_or_else(fresh_seed);
        let limits = PerRole { buyer: row.budget, seller: row.cost };
        let stall = row.detail.card.persona.clone();
        let scenario = seats::scenario(&new, &seats, row.product(), limits, &stall, seed)?;
        let (product, key) = (new.product, new.key);
        self.open(caller, Order { product, scenario, seats, pace, key, branch: None }).await
    }

    pub(super) async fn open(&self, caller: Caller, order: Order) -> Result<EpisodeId, Problem> {
        let id = EpisodeId::fresh();
        for role in Role::BOTH {
            if let Sitter::Negotiator { name, .. } = order.seats.get(role) {
                self.roster.warm(&name.0);
            }
        }
        let waits = Role::BOTH.iter().any(|role| *order.seats.get(*role) == Sitter::Open);
        let new = NewEpisodeRow {
            id,
            product: order.product,
            scenario: order.scenario,
            seats: order.seats,
            creator: caller.visitor,
            key: order.key,
            invite_token: waits.then(|| self.invite_token(id)),
            pace: order.pace,
            code_version: code_version(),
            branch: order.branch,
            study: None,
        };
        let created = self.store.episode_create(&new).await.map_err(refusal)?;
        self.driver.attend(created.id);
        Ok(created.id)
    }

    /// The token of an episode's invitation. It is made from the id with a secret of this server, so
    /// that the inviting person can be shown the link again while the store keeps a hash alone.
    pub(crate) fn invite_token(&self, id: EpisodeId) -> String {
        let mut hash = Sha256::new();
        hash.update(b"souk invitation");
        hash.update(self.house.invite_secret);
        hash.update(id.0.as_bytes());
        // Hashed twice, so that the outer hash's input is no continuation of a known one.
        let inner = hash.finalize();
        let outer =
            Sha256::new().chain_update(self.house.invite_secret).chain_update(inner).finalize();
        hex::encode(&outer[..16])
    }

    pub(crate) async fn join(
        &self,
        caller: Caller,
        id: EpisodeId,
        token: &str,
    ) -> Result<Joined, Problem> {
        self.health.check()?;
        let role = self
            .store
            .episode_join(id, token, caller.visitor, caller.researcher)
            .await
            .map_err(join_refusal)?;
        self.hub.beat(id, Beat::HeadChanged);
        self.hub.beat(id, Beat::Advanced(i64::MAX));
        self.driver.attend(id);
        Ok(Joined { episode: id, role })
    }

    /// The same scenario with a new seed. Who watched may take a seat as well.
    pub(crate) async fn again(
        &self,
        caller: Caller,
        id: EpisodeId,
        role: Role,
        key: IdempotencyKey,
    ) -> Result<EpisodeId, Problem> {
        let old = self.row(caller, id).await?;
        if old.status != EpisodeStatus::Over {
            return Err(Problem::named(
                Code::Conflict,
                "still_playing",
                "This negotiation is not over yet: finish it first.",
            ));
        }
        // The same limits again: who was never told the other one is not given it as the own.
        let is_told = old.scenario.reveal && old.outcome.is_some_and(Outcome::may_reveal);
        let knows = match audience(&old, caller) {
            Audience::Seat(own) => own == role,
            Audience::Researcher => true,
            Audience::Spectator => false,
        };
        if !is_told && !knows {
            return Err(Problem::named(
                Code::Conflict,
                "still_playing",
                "The limits of this negotiation stay private, and a rematch would tell one. Start another.",
            ));
        }
        let asked = NewEpisode {
            product: old.product.clone(),
            seats: seats::rematch_seats(&self.roster, &old.seats, caller, role)?,
            protocol: Some(old.scenario.listing.protocol),
            seller_persona: None,
            seed: None,
            pace: None,
            key,
        };
        let seats = seats::sitters(&self.roster, caller, &asked.seats)?;
        let Scenario { listing, budget, cost, .. } = old.scenario;
        let limits = PerRole { buyer: budget, seller: cost };
        let stall = match listing.personas.seller {
            Some(persona) => persona,
            None => self.product_detail(&old.product).await?.card.persona,
        };
        let scenario =
            seats::scenario(&asked, &seats, listing.product, limits, &stall, fresh_seed())?;
        let product = old.product;
        self.open(caller, Order { product, scenario, seats, pace: None, key, branch: None }).await
    }
}

/// Below 2^53, so that a JavaScript client reads it back unchanged.
fn fresh_seed() -> u64 {
    rand::rng().random::<u64>() >> 11
}
