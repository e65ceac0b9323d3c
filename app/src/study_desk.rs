//! Studies as researchers handle them: what their pages show, and what can be asked for.

use std::collections::BTreeMap;

use study::definition::Flaw;
use study::desk::{ParticipantHead, Source, Stage, StudyHead, StudyVersion};
use study::progress::How;
use study::results::Results;
use study::{End, Study};
use wire::{EpisodeId, ParticipantId};

/// A line of the ledger with the talk that each cent comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Payment {
    pub participant: ParticipantId,
    pub source: Source,
    pub kind: String,
    pub cents: u32,
    pub of: Vec<(EpisodeId, u32)>,
    pub made_ms: i64,
    pub paid_ms: Option<i64>,
    /// The file that told a platform, where one did.
    pub file: Option<String>,
}

/// What a platform is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentsWanted {
    /// All that is new to people who came from there.
    New(Source),
    /// A file that was made, once more.
    Again(String),
}

/// A study with all that its page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyPage {
    pub card: StudyHead,
    pub study: Study,
    /// The file that counts, as it was written.
    pub file: String,
    pub version: u32,
    pub hash: String,
    pub is_frozen: bool,
    /// Empty: it can be launched.
    pub flaws: Vec<Flaw>,
    pub versions: Vec<StudyVersion>,
    pub codes: BTreeMap<End, String>,
    pub preregistration: Option<String>,
    pub has_identities: bool,
    pub soft_stop_lifted: bool,
    /// Newest first.
    pub participants: Vec<ParticipantHead>,
    /// Cents that are due or paid.
    pub owed: u64,
    pub payments: Vec<Payment>,
    /// Own links: whom for, the link's token, and whether somebody came by it.
    pub guests: Vec<(String, String, bool)>,
    pub choices: Choices,
    /// The median time at each place in milliseconds, of how many stays.
    pub stages: Vec<(&'static str, i64, usize)>,
}

/// One participant with all that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct ParticipantPage {
    pub head: ParticipantHead,
    pub study: Study,
    pub stages: Vec<Stage>,
    /// What happened and when, as words.
    pub history: Vec<(i64, String)>,
    /// By the part of the study that asked, and the question's name.
    pub answers: Vec<(&'static str, String, String)>,
    pub talks: Vec<Bargained>,
    pub flags: Vec<Flagged>,
    /// Words of researchers, each with its time.
    pub messages: Vec<(i64, String)>,
}

/// A talk of a participant.
#[derive(Clone, Debug, PartialEq)]
pub struct Bargained {
    pub episode: EpisodeId,
    pub condition: String,
    pub how: How,
    pub reward: Option<f64>,
    /// Its part of the bonus.
    pub cents: u32,
}

/// Something to look at. It decides nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Flagged {
    pub flag: String,
    pub detail: String,
    pub episode: Option<EpisodeId>,
    pub turn: Option<u32>,
    pub at_ms: i64,
}

/// Names that a study's file may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    pub negotiators: Vec<String>,
    pub personas: Vec<String>,
}

/// What came out, worked out from all that was played.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StudyResults {
    pub results: Results,
    /// Participants of each condition that it takes to see a difference, drawn from those who completed it; `None`:
    /// more than a thousand.
    pub power: Vec<(f64, Option<u32>)>,
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
