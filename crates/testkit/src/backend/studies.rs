//! A study under way.

use std::collections::BTreeMap;

use app::study_desk::{
    Bargained, Choices, Flagged, ParticipantPage, Payment, StudyPage, StudyResults,
};
use study::desk::{ParticipantHead, Source, Stage, StudyHead, StudyStatus, StudyVersion};
use study::progress::How;
use study::results::{Excluded, Person, results};
use study::{End, Study};
use uuid::Uuid;
use wire::{EpisodeId, ParticipantId, StudyId};

use super::NOW_MS;

pub const STUDY: StudyId = StudyId(Uuid::from_u128(0x401));

pub fn page() -> StudyPage {
    let study = Study::read(include_str!("../../../study/studies/base-vs-trained.toml"))
        .expect("the study that comes with Souk reads");
    let participant = |n: u128, place: &str, ended| ParticipantHead {
        id: ParticipantId(Uuid::from_u128(0x500 + n)),
        source: Source::Prolific,
        place: place.to_owned(),
        ended,
        cell: Some(0),
        entered_ms: NOW_MS - 600_000,
        seen_ms: NOW_MS - 2_000,
        until_ms: Some(NOW_MS + 300_000),
        ended_ms: ended.map(|_| NOW_MS),
        cents: if ended.is_some() { 310 } else { 0 },
        flags: 1,
    };
    let version = |version, note: &str, study: &Study| StudyVersion {
        version,
        hash: study.hash(),
        note: note.to_owned(),
        by: "ada".to_owned(),
        at_ms: NOW_MS - 90_000_000,
        file: study.write(),
    };
    let mut cheaper = study.clone();
    cheaper.pay.base = 199;
    StudyPage {
        card: StudyHead {
            id: STUDY,
            slug: "selling".to_owned(),
            title: study.title.clone(),
            status: StudyStatus::Open,
            pilot: false,
            under_way: 1,
            completed: 7,
            created_ms: NOW_MS - 86_400_000,
        },
        file: study.write(),
        version: 2,
        hash: study.hash(),
        is_frozen: true,
        choices: Choices {
            negotiators: vec!["demo".to_owned(), "linear".to_owned()],
            personas: vec!["neutral".to_owned()],
        },
        flaws: study.flaws(&["demo"], &["neutral"]),
        versions: vec![version(2, "more pay", &study), version(1, "begun", &cheaper)],
        codes: BTreeMap::from([(End::Complete, "C0DE".to_owned())]),
        preregistration: Some(study::preregistration::document(&study, "2026-11-29T12:00:00Z")),
        has_identities: true,
        soft_stop_lifted: false,
        participants: vec![
            participant(1, "negotiating", None),
            participant(2, "over", Some(End::Complete)),
        ],
        owed: 2_170,
        payments: vec![Payment {
            participant: ParticipantId(Uuid::from_u128(0x502)),
            source: Source::Prolific,
            kind: "bonus".to_owned(),
            cents: 60,
            of: vec![(EpisodeId(Uuid::from_u128(0x601)), 60)],
            made_ms: NOW_MS,
            paid_ms: None,
            file: None,
        }],
        stages: vec![("consent", 31_000, 2), ("negotiating", 240_000, 1)],
        guests: vec![("Ann".to_owned(), "0123abcd".to_owned(), true)],
        study,
    }
}

/// One of [`page`]'s.
pub fn participant_page(id: ParticipantId) -> Option<ParticipantPage> {
    let page = page();
    let head = page.participants.into_iter().find(|one| one.id == id)?;
    let episode = EpisodeId(Uuid::from_u128(0x601));
    Some(ParticipantPage {
        head,
        study: page.study,
        stages: vec![Stage { place: "consent", ms: 31_000 }],
        history: vec![(NOW_MS, "entered, in en".to_owned())],
        answers: vec![("survey", "honest".to_owned(), "<5>".to_owned())],
        talks: vec![Bargained {
            episode,
            condition: "base".to_owned(),
            how: How::Counts,
            reward: Some(0.6),
            cents: 60,
        }],
        flags: vec![Flagged {
            flag: "pasted".to_owned(),
            detail: "{}".to_owned(),
            episode: Some(episode),
            turn: Some(2),
            at_ms: NOW_MS,
        }],
        messages: vec![(NOW_MS, "Take <b>your</b> time.".to_owned())],
    })
}

pub fn came_out() -> StudyResults {
    let study = page().study;
    let person = |condition: usize, reward: f64| Person {
        rewards: BTreeMap::from([(condition, vec![reward])]),
        answers: BTreeMap::from([("person_or_machine".to_owned(), "machine".to_owned())]),
        excluded: None,
    };
    let mut people: Vec<Person> =
        (0..6).map(|n| person(n % 2, 0.3 + 0.1 * (n % 2) as f64 + 0.01 * n as f64)).collect();
    people.push(Person { excluded: Some(Excluded::TooFast), ..person(0, 0.9) });
    StudyResults { results: results(&study, &people), power: vec![(0.1, Some(64)), (0.02, None)] }
}
