//! Partitions of `events`: made ahead of time, and moved into the archive.

use bytes::Bytes;
use futures::TryStreamExt;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::file::{Parts, Row, Writer, rows};
use super::{Archive, StoreError};
use crate::connection::{Store, is_locked_out};

/// The lock of whoever puts a smaller table in a partition's place; readers who put events back share it.
pub(super) const SWAP: i64 = 0x736f_756b_0a7c_0001;
/// The lock of whoever makes partitions.
const MAKE: i64 = 0x736f_756b_0a7c_0002;
/// The lock of whoever moves events.
const MOVE: i64 = 0x736f_756b_0a7c_0003;
/// Partitions that are there before their time.
const AHEAD: i32 = 2;
/// Bytes of an object, about.
const OBJECT_BYTES: usize = 64 << 20;
/// Episodes that are looked for at once.
const SLICE: i64 = 5_000;
/// Events that stay in a partition are copied while nobody plays: more are left for another time.
const MOST_KEPT: i64 = 200_000;
const SWAP_ATTEMPTS: u32 = 5;

/// A range of `events` by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    pub name: String,
    from: Uuid,
    to: Uuid,
    /// Episodes whose events may leave, and these events.
    pub episodes: i64,
    pub events: i64,
    /// Episodes that stay: still played, or of a study or run that has not ended.
    pub kept: i64,
    /// Whether events are here that are in the archive, too, and that nobody has read for a day.
    pub unread: bool,
}

/// What was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Archived {
    pub objects: u32,
    pub episodes: i64,
    pub events: i64,
    pub bytes: u64,
    /// Whether the partition was made smaller; not where an export reads it, or much stays. The next archiving tries again.
    pub freed: bool,
}

/// What a slice of episodes became: where the next one begins.
struct Object {
    bytes: Bytes,
    ids: Vec<Uuid>,
    events: i64,
    /// Over all rows.
    rows_sha256: [u8; 32],
}

impl Store {
    /// The same store, whose archived events lie there.
    #[must_use]
    pub fn with_archive(mut self, archive: Archive) -> Store {
        self.archive = Some(archive);
        self
    }

    /// Makes the partitions of this month and the next ones. Several processes may call it at once.
    pub async fn partitions_make(&self) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query!("select pg_advisory_xact_lock($1)", MAKE).execute(&mut *transaction).await?;
        sqlx::query("set local lock_timeout = '3s'").execute(&mut *transaction).await?;
        sqlx::query!(
            "select events_month(date_trunc('month', now()) + make_interval(months => n))
             from generate_series(0, $1) as n",
            AHEAD
        )
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Partitions whose time ended so many days ago or before, oldest first, where something may leave.
    pub async fn partitions_older_than(&self, days: i32) -> Result<Vec<Partition>, StoreError> {
        let rows = sqlx::query!(
            r#"select p.name, p.from_id, p.to_id, count(a.id) as "episodes!",
                 coalesce(sum(a.seq), 0)::bigint as "events!", count(e.id) - count(a.id) as "kept!",
                 exists (
                     select from episodes o join events v on v.episode_id = o.id and v.seq = 1
                     where o.archive_id is not null and o.id >= p.from_id and o.id < p.to_id
                         and not exists (select from events_recalled r where r.episode_id = o.id
                             and r.recalled_at >= now() - interval '1 day')
                 ) as "unread!"
             from events_partitions p left join episodes e on e.id >= p.from_id and e.id < p.to_id
                 and e.archive_id is null and e.seq > 0
             left join episodes_to_archive a on a.id = e.id
             where p.to_id <= episode_id_at(now() - make_interval(days => $1))
             group by p.name, p.from_id, p.to_id order by p.from_id"#,
            days
        )
        .fetch_all(&self.pool)
        .await?;
        let partitions = rows.into_iter().map(|row| Partition {
            name: row.name,
            from: row.from_id,
            to: row.to_id,
            episodes: row.episodes,
            events: row.events,
            kept: row.kept,
            unread: row.unread,
        });
        Ok(partitions.filter(|partition| partition.episodes > 0 || partition.unread).collect())
    }

    /// Moves a partition's finished episodes into the archive: written, read again and compared, noted, and only then
    /// taken out of the database. Interrupted, it goes on where it was; `tell` hears of events moved so far.
    ///
    /// # Errors
    /// `Archive` where nothing can be written there, or something else is read than was written.
    pub async fn partition_archive(
        &self,
        archive: &Archive,
        partition: &Partition,
        code_version: &str,
        mut tell: impl FnMut(i64),
    ) -> Result<Archived, StoreError> {
        // Held until this returns.
        let mut alone = self.begin().await?;
        let alone =
            sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "alone!""#, MOVE)
                .fetch_one(&mut *alone)
                .await?
                .then_some(alone)
                .ok_or_else(|| archive.failed(&partition.name, "somebody else is archiving"))?;
        let mut archived = Archived::default();
        let mut after = None;
        while let Some(object) = self.next_object(archive, partition, after).await? {
            let (first, last) = (object.ids[0], object.ids[object.ids.len() - 1]);
            let name = format!("events-{first}-{last}.parquet");
            archive.put(&name, object.bytes.clone()).await?;
            check(archive, &name, &object).await?;
            self.archive_add(&name, &object, code_version).await?;
            archived.objects += 1;
            archived.episodes += object.ids.len() as i64;
            archived.events += object.events;
            archived.bytes += object.bytes.len() as u64;
            after = Some(last);
            tell(archived.events);
        }
        archived.freed = self.partition_shrink(partition).await?;
        alone.rollback().await?;
        Ok(archived)
    }

    /// The episodes behind `after`, as many as fit an object; `None`: there are none.
    async fn next_object(
        &self,
        archive: &Archive,
        partition: &Partition,
        mut after: Option<Uuid>,
    ) -> Result<Option<Object>, StoreError> {
        let failed = |why| archive.failed(&partition.name, why);
        let mut writer = Writer::new().map_err(failed)?;
        let (mut ids, mut events, mut hash) = (Vec::new(), 0, Sha256::new());
        while writer.bytes() < OBJECT_BYTES {
            let slice = sqlx::query!(
                r#"select id as "id!", seq as "seq!" from episodes_to_archive
                 where id >= $1 and id < $2 and ($3::uuid is null or id > $3)
                 order by id limit $4"#,
                partition.from,
                partition.to,
                after,
                SLICE
            )
            .fetch_all(&self.pool)
            .await?;
            let Some(last) = slice.last() else { break };
            after = Some(last.id);
            let promised: i64 = slice.iter().map(|row| row.seq).sum();
            let of: Vec<Uuid> = slice.iter().map(|row| row.id).collect();
            let mut rows = sqlx::query_as!(
                Row,
                r#"select episode_id, seq, at, kind, body::text as "body!" from events
                 where episode_id = any($1) order by episode_id, seq"#,
                &of
            )
            .fetch(&self.pool);
            let mut read = 0;
            while let Some(row) = rows.try_next().await? {
                read += 1;
                digest(&mut hash, &row);
                writer.push(row).map_err(failed)?;
            }
            if read != promised {
                let why = format!("{read} of {promised} events behind {:?}", of.first());
                return Err(StoreError::corrupt("episodes", why));
            }
            ids.extend(of);
            events += promised;
        }
        if ids.is_empty() {
            return Ok(None);
        }
        let bytes = writer.finish().map_err(failed)?;
        Ok(Some(Object { bytes, ids, events, rows_sha256: hash.finalize().into() }))
    }

    /// Notes an object that is there: from now on it may be read in the events' place.
    async fn archive_add(
        &self,
        name: &str,
        object: &Object,
        code_version: &str,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let id = sqlx::query_scalar!(
            "insert into event_archives
                 (object, bytes, sha256, first_id, last_id, episodes, events, code_version)
             values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
            name,
            object.bytes.len() as i64,
            hex::encode(Sha256::digest(&object.bytes)),
            object.ids[0],
            object.ids[object.ids.len() - 1],
            object.ids.len() as i64,
            object.events,
            code_version
        )
        .fetch_one(&mut *transaction)
        .await?;
        sqlx::query!(
            "update episodes set archive_id = $1 where id = any($2) and archive_id is null",
            id,
            &object.ids
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "insert into archived_words (episode_id, seq, words)
             select episode_id, seq, words from events
             where episode_id = any($1) and words is not null",
            &object.ids
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Puts a table without what is archived in a partition's place. `false`: it is being read, or much stays.
    async fn partition_shrink(&self, partition: &Partition) -> Result<bool, StoreError> {
        for attempt in 1.. {
            match self.shrink_once(partition).await {
                Err(error) if attempt < SWAP_ATTEMPTS && is_locked_out(&error) => {
                    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                }
                Err(error) if is_locked_out(&error) => return Ok(false),
                done => return Ok(done?),
            }
        }
        unreachable!("the last attempt returns")
    }

    /// All of play waits while this holds its lock, so it comes last and copies little.
    async fn shrink_once(&self, partition: &Partition) -> Result<bool, sqlx::Error> {
        let mut transaction = self.begin().await?;
        sqlx::query("set local lock_timeout = '2s'").execute(&mut *transaction).await?;
        sqlx::query!("select pg_advisory_xact_lock($1)", SWAP).execute(&mut *transaction).await?;
        sqlx::query!(
            "delete from events_recalled where episode_id >= $1 and episode_id < $2
                 and recalled_at < now() - interval '1 day'",
            partition.from,
            partition.to
        )
        .execute(&mut *transaction)
        .await?;
        let kept = sqlx::query_scalar!(
            r#"select coalesce(sum(e.seq), 0)::bigint as "kept!" from episodes e
             where e.id >= $1 and e.id < $2 and (e.archive_id is null
                 or exists (select from events_recalled r where r.episode_id = e.id))"#,
            partition.from,
            partition.to
        )
        .fetch_one(&mut *transaction)
        .await?;
        if kept > MOST_KEPT {
            transaction.commit().await?;
            return Ok(false);
        }
        sqlx::query("lock table events in access exclusive mode")
            .execute(&mut *transaction)
            .await?;
        // Names of our own partitions, so that they need no quoting beyond this.
        let (name, next) = (&partition.name, format!("{}_next", partition.name));
        sqlx::query("select events_shape($1)").bind(&next).execute(&mut *transaction).await?;
        for statement in [
            format!(
                "insert into \"{next}\" (episode_id, seq, at, kind, body)
                 select v.episode_id, v.seq, v.at, v.kind, v.body from \"{name}\" v
                 join episodes e on e.id = v.episode_id
                 where e.archive_id is null
                     or exists (select from events_recalled r where r.episode_id = e.id)"
            ),
            format!("alter table events detach partition \"{name}\""),
            format!("drop table \"{name}\""),
            format!("alter table \"{next}\" rename to \"{name}\""),
            format!(
                "alter table events attach partition \"{name}\" for values from ('{}') to ('{}')",
                partition.from, partition.to
            ),
        ] {
            sqlx::query(&statement).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

/// Reads an object again and compares all its rows with those that were written.
async fn check(archive: &Archive, name: &str, object: &Object) -> Result<(), StoreError> {
    let bytes = archive.get(name).await?;
    let parts = Parts { length: bytes.len() as u64, parts: vec![(0, bytes)] };
    let read = tokio::task::spawn_blocking(move || rows(parts, None)).await;
    let read = read.expect("reading does not panic").map_err(|why| archive.failed(name, why))?;
    let mut hash = Sha256::new();
    read.iter().for_each(|row| digest(&mut hash, row));
    if hash.finalize().as_slice() != object.rows_sha256 {
        return Err(archive.failed(name, "what is read there is not what was written"));
    }
    Ok(())
}

fn digest(hash: &mut Sha256, row: &Row) {
    hash.update(row.episode_id);
    hash.update(row.seq.to_le_bytes());
    hash.update(row.at.timestamp_micros().to_le_bytes());
    for text in [&row.kind, &row.body] {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
}
