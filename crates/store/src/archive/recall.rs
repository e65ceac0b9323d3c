//! Archived events, back in the database because somebody reads them.

use std::collections::BTreeMap;

use sqlx::{PgConnection, QueryBuilder};
use uuid::Uuid;
use wire::EpisodeSearch;

use super::moving::SWAP;
use crate::connection::Store;
use crate::episode_search::{conditions, talk};
use crate::error::StoreError;

/// Episodes whose events are fetched and stored at once.
const AT_ONCE: usize = 2_000;

/// Until the transaction ends, nobody puts a smaller table in a partition's place.
pub(crate) async fn still_partitions(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("select pg_advisory_xact_lock_shared($1)", SWAP).execute(connection).await?;
    Ok(())
}

impl Store {
    /// Puts the events of those among these episodes that are archived back into the database.
    ///
    /// # Errors
    /// `Archive` where they cannot be read: nothing was lost, what is there is tried again by the next reader.
    pub async fn recall(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        // What is here already stays for another day: whoever takes it away waits for this row, and lets it be.
        sqlx::query!(
            "update events_recalled set recalled_at = now()
             where episode_id = any($1) and recalled_at < now() - interval '1 hour'",
            ids
        )
        .execute(&self.pool)
        .await?;
        let rows = sqlx::query!(
            r#"select e.id, e.seq, a.object from episodes e join event_archives a on a.id = e.archive_id
             where e.id = any($1) and not exists (select from events_recalled r where r.episode_id = e.id)
             order by e.id"#,
            ids
        )
        .fetch_all(&self.pool)
        .await?;
        let mut objects: BTreeMap<String, Vec<(Uuid, i64)>> = BTreeMap::new();
        for row in rows {
            objects.entry(row.object).or_default().push((row.id, row.seq));
        }
        for (object, episodes) in objects {
            for some in episodes.chunks(AT_ONCE) {
                self.recall_some(&object, some).await?;
            }
        }
        Ok(())
    }

    /// [`Store::recall`] of all that fit.
    pub async fn recall_found(&self, search: &EpisodeSearch) -> Result<(), StoreError> {
        let talk = talk(&self.pool, search).await?;
        let mut sql = QueryBuilder::new(
            "select e.id from episodes e join products p on p.id = e.product_id
             where e.archive_id is not null and ",
        );
        conditions(&mut sql, search, talk);
        let ids: Vec<Uuid> = sql.build_query_scalar().fetch_all(&self.pool).await?;
        self.recall(&ids).await
    }

    /// Whether somebody who found no events of an episode behind `after` shall look again.
    pub(crate) async fn recall_one(&self, id: Uuid, after: i64) -> Result<bool, StoreError> {
        let archived = sqlx::query_scalar!(
            r#"select archive_id is not null and seq > $2 as "archived!" from episodes where id = $1"#,
            id,
            after
        )
        .fetch_optional(&self.pool)
        .await?;
        let archived = archived.unwrap_or(false);
        if archived {
            self.recall(&[id]).await?;
        }
        Ok(archived)
    }

    async fn recall_some(&self, object: &str, episodes: &[(Uuid, i64)]) -> Result<(), StoreError> {
        let archive = self.archive.as_ref().ok_or_else(|| StoreError::Archive {
            place: "none".to_owned(),
            why: format!("the events are in {object}, and no archive is set"),
        })?;
        let ids: Vec<Uuid> = episodes.iter().map(|(id, _)| *id).collect();
        let rows = archive.rows(object, ids.clone()).await?;
        let promised: i64 = episodes.iter().map(|(_, seq)| seq).sum();
        if i64::try_from(rows.len()) != Ok(promised) {
            let why = format!("{} events of {promised} are there", rows.len());
            return Err(archive.failed(object, why));
        }
        let mut columns = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            columns.0.push(row.episode_id);
            columns.1.push(row.seq);
            columns.2.push(row.at);
            columns.3.push(row.kind);
            columns.4.push(row.body);
        }
        let mut transaction = self.begin().await?;
        still_partitions(&mut transaction).await?;
        sqlx::query!(
            "insert into events (episode_id, seq, at, kind, body)
             select id, seq, at, kind, body::jsonb
             from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[])
                 as e (id, seq, at, kind, body)
             on conflict do nothing",
            &columns.0,
            &columns.1,
            &columns.2,
            &columns.3,
            &columns.4
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "insert into events_recalled (episode_id) select unnest($1::uuid[])
             on conflict (episode_id) do update set recalled_at = now()",
            &ids
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}
