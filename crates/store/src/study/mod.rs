//! Studies with recruited people: their files, and who takes part.

mod participant;
mod payment;
mod slot;
mod table;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use study::desk::{StudyHead, StudyStatus, StudyVersion};
use study::{End, Study};
use uuid::Uuid;
use wire::{StudyId, UserId};

use crate::connection::Store;
use crate::error::StoreError;

pub use participant::{Entering, NotLetIn, ParticipantRow, TakeError, Taken};
pub use payment::{Evidence, PaymentFile, PaymentLine, PaymentRow};
pub use table::Pair;

/// Completion codes by how a participation ends.
pub type Codes = BTreeMap<End, String>;

#[derive(Clone, Debug, PartialEq)]
pub struct NewStudy {
    pub id: StudyId,
    pub slug: String,
    pub study: Study,
    pub codes: Codes,
    pub by: UserId,
}

/// A study with the file that counts: the frozen one, else the latest.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyRow {
    pub id: StudyId,
    pub slug: String,
    pub status: StudyStatus,
    pub study: Study,
    /// Of `study`.
    pub version: u32,
    pub hash: String,
    pub is_frozen: bool,
    pub pilot: bool,
    pub codes: Codes,
    pub soft_stop_lifted: bool,
    pub preregistration: Option<String>,
    /// Whether platforms' ids can still be told apart: false once all identities are erased.
    pub has_key: bool,
    pub created_ms: i64,
    pub launched_ms: Option<i64>,
    pub closed_ms: Option<i64>,
}

struct Columns {
    id: Uuid,
    slug: String,
    status: String,
    file: String,
    version: i32,
    hash: String,
    is_frozen: bool,
    pilot: bool,
    codes: Json<Codes>,
    soft_stop_lifted: bool,
    preregistration: Option<String>,
    has_key: bool,
    created_at: DateTime<Utc>,
    launched_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
}

impl Columns {
    fn row(self) -> Result<StudyRow, StoreError> {
        Ok(StudyRow {
            id: StudyId(self.id),
            slug: self.slug,
            status: status(&self.status)?,
            study: Study::read(&self.file).map_err(|why| StoreError::corrupt("study", why))?,
            version: self.version.cast_unsigned(),
            hash: self.hash,
            is_frozen: self.is_frozen,
            pilot: self.pilot,
            codes: self.codes.0,
            soft_stop_lifted: self.soft_stop_lifted,
            preregistration: self.preregistration,
            has_key: self.has_key,
            created_ms: self.created_at.timestamp_millis(),
            launched_ms: self.launched_at.map(|at| at.timestamp_millis()),
            closed_ms: self.closed_at.map(|at| at.timestamp_millis()),
        })
    }
}

impl Store {
    /// Keeps a draft.
    ///
    /// # Errors
    /// Constraints `study_slug_unique` and `study_slug_shape`.
    pub async fn study_create(&self, new: &NewStudy) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let key: Vec<u8> =
            [Uuid::new_v4(), Uuid::new_v4()].iter().flat_map(|id| *id.as_bytes()).collect();
        sqlx::query!(
            "insert into studies (id, slug, key, codes, created_by) values ($1, $2, $3, $4, $5)",
            new.id.0,
            new.slug,
            key,
            Json(&new.codes) as _,
            new.by.0
        )
        .execute(&mut *transaction)
        .await?;
        version_insert(&mut transaction, new.id, 1, &new.study, "begun", new.by).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps another file, and answers with its number. The same file as the latest one is no new version.
    ///
    /// # Errors
    /// `Constraint` named `study_is_frozen` once it is launched.
    pub async fn study_write(
        &self,
        id: StudyId,
        study: &Study,
        note: &str,
        by: UserId,
    ) -> Result<u32, StoreError> {
        let mut transaction = self.begin().await?;
        let row = sqlx::query!(
            r#"select s.frozen is not null as "is_frozen!", v.version, v.hash
             from studies s join study_versions v on v.study_id = s.id
             where s.id = $1 order by v.version desc limit 1 for update of s"#,
            id.0
        )
        .fetch_optional(&mut *transaction)
        .await?
        .ok_or(StoreError::NotFound("study"))?;
        if row.is_frozen {
            return Err(StoreError::Constraint {
                name: "study_is_frozen".to_owned(),
                detail: "it was launched".to_owned(),
            });
        }
        if row.hash == study.hash() {
            return Ok(row.version.cast_unsigned());
        }
        version_insert(&mut transaction, id, row.version + 1, study, note, by).await?;
        transaction.commit().await?;
        Ok((row.version + 1).cast_unsigned())
    }

    pub async fn study_find(&self, id: StudyId) -> Result<StudyRow, StoreError> {
        self.one_study(Some(id), None).await
    }

    /// By its name in addresses.
    pub async fn study_named(&self, slug: &str) -> Result<StudyRow, StoreError> {
        self.one_study(None, Some(slug)).await
    }

    async fn one_study(
        &self,
        id: Option<StudyId>,
        slug: Option<&str>,
    ) -> Result<StudyRow, StoreError> {
        sqlx::query_as!(
            Columns,
            r#"select s.id, s.slug, s.status, v.file, v.version, v.hash,
                 s.frozen is not null as "is_frozen!", s.pilot, s.codes as "codes: Json<Codes>",
                 s.soft_stop_lifted, s.preregistration, s.key is not null as "has_key!",
                 s.created_at, s.launched_at, s.closed_at
             from studies s join study_versions v on v.study_id = s.id
             where (s.id = $1 or s.slug = $2) and (s.frozen is null or v.version = s.frozen)
             order by v.version desc limit 1"#,
            id.map(|id| id.0),
            slug
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or(StoreError::NotFound("study"))?
        .row()
    }

    /// Newest first.
    pub async fn study_list(&self) -> Result<Vec<StudyHead>, StoreError> {
        let rows = sqlx::query!(
            r#"select s.id, s.slug, s.status, s.pilot, s.created_at, v.file,
                 (select count(*) from participants p where p.study_id = s.id and p.ended is null)
                     as "under_way!",
                 (select count(*) from participants p where p.study_id = s.id and p.ended = 'complete')
                     as "completed!"
             from studies s
             join lateral (
                 select file from study_versions v where v.study_id = s.id order by version desc limit 1
             ) v on true
             order by s.id desc limit 200"#
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                let study =
                    Study::read(&row.file).map_err(|why| StoreError::corrupt("study", why))?;
                Ok(StudyHead {
                    id: StudyId(row.id),
                    slug: row.slug,
                    title: study.title,
                    status: status(&row.status)?,
                    pilot: row.pilot,
                    under_way: row.under_way,
                    completed: row.completed,
                    created_ms: row.created_at.timestamp_millis(),
                })
            })
            .collect()
    }

    /// All files of a study, newest first.
    pub async fn study_versions(&self, id: StudyId) -> Result<Vec<StudyVersion>, StoreError> {
        let rows = sqlx::query!(
            "select v.version, v.hash, v.note, u.name, v.written_at, v.file
             from study_versions v join users u on u.id = v.written_by
             where v.study_id = $1 order by v.version desc",
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| StudyVersion {
                version: row.version.cast_unsigned(),
                hash: row.hash,
                note: row.note,
                by: row.name,
                at_ms: row.written_at.timestamp_millis(),
                file: row.file,
            })
            .collect())
    }

    /// One file, as it was written.
    pub async fn study_file(&self, id: StudyId, version: u32) -> Result<String, StoreError> {
        sqlx::query_scalar!(
            "select file from study_versions where study_id = $1 and version = $2",
            id.0,
            version.cast_signed()
        )
        .fetch_optional(&self.pool)
        .await?
        .ok_or(StoreError::NotFound("study file"))
    }

    /// Freezes a version and lets people in. `false`: it is launched already, or has newer files.
    pub async fn study_launch(
        &self,
        id: StudyId,
        version: u32,
        preregistration: &str,
        pilot: bool,
    ) -> Result<bool, StoreError> {
        let launched = sqlx::query!(
            "update studies set status = 'open', frozen = $2, preregistration = $3, pilot = $4,
                 launched_at = now()
             where id = $1 and status = 'draft'
                 and $2 = (select max(version) from study_versions where study_id = $1)",
            id.0,
            version.cast_signed(),
            preregistration,
            pilot
        )
        .execute(&self.pool)
        .await?;
        Ok(launched.rows_affected() == 1)
    }

    /// Pauses, opens again, or closes. A pause takes nobody's time. `false`: it is not launched, or closed.
    pub async fn study_set(&self, id: StudyId, status: StudyStatus) -> Result<bool, StoreError> {
        let row = self.study_find(id).await?;
        let mut transaction = self.begin().await?;
        let set = sqlx::query_scalar!(
            r#"with before as (select id, status from studies where id = $1 for update)
             update studies s set status = $2, closed_at = case when $2 = 'closed' then now() end
             from before where s.id = before.id and before.status in ('open', 'paused')
                 and $2 in ('open', 'paused', 'closed')
             returning before.status = 'paused' as "was_paused!""#,
            id.0,
            status.name()
        )
        .fetch_optional(&mut *transaction)
        .await?;
        if set == Some(true) && status != StudyStatus::Paused {
            participant::resume_all(&mut transaction, id, &row.study).await?;
        }
        transaction.commit().await?;
        Ok(set.is_some())
    }

    /// Lets people in beyond the soft stop.
    pub async fn study_lift_soft_stop(&self, id: StudyId) -> Result<(), StoreError> {
        sqlx::query!("update studies set soft_stop_lifted = true where id = $1", id.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn status(name: &str) -> Result<StudyStatus, StoreError> {
    StudyStatus::named(name).ok_or_else(|| StoreError::corrupt("study", name))
}

async fn version_insert(
    connection: &mut sqlx::PgConnection,
    id: StudyId,
    version: i32,
    study: &Study,
    note: &str,
    by: UserId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into study_versions (study_id, version, file, hash, note, written_by)
         values ($1, $2, $3, $4, $5, $6)",
        id.0,
        version,
        study.write(),
        study.hash(),
        note,
        by.0
    )
    .execute(connection)
    .await?;
    Ok(())
}
