//! What happens to participants without them: time that is over, partners that left, pairs, tables that ended.

use std::time::Duration;

use rules::Ending;
use store::{PlayError, StoreError, StudyRow, TakeError, within};
use study::desk::StudyStatus;
use tokio_util::sync::CancellationToken;
use wire::{EpisodeId, ParticipantId, StudyId};

use super::Studies;
use crate::live::Beat;

/// Between two rounds.
const EVERY: Duration = Duration::from_secs(1);
/// For one round; the next does what is left.
const PATIENCE: Duration = Duration::from_secs(120);

/// Rounds between two looks for identities that are kept no longer.
const EXPIRE_EVERY: u64 = 600;

/// Goes on until the server stops. Several servers may do it at once: each step is one transaction.
pub async fn tend(studies: Studies, stop: CancellationToken) {
    let mut every = tokio::time::interval(EVERY);
    let mut rounds = 0_u64;
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = stop.cancelled() => return,
        }
        if let Err(why) = within(PATIENCE, studies.round()).await {
            tracing::warn!(%why, "participants were not looked after");
        }
        if rounds.is_multiple_of(EXPIRE_EVERY)
            && let Err(why) = within(PATIENCE, studies.expire()).await
        {
            tracing::warn!(%why, "identities were not looked after");
        }
        rounds += 1;
    }
}

impl Studies {
    /// Erases what is kept no longer.
    pub async fn expire(&self) -> Result<(), StoreError> {
        for head in self.souk.store.study_list().await? {
            if head.status != StudyStatus::Closed {
                continue;
            }
            let row = self.souk.store.study_find(head.id).await?;
            let days = row.study.privacy.identities_days;
            if self.souk.store.identities_expire(head.id, days).await? {
                tracing::info!(study = %head.id, "identities were kept for their time and are erased");
            }
        }
        Ok(())
    }

    /// Everything that is due now. What fails for one study, or at one table, keeps nobody else waiting; the first
    /// failure is told.
    pub async fn round(&self) -> Result<(), StoreError> {
        let mut done = Ok(());
        for id in self.souk.store.studies_under_way().await? {
            done = done.and(self.look_after(id).await);
            if done.as_ref().is_err_and(StoreError::is_away) {
                return done;
            }
        }
        done = done.and(self.end_left_tables().await);
        for (participant, study, episode) in self.souk.store.participants_to_settle().await? {
            let row = self.souk.store.study_find(study).await?;
            done = done.and(self.tell_end(&row, participant, episode).await);
        }
        done
    }

    async fn look_after(&self, id: StudyId) -> Result<(), StoreError> {
        let row = self.souk.store.study_find(id).await?;
        self.pair(&row).await?;
        // A pause stops the clock's decisions, too.
        if row.status == StudyStatus::Paused {
            return Ok(());
        }
        let mut done = Ok(());
        for (participant, episode) in self.souk.store.tables_unlaid(id).await? {
            let seated = self.souk.store.participant_find(participant, &row.study).await?;
            done = done.and(self.lay(&row, &seated, episode).await);
        }
        for (_, overdue) in self.souk.store.participants_tick(id, &row.study).await? {
            if let Some(episode) = overdue {
                done = done.and(self.end_table(episode).await);
            }
        }
        let minutes = row.study.limits.away;
        for episode in self.souk.store.participants_away(id, minutes).await? {
            done = done.and(self.end_table(episode).await);
        }
        done
    }

    /// Ends tables at which somebody sits who is over.
    pub(super) async fn end_left_tables(&self) -> Result<(), StoreError> {
        for (episode, by) in self.souk.store.tables_left().await? {
            self.conclude(episode, Ending::Abandoned { by }).await?;
        }
        Ok(())
    }

    async fn tell_end(
        &self,
        row: &StudyRow,
        participant: ParticipantId,
        episode: EpisodeId,
    ) -> Result<(), StoreError> {
        let found = self.souk.store.participant_find(participant, &row.study).await?;
        match self.settle(row, found, episode).await {
            Ok(_) | Err(TakeError::Refused(_)) => Ok(()),
            Err(TakeError::Store(error)) => Err(error),
        }
    }

    /// Ends a table as left by whose turn it is; a negotiator that does not answer is a failure of the machinery.
    async fn end_table(&self, episode: EpisodeId) -> Result<(), StoreError> {
        let table = self.souk.store.episode_find(episode).await?;
        let ending = match table.next_actors.first() {
            Some(role) if table.seats.get(*role).is_negotiator() => Ending::EngineFailure,
            Some(role) => Ending::Abandoned { by: *role },
            None => return Ok(()),
        };
        self.conclude(episode, ending).await
    }

    async fn conclude(&self, episode: EpisodeId, ending: Ending) -> Result<(), StoreError> {
        match self.souk.store.episode_conclude(episode, ending).await {
            Ok(played) => {
                self.souk.hub.beat(episode, Beat::Stored(played.envelopes.into()));
                Ok(())
            }
            Err(PlayError::Store(error)) => Err(error),
            Err(PlayError::Refused(_) | PlayError::NotBegun) => Ok(()),
        }
    }
}
