//! Participants: let in, moved on by what they do, dealt their slots.
//!
//! All that changes a participant holds the study's row for the time of its transaction: slots, places and pay of one
//! study are decided one after the other.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use sqlx::PgConnection;
use sqlx::types::Json;
use study::desk::{ParticipantHead, Source, StudyStatus};
use study::pay::{Door, door};
use study::{End, Event, Input, Place, Progress, Refused, Study, apply, tick};
use uuid::Uuid;
use wire::{EpisodeId, ParticipantId, StudyId, VisitorId};

use super::payment::settle;
use super::slot::{deal, log_assignment};
use super::status;
use super::table::rewards;
use crate::connection::Store;
use crate::episode::at;
use crate::error::StoreError;

/// Who comes, as the platform says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entering {
    pub source: Source,
    pub platform_id: String,
    /// What a payment refers to.
    pub submission: String,
    pub task: String,
    pub language: String,
}

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub enum NotLetIn {
    #[error("the study is not open")]
    Closed(StudyStatus),
    #[error("the link is not one of the study's guests")]
    NoGuest,
    #[error("who had the identity erased does not take part again")]
    Erased,
    #[error("all places are taken")]
    Full,
    #[error("the study's money may not suffice for another participant")]
    Money(Door),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A participant with all that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct ParticipantRow {
    pub id: ParticipantId,
    pub study: StudyId,
    pub source: Source,
    pub visitor: VisitorId,
    pub progress: Progress,
    pub place: Place,
    /// Number of the last event.
    pub seq: i64,
}

/// What an input did.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    pub events: Vec<Event>,
    pub participant: ParticipantRow,
}

#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Lets somebody in, or finds who was let in before: the same person is the same participant.
    pub async fn participant_enter(
        &self,
        id: StudyId,
        study: &Study,
        who: &Entering,
    ) -> Result<ParticipantId, NotLetIn> {
        let mut transaction = self.begin().await.map_err(StoreError::from)?;
        let row = sqlx::query!(
            "select status, key, soft_stop_lifted from studies where id = $1 for update",
            id.0
        )
        .fetch_optional(&mut *transaction)
        .await
        .map_err(StoreError::from)?
        .ok_or(StoreError::NotFound("study"))?;
        let status = status(&row.status)?;
        let Some(key) = row.key else { return Err(NotLetIn::Closed(status)) };
        let pseudonym = pseudonym(&key, who);
        let known = sqlx::query_scalar!(
            "select id from participants where study_id = $1 and pseudonym = $2",
            id.0,
            pseudonym
        )
        .fetch_optional(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
        if let Some(known) = known {
            return Ok(ParticipantId(known));
        }
        if status != StudyStatus::Open {
            return Err(NotLetIn::Closed(status));
        }
        let erased = sqlx::query_scalar!(
            r#"select exists (
                 select from study_erased where study_id = $1 and pseudonym = $2
             ) as "erased!""#,
            id.0,
            pseudonym
        )
        .fetch_one(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
        if erased {
            return Err(NotLetIn::Erased);
        }
        if who.source == Source::Link {
            let guest = sqlx::query_scalar!(
                r#"select exists (
                     select from study_guests where study_id = $1 and token = $2
                 ) as "known!""#,
                id.0,
                who.platform_id
            )
            .fetch_one(&mut *transaction)
            .await
            .map_err(StoreError::from)?;
            if !guest {
                return Err(NotLetIn::NoGuest);
            }
        }
        let counts = sqlx::query!(
            r#"select count(*) filter (where ended is null) as "under_way!",
                 count(*) filter (where ended = 'complete') as "completed!",
                 coalesce((
                     select sum(m.cents) from payments m
                     join participants q on q.id = m.participant_id where q.study_id = $1
                 ), 0)::bigint as "owed!"
             from participants where study_id = $1"#,
            id.0
        )
        .fetch_one(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
        let recruitment = &study.recruitment;
        if counts.completed >= i64::from(recruitment.completers)
            || counts.completed + counts.under_way
                >= i64::from(recruitment.completers + recruitment.spare)
        {
            return Err(NotLetIn::Full);
        }
        let (owed, under_way) = (counts.owed.cast_unsigned(), counts.under_way.cast_unsigned());
        match door(study, owed, under_way, row.soft_stop_lifted) {
            Door::Open => {}
            closed => return Err(NotLetIn::Money(closed)),
        }
        let participant = ParticipantId(Uuid::now_v7());
        self.let_in(&mut transaction, id, study, participant, who, pseudonym).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(participant)
    }

    async fn let_in(
        &self,
        connection: &mut PgConnection,
        id: StudyId,
        study: &Study,
        participant: ParticipantId,
        who: &Entering,
        pseudonym: Vec<u8>,
    ) -> Result<(), StoreError> {
        let visitor = Uuid::new_v4();
        sqlx::query!("insert into visitors (id) values ($1)", visitor)
            .execute(&mut *connection)
            .await?;
        sqlx::query!(
            "insert into participants (id, study_id, source, pseudonym, visitor_id, language, place)
             values ($1, $2, $3, $4, $5, $6, 'consent')",
            participant.0,
            id.0,
            who.source.name(),
            pseudonym,
            visitor,
            who.language
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "insert into participant_identities (participant_id, platform_id, submission, task)
             values ($1, $2, $3, $4)",
            participant.0,
            who.platform_id,
            who.submission,
            who.task
        )
        .execute(&mut *connection)
        .await?;
        let mut row = load(connection, participant, study).await?;
        let entered = Event::Entered { language: who.language.clone() };
        append(connection, study, &mut row, vec![entered]).await?;
        Ok(())
    }

    pub async fn participant_find(
        &self,
        id: ParticipantId,
        study: &Study,
    ) -> Result<ParticipantRow, StoreError> {
        load(&mut *self.pool.acquire().await?, id, study).await
    }

    /// The participant who sits at tables as a visitor.
    pub async fn participant_of(
        &self,
        visitor: VisitorId,
    ) -> Result<Option<(ParticipantId, StudyId)>, StoreError> {
        let row =
            sqlx::query!("select id, study_id from participants where visitor_id = $1", visitor.0)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|row| (ParticipantId(row.id), StudyId(row.study_id))))
    }

    /// Notes that somebody looks at the page.
    pub async fn participant_seen(&self, id: ParticipantId) -> Result<(), StoreError> {
        sqlx::query!(
            "update participants set seen_at = now()
             where id = $1 and seen_at < now() - interval '2 seconds'",
            id.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Does what an input says: its events, a slot where one is due, pay where it is the end, all of it or nothing.
    pub async fn participant_take(
        &self,
        id: ParticipantId,
        study: &Study,
        input: Input,
    ) -> Result<Taken, TakeError> {
        let mut transaction = self.begin().await.map_err(StoreError::from)?;
        lock_study_of(&mut transaction, id).await?;
        let mut row = load(&mut transaction, id, study).await?;
        let events = apply(study, &row.progress, input)?;
        let events = within_quotas(&mut transaction, study, &row, events).await?;
        let events = append(&mut transaction, study, &mut row, events).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(Taken { events, participant: row })
    }

    /// Participants of a study whose time is over, with the table that the server is to end where they sit at one.
    /// What the clock does to the others is done.
    pub async fn participants_tick(
        &self,
        id: StudyId,
        study: &Study,
    ) -> Result<Vec<(ParticipantId, Option<EpisodeId>)>, StoreError> {
        let due = sqlx::query_scalar!(
            "select id from participants where study_id = $1 and ended is null and until_at <= now()
             order by until_at limit 100",
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        let mut ticked = Vec::new();
        for participant in due.into_iter().map(ParticipantId) {
            let mut transaction = self.begin().await?;
            lock_study_of(&mut transaction, participant).await?;
            let mut row = load(&mut transaction, participant, study).await?;
            let now_ms = now_ms();
            let overdue = row.progress.overdue(study, now_ms);
            let events = tick(study, &row.progress, now_ms);
            append(&mut transaction, study, &mut row, events).await?;
            transaction.commit().await?;
            ticked.push((participant, overdue));
        }
        Ok(ticked)
    }

    /// Studies in which something may be due.
    pub async fn studies_under_way(&self) -> Result<Vec<StudyId>, StoreError> {
        let ids = sqlx::query_scalar!(
            "select distinct study_id from participants where ended is null order by study_id"
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(StudyId).collect())
    }

    /// What happened to everybody in a study, each with its time, oldest first.
    pub async fn study_history(
        &self,
        id: StudyId,
    ) -> Result<BTreeMap<ParticipantId, Vec<(i64, Event)>>, StoreError> {
        let rows = sqlx::query!(
            r#"select v.participant_id, v.at, v.kind, v.body::text as "body!"
             from participants p join participant_events v on v.participant_id = p.id
             where p.study_id = $1 order by v.participant_id, v.seq"#,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        let mut all: BTreeMap<ParticipantId, Vec<(i64, Event)>> = BTreeMap::new();
        for row in rows {
            let told = (row.at.timestamp_millis(), event(&row.kind, &row.body)?);
            all.entry(ParticipantId(row.participant_id)).or_default().push(told);
        }
        Ok(all)
    }

    /// All participants of a study, newest first.
    pub async fn participant_list(&self, id: StudyId) -> Result<Vec<ParticipantHead>, StoreError> {
        let rows = sqlx::query!(
            r#"select p.id, p.source, p.place, p.ended, p.cell, p.entered_at, p.seen_at, p.until_at,
                 p.ended_at,
                 coalesce((select sum(m.cents) from payments m where m.participant_id = p.id), 0)::bigint
                     as "cents!",
                 (select count(*) from evidence f where f.participant_id = p.id) as "flags!"
             from participants p where p.study_id = $1 order by p.id desc limit 2000"#,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(ParticipantHead {
                    id: ParticipantId(row.id),
                    source: source(&row.source)?,
                    place: row.place,
                    ended: row.ended.as_deref().map(end).transpose()?,
                    cell: row.cell.and_then(|cell| usize::try_from(cell).ok()),
                    entered_ms: row.entered_at.timestamp_millis(),
                    seen_ms: row.seen_at.timestamp_millis(),
                    until_ms: row.until_at.map(|at| at.timestamp_millis()),
                    ended_ms: row.ended_at.map(|at| at.timestamp_millis()),
                    cents: row.cents,
                    flags: row.flags,
                })
            })
            .collect()
    }
}

pub(super) fn source(name: &str) -> Result<Source, StoreError> {
    Source::named(name).ok_or_else(|| StoreError::corrupt("participant", name))
}

pub(super) fn end(name: &str) -> Result<End, StoreError> {
    let found = End::ALL.into_iter().find(|end| end.name() == name);
    found.ok_or_else(|| StoreError::corrupt("participant", name))
}

/// The same person is the same bytes within a study, and nobody without the key can tell who.
fn pseudonym(key: &[u8], who: &Entering) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(who.source.name().as_bytes());
    mac.update(b"\0");
    mac.update(who.platform_id.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn now_ms() -> i64 {
    Utc::now().timestamp_millis()
}

async fn lock_study_of(connection: &mut PgConnection, id: ParticipantId) -> Result<(), StoreError> {
    sqlx::query!(
        "select s.id from studies s join participants p on p.study_id = s.id
         where p.id = $1 for update of s",
        id.0
    )
    .fetch_optional(connection)
    .await?
    .ok_or(StoreError::NotFound("participant"))?;
    Ok(())
}

/// Whoever fits no quota is told so as whoever is not eligible is. The study's row is held: two do not take one place.
async fn within_quotas(
    connection: &mut PgConnection,
    study: &Study,
    row: &ParticipantRow,
    events: Vec<Event>,
) -> Result<Vec<Event>, StoreError> {
    let [Event::Admitted { answers }] = events.as_slice() else { return Ok(events) };
    for quota in &study.recruitment.quotas {
        if answers.get(&quota.question) != Some(&quota.answer) {
            continue;
        }
        let there = sqlx::query_scalar!(
            r#"select count(*) as "n!" from participants p
             join participant_events v on v.participant_id = p.id and v.kind = 'admitted'
             where p.study_id = $1 and (p.ended is null or p.ended = 'complete')
                 and v.body -> 'answers' ->> $2 = $3"#,
            row.study.0,
            quota.question,
            quota.answer
        )
        .fetch_one(&mut *connection)
        .await?;
        if there >= i64::from(quota.most) {
            let (answers, question) = (answers.clone(), quota.question.clone());
            let refused = Event::Refused { answers, question };
            return Ok(vec![refused, Event::Ended { end: End::ScreenedOut }]);
        }
    }
    Ok(events)
}

pub(super) async fn load(
    connection: &mut PgConnection,
    id: ParticipantId,
    study: &Study,
) -> Result<ParticipantRow, StoreError> {
    let row = sqlx::query!(
        r#"select study_id, source, visitor_id, seq,
             array(select kind from participant_events where participant_id = $1 order by seq)
                 as "kinds!",
             array(select body::text from participant_events where participant_id = $1 order by seq)
                 as "bodies!",
             array(select at from participant_events where participant_id = $1 order by seq)
                 as "times!: Vec<DateTime<Utc>>"
         from participants where id = $1"#,
        id.0
    )
    .fetch_optional(connection)
    .await?
    .ok_or(StoreError::NotFound("participant"))?;
    let mut progress = Progress::default();
    for ((kind, body), at) in row.kinds.iter().zip(&row.bodies).zip(&row.times) {
        progress.absorb(at.timestamp_millis(), &event(kind, body)?);
    }
    Ok(ParticipantRow {
        id,
        study: StudyId(row.study_id),
        source: source(&row.source)?,
        visitor: VisitorId(row.visitor_id),
        place: progress.place(study),
        progress,
        seq: row.seq,
    })
}

fn event(kind: &str, body: &str) -> Result<Event, StoreError> {
    let mut whole: serde_json::Value =
        serde_json::from_str(body).map_err(|why| StoreError::corrupt("participant", why))?;
    whole["kind"] = kind.into();
    serde_json::from_value(whole).map_err(|why| StoreError::corrupt("participant", why))
}

/// Stores events with all that follows from them, and answers with all that were stored. The study's row is held.
pub(super) async fn append(
    connection: &mut PgConnection,
    study: &Study,
    row: &mut ParticipantRow,
    mut events: Vec<Event>,
) -> Result<Vec<Event>, StoreError> {
    if events.is_empty() {
        return Ok(events);
    }
    let now_ms = now_ms();
    for event in &events {
        row.progress.absorb(now_ms, event);
    }
    if row.progress.awaits_slot(study) {
        let slot = deal(connection, study, row).await?;
        let assigned = Event::Assigned { slot };
        row.progress.absorb(now_ms, &assigned);
        events.push(assigned);
    }
    row.place = row.progress.place(study);
    let (mut kinds, mut bodies) = (Vec::new(), Vec::new());
    for event in &events {
        let mut body =
            serde_json::to_value(event).map_err(|why| StoreError::corrupt("participant", why))?;
        let kind = body.as_object_mut().and_then(|object| object.remove("kind"));
        kinds.push(kind.and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default());
        bodies.push(body);
    }
    let progress = &row.progress;
    let episode = match row.place {
        Place::Negotiating { episode } => Some(episode.0),
        _ => None,
    };
    sqlx::query!(
        "with participant as (
             update participants set seq = seq + cardinality($3::text[]), place = $6, until_at = $7,
                 ended = $8, ended_at = case when $8::text is not null then now() end, slot = $9,
                 cell = $10, consent_version = $11, language = $12,
                 -- Whoever leaves has still been at the table: it may be yet to be laid for the other side.
                 episode_id = case when $8 is null then $13 else episode_id end,
                 seen_at = now()
             where id = $1 and seq = $2 returning id
         )
         insert into participant_events (participant_id, seq, at, kind, body)
         select participant.id, $2 + e.n, $5, e.kind, e.body
         from participant, unnest($3::text[], $4::jsonb[]) with ordinality as e (kind, body, n)",
        row.id.0,
        row.seq,
        &kinds,
        &bodies,
        at(now_ms),
        row.place.name(),
        progress.until_ms(study).map(at),
        progress.end.map(End::name),
        progress.slot.as_ref().map(Json) as _,
        progress.slot.as_ref().map(|slot| slot.cell as i32),
        progress.consent,
        progress.language,
        episode
    )
    .execute(&mut *connection)
    .await?;
    row.seq += i64::try_from(events.len()).unwrap_or(i64::MAX);
    if let Some(end) = progress.end {
        if let Some(slot) = progress.slot.as_ref().filter(|_| end != End::Complete) {
            log_assignment(connection, row.study, row.id, "returned", slot).await?;
        }
        let rewards = rewards(connection, row, study).await?;
        settle(connection, study, row, |episode| rewards.get(&episode).copied().flatten()).await?;
    }
    Ok(events)
}

/// After a pause: nobody's time ran meanwhile. The study's row is held.
pub(super) async fn resume_all(
    connection: &mut PgConnection,
    id: StudyId,
    study: &Study,
) -> Result<(), StoreError> {
    let under_way = sqlx::query_scalar!(
        "select id from participants where study_id = $1 and ended is null order by id",
        id.0
    )
    .fetch_all(&mut *connection)
    .await?;
    for participant in under_way.into_iter().map(ParticipantId) {
        let mut row = load(connection, participant, study).await?;
        append(connection, study, &mut row, vec![Event::Resumed]).await?;
    }
    Ok(())
}
