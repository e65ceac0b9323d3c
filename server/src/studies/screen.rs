//! What a participant's page shows.

use app::participant::{Draft, Inside, Table};
use rules::{Audience, Event, PerRole, Role, View};
use store::{EpisodeRow, ParticipantRow, StoreError, StudyRow};
use study::desk::{Source, StudyStatus};
use study::{End, Place, due};
use wire::EpisodeId;

use super::Studies;
use crate::clock::now_ms;

impl Studies {
    /// All but what a refused form brings along.
    pub(super) async fn inside(
        &self,
        row: &StudyRow,
        participant: &ParticipantRow,
    ) -> Result<Inside, StoreError> {
        let study = &row.study;
        let progress = &participant.progress;
        // Before all that it tells of: what happens while this page is laid out is news to it.
        let revision = self.revision(row, participant).await?;
        let at = self.shown(row, participant).await?;
        let table = match at {
            Some(episode) => self.table(row, participant, episode).await?,
            None => None,
        };
        let rewards = self.souk.store.participant_rewards(participant, study).await?;
        let reward = |episode: EpisodeId| rewards.get(&episode).copied().flatten();
        let code = progress.end.and_then(|end| code(row, end));
        let back = code.as_deref().and_then(|code| back(participant.source, code));
        let messages = self.souk.store.messages_of(participant.id).await?;
        Ok(Inside {
            place: participant.place,
            step: progress.step,
            revision,
            since_ms: progress.since_ms,
            until_ms: progress.until_ms(study),
            negotiated: progress.negotiated(),
            tries: progress.tries,
            has_stand_in: study::progress::stand_in(study, progress).is_some(),
            paused: row.status == StudyStatus::Paused,
            messages: messages.into_iter().map(|(_, text)| text).collect(),
            due: due(study, progress, reward),
            table,
            given: Default::default(),
            wrong: Default::default(),
            code,
            back,
        })
    }

    /// The table that a participant's page shows: where it sits, or sat last.
    async fn shown(
        &self,
        row: &StudyRow,
        participant: &ParticipantRow,
    ) -> Result<Option<EpisodeId>, StoreError> {
        Ok(match participant.place {
            Place::Negotiating { episode } => Some(episode),
            Place::Practice => self.practice_of(row, participant.visitor).await?,
            Place::Ready | Place::Survey => {
                participant.progress.played.last().map(|(episode, _)| *episode)
            }
            _ => None,
        })
    }

    /// Changes when the page should be looked at again. Asked for every other second: nothing of the page is worked out.
    pub(super) async fn revision(
        &self,
        row: &StudyRow,
        participant: &ParticipantRow,
    ) -> Result<String, StoreError> {
        let (mut moves, mut gone) = (0, false);
        if let Some(episode) = self.shown(row, participant).await? {
            let table = self.souk.store.episode_find(episode).await?;
            moves = table.moves;
            if let Some(role) = table.role_of(participant.visitor) {
                gone = self.partner_gone(row, &table, role).await?.is_some();
            }
        }
        let messages = self.souk.store.messages_of(participant.id).await?.len();
        let (seq, status) = (participant.seq, row.status.name());
        Ok(format!("{seq}.{moves}.{messages}.{status}.{}", u8::from(gone)))
    }

    /// A page that nobody is at, to look at beforehand. `None`: there is no such place.
    pub(super) async fn imagined(
        &self,
        row: &StudyRow,
        place: &str,
        condition: usize,
    ) -> Result<Option<Inside>, StoreError> {
        let study = &row.study;
        let episode = EpisodeId(uuid::Uuid::nil());
        let place = match place {
            "consent" => Place::Consent,
            "eligibility" => Place::Eligibility,
            "instructions" => Place::Instructions,
            "practice" => Place::Practice,
            "quiz" => Place::Quiz,
            "ready" => Place::Ready,
            "waiting" => Place::Waiting,
            "choosing" => Place::Choosing,
            "negotiating" => Place::Negotiating { episode },
            "survey" => Place::Survey,
            "debrief" => Place::Debrief,
            "over" => Place::Over { end: End::Complete },
            _ => return Ok(None),
        };
        let table = match place {
            Place::Negotiating { .. } => self.imagined_table(row, condition).await?,
            _ => None,
        };
        let progress = study::Progress::default();
        Ok(Some(Inside {
            place,
            step: 0,
            revision: String::new(),
            since_ms: now_ms(),
            until_ms: None,
            negotiated: 0,
            tries: 0,
            has_stand_in: true,
            paused: false,
            messages: Vec::new(),
            due: due(study, &progress, |_| None),
            table,
            given: Default::default(),
            wrong: Default::default(),
            code: code(row, End::Complete).filter(|_| matches!(place, Place::Over { .. })),
            back: None,
        }))
    }

    async fn imagined_table(
        &self,
        row: &StudyRow,
        condition: usize,
    ) -> Result<Option<Table>, StoreError> {
        let Some(condition) = row.study.conditions.get(condition) else { return Ok(None) };
        let ids = self.souk.store.study_products(&condition.products).await?;
        let Some(id) = ids.first() else { return Ok(None) };
        let found = self.souk.store.product_find(id).await?;
        let product = found.product();
        let role = condition.role.unwrap_or(Role::Buyer);
        Ok(Some(Table {
            role,
            title: product.title,
            description: product.description,
            list_price: product.list_price,
            limit: match role {
                Role::Buyer => found.budget,
                Role::Seller => found.cost,
            },
            turns: Vec::new(),
            standing: PerRole::default(),
            is_own_turn: true,
            left: condition.rounds,
            outcome: None,
            partner_gone_s: None,
            draft: Draft::default(),
        }))
    }

    /// A table as its participant's seat sees it.
    pub(super) async fn table(
        &self,
        row: &StudyRow,
        participant: &ParticipantRow,
        episode: EpisodeId,
    ) -> Result<Option<Table>, StoreError> {
        let found = self.souk.store.episode_find(episode).await?;
        let Some(role) = found.role_of(participant.visitor) else { return Ok(None) };
        let events = self.souk.store.events_after(episode, 0, 10_000).await?;
        let shown: Vec<Event> = events
            .into_iter()
            .map(|envelope| envelope.event.shown_to(Audience::Seat(role)))
            .collect();
        let Some(view) = View::fold(role, &shown) else { return Ok(None) };
        let product = &view.table.listing.product;
        let own = view.table.turns.iter().filter(|turn| turn.by == role).count();
        let rounds = match view.table.listing.protocol {
            rules::Protocol::Alternating { max_rounds } => max_rounds,
            rules::Protocol::Open { .. } => 0,
        };
        let legal = view.legal();
        let mut standing = PerRole { buyer: None, seller: None };
        *standing.get_mut(role.other()) = legal.accept;
        let partner_gone_s = self.partner_gone(row, &found, role).await?;
        Ok(Some(Table {
            role,
            title: product.title.clone(),
            description: product.description.clone(),
            list_price: product.list_price,
            limit: view.limit,
            standing,
            is_own_turn: legal.any(),
            left: rounds.saturating_sub(u32::try_from(own).unwrap_or(u32::MAX)),
            outcome: view.table.outcome,
            turns: view.table.turns,
            partner_gone_s,
            draft: Draft::default(),
        }))
    }

    /// Seconds until a partner who is not seen counts as gone; `None` while nobody is missed.
    async fn partner_gone(
        &self,
        row: &StudyRow,
        table: &EpisodeRow,
        role: Role,
    ) -> Result<Option<i64>, StoreError> {
        let theirs = table.next_actors == [role.other()];
        let store::Sitter::Person { visitor, .. } = table.seats.get(role.other()) else {
            return Ok(None);
        };
        if !theirs || table.outcome.is_some() {
            return Ok(None);
        }
        let Some(seen_ms) = self.souk.store.participant_seen_ms(*visitor).await? else {
            return Ok(None);
        };
        let away = (now_ms() - seen_ms) / 1000;
        let limit = i64::from(row.study.limits.away) * 60;
        // Who looks every other second is missed after a quarter of the time.
        Ok((away > limit / 4).then(|| (limit - away).max(0)))
    }
}

/// What the platform gets; nothing for who did not consent, where the platform wants none.
fn code(row: &StudyRow, end: End) -> Option<String> {
    row.codes.get(&end).cloned()
}

fn back(source: Source, code: &str) -> Option<String> {
    match source {
        Source::Prolific => {
            Some(format!("https://app.prolific.com/submissions/complete?cc={code}"))
        }
        // The worker types the code into the task's form.
        Source::Mturk | Source::Link | Source::Bot => None,
    }
}
