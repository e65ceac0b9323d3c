//! Rollouts: episodes that somebody learnt from, with the tokens.

use rules::{Mills, Outcome, Role};
use sqlx::types::Json;
use wire::{EpisodeId, GroupCard, ProductId, RolloutHit, RunId};

use crate::connection::Store;
use crate::error::StoreError;
use crate::evaluation::{PlayedEpisode, episode_add};
use crate::llm_call::role;

/// An episode with the sides that learnt from it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRollout {
    pub episode: Rolled,
    pub group: u32,
    pub member: u32,
    pub opponent: String,
    pub sides: Vec<NewSide>,
}

/// The episode of a rollout.
#[derive(Clone, Debug, PartialEq)]
pub enum Rolled {
    /// To be stored. Its key says which place of which iteration it is: done again, it is not stored twice.
    Played(Box<PlayedEpisode>),
    /// Stored while it was played, with the run's token.
    Stored(EpisodeId),
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewSide {
    pub role: Role,
    pub reward: Option<f64>,
    pub advantage: f64,
    pub truncated: bool,
    pub trace: Vec<u8>,
}

/// One side's rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct RolloutRow {
    pub episode: EpisodeId,
    pub member: u32,
    pub role: Role,
    pub reward: Option<f64>,
    pub advantage: f64,
    pub outcome: Option<Outcome>,
    pub truncated: bool,
    pub trace: Vec<u8>,
}

/// Messages that a search finds, at most.
const HITS: i64 = 200;

pub(super) async fn rollout_add(
    connection: &mut sqlx::PgConnection,
    run: RunId,
    iteration: u32,
    new: &NewRollout,
) -> Result<(), StoreError> {
    let episode = match &new.episode {
        Rolled::Played(episode) => {
            if !episode_add(connection, run.0, None, Some(run), episode).await? {
                return Ok(());
            }
            episode.id
        }
        Rolled::Stored(id) => {
            let found = sqlx::query!(
                r#"select exists (
                     select 1 from episodes where id = $1 and training_run_id = $2 and status = 'over'
                 ) as "is!""#,
                id.0,
                run.0
            )
            .fetch_one(&mut *connection)
            .await?;
            if !found.is {
                let why = format!("{id} is no episode of the run that is over");
                return Err(StoreError::Corrupt { what: "rollout", why });
            }
            *id
        }
    };
    for side in &new.sides {
        sqlx::query!(
            "insert into rollouts (episode_id, role, run_id, iteration, group_index, member, opponent,
                 reward, advantage, truncated, trace)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             -- A trainer whose draws do not come again, after its job was tried again.
             on conflict (run_id, iteration, group_index, member, role) do update set
                 episode_id = excluded.episode_id, opponent = excluded.opponent,
                 reward = excluded.reward, advantage = excluded.advantage,
                 truncated = excluded.truncated, trace = excluded.trace",
            episode.0,
            side.role.name(),
            run.0,
            iteration.cast_signed(),
            new.group.cast_signed(),
            new.member.cast_signed(),
            new.opponent,
            side.reward,
            side.advantage,
            side.truncated,
            side.trace
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

impl Store {
    /// The groups of an iteration, or of all iterations over one product.
    pub async fn rollout_groups(
        &self,
        run: RunId,
        iteration: Option<u32>,
        product: Option<&ProductId>,
    ) -> Result<Vec<GroupCard>, StoreError> {
        let rows = sqlx::query!(
            r#"select r.iteration, r.group_index, r.role, min(p.title) as "title!",
                 min(p.id) as "product!", min(r.opponent) as "opponent!",
                 min(e.budget_mills) as "budget!", min(e.cost_mills) as "cost!",
                 array_remove(array_agg(r.reward order by r.member), null) as "rewards!"
             from rollouts r join episodes e on e.id = r.episode_id
                 join products p on p.id = e.product_id
             where r.run_id = $1 and ($2::integer is null or r.iteration = $2)
                 and ($3::text is null or e.product_id = $3)
             group by r.iteration, r.group_index, r.role
             order by r.iteration, r.group_index, r.role"#,
            run.0,
            iteration.map(u32::cast_signed),
            product.map(|product| product.0.as_str()),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(GroupCard {
                    iteration: row.iteration.cast_unsigned(),
                    group: row.group_index.cast_unsigned(),
                    title: row.title,
                    product: row.product,
                    role: role(&row.role)?,
                    opponent: row.opponent,
                    budget: Mills(row.budget),
                    cost: Mills(row.cost),
                    rewards: row.rewards,
                })
            })
            .collect()
    }

    /// The rollouts of a group, with their tokens.
    pub async fn rollout_group(
        &self,
        run: RunId,
        iteration: u32,
        group: u32,
    ) -> Result<Vec<RolloutRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select r.episode_id, r.member, r.role, r.reward, r.advantage, r.truncated, r.trace,
                 e.outcome as "outcome: Json<Outcome>"
             from rollouts r join episodes e on e.id = r.episode_id
             where r.run_id = $1 and r.iteration = $2 and r.group_index = $3
             order by r.role, r.member"#,
            run.0,
            iteration.cast_signed(),
            group.cast_signed()
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(RolloutRow {
                    episode: EpisodeId(row.episode_id),
                    member: row.member.cast_unsigned(),
                    role: role(&row.role)?,
                    reward: row.reward,
                    advantage: row.advantage,
                    outcome: row.outcome.map(|outcome| outcome.0),
                    truncated: row.truncated,
                    trace: row.trace,
                })
            })
            .collect()
    }

    /// Messages of a run's episodes that contain a text, newest iteration first, whatever its case.
    pub async fn rollout_search(
        &self,
        run: RunId,
        text: &str,
    ) -> Result<Vec<RolloutHit>, StoreError> {
        let archived = sqlx::query_scalar!(
            "select id from episodes where training_run_id = $1 and archive_id is not null",
            run.0
        );
        self.recall(&archived.fetch_all(&self.pool).await?).await?;
        let rows = sqlx::query!(
            r#"select r.episode_id, r.iteration, r.group_index, r.member, r.reward,
                 ev.body ->> 'by' as "by!", ev.body ->> 'talk' as "talk!"
             from rollouts r join events ev on ev.episode_id = r.episode_id and ev.kind = 'moved'
             where r.run_id = $1 and position(lower($2) in lower(ev.body ->> 'talk')) > 0
             order by r.iteration desc, r.group_index, r.member, ev.seq limit $3"#,
            run.0,
            text,
            HITS
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(RolloutHit {
                    episode: EpisodeId(row.episode_id),
                    iteration: row.iteration.cast_unsigned(),
                    group: row.group_index.cast_unsigned(),
                    index: row.member.cast_unsigned(),
                    by: role(&row.by)?,
                    talk: row.talk,
                    reward: row.reward,
                })
            })
            .collect()
    }
}
