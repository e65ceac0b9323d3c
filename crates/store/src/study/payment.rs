//! Pay, identities, evidence, messages: what is kept about people beside what they did.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use study::desk::Source;
use study::{Due, End, Study, due};
use uuid::Uuid;
use wire::{EpisodeId, ParticipantId, StudyId, UserId};

use super::ParticipantRow;
use super::participant::{end, source};
use crate::connection::Store;
use crate::error::StoreError;

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentRow {
    pub participant: ParticipantId,
    pub kind: String,
    pub cents: u32,
    pub currency: String,
    pub basis: Due,
    pub made_ms: i64,
    pub paid_ms: Option<i64>,
    /// The file that told a platform.
    pub file: Option<Uuid>,
    pub source: Source,
}

/// What a platform is told in one file.
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentFile {
    pub id: Uuid,
    pub lines: Vec<PaymentLine>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PaymentLine {
    pub participant: ParticipantId,
    pub source: Source,
    pub platform_id: String,
    pub submission: String,
    pub ended: End,
    pub base: u32,
    pub bonus: u32,
    pub currency: String,
}

/// Something that researchers should look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    pub participant: ParticipantId,
    pub episode: Option<EpisodeId>,
    pub turn: Option<u32>,
    pub flag: String,
    pub detail: serde_json::Value,
    pub at_ms: i64,
}

impl Store {
    /// The ledger of a study, oldest first.
    pub async fn payments_of(&self, id: StudyId) -> Result<Vec<PaymentRow>, StoreError> {
        let rows = sqlx::query!(
            r#"select m.participant_id, m.kind, m.cents, m.currency, m.basis as "basis: Json<Due>",
                 m.made_at, m.paid_at, m.paid_in, p.source
             from payments m join participants p on p.id = m.participant_id
             where p.study_id = $1 order by m.id"#,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(PaymentRow {
                    participant: ParticipantId(row.participant_id),
                    kind: row.kind,
                    cents: row.cents.cast_unsigned(),
                    currency: row.currency,
                    basis: row.basis.0,
                    made_ms: row.made_at.timestamp_millis(),
                    paid_ms: row.paid_at.map(|at| at.timestamp_millis()),
                    file: row.paid_in,
                    source: source(&row.source)?,
                })
            })
            .collect()
    }

    /// What a platform is not told yet, as a file; with these lines marked, so that none is told twice. Lines of
    /// people whose identity was erased stay: nobody could pay them.
    pub async fn payments_export(
        &self,
        id: StudyId,
        source: Source,
    ) -> Result<PaymentFile, StoreError> {
        let file = Uuid::now_v7();
        let marked = sqlx::query!(
            "update payments m set paid_in = $2, paid_at = now()
             from participants p join participant_identities i on i.participant_id = p.id
             where p.id = m.participant_id and p.study_id = $1 and m.paid_in is null
                 and p.source = $3",
            id.0,
            file,
            source.name()
        )
        .execute(&self.pool)
        .await?;
        if marked.rows_affected() == 0 {
            return Ok(PaymentFile { id: file, lines: Vec::new() });
        }
        self.payments_file(id, file).await
    }

    /// The same file again.
    pub async fn payments_file(&self, id: StudyId, file: Uuid) -> Result<PaymentFile, StoreError> {
        let rows = sqlx::query_as!(
            Line,
            r#"select p.id, p.source, i.platform_id, i.submission, p.ended as "ended!", min(m.currency) as "currency!",
                 coalesce(sum(m.cents) filter (where m.kind = 'base'), 0)::integer as "base!",
                 coalesce(sum(m.cents) filter (where m.kind = 'bonus'), 0)::integer as "bonus!"
             from payments m join participants p on p.id = m.participant_id
             join participant_identities i on i.participant_id = p.id
             where m.paid_in = $1 and p.study_id = $2
             group by p.id, p.source, i.platform_id, i.submission, p.ended order by p.id"#,
            file,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        let line = |row: Line| {
            Ok(PaymentLine {
                participant: ParticipantId(row.id),
                source: source(&row.source)?,
                platform_id: row.platform_id,
                submission: row.submission,
                ended: end(&row.ended)?,
                base: row.base.cast_unsigned(),
                bonus: row.bonus.cast_unsigned(),
                currency: row.currency,
            })
        };
        let lines = rows.into_iter().map(line).collect::<Result<_, StoreError>>()?;
        Ok(PaymentFile { id: file, lines })
    }

    /// What a platform calls somebody. `None`: erased.
    pub async fn identity_of(
        &self,
        id: ParticipantId,
    ) -> Result<Option<(String, String, String)>, StoreError> {
        let row = sqlx::query!(
            "select platform_id, submission, task from participant_identities where participant_id = $1",
            id.0
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| (row.platform_id, row.submission, row.task)))
    }

    /// Erases what identifies one person. What was done stays, under a pseudonym that nobody can undo; that somebody of
    /// this name took part is kept apart from it.
    pub async fn identity_erase(&self, id: ParticipantId) -> Result<bool, StoreError> {
        let erased = sqlx::query!(
            "with gone as (
                 delete from participant_identities where participant_id = $1
                 returning participant_id, platform_id
             ), again as (
                 insert into study_erased (study_id, pseudonym)
                 select p.study_id, p.pseudonym from gone
                 join participants p on p.id = gone.participant_id
                 on conflict do nothing
             ), guest as (
                 delete from study_guests g using gone, participants p
                 where p.id = gone.participant_id and g.study_id = p.study_id
                     and g.token = gone.platform_id
             )
             update participants set pseudonym = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
             from gone where id = gone.participant_id",
            id.0
        )
        .execute(&self.pool)
        .await?;
        Ok(erased.rows_affected() == 1)
    }

    /// Erases what identifies anybody in a study, and the key of its pseudonyms. Answers with how many there were.
    pub async fn identities_erase(&self, id: StudyId) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query!("update studies set key = null where id = $1", id.0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query!("delete from study_guests where study_id = $1", id.0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query!("delete from study_erased where study_id = $1", id.0)
            .execute(&mut *transaction)
            .await?;
        let erased = sqlx::query!(
            "delete from participant_identities i using participants p
             where p.id = i.participant_id and p.study_id = $1",
            id.0
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(erased.rows_affected())
    }

    /// Erases by itself what identifies people of studies that were closed so many days ago.
    pub async fn identities_expire(&self, id: StudyId, days: u32) -> Result<bool, StoreError> {
        let due = sqlx::query_scalar!(
            r#"select exists (
                 select from studies where id = $1 and key is not null
                     and closed_at < now() - make_interval(days => $2)
             ) as "due!""#,
            id.0,
            days.cast_signed()
        )
        .fetch_one(&self.pool)
        .await?;
        if due {
            self.identities_erase(id).await?;
        }
        Ok(due)
    }

    /// Lets people in by links of the researchers' own: a token for each name.
    pub async fn guests_add(&self, id: StudyId, names: &[String]) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into study_guests (study_id, token, name)
             select $1, replace(gen_random_uuid()::text, '-', ''), name
             from unnest($2::text[]) as guests (name)",
            id.0,
            names
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Names with their tokens, and whether each has come.
    pub async fn guests_of(&self, id: StudyId) -> Result<Vec<(String, String, bool)>, StoreError> {
        let rows = sqlx::query!(
            r#"select g.name, g.token, exists (
                 select from participants p join participant_identities i on i.participant_id = p.id
                 where p.study_id = $1 and p.source = 'link' and i.platform_id = g.token
             ) as "came!"
             from study_guests g where g.study_id = $1 order by g.name, g.token"#,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| (row.name, row.token, row.came)).collect())
    }

    /// Keeps something to look at.
    pub async fn evidence_add(&self, found: &Evidence) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into evidence (participant_id, episode_id, turn, flag, detail)
             values ($1, $2, $3, $4, $5)",
            found.participant.0,
            found.episode.map(|episode| episode.0),
            found.turn.map(u32::cast_signed),
            found.flag,
            found.detail
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn evidence_of(&self, id: ParticipantId) -> Result<Vec<Evidence>, StoreError> {
        let rows = sqlx::query!(
            "select episode_id, turn, flag, detail, at from evidence where participant_id = $1 order by id",
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Evidence {
                participant: id,
                episode: row.episode_id.map(EpisodeId),
                turn: row.turn.map(i32::cast_unsigned),
                flag: row.flag,
                detail: row.detail,
                at_ms: row.at.timestamp_millis(),
            })
            .collect())
    }

    /// A researcher's word to one participant.
    pub async fn message_add(
        &self,
        id: ParticipantId,
        text: &str,
        by: UserId,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into participant_messages (participant_id, text, written_by) values ($1, $2, $3)",
            id.0,
            text,
            by.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Oldest first, each with its time.
    pub async fn messages_of(&self, id: ParticipantId) -> Result<Vec<(i64, String)>, StoreError> {
        let rows = sqlx::query!(
            "select text, written_at from participant_messages where participant_id = $1 order by id",
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        let told = |at: DateTime<Utc>, text| (at.timestamp_millis(), text);
        Ok(rows.into_iter().map(|row| told(row.written_at, row.text)).collect())
    }
}

struct Line {
    id: Uuid,
    source: String,
    platform_id: String,
    submission: String,
    ended: String,
    base: i32,
    bonus: i32,
    currency: String,
}

/// Writes what is due at the end of a participation; once.
pub(super) async fn settle(
    connection: &mut PgConnection,
    study: &Study,
    row: &ParticipantRow,
    reward: impl Fn(EpisodeId) -> Option<f64>,
) -> Result<(), StoreError> {
    let due = due(study, &row.progress, reward);
    for (kind, cents) in [("base", due.base), ("bonus", due.total - due.base)] {
        if cents == 0 {
            continue;
        }
        sqlx::query!(
            "insert into payments (participant_id, kind, cents, currency, basis)
             values ($1, $2, $3, $4, $5) on conflict on constraint payment_once do nothing",
            row.id.0,
            kind,
            cents.cast_signed(),
            study.pay.currency,
            Json(&due) as _
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
