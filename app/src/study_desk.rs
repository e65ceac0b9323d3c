//! Studies as researchers handle them: what their pages show, and what can be asked for.

use std::collections::BTreeMap;

use study::assignment::Simulated;
use study::definition::Flaw;
use study::results::Results;
use study::{End, Study};
use wire::{EpisodeId, ParticipantId, StudyId};

/// A study as a list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyCard {
    pub id: StudyId,
    pub slug: String,
    pub title: String,
    /// `draft`, `open`, `paused`, `closed`.
    pub status: String,
    pub pilot: bool,
    pub under_way: i64,
    pub completed: i64,
    pub created_ms: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub version: u32,
    pub hash: String,
    pub note: String,
    pub by: String,
    pub at_ms: i64,
    pub file: String,
}

/// One participant in the monitor.
#[derive(Clone, Debug, PartialEq)]
pub struct Participant {
    pub id: ParticipantId,
    pub source: String,
    pub place: String,
    pub ended: Option<End>,
    /// The condition, or the order of all.
    pub condition: Option<String>,
    pub entered_ms: i64,
    pub seen_ms: i64,
    pub until_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    pub cents: i64,
    pub flags: i64,
}

/// A line of the ledger with the talk that each cent comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Payment {
    pub participant: ParticipantId,
    pub kind: String,
    pub cents: u32,
    pub of: Vec<(EpisodeId, u32)>,
    pub made_ms: i64,
    pub paid_ms: Option<i64>,
}

/// A study with all that its page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyPage {
    pub card: StudyCard,
    pub study: Study,
    /// The file that counts, as it was written.
    pub file: String,
    pub version: u32,
    pub hash: String,
    pub is_frozen: bool,
    /// Empty: it can be launched.
    pub flaws: Vec<Flaw>,
    pub versions: Vec<Version>,
    pub codes: BTreeMap<End, String>,
    pub preregistration: Option<String>,
    pub has_identities: bool,
    pub soft_stop_lifted: bool,
    pub participants: Vec<Participant>,
    /// By cell: who completed it, and who is under way.
    pub balance: Vec<(String, u32, u32)>,
    /// Cents that are due or paid.
    pub owed: u64,
    pub results: Results,
    pub payments: Vec<Payment>,
    /// Participants of each condition that it takes to see a difference, drawn from those who completed it; `None`:
    /// more than a thousand.
    pub power: Vec<(f64, Option<u32>)>,
    /// Own links: whom for, the link's token, and whether somebody came by it.
    pub guests: Vec<(String, String, bool)>,
    /// How the assignment does, by simulation.
    pub assignment: Simulated,
}

/// What a researcher asks of a study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StudyCommand {
    /// Freezes the file; a pilot lets programs in, too.
    Launch {
        pilot: bool,
    },
    Pause,
    Open,
    Close,
    LiftSoftStop,
    /// Makes links of one's own, one for each name.
    Invite(Vec<String>),
    /// What identifies people, for good.
    Erase,
}

/// What a researcher asks of one participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParticipantCommand {
    Tell(String),
    /// The time at the place where it is.
    Extend,
    /// Ends it, with pay for what was done.
    Excuse,
    /// Ends it without.
    Stop,
    Erase,
}
