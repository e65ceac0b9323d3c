//! What researchers write beside episodes: labels and ratings.

use wire::{EpisodeId, Rating, UserId};

use crate::connection::Store;
use crate::error::StoreError;

/// All ratings on one scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleRow {
    pub scale: String,
    pub raters: u32,
    /// Those of each episode.
    pub scores: Vec<Vec<u8>>,
}

impl Store {
    /// Labels that are in use, most used first.
    pub async fn tag_list(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar!(
            "select tag from episode_tags group by tag order by count(*) desc, tag limit 200"
        )
        .fetch_all(&self.pool)
        .await?)
    }

    pub async fn tags_of(&self, id: EpisodeId) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar!(
            "select tag from episode_tags where episode_id = $1 order by tag",
            id.0
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Twice is once.
    pub async fn tag_add(&self, id: EpisodeId, tag: &str, by: UserId) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into episode_tags (episode_id, tag, user_id) values ($1, $2, $3) on conflict do nothing",
            id.0,
            tag,
            by.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn tag_remove(&self, id: EpisodeId, tag: &str) -> Result<(), StoreError> {
        sqlx::query!("delete from episode_tags where episode_id = $1 and tag = $2", id.0, tag)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The last word of a researcher on a scale counts.
    pub async fn rating_set(
        &self,
        id: EpisodeId,
        by: UserId,
        rating: &Rating,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into episode_ratings (episode_id, user_id, scale, score, note)
             values ($1, $2, $3, $4, $5)
             on conflict (episode_id, user_id, scale)
                 do update set score = excluded.score, note = excluded.note, rated_at = now()",
            id.0,
            by.0,
            rating.scale,
            i16::from(rating.score),
            rating.note
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn rating_remove(
        &self,
        id: EpisodeId,
        by: UserId,
        scale: &str,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "delete from episode_ratings where episode_id = $1 and user_id = $2 and scale = $3",
            id.0,
            by.0,
            scale
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// By scale, then by time.
    pub async fn ratings_of(
        &self,
        id: EpisodeId,
        reader: UserId,
    ) -> Result<Vec<Rating>, StoreError> {
        let rows = sqlx::query!(
            r#"select r.scale, r.score, r.note, u.name, r.user_id = $2 as "own!"
             from episode_ratings r join users u on u.id = r.user_id
             where r.episode_id = $1 order by r.scale, r.rated_at"#,
            id.0,
            reader.0
        )
        .fetch_all(&self.pool)
        .await?;
        let rating = |scale, score, note, rater, own| {
            Ok(Rating { scale, score: small(score)?, note, rater, own })
        };
        rows.into_iter().map(|r| rating(r.scale, r.score, r.note, r.name, r.own)).collect()
    }

    /// All scales by name.
    pub async fn rating_scales(&self) -> Result<Vec<ScaleRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select scale, array_agg(score order by user_id) as "scores!", array_agg(user_id) as "users!"
             from episode_ratings group by scale, episode_id order by scale, episode_id"#
        )
        .fetch_all(&self.pool)
        .await?;
        let mut scales: Vec<(ScaleRow, std::collections::BTreeSet<uuid::Uuid>)> = Vec::new();
        for row in rows {
            if scales.last().is_none_or(|(last, _)| last.scale != row.scale) {
                let scale = ScaleRow { scale: row.scale, raters: 0, scores: Vec::new() };
                scales.push((scale, std::collections::BTreeSet::new()));
            }
            if let Some((scale, users)) = scales.last_mut() {
                scale.scores.push(row.scores.into_iter().map(small).collect::<Result<_, _>>()?);
                users.extend(row.users);
                scale.raters = u32::try_from(users.len()).unwrap_or(u32::MAX);
            }
        }
        Ok(scales.into_iter().map(|(scale, _)| scale).collect())
    }
}

fn small(score: i16) -> Result<u8, StoreError> {
    u8::try_from(score).map_err(|_| StoreError::corrupt("rating", score))
}
