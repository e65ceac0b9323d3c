//! Tables of a study: who meets, over what, and what came of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rules::{Episode, Role};
use sqlx::PgConnection;
use study::definition::{Opponent, Products};
use study::{Event, Study};
use uuid::Uuid;
use wire::{EpisodeId, ParticipantId, ProductId, StudyId, VisitorId};

use super::ParticipantRow;
use super::participant::{append, load};
use crate::connection::Store;
use crate::episode::event as episode_event;
use crate::error::StoreError;

/// Two who were brought together.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    pub episode: EpisodeId,
    pub condition: usize,
    /// Who waited longer first.
    pub participants: [ParticipantRow; 2],
}

impl Store {
    /// Brings two together who wait for each other: the same condition, who waited longest first. Their table is yet
    /// to be laid, under the pair's episode.
    pub async fn participants_pair(
        &self,
        id: StudyId,
        study: &Study,
    ) -> Result<Option<Pair>, StoreError> {
        // Asked for every second: the study is held only where there may be a pair.
        let waiting = sqlx::query_scalar!(
            r#"select count(*) as "n!" from participants
             where study_id = $1 and place in ('waiting', 'choosing')"#,
            id.0
        )
        .fetch_one(&self.pool)
        .await?;
        if waiting < 2 {
            return Ok(None);
        }
        let mut transaction = self.begin().await?;
        sqlx::query!("select id from studies where id = $1 for update", id.0)
            .fetch_one(&mut *transaction)
            .await?;
        // Whoever has not been heard from for a while is not kept waiting for.
        let waiting = sqlx::query_scalar!(
            "select id from participants
             where study_id = $1 and place in ('waiting', 'choosing') and ended is null
                 and seen_at > now() - interval '20 seconds'
             order by until_at, id limit 200",
            id.0
        )
        .fetch_all(&mut *transaction)
        .await?;
        let mut first: BTreeMap<usize, ParticipantRow> = BTreeMap::new();
        for participant in waiting.into_iter().map(ParticipantId) {
            let row = load(&mut transaction, participant, study).await?;
            let Some(condition) = row.progress.condition(study) else { continue };
            let people = matches!(
                study.conditions.get(condition).map(|condition| &condition.opponent),
                Some(Opponent::Person { .. })
            );
            if !people || row.progress.takes_stand_in() {
                continue;
            }
            let Some(mut one) = first.remove(&condition) else {
                first.insert(condition, row);
                continue;
            };
            let mut other = row;
            let episode = EpisodeId::fresh();
            for row in [&mut one, &mut other] {
                append(&mut transaction, study, row, vec![Event::Met { episode }]).await?;
            }
            transaction.commit().await?;
            return Ok(Some(Pair { episode, condition, participants: [one, other] }));
        }
        Ok(None)
    }

    /// Both participants of a pair's episode, who waited longer first.
    pub async fn participants_at(
        &self,
        episode: EpisodeId,
        study: &Study,
    ) -> Result<Vec<ParticipantRow>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let ids = sqlx::query_scalar!(
            "select id from participants where episode_id = $1 order by id",
            episode.0
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut rows = Vec::new();
        for id in ids {
            rows.push(load(&mut connection, ParticipantId(id), study).await?);
        }
        Ok(rows)
    }

    /// Who sits at a table that is over, and has not heard of it.
    pub async fn participants_to_settle(
        &self,
    ) -> Result<Vec<(ParticipantId, StudyId, EpisodeId)>, StoreError> {
        let rows = sqlx::query!(
            r#"select p.id, p.study_id, e.id as "episode!" from participants p
             join episodes e on e.id = p.episode_id and e.status = 'over'
             where p.episode_id is not null and p.ended is null limit 200"#
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| (ParticipantId(row.id), StudyId(row.study_id), EpisodeId(row.episode)))
            .collect())
    }

    /// Listed products that a study's condition may bargain over, in an order that has nothing to do with what they
    /// are.
    pub async fn study_products(&self, wanted: &Products) -> Result<Vec<ProductId>, StoreError> {
        let ids = sqlx::query_scalar!(
            "select id from products
             where retired_at is null and ($1::text is null or split = $1)
                 and (cardinality($2::text[]) = 0 or category = any($2))
                 and (cardinality($3::text[]) = 0 or id = any($3))
                 and ($4 or budget_mills > cost_mills)
             order by sha256(convert_to(id, 'UTF8'))",
            wanted.split,
            &wanted.categories,
            &wanted.ids,
            wanted.conflicting
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(ProductId).collect())
    }

    /// What any of them has bargained over in a study, the practice included.
    pub async fn study_products_met(
        &self,
        id: StudyId,
        visitors: &[VisitorId],
    ) -> Result<Vec<ProductId>, StoreError> {
        let visitors: Vec<Uuid> = visitors.iter().map(|visitor| visitor.0).collect();
        let ids = sqlx::query_scalar!(
            "select distinct product_id from episodes
             where study_id = $1 and (buyer_visitor = any($2) or seller_visitor = any($2))",
            id.0,
            &visitors
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(ProductId).collect())
    }

    /// The practice of a participant, if it was begun.
    pub async fn study_practice(
        &self,
        id: StudyId,
        visitor: VisitorId,
    ) -> Result<Option<EpisodeId>, StoreError> {
        let id = sqlx::query_scalar!(
            "select id from episodes where study_id = $1 and study_part = 'practice'
                 and creator_visitor = $2 limit 1",
            id.0,
            visitor.0
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(id.map(EpisodeId))
    }

    /// Rewards by the conditions' formulas, worked out from the events, of all that was played.
    pub async fn participant_rewards(
        &self,
        row: &ParticipantRow,
        study: &Study,
    ) -> Result<BTreeMap<EpisodeId, Option<f64>>, StoreError> {
        rewards(&mut *self.pool.acquire().await?, row, study).await
    }

    /// When the participant behind a visitor last looked at the page.
    pub async fn participant_seen_ms(&self, visitor: VisitorId) -> Result<Option<i64>, StoreError> {
        let at = sqlx::query_scalar!(
            "select seen_at from participants where visitor_id = $1",
            visitor.0
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(at.map(|at: DateTime<Utc>| at.timestamp_millis()))
    }

    /// Tables of all studies that go on though somebody at them is over: withdrew, or was ended. By which side.
    pub async fn tables_left(&self) -> Result<Vec<(EpisodeId, Role)>, StoreError> {
        let rows = sqlx::query!(
            r#"select e.id, p.visitor_id = e.buyer_visitor as "buyer?"
             from episodes e join participants p on p.visitor_id in (e.buyer_visitor, e.seller_visitor)
             where e.study_id is not null and e.status = 'playing' and p.ended is not null
             order by p.ended_at limit 200"#
        )
        .fetch_all(&self.pool)
        .await?;
        let role =
            |buyer: Option<bool>| if buyer == Some(true) { Role::Buyer } else { Role::Seller };
        Ok(rows.into_iter().map(|row| (EpisodeId(row.id), role(row.buyer))).collect())
    }

    /// Participants who were brought to a table that is not laid: it is in a step of its own, and the store may have been
    /// away between them.
    pub async fn tables_unlaid(
        &self,
        id: StudyId,
    ) -> Result<Vec<(ParticipantId, EpisodeId)>, StoreError> {
        let rows = sqlx::query!(
            r#"select p.id, p.episode_id as "episode!" from participants p
             where p.study_id = $1 and p.ended is null and p.place = 'negotiating' and p.episode_id is not null
                 and not exists (select from episodes e where e.id = p.episode_id)
             order by p.id"#,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        let table = |id, episode| (ParticipantId(id), EpisodeId(episode));
        Ok(rows.into_iter().map(|row| table(row.id, row.episode)).collect())
    }

    /// Tables between two participants where the one whose turn it is has not been seen for so many minutes, and
    /// the other one has.
    pub async fn participants_away(
        &self,
        id: StudyId,
        minutes: u32,
    ) -> Result<Vec<EpisodeId>, StoreError> {
        let ids = sqlx::query_scalar!(
            "select e.id from participants p join episodes e on e.id = p.episode_id
             where p.study_id = $1 and p.ended is null and e.status = 'playing'
                 and e.buyer_kind = 'person' and e.seller_kind = 'person'
                 and p.visitor_id = case e.next_actor when 'buyer' then e.buyer_visitor
                     when 'seller' then e.seller_visitor end
                 and p.seen_at < now() - make_interval(mins => $2)",
            id.0,
            minutes.cast_signed()
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(EpisodeId).collect())
    }
}

pub(super) async fn rewards(
    connection: &mut PgConnection,
    row: &ParticipantRow,
    study: &Study,
) -> Result<BTreeMap<EpisodeId, Option<f64>>, StoreError> {
    let mut rewards = BTreeMap::new();
    let conditions = row.progress.conditions_played(study);
    for ((episode, _), condition) in row.progress.played.iter().zip(conditions) {
        let spec = &study.conditions[condition].reward;
        rewards.insert(*episode, reward(connection, *episode, row.visitor, spec).await?);
    }
    Ok(rewards)
}

/// A participant's verified reward: worked out from the episode's events.
async fn reward(
    connection: &mut PgConnection,
    episode: EpisodeId,
    visitor: VisitorId,
    spec: &rules::reward::RewardSpec,
) -> Result<Option<f64>, StoreError> {
    let row = sqlx::query!(
        r#"select buyer_visitor,
             array(select kind from events where episode_id = $1 order by seq) as "kinds!",
             array(select body::text from events where episode_id = $1 order by seq) as "bodies!"
         from episodes where id = $1"#,
        episode.0
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let events = row.kinds.iter().zip(&row.bodies);
    let events = events.map(|(kind, body)| episode_event(kind, body));
    let events = events.collect::<Result<Vec<_>, StoreError>>()?;
    let replayed = Episode::replay(&events).map_err(|why| StoreError::corrupt("episode", why))?;
    let role = match row.buyer_visitor == Some(visitor.0) {
        true => Role::Buyer,
        false => Role::Seller,
    };
    Ok(rules::reward::score(&replayed, role, spec))
}
