//! Where a participant stands. Rules return events, whose fold is the participant's state, as an episode's is.
//!
//! | place | goes on by | ends by itself |
//! |---|---|---|
//! | consent, eligibility, instructions, practice, quiz, ready, survey, debrief | its page | after the limit of a page: `TimedOut` |
//! | waiting | a partner | after the limit of a wait: choosing |
//! | choosing | waiting on, a stand-in where the study allows it, leaving with pay | after the limit of a page: `WaitedInVain` |
//! | negotiating | the episode's end | the server ends the episode after its limit |
//!
//! Everywhere before the debrief a participant may withdraw, and a researcher may end it.

use serde::{Deserialize, Serialize};
use wire::EpisodeId;

use crate::assignment::Slot;
use crate::cells::cells;
use crate::definition::{EXTENSIONS, Opponent, Study};
use crate::question::{Answers, Wrong, checked, first_not_right};

/// Negotiations that the machinery may break until it is over.
const BROKEN: usize = 3;

/// What happened to a participant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    Entered {
        language: String,
    },
    /// Speaks another of the study's languages from here on.
    Translated {
        language: String,
    },
    /// To this version of the consent.
    Consented {
        version: String,
    },
    /// Is eligible.
    Admitted {
        answers: Answers,
    },
    /// Was not eligible; by which question.
    Refused {
        answers: Answers,
        question: String,
    },
    Read,
    /// The practice round, or none where it was skipped.
    Practised {
        episode: Option<EpisodeId>,
    },
    QuizTried {
        answers: Answers,
        passed: bool,
    },
    Assigned {
        slot: Slot,
    },
    /// Asked for the next negotiation; waits for a partner.
    Waited,
    /// Nobody came in time: has a choice now.
    Asked,
    /// Takes a stand-in.
    TookStandIn,
    Met {
        episode: EpisodeId,
    },
    Played {
        episode: EpisodeId,
        how: How,
    },
    Surveyed {
        answers: Answers,
    },
    Extended,
    /// The study went on after a pause: time begins anew where it runs.
    Resumed,
    Ended {
        end: End,
    },
}

/// How a negotiation of a study ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By the rules: scored.
    Counts,
    /// The partner left.
    PartnerLeft,
    /// The participant did.
    Left,
    /// The machinery failed. It is played again unless that happens too often.
    Broken,
}

/// How a participation ended. Each has a completion code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    Complete,
    /// Did not consent.
    Declined,
    ScreenedOut,
    FailedChecks,
    WaitedInVain,
    TechnicalFault,
    /// Left by a button.
    Withdrew,
    /// Left without a word.
    TimedOut,
    /// A researcher ended it, with pay for what was done.
    Excused,
    /// A researcher ended it.
    Stopped,
}

impl End {
    pub const ALL: [End; 10] = [
        End::Complete,
        End::Declined,
        End::ScreenedOut,
        End::FailedChecks,
        End::WaitedInVain,
        End::TechnicalFault,
        End::Withdrew,
        End::TimedOut,
        End::Excused,
        End::Stopped,
    ];

    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            End::Complete => "complete",
            End::Declined => "declined",
            End::ScreenedOut => "screened_out",
            End::FailedChecks => "failed_checks",
            End::WaitedInVain => "waited_in_vain",
            End::TechnicalFault => "technical_fault",
            End::Withdrew => "withdrew",
            End::TimedOut => "timed_out",
            End::Excused => "excused",
            End::Stopped => "stopped",
        }
    }
}

/// Each is a page with a way on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "at")]
pub enum Place {
    Consent,
    Eligibility,
    Instructions,
    Practice,
    Quiz,
    /// Before a negotiation.
    Ready,
    Waiting,
    /// Waited long: waits on, takes a stand-in, or leaves.
    Choosing,
    Negotiating {
        episode: EpisodeId,
    },
    Survey,
    Debrief,
    Over {
        end: End,
    },
}

impl Place {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Place::Consent => "consent",
            Place::Eligibility => "eligibility",
            Place::Instructions => "instructions",
            Place::Practice => "practice",
            Place::Quiz => "quiz",
            Place::Ready => "ready",
            Place::Waiting => "waiting",
            Place::Choosing => "choosing",
            Place::Negotiating { .. } => "negotiating",
            Place::Survey => "survey",
            Place::Debrief => "debrief",
            Place::Over { .. } => "over",
        }
    }
}

/// What comes from the participant, the server, or a researcher.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Consent(bool),
    Translate(String),
    Answer(Answers),
    /// Has read, or begins.
    Next,
    Practised(Option<EpisodeId>),
    WaitOn,
    TakeStandIn,
    Leave,
    /// By the server: the table is laid.
    Meet(EpisodeId),
    /// By the server: it is over.
    Played(EpisodeId, How),
    Extend,
    Withdraw,
    /// By a researcher.
    End(End),
}

/// Why an input does nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The page is not where the participant is: show the right one.
    #[error("this is not the page that you are at: go on from there")]
    Elsewhere,
    #[error("some answers are missing or do not fit")]
    Answers(std::collections::BTreeMap<String, Wrong>),
    #[error("the study has no text in this language")]
    Language,
    #[error("this study lets nobody play with a stand-in: wait on, or leave with pay for waiting")]
    NoStandIn,
    #[error("the time was extended {EXTENSIONS} times already")]
    Extended,
    #[error("this participation is over")]
    Over,
}

/// The fold of a participant's events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    pub language: String,
    pub consent: Option<String>,
    pub eligibility: Option<Answers>,
    pub has_read: bool,
    pub has_practised: bool,
    pub tries: u32,
    pub has_passed: bool,
    pub slot: Option<Slot>,
    line: Line,
    pub played: Vec<(EpisodeId, How)>,
    pub survey: Option<Answers>,
    pub end: Option<End>,
    /// When the place was entered, or its time extended, in milliseconds.
    pub since_ms: i64,
    /// Extensions at this place.
    pub extensions: u32,
    /// Events that led on: what a form was made for. More time or another language leave it as it is, so that nothing
    /// that is being written gets stale by them.
    pub step: u32,
    pub entered_ms: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Line {
    #[default]
    No,
    Waiting,
    Choosing,
    StandIn,
    At(EpisodeId),
}

impl Progress {
    pub fn replay<'a>(events: impl IntoIterator<Item = (i64, &'a Event)>) -> Progress {
        let mut progress = Progress::default();
        for (at_ms, event) in events {
            progress.absorb(at_ms, event);
        }
        progress
    }

    pub fn absorb(&mut self, at_ms: i64, event: &Event) {
        match event {
            Event::Entered { language } => {
                self.language.clone_from(language);
                self.entered_ms = at_ms;
            }
            Event::Translated { language } => {
                self.language.clone_from(language);
                return;
            }
            Event::Consented { version } => self.consent = Some(version.clone()),
            Event::Admitted { answers } | Event::Refused { answers, .. } => {
                self.eligibility = Some(answers.clone());
            }
            Event::Read => self.has_read = true,
            Event::Practised { .. } => self.has_practised = true,
            Event::QuizTried { passed, .. } => {
                self.tries += 1;
                self.has_passed = *passed;
            }
            Event::Assigned { slot } => self.slot = Some(slot.clone()),
            Event::Waited => self.line = Line::Waiting,
            Event::Asked => self.line = Line::Choosing,
            Event::TookStandIn => self.line = Line::StandIn,
            Event::Met { episode } => self.line = Line::At(*episode),
            Event::Played { episode, how } => {
                self.line = Line::No;
                self.played.push((*episode, *how));
            }
            Event::Surveyed { answers } => self.survey = Some(answers.clone()),
            Event::Extended => {
                self.since_ms = at_ms;
                self.extensions += 1;
                return;
            }
            Event::Resumed => {
                self.since_ms = at_ms;
                return;
            }
            Event::Ended { end } => self.end = Some(*end),
        }
        self.since_ms = at_ms;
        self.extensions = 0;
        self.step += 1;
    }

    pub fn place(&self, study: &Study) -> Place {
        if let Some(end) = self.end {
            return Place::Over { end };
        }
        if self.consent.is_none() {
            return Place::Consent;
        }
        if self.eligibility.is_none() && !study.eligibility.is_empty() {
            return Place::Eligibility;
        }
        if !self.has_read {
            return Place::Instructions;
        }
        if !self.has_practised && study.instructions.practice {
            return Place::Practice;
        }
        if !self.has_passed && !study.quiz.questions.is_empty() {
            return Place::Quiz;
        }
        match self.line {
            Line::At(episode) => Place::Negotiating { episode },
            Line::Waiting | Line::StandIn => Place::Waiting,
            Line::Choosing => Place::Choosing,
            Line::No if self.negotiated() < study.negotiations_of_each() => Place::Ready,
            Line::No if self.survey.is_none() && !study.survey.is_empty() => Place::Survey,
            Line::No => Place::Debrief,
        }
    }

    /// Negotiations that are not to be played again.
    pub fn negotiated(&self) -> u32 {
        self.played.iter().filter(|(_, how)| *how != How::Broken).count() as u32
    }

    pub fn has_bargained(&self) -> bool {
        self.played.iter().any(|(_, how)| *how == How::Counts)
    }

    /// All that comes before the negotiations is done, and no slot is dealt yet: deal one with what led here.
    pub fn awaits_slot(&self, study: &Study) -> bool {
        self.slot.is_none() && self.place(study) == Place::Ready
    }

    /// The condition of the next negotiation, or of the one that is played, by its place in the study.
    pub fn condition(&self, study: &Study) -> Option<usize> {
        let cell = cells(study).into_iter().nth(self.slot.as_ref()?.cell)?;
        cell.get(self.negotiated() as usize).copied()
    }

    /// The condition of every negotiation that was played, the broken ones included.
    pub fn conditions_played(&self, study: &Study) -> Vec<usize> {
        let Some(slot) = &self.slot else { return Vec::new() };
        let cell = cells(study).into_iter().nth(slot.cell).unwrap_or_default();
        let mut nth = 0;
        let mut met = Vec::new();
        for (_, how) in &self.played {
            met.extend(cell.get(nth));
            nth += usize::from(*how != How::Broken);
        }
        met
    }

    /// Who waits and would take a negotiator in place of a person.
    pub fn takes_stand_in(&self) -> bool {
        self.line == Line::StandIn
    }

    /// Until when something must happen here, in milliseconds since the Unix epoch.
    pub fn until_ms(&self, study: &Study) -> Option<i64> {
        let limits = &study.limits;
        let minutes = match self.place(study) {
            Place::Over { .. } => return None,
            Place::Waiting => limits.wait,
            Place::Negotiating { .. } => limits.negotiation,
            _ => limits.page,
        };
        Some(self.since_ms + i64::from(minutes) * 60_000)
    }

    /// A negotiation whose time is over: the server ends it as left by this side.
    pub fn overdue(&self, study: &Study, now_ms: i64) -> Option<EpisodeId> {
        match self.place(study) {
            Place::Negotiating { episode } if self.until_ms(study)? <= now_ms => Some(episode),
            _ => None,
        }
    }
}

fn ended(end: End) -> Event {
    Event::Ended { end }
}

/// What an input does.
///
/// # Errors
/// Why it does nothing; then nothing is changed.
pub fn apply(study: &Study, progress: &Progress, input: Input) -> Result<Vec<Event>, Refused> {
    let place = progress.place(study);
    if matches!(place, Place::Over { .. }) {
        return Err(Refused::Over);
    }
    match (place, input) {
        (_, Input::Translate(language)) => {
            let known = study.languages.contains(&language);
            known.then(|| vec![Event::Translated { language }]).ok_or(Refused::Language)
        }
        (_, Input::Extend) if progress.extensions >= EXTENSIONS => Err(Refused::Extended),
        (_, Input::Extend) => Ok(vec![Event::Extended]),
        (_, Input::End(end)) => Ok(vec![ended(end)]),
        // All is stored by then: what is left is to read.
        (Place::Debrief, Input::Next | Input::Withdraw) => Ok(vec![ended(End::Complete)]),
        (_, Input::Withdraw) => Ok(vec![ended(End::Withdrew)]),
        (Place::Consent, Input::Consent(true)) => {
            Ok(vec![Event::Consented { version: study.consent_version() }])
        }
        (Place::Consent, Input::Consent(false)) => Ok(vec![ended(End::Declined)]),
        (Place::Eligibility, Input::Answer(answers)) => {
            let answers = checked(&study.eligibility, &answers).map_err(Refused::Answers)?;
            Ok(match first_not_right(&study.eligibility, &answers).map(str::to_owned) {
                Some(question) => {
                    vec![Event::Refused { answers, question }, ended(End::ScreenedOut)]
                }
                None => vec![Event::Admitted { answers }],
            })
        }
        (Place::Instructions, Input::Next) => Ok(vec![Event::Read]),
        (Place::Practice, Input::Practised(episode)) => Ok(vec![Event::Practised { episode }]),
        (Place::Quiz, Input::Answer(answers)) => {
            let questions = &study.quiz.questions;
            let answers = checked(questions, &answers).map_err(Refused::Answers)?;
            let passed = first_not_right(questions, &answers).is_none();
            let mut events = vec![Event::QuizTried { answers, passed }];
            if !passed && progress.tries + 1 >= study.quiz.tries() {
                events.push(ended(End::FailedChecks));
            }
            Ok(events)
        }
        (Place::Ready, Input::Next) => Ok(vec![Event::Waited]),
        (Place::Waiting, Input::Meet(episode)) => Ok(vec![Event::Met { episode }]),
        (Place::Waiting, Input::Leave) => Ok(vec![ended(End::WaitedInVain)]),
        (Place::Choosing, Input::WaitOn) => Ok(vec![Event::Waited]),
        (Place::Choosing, Input::TakeStandIn) => {
            stand_in(study, progress).map(|_| vec![Event::TookStandIn]).ok_or(Refused::NoStandIn)
        }
        (Place::Choosing, Input::Leave) => Ok(vec![ended(End::WaitedInVain)]),
        // Somebody came while the choice was shown.
        (Place::Choosing, Input::Meet(episode)) => Ok(vec![Event::Met { episode }]),
        (Place::Negotiating { episode: at }, Input::Played(episode, how)) if at == episode => {
            let broken = progress.played.iter().filter(|(_, how)| *how == How::Broken).count();
            let mut events = vec![Event::Played { episode, how }];
            if how == How::Broken && broken + 1 >= BROKEN {
                events.push(ended(End::TechnicalFault));
            }
            Ok(events)
        }
        (Place::Survey, Input::Answer(answers)) => {
            let answers = checked(&study.survey, &answers).map_err(Refused::Answers)?;
            Ok(vec![Event::Surveyed { answers }])
        }
        _ => Err(Refused::Elsewhere),
    }
}

/// The negotiator who may play in place of a person, where the study allows it.
pub fn stand_in<'a>(study: &'a Study, progress: &Progress) -> Option<&'a str> {
    match &study.conditions.get(progress.condition(study)?)?.opponent {
        Opponent::Person { stand_in } => stand_in.as_deref(),
        Opponent::Negotiator(_) => None,
    }
}

/// What the clock does. A negotiation's limit is the server's, see [`Progress::overdue`].
pub fn tick(study: &Study, progress: &Progress, now_ms: i64) -> Vec<Event> {
    if progress.until_ms(study).is_none_or(|until| now_ms < until) {
        return Vec::new();
    }
    match progress.place(study) {
        Place::Over { .. } | Place::Negotiating { .. } => Vec::new(),
        Place::Waiting => vec![Event::Asked],
        Place::Choosing => vec![ended(End::WaitedInVain)],
        // Whoever came this far is paid: all answers are stored.
        Place::Debrief => vec![ended(End::Complete)],
        _ => vec![ended(End::TimedOut)],
    }
}
