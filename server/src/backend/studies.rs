//! Studies as researchers handle them.

use std::collections::BTreeMap;

use app::backend::Caller;
use app::study_desk::{
    Bargained, Choices, Flagged, ParticipantCommand, ParticipantPage, Payment, PaymentsWanted,
    StudyCommand, StudyPage, StudyResults,
};
use rand::Rng;
use serde_json::json;
use store::{Codes, NewStudy, StoreError, StudyRow, TakeError};
use study::desk::{ParticipantHead, Stage, StudyHead, StudyStatus, stage_medians, stages};
use study::power::{Wish, needed};
use study::results::{Person, excluded, results};
use study::{End, Event, Input, Study, preregistration};
use uuid::Uuid;
use wire::{Code, ParticipantId, Problem, StudyId};

use super::account::researcher;
use super::{Souk, refusal};
use crate::clock::now_ms;
use crate::studies::payments;

/// Problem codes of studies, for `/api/errors`.
pub const CODES: [(&str, u16, &str); 5] = [
    ("study_slug_unique", 422, "Another study has this name in addresses: choose another."),
    ("study_slug_shape", 422, "A study's name in addresses is 3 to 40 of a-z, 0-9 and -."),
    ("study_file", 422, "The study's file cannot be read: the detail says where."),
    (
        "study_is_frozen",
        422,
        "The study was launched, and its file is frozen: begin another one from it.",
    ),
    ("study_not_now", 409, "The study is not in a state for this, or its file has flaws."),
];

/// The study that comes with Souk.
const READY: &str = include_str!("../../../crates/study/studies/base-vs-trained.toml");
/// Fewer participants tell nothing of how far they differ.
const LEAST_OF_A_PILOT: usize = 6;
/// Letters of completion codes: none that are taken for another.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

impl Souk {
    pub(crate) async fn all_studies(&self, caller: Caller) -> Result<Vec<StudyHead>, Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.store.study_list().await.map_err(refusal)
    }

    pub(crate) async fn study_page(
        &self,
        caller: Caller,
        id: StudyId,
    ) -> Result<StudyPage, Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.study_told(id).await.map_err(refusal)
    }

    async fn study_told(&self, id: StudyId) -> Result<StudyPage, StoreError> {
        let row = self.store.study_find(id).await?;
        let participants = self.store.participant_list(id).await?;
        let ledger = self.store.payments_of(id).await?;
        let history = self.store.study_history(id).await?;
        let told: Vec<Vec<Stage>> =
            history.values().map(|events| stages(&row.study, events)).collect();
        let of = |ended: Option<End>| {
            i64::try_from(participants.iter().filter(|one| one.ended == ended).count()).unwrap_or(0)
        };
        Ok(StudyPage {
            card: StudyHead {
                id,
                slug: row.slug,
                title: row.study.title.clone(),
                status: row.status,
                pilot: row.pilot,
                under_way: of(None),
                completed: of(Some(End::Complete)),
                created_ms: row.created_ms,
            },
            flaws: self.flaws(&row.study),
            versions: self.store.study_versions(id).await?,
            file: self.store.study_file(id, row.version).await?,
            version: row.version,
            hash: row.hash,
            is_frozen: row.is_frozen,
            codes: row.codes,
            preregistration: row.preregistration,
            has_identities: row.has_key,
            soft_stop_lifted: row.soft_stop_lifted,
            owed: ledger.iter().map(|line| u64::from(line.cents)).sum(),
            payments: ledger
                .into_iter()
                .map(|line| Payment {
                    participant: line.participant,
                    of: match line.kind.as_str() {
                        "bonus" => {
                            line.basis.bonuses.iter().map(|b| (b.episode, b.cents)).collect()
                        }
                        _ => Vec::new(),
                    },
                    kind: line.kind,
                    cents: line.cents,
                    made_ms: line.made_ms,
                    paid_ms: line.paid_ms,
                    file: line.file.map(|file| file.to_string()),
                    source: line.source,
                })
                .collect(),
            guests: self.store.guests_of(id).await?,
            choices: self.choices(),
            stages: stage_medians(&told),
            participants,
            study: row.study,
        })
    }

    pub(crate) async fn participant_page(
        &self,
        caller: Caller,
        id: StudyId,
        participant: ParticipantId,
    ) -> Result<ParticipantPage, Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.participant_told(id, participant).await.map_err(refusal)
    }

    async fn participant_told(
        &self,
        id: StudyId,
        participant: ParticipantId,
    ) -> Result<ParticipantPage, StoreError> {
        let study = self.store.study_find(id).await?.study;
        let heads = self.store.participant_list(id).await?;
        let head = heads.into_iter().find(|head| head.id == participant);
        let head = head.ok_or(StoreError::NotFound("participant"))?;
        let history = self.store.study_history(id).await?.remove(&participant).unwrap_or_default();
        let found = self.store.participant_find(participant, &study).await?;
        let rewards = self.store.participant_rewards(&found, &study).await?;
        let reward = |episode| rewards.get(&episode).copied().flatten();
        let due = study::due(&study, &found.progress, reward);
        let conditions = found.progress.conditions_played(&study);
        let talks = found.progress.played.iter().zip(conditions).map(|((episode, how), at)| {
            let line = due.bonuses.iter().find(|line| line.episode == *episode);
            Bargained {
                episode: *episode,
                condition: study.conditions.get(at).map(|one| one.name.clone()).unwrap_or_default(),
                how: *how,
                reward: reward(*episode),
                cents: line.map_or(0, |line| line.cents),
            }
        });
        let flags = self.store.evidence_of(participant).await?;
        Ok(ParticipantPage {
            stages: stages(&study, &history),
            answers: history.iter().flat_map(|(_, event)| answered(event)).collect(),
            history: history.iter().map(|(at, event)| (*at, told(event))).collect(),
            talks: talks.collect(),
            flags: flags
                .into_iter()
                .map(|one| Flagged {
                    flag: one.flag,
                    detail: one.detail.to_string(),
                    episode: one.episode,
                    turn: one.turn,
                    at_ms: one.at_ms,
                })
                .collect(),
            messages: self.store.messages_of(participant).await?,
            head,
            study,
        })
    }

    pub(crate) async fn results_of_study(
        &self,
        caller: Caller,
        id: StudyId,
    ) -> Result<StudyResults, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let row = self.store.study_find(id).await.map_err(refusal)?;
        let heads = self.store.participant_list(id).await.map_err(refusal)?;
        let mut people = Vec::new();
        for head in heads.iter().filter(|head| head.ended == Some(End::Complete)) {
            people.push(self.person(&row, head).await.map_err(refusal)?);
        }
        let worked_out = move || {
            let results = results(&row.study, &people);
            let power = power(&results.residuals);
            StudyResults { results, power }
        };
        let found = tokio::task::spawn_blocking(worked_out).await;
        found.map_err(|_| Problem::new(Code::Internal, "The results broke off. Try again."))
    }

    async fn person(&self, row: &StudyRow, head: &ParticipantHead) -> Result<Person, StoreError> {
        let found = self.store.participant_find(head.id, &row.study).await?;
        let scored = self.store.participant_rewards(&found, &row.study).await?;
        let mut rewards: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        let conditions = found.progress.conditions_played(&row.study);
        for ((episode, how), condition) in found.progress.played.iter().zip(conditions) {
            let reward = scored.get(episode).copied().flatten();
            if let Some(reward) = reward.filter(|_| *how == study::progress::How::Counts) {
                rewards.entry(condition).or_default().push(reward);
            }
        }
        let took_ms = head.ended_ms.unwrap_or(head.entered_ms) - head.entered_ms;
        Ok(Person {
            rewards,
            excluded: excluded(&row.study, &found.progress, took_ms),
            answers: found.progress.survey.unwrap_or_default(),
        })
    }

    /// What a study's file may name.
    fn choices(&self) -> Choices {
        Choices {
            negotiators: self.roster.cards().into_iter().map(|card| card.name.0).collect(),
            personas: policy::personas().iter().map(|persona| persona.name.to_owned()).collect(),
        }
    }

    fn flaws(&self, study: &Study) -> Vec<study::definition::Flaw> {
        let choices = self.choices();
        let negotiators: Vec<&str> = choices.negotiators.iter().map(String::as_str).collect();
        let personas: Vec<&str> = choices.personas.iter().map(String::as_str).collect();
        study.flaws(&negotiators, &personas)
    }

    pub(crate) async fn keep_study(
        &self,
        caller: Caller,
        slug: &str,
        from: Option<StudyId>,
    ) -> Result<StudyId, Problem> {
        let by = researcher(caller)?;
        self.health.check()?;
        let study = match from {
            Some(other) => self.store.study_find(other).await.map_err(refusal)?.study,
            None => Study::read(READY).map_err(unreadable)?,
        };
        let id = StudyId(Uuid::now_v7());
        let new = NewStudy { id, slug: slug.trim().to_owned(), study, codes: codes(), by };
        self.store.study_create(&new).await.map_err(refusal)?;
        self.note(caller, "study.create", id, json!({ "slug": new.slug })).await;
        Ok(id)
    }

    pub(crate) async fn keep_study_file(
        &self,
        caller: Caller,
        id: StudyId,
        file: &str,
        note: &str,
    ) -> Result<(), Problem> {
        let by = researcher(caller)?;
        self.health.check()?;
        let study = Study::read(file).map_err(unreadable)?;
        let note = if note.trim().is_empty() { "changed" } else { note.trim() };
        let version = self.store.study_write(id, &study, note, by).await.map_err(refusal)?;
        self.note(caller, "study.write", id, json!({ "version": version, "note": note })).await;
        Ok(())
    }

    pub(crate) async fn study_does(
        &self,
        caller: Caller,
        id: StudyId,
        command: StudyCommand,
    ) -> Result<(), Problem> {
        researcher(caller)?;
        self.health.check()?;
        let row = self.store.study_find(id).await.map_err(refusal)?;
        let done = match &command {
            StudyCommand::Launch { pilot } => {
                let pilot = *pilot;
                let flaws = self.flaws(&row.study);
                if let Some(flaw) = flaws.first() {
                    let detail = format!(
                        "The study has {} flaws, the first one at {}: {}.",
                        flaws.len(),
                        flaw.place,
                        flaw.sentence
                    );
                    return Err(Problem::named(Code::Conflict, "study_not_now", detail));
                }
                let at = iso(now_ms());
                let promise = preregistration::document(&row.study, &at);
                self.store.study_launch(id, row.version, &promise, pilot).await
            }
            StudyCommand::Pause => self.store.study_set(id, StudyStatus::Paused).await,
            StudyCommand::Open => self.store.study_set(id, StudyStatus::Open).await,
            StudyCommand::Close => self.store.study_set(id, StudyStatus::Closed).await,
            StudyCommand::LiftSoftStop => self.store.study_lift_soft_stop(id).await.map(|()| true),
            StudyCommand::Invite(names) => self.store.guests_add(id, names).await.map(|()| true),
            StudyCommand::Erase => self.store.identities_erase(id).await.map(|_| true),
        };
        if !done.map_err(refusal)? {
            let detail = format!("The study is {}: this is not possible now.", row.status.name());
            return Err(Problem::named(Code::Conflict, "study_not_now", detail));
        }
        // Names of people are in no record that outlives them.
        let told = match &command {
            StudyCommand::Invite(names) => format!("Invite({})", names.len()),
            other => format!("{other:?}"),
        };
        self.note(caller, "study.command", id, json!({ "command": told })).await;
        Ok(())
    }

    pub(crate) async fn participant_does(
        &self,
        caller: Caller,
        study: StudyId,
        id: ParticipantId,
        command: ParticipantCommand,
    ) -> Result<(), Problem> {
        let by = researcher(caller)?;
        self.health.check()?;
        let row = self.store.study_find(study).await.map_err(refusal)?;
        let found = self.store.participant_find(id, &row.study).await.map_err(refusal)?;
        if found.study != study {
            return Err(refusal(StoreError::NotFound("participant")));
        }
        let take = async |input| match self.store.participant_take(id, &row.study, input).await {
            Ok(_) => Ok(()),
            Err(TakeError::Store(error)) => Err(refusal(error)),
            Err(TakeError::Refused(why)) => {
                let detail = format!("The participant takes no such command: {why}.");
                Err(Problem::named(Code::Conflict, "study_not_now", detail))
            }
        };
        match &command {
            ParticipantCommand::Tell(text) => {
                self.store.message_add(id, text.trim(), by).await.map_err(refusal)?;
            }
            ParticipantCommand::Extend => take(Input::Extend).await?,
            ParticipantCommand::Excuse => take(Input::End(End::Excused)).await?,
            ParticipantCommand::Stop => take(Input::End(End::Stopped)).await?,
            ParticipantCommand::Erase => {
                self.store.identity_erase(id).await.map_err(refusal)?;
            }
        }
        let detail = json!({ "study": study, "command": format!("{command:?}") });
        self.note(caller, "participant.command", id, detail).await;
        Ok(())
    }

    pub(crate) async fn payments_file(
        &self,
        caller: Caller,
        id: StudyId,
        wanted: PaymentsWanted,
    ) -> Result<String, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let file = match wanted {
            PaymentsWanted::New(source) => {
                let file = self.store.payments_export(id, source).await.map_err(refusal)?;
                let detail =
                    json!({ "file": file.id, "lines": file.lines.len(), "for": source.name() });
                self.note(caller, "study.payments", id, detail).await;
                file
            }
            PaymentsWanted::Again(file) => {
                let file = Uuid::parse_str(&file).map_err(|_| nothing_paid())?;
                let found = self.store.payments_file(id, file).await.map_err(refusal)?;
                if found.lines.is_empty() {
                    return Err(nothing_paid());
                }
                self.note(caller, "study.payments_again", id, json!({ "file": file })).await;
                found
            }
        };
        Ok(payments::csv(&file.lines))
    }
}

fn answered(event: &Event) -> Vec<(&'static str, String, String)> {
    let (part, answers) = match event {
        Event::Admitted { answers } | Event::Refused { answers, .. } => ("eligibility", answers),
        Event::QuizTried { answers, .. } => ("quiz", answers),
        Event::Surveyed { answers } => ("survey", answers),
        _ => return Vec::new(),
    };
    answers.iter().map(|(name, value)| (part, name.clone(), value.clone())).collect()
}

/// An event for people.
fn told(event: &Event) -> String {
    match event {
        Event::Entered { language } => format!("entered, in {language}"),
        Event::Translated { language } => format!("went on in {language}"),
        Event::Consented { version } => format!("consented to version {version}"),
        Event::Admitted { .. } => "is eligible".to_owned(),
        Event::Refused { question, .. } => format!("is not eligible, by {question}"),
        Event::Read => "read the instructions".to_owned(),
        Event::Practised { episode: Some(_) } => "practised".to_owned(),
        Event::Practised { episode: None } => "skipped the practice".to_owned(),
        Event::QuizTried { passed: true, .. } => "passed the quiz".to_owned(),
        Event::QuizTried { passed: false, .. } => "did not pass the quiz".to_owned(),
        Event::Assigned { .. } => "was dealt a condition".to_owned(),
        Event::Waited => "waits for the other side".to_owned(),
        Event::Asked => "was asked how to go on, for nobody came".to_owned(),
        Event::TookStandIn => "takes a stand-in".to_owned(),
        Event::Met { .. } => "came to a table".to_owned(),
        Event::Played { .. } => "left the table".to_owned(),
        Event::Surveyed { .. } => "answered the survey".to_owned(),
        Event::Extended => "took more time".to_owned(),
        Event::Resumed => "went on after a pause".to_owned(),
        Event::Ended { end } => format!("is over: {}", end.name().replace('_', " ")),
    }
}

fn nothing_paid() -> Problem {
    Problem::new(Code::NotFound, "There is no such file, or the identities in it are erased.")
}

fn unreadable(why: String) -> Problem {
    Problem::named(Code::Unprocessable, "study_file", why)
}

fn codes() -> Codes {
    let mut chance = rand::rng();
    let mut code = || -> String {
        (0..8).map(|_| char::from(LETTERS[chance.random_range(0..LETTERS.len())])).collect()
    };
    End::ALL.into_iter().map(|end| (end, code())).collect()
}

/// ISO 8601, of milliseconds since the Unix epoch.
fn iso(at_ms: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp(at_ms.div_euclid(1000))
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

fn power(residuals: &[f64]) -> Vec<(f64, Option<u32>)> {
    if residuals.len() < LEAST_OF_A_PILOT {
        return Vec::new();
    }
    let one = |difference: f64| {
        let wish = Wish { difference, ..Wish::default() };
        (difference, needed(residuals, wish, 1_000, 300, 1))
    };
    [0.05, 0.1, 0.2].map(one).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_utc() {
        assert_eq!(iso(1_764_374_400_999), "2025-11-29T00:00:00Z");
    }

    #[test]
    fn the_ready_study_reads_and_has_a_code_for_each_end() {
        assert!(Study::read(READY).is_ok());
        let codes = codes();
        assert_eq!(codes.len(), End::ALL.len());
        let different: std::collections::BTreeSet<&String> = codes.values().collect();
        assert_eq!(different.len(), codes.len());
    }
}
