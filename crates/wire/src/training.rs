//! Training runs: what is asked for, how they go, and what was rolled out.

use std::collections::BTreeMap;

pub use rules::phases::Phase;
use rules::{Mills, Outcome, Role, Turn};
use serde::{Deserialize, Serialize};

use crate::id::{CheckpointId, EpisodeId, NegotiatorName, ProductId, RunId};
use crate::job::RunPlace;

/// Asks for a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewRun {
    /// The name of a preset: `laptop`, `small-dense`, `paper`.
    pub preset: String,
    /// What it is for, up to 80 characters. Empty: the preset's name and a number.
    #[serde(default)]
    pub label: String,
    /// TOML laid over the preset: only what differs. Unknown keys are refused.
    #[serde(default)]
    pub settings: String,
    /// Where it is worked on; default: by a worker beside the server.
    #[serde(default)]
    pub place: RunPlace,
}

/// A preset as it can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PresetCard {
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// The file, with every value explained.
    pub text: String,
    /// Whether a Ray cluster is known that it could be given to.
    #[serde(default)]
    pub has_cluster: bool,
    /// What stands against running it here; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Waits for a worker.
    Queued,
    Running,
    Paused,
    Done,
    Failed,
    Cancelled,
}

impl RunStatus {
    pub fn name(self) -> &'static str {
        match self {
            RunStatus::Queued => "queued",
            RunStatus::Running => "running",
            RunStatus::Paused => "paused",
            RunStatus::Done => "done",
            RunStatus::Failed => "failed",
            RunStatus::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will come of it unless it is tried again.
    pub fn is_over(self) -> bool {
        matches!(self, RunStatus::Done | RunStatus::Failed | RunStatus::Cancelled)
    }

    /// Whether a command has a meaning now.
    pub fn takes(self, command: RunCommand) -> bool {
        match command {
            RunCommand::Pause => matches!(self, RunStatus::Queued | RunStatus::Running),
            RunCommand::Resume => self == RunStatus::Paused,
            RunCommand::Cancel => !self.is_over(),
            RunCommand::Retry => matches!(self, RunStatus::Failed | RunStatus::Cancelled),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunCommand {
    /// At the end of the iteration.
    Pause,
    Resume,
    /// At once; what was learnt up to the last iteration is kept.
    Cancel,
    /// Goes on from the last checkpoint.
    Retry,
}

/// A run as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunHead {
    pub id: RunId,
    pub label: String,
    pub preset: String,
    pub status: RunStatus,
    /// Asked for, and not yet done by the worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<RunCommand>,
    /// Where it is worked on.
    #[serde(default)]
    pub place: RunPlace,
    /// Who learns; `None`: both sides do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whom it plays against, as the page says it.
    pub opponents: String,
    /// Iterations done, of how many.
    pub iteration: u32,
    pub of: u32,
    /// What the worker is at: `rollout`, `update`, `evaluation`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Estimated from the iterations so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_ms: Option<u64>,
    /// Time worked on it, pauses left out.
    pub worked_ms: u64,
    /// Mean reward of each iteration, at most 60 points: for a small curve.
    pub rewards: Vec<f64>,
    /// Why it failed, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<RunFailure>,
    /// A worker was heard from of late. Where a queued run waits and this is false, none is there.
    pub attended: bool,
    /// In milliseconds since the Unix epoch.
    pub created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunFailure {
    /// `not_finite`, `disk_full`, `out_of_memory`, `lost`, `opponent`, `settings`, `internal`; of a job on a cluster also
    /// `cluster_lost`, `cluster_refused`, `job_failed`, `job_stopped`, `corrupt`.
    pub code: String,
    pub sentence: String,
}

/// A run with what its page shows besides curves and rollouts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunPage {
    pub head: RunHead,
    /// The model that the run began from; a negotiator's name, unless it is a folder.
    pub base: String,
    /// A product whose stall a checkpoint can be met at; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stall: Option<ProductId>,
    /// The resolved settings, as TOML.
    pub settings: String,
    /// The command that would do it again.
    pub command: String,
    pub code_version: String,
    pub seed: u64,
    /// Products to learn from, with the hash of their manifest.
    pub products: u32,
    pub products_sha256: String,
    /// Newest first.
    pub checkpoints: Vec<CheckpointCard>,
    pub phases: Vec<PhaseSpan>,
    pub alarms: Vec<Alarm>,
    /// Iterations after which it was evaluated; 0 is the base. What came out is in [`RunReport`].
    pub evaluated: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckpointCard {
    pub id: CheckpointId,
    pub iteration: u32,
    /// Mean reward of the iteration before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<f64>,
    pub bytes: u64,
    /// The negotiator that it plays as, once published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<NegotiatorName>,
    pub at: i64,
}

/// Iterations of one phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhaseSpan {
    pub phase: Phase,
    /// From 1, both ends included.
    pub first: u32,
    pub last: u32,
    /// That a change lies at its beginning, 0 to 1; absent for the first span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alarm {
    pub iteration: u32,
    /// `acceptance_collapse`, `format_collapse`, `entropy_collapse`, `leaky_counterpart`,
    /// `template_spoofing`, `echo`, `held_out_falls`.
    pub code: String,
    pub sentence: String,
}

/// A line of a run's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunLogLine {
    /// In milliseconds since the Unix epoch.
    pub at: i64,
    pub line: String,
}

/// What came of a run, on products that nobody learns from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunReport {
    pub head: RunHead,
    /// The model that the run began from.
    pub base: String,
    /// Products of the test split.
    pub products: u32,
    /// At which who learns, and models across the table, drew their words.
    pub temperature: f32,
    /// By iteration; within one by learner, novelty and opponent, who learns before baselines.
    pub evaluations: Vec<RunEvaluation>,
    /// The same scenarios before and after, chosen by their place alone.
    pub dialogues: Vec<BeforeAfter>,
}

/// Figures of one opponent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunEvaluation {
    /// Iterations learnt before it; 0 is the base.
    pub iteration: u32,
    /// Time worked until then.
    pub worked_ms: u64,
    /// The side that is measured.
    pub role: Role,
    /// A scripted negotiator in the place of who learns; absent: who learns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<NegotiatorName>,
    /// The baseline is no negotiator but the best response that a search found, knowing the opponent's limit.
    #[serde(default)]
    pub is_bound: bool,
    /// Who sits across.
    pub against: NegotiatorName,
    pub persona: String,
    pub novelty: Novelty,
    pub episodes: u32,
    /// By metric, named as the columns of [`Series`]: value and interval of 95%, clustered by product.
    pub figures: BTreeMap<String, Interval>,
}

/// How far an opponent of an evaluation is from those that a run learns against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Novelty {
    /// The run learns against it.
    Counterpart,
    /// A family that it never meets.
    Family,
    /// A family that it meets, in a hostile manner that it never meets.
    Persona,
}

/// One scenario played by the base and by what the run made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BeforeAfter {
    pub title: String,
    pub list_price: Mills,
    pub budget: Mills,
    pub cost: Mills,
    pub role: Role,
    pub against: NegotiatorName,
    pub persona: String,
    pub before: Dialogue,
    pub after: Dialogue,
}

/// A negotiation as it was said. Its episode can be replayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dialogue {
    pub episode: EpisodeId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    pub turns: Vec<Turn>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Interval {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

/// What was measured in iterations after a cursor: a column per metric, one place per iteration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Series {
    /// From 1, rising.
    pub iterations: Vec<u32>,
    /// Time worked until the end of each iteration.
    pub worked_ms: Vec<u64>,
    /// Episodes played until then.
    pub episodes: Vec<u64>,
    /// `None` where a metric has no value, as the ratio of an iteration without deals.
    pub columns: BTreeMap<String, Vec<Option<f64>>>,
}

/// The groups of an iteration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupCard {
    pub iteration: u32,
    /// From 0, within the iteration.
    pub group: u32,
    pub title: String,
    pub product: String,
    pub role: Role,
    pub opponent: String,
    pub budget: Mills,
    pub cost: Mills,
    pub rewards: Vec<f64>,
}

/// One rollout with its tokens. Tells limits and thoughts: for researchers alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rollout {
    pub episode: EpisodeId,
    /// From 0, within the group.
    pub index: u32,
    /// `None`: the machinery failed, and it was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<f64>,
    pub advantage: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// A message met the limit of tokens.
    pub truncated: bool,
    pub tokens: Vec<TraceToken>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TraceToken {
    pub text: String,
    /// Of an own token: its natural log-probability when it was drawn, and the entropy there, in nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnToken>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnToken {
    pub logp: f32,
    pub entropy: f32,
}

/// A rollout in whose talk a text was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RolloutHit {
    pub episode: EpisodeId,
    pub iteration: u32,
    pub group: u32,
    pub index: u32,
    pub by: Role,
    pub talk: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<f64>,
}
