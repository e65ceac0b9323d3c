//! A study and its participants as lists show them, from the store to the page.

use serde::{Deserialize, Serialize};
use wire::{ParticipantId, StudyId};

use crate::progress::End;

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
