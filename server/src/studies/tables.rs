//! Tables of a study: what is bargained over, who sits where, laid once.

use rules::{Listing, OverLimit, PerRole, Protocol, Regulation, Role, Scenario};
use sha2::{Digest, Sha256};
use store::{NewEpisodeRow, ParticipantRow, Sitter, StoreError, StudyEpisode, StudyRow};
use study::chance::Draw;
use study::definition::{Condition, Opponent, Products};
use study::{Progress, Study};
use wire::{EpisodeId, IdempotencyKey, NegotiatorName, ProductId, VisitorId};

use super::Studies;
use crate::eval::code_version;

/// Who plays the practice. Gives way, so that a deal can be tried.
const PRACTICE: &str = "conceder";

/// The negotiator across the next table, where there is one.
pub fn negotiator(study: &Study, progress: &Progress) -> Option<String> {
    let condition = study.conditions.get(progress.condition(study)?)?;
    match &condition.opponent {
        Opponent::Negotiator(name) => Some(name.clone()),
        Opponent::Person { stand_in } => stand_in.clone().filter(|_| progress.takes_stand_in()),
    }
}

/// The same for the same parts, small enough for every reader of JSON.
fn seed(parts: &[&[u8]]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    u64::from_be_bytes(*digest.first_chunk().expect("SHA-256 has 32 bytes")) >> 11
}

/// One key per table: laid twice, it is one table.
fn key(parts: &[&[u8]]) -> IdempotencyKey {
    let (high, low) = (seed(&[b"high", &parts.concat()]), seed(&[b"low", &parts.concat()]));
    IdempotencyKey(uuid::Uuid::from_u64_pair(high, low))
}

impl Studies {
    /// Lays the table of an episode that a participant was brought to, unless it is laid.
    pub(super) async fn lay(
        &self,
        row: &StudyRow,
        participant: &ParticipantRow,
        episode: EpisodeId,
    ) -> Result<(), StoreError> {
        match self.souk.store.episode_find(episode).await {
            Err(StoreError::NotFound(_)) => {}
            Ok(table) => {
                if table.acting_negotiators().next().is_some() {
                    self.souk.driver.attend(episode);
                }
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        let study = &row.study;
        let seated = self.souk.store.participants_at(episode, study).await?;
        let Some(condition) =
            participant.progress.condition(study).and_then(|n| study.conditions.get(n))
        else {
            return Ok(());
        };
        let across = negotiator(study, &participant.progress);
        let visitors: Vec<VisitorId> = seated.iter().map(|one| one.visitor).collect();
        let seed = seed(&[&study.assignment.seed.to_be_bytes(), episode.0.as_bytes()]);
        let mut draw = Draw::new(&[seed]);
        let product = self.product(row, condition, &visitors, &mut draw).await?;
        let Some(first) = visitors.first().copied() else { return Ok(()) };
        let own = match condition.role {
            Some(role) => role,
            None => *draw.pick(&Role::BOTH),
        };
        let other = match (&across, visitors.get(1)) {
            (Some(name), _) => self.sitter(name),
            (None, Some(visitor)) => Sitter::Person { visitor: *visitor, user: None },
            (None, None) => return Ok(()),
        };
        let mut seats = PerRole { buyer: other.clone(), seller: other };
        *seats.get_mut(own) = Sitter::Person { visitor: first, user: None };
        let personas = personas(condition, across.as_deref(), own);
        let scenario = self.scenario(&product, condition.rounds, &seats, personas, seed).await?;
        self.open(row, episode, product, scenario, seats, first, false).await
    }

    /// The practice's episode of a participant, begun where it is not.
    pub(super) async fn practice(
        &self,
        row: &StudyRow,
        participant: &ParticipantRow,
    ) -> Result<(), StoreError> {
        let Some(condition) = row.study.conditions.first() else { return Ok(()) };
        let seed = seed(&[b"practice", participant.id.0.as_bytes()]);
        let mut draw = Draw::new(&[seed]);
        // Of the other split, so that nothing of the study is seen before.
        let other = match condition.products.split.as_deref() {
            Some("test") => Some("train".to_owned()),
            _ => Some("test".to_owned()),
        };
        let apart = Products { split: other, ..Products::default() };
        let mut ids = self.souk.store.study_products(&apart).await?;
        if ids.is_empty() {
            ids = self.souk.store.study_products(&Products::default()).await?;
        }
        if ids.is_empty() {
            return Err(StoreError::NotFound("product for the practice"));
        }
        let product = draw.pick(&ids).clone();
        let own = condition.role.unwrap_or(Role::Buyer);
        let mut seats = PerRole { buyer: self.sitter(PRACTICE), seller: self.sitter(PRACTICE) };
        *seats.get_mut(own) = Sitter::Person { visitor: participant.visitor, user: None };
        let personas = PerRole::default();
        let scenario = self.scenario(&product, condition.rounds, &seats, personas, seed).await?;
        let id = EpisodeId::fresh();
        self.open(row, id, product, scenario, seats, participant.visitor, true).await
    }

    fn sitter(&self, name: &str) -> Sitter {
        let title = self.souk.roster.find(name).map_or(name.to_owned(), |one| one.card().title);
        Sitter::Negotiator { name: NegotiatorName(name.to_owned()), title }
    }

    /// One that fits the condition and that none of them has met in this study.
    async fn product(
        &self,
        row: &StudyRow,
        condition: &Condition,
        visitors: &[VisitorId],
        draw: &mut Draw,
    ) -> Result<ProductId, StoreError> {
        let ids = self.souk.store.study_products(&condition.products).await?;
        let met = self.souk.store.study_products_met(row.id, visitors).await?;
        let fresh: Vec<&ProductId> = ids.iter().filter(|id| !met.contains(id)).collect();
        let from = if fresh.is_empty() { ids.iter().collect() } else { fresh };
        if from.is_empty() {
            return Err(StoreError::NotFound("product for the condition"));
        }
        Ok((*draw.pick(&from)).clone())
    }

    async fn scenario(
        &self,
        product: &ProductId,
        rounds: u32,
        seats: &PerRole<Sitter>,
        personas: PerRole<Option<String>>,
        seed: u64,
    ) -> Result<Scenario, StoreError> {
        let found = self.souk.store.product_find(product).await?;
        Ok(Scenario {
            listing: Listing {
                product: found.product(),
                protocol: Protocol::Alternating { max_rounds: rounds },
                personas,
            },
            budget: found.budget,
            cost: found.cost,
            regulation: seats.seller.is_negotiator().then_some(Regulation::CounterAtFloor),
            over_limit: OverLimit::Violation,
            // What one talk tells of limits would be carried to the next.
            reveal: false,
            seed,
        })
    }

    #[expect(clippy::too_many_arguments, reason = "all of an episode's row")]
    async fn open(
        &self,
        row: &StudyRow,
        id: EpisodeId,
        product: ProductId,
        scenario: Scenario,
        seats: PerRole<Sitter>,
        creator: VisitorId,
        practice: bool,
    ) -> Result<(), StoreError> {
        for role in Role::BOTH {
            if let Sitter::Negotiator { name, .. } = seats.get(role) {
                self.souk.roster.warm(&name.0);
            }
        }
        let part: &[u8] = if practice { b"practice" } else { id.0.as_bytes() };
        let new = NewEpisodeRow {
            id,
            product,
            scenario,
            seats,
            creator,
            key: key(&[row.id.0.as_bytes(), part]),
            invite_token: None,
            pace: None,
            code_version: code_version(),
            branch: None,
            study: Some(StudyEpisode { study: row.id, practice }),
        };
        match self.souk.store.episode_create(&new).await {
            Ok(created) => self.souk.driver.attend(created.id),
            // The other participant's request laid it at the same moment.
            Err(error) if error.constraint() == Some("episode_pkey") => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The practice of a participant, if it was begun.
    pub(super) async fn practice_of(
        &self,
        row: &StudyRow,
        visitor: VisitorId,
    ) -> Result<Option<EpisodeId>, StoreError> {
        self.souk.store.study_practice(row.id, visitor).await
    }
}

/// Only a negotiator has one.
fn personas(condition: &Condition, across: Option<&str>, own: Role) -> PerRole<Option<String>> {
    let mut personas = PerRole::default();
    if across.is_some() {
        *personas.get_mut(own.other()) = Some(condition.persona.clone());
    }
    personas
}
