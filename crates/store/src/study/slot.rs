//! Slots: dealt and given back, by a log that deals again.

use sqlx::PgConnection;
use sqlx::types::Json;
use study::{Dealer, Slot, Study};
use wire::{ParticipantId, StudyId};

use super::ParticipantRow;
use crate::connection::Store;
use crate::error::StoreError;

impl Store {
    /// The log of what was dealt and given back, oldest first.
    pub async fn study_assignments(
        &self,
        id: StudyId,
    ) -> Result<Vec<(ParticipantId, bool, Slot)>, StoreError> {
        let rows = sqlx::query!(
            r#"select participant_id, kind, slot as "slot: Json<Slot>" from study_assignments
             where study_id = $1 order by n"#,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| (ParticipantId(row.participant_id), row.kind == "dealt", row.slot.0))
            .collect())
    }
}

/// Deals the next slot by the study's whole log.
pub(super) async fn deal(
    connection: &mut PgConnection,
    study: &Study,
    row: &ParticipantRow,
) -> Result<Slot, StoreError> {
    let cells = study::cells::cells(study).len();
    let mut dealer = Dealer::new(study.assignment.seed, cells.max(1), study.assignment.block);
    let log = sqlx::query!(
        r#"select kind, slot as "slot: Json<Slot>" from study_assignments
         where study_id = $1 order by n"#,
        row.study.0
    )
    .fetch_all(&mut *connection)
    .await?;
    for entry in log {
        if entry.kind == "dealt" {
            dealer.deal(&entry.slot.stratum);
        } else {
            dealer.give_back(&entry.slot);
        }
    }
    let answers = row.progress.eligibility.as_ref();
    let stratum: Vec<&str> = study
        .assignment
        .strata
        .iter()
        .map(|name| answers.and_then(|answers| answers.get(name)).map_or("", String::as_str))
        .collect();
    let slot = dealer.deal(&stratum.join("/"));
    log_assignment(connection, row.study, row.id, "dealt", &slot).await?;
    Ok(slot)
}

pub(super) async fn log_assignment(
    connection: &mut PgConnection,
    study: StudyId,
    participant: ParticipantId,
    kind: &str,
    slot: &Slot,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into study_assignments (study_id, n, participant_id, kind, slot)
         select $1, coalesce(max(n), 0) + 1, $2, $3, $4 from study_assignments where study_id = $1",
        study.0,
        participant.0,
        kind,
        Json(slot) as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
