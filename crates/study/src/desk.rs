//! A study and its participants as lists show them, from the store to the page.

use serde::{Deserialize, Serialize};
use wire::{ParticipantId, StudyId};

use crate::definition::Study;
use crate::progress::{End, Event, Progress};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StudyStatus {
    Draft,
    Open,
    Paused,
    Closed,
}

impl StudyStatus {
    const ALL: [StudyStatus; 4] =
        [StudyStatus::Draft, StudyStatus::Open, StudyStatus::Paused, StudyStatus::Closed];

    pub fn name(self) -> &'static str {
        match self {
            StudyStatus::Draft => "draft",
            StudyStatus::Open => "open",
            StudyStatus::Paused => "paused",
            StudyStatus::Closed => "closed",
        }
    }

    pub fn named(name: &str) -> Option<StudyStatus> {
        StudyStatus::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// Where somebody came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Prolific,
    Mturk,
    /// A link of the researchers' own.
    Link,
    /// A program that tries the study out.
    Bot,
}

impl Source {
    pub const ALL: [Source; 4] = [Source::Prolific, Source::Mturk, Source::Link, Source::Bot];

    pub fn name(self) -> &'static str {
        match self {
            Source::Prolific => "prolific",
            Source::Mturk => "mturk",
            Source::Link => "link",
            Source::Bot => "bot",
        }
    }

    pub fn named(name: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|source| source.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct StudyHead {
    pub id: StudyId,
    /// Its name in addresses.
    pub slug: String,
    pub title: String,
    pub status: StudyStatus,
    pub pilot: bool,
    pub under_way: i64,
    pub completed: i64,
    pub created_ms: i64,
}

/// One file of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyVersion {
    pub version: u32,
    pub hash: String,
    pub note: String,
    pub by: String,
    pub at_ms: i64,
    pub file: String,
}

/// Time that somebody spent at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// [`Place::name`].
    pub place: &'static str,
    pub ms: i64,
}

/// Where a participant's time went, in order: each stay at a place once it was left.
pub fn stages(study: &Study, events: &[(i64, Event)]) -> Vec<Stage> {
    let mut progress = Progress::default();
    let mut stages: Vec<Stage> = Vec::new();
    let mut since = events.first().map_or(0, |(at, _)| *at);
    for (nth, (at, event)) in events.iter().enumerate() {
        let place = progress.place(study).name();
        if nth > 0 {
            match stages.last_mut().filter(|last| last.place == place) {
                Some(last) => last.ms += at - since,
                None => stages.push(Stage { place, ms: at - since }),
            }
        }
        since = *at;
        progress.absorb(*at, event);
    }
    stages
}

/// The median time at each place, in the order of a participation, with how many stays it is of.
pub fn stage_medians(all: &[Vec<Stage>]) -> Vec<(&'static str, i64, usize)> {
    let mut by_place: Vec<(&'static str, Vec<i64>)> =
        PLACES.map(|place| (place, Vec::new())).to_vec();
    for stage in all.iter().flatten() {
        if let Some((_, times)) = by_place.iter_mut().find(|(place, _)| *place == stage.place) {
            times.push(stage.ms);
        }
    }
    let median = |mut times: Vec<i64>| {
        times.sort_unstable();
        times.get(times.len() / 2).map(|ms| (*ms, times.len()))
    };
    let told = by_place.into_iter().filter_map(|(place, times)| {
        let (ms, n) = median(times)?;
        Some((place, ms, n))
    });
    told.collect()
}

/// In the order of a participation.
const PLACES: [&str; 11] = [
    "consent",
    "eligibility",
    "instructions",
    "practice",
    "quiz",
    "ready",
    "waiting",
    "choosing",
    "negotiating",
    "survey",
    "debrief",
];

#[derive(Clone, Debug, PartialEq)]
pub struct ParticipantHead {
    pub id: ParticipantId,
    pub source: Source,
    pub place: String,
    pub ended: Option<End>,
    /// By its place among the study's cells.
    pub cell: Option<usize>,
    pub entered_ms: i64,
    pub seen_ms: i64,
    pub until_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    /// Due or paid.
    pub cents: i64,
    /// Things to look at.
    pub flags: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_told_by_the_places_that_were_left() {
        let study = Study::read(include_str!("../studies/base-vs-trained.toml")).expect("reads");
        let at = |s: i64, event: Event| (1_000_000 + s * 1000, event);
        let slot = crate::Dealer::new(1, 2, 1).deal("");
        let events = [
            at(0, Event::Entered { language: "en".into() }),
            at(10, Event::Extended),
            at(30, Event::Consented { version: "v".into() }),
            at(45, Event::Admitted { answers: Default::default() }),
            at(60, Event::Read),
            at(61, Event::Practised { episode: None }),
            at(70, Event::QuizTried { answers: Default::default(), passed: false }),
            at(81, Event::QuizTried { answers: Default::default(), passed: true }),
            at(81, Event::Assigned { slot }),
            at(90, Event::Ended { end: End::Withdrew }),
        ];
        let told: Vec<(&str, i64)> =
            stages(&study, &events).iter().map(|one| (one.place, one.ms / 1000)).collect();
        let expected = [
            ("consent", 30),
            ("eligibility", 15),
            ("instructions", 15),
            ("practice", 1),
            ("quiz", 20),
            ("ready", 9),
        ];
        assert_eq!(told, expected);
        let one = |place, ms| vec![Stage { place, ms }];
        let medians =
            stage_medians(&[one("quiz", 9), one("consent", 5), one("quiz", 1), one("quiz", 3)]);
        assert_eq!(medians, [("consent", 5, 1), ("quiz", 3, 3)]);
    }
}
