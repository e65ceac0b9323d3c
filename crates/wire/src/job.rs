//! What a training job on another machine asks of Souk, and tells it.
//!
//! A job knows its run, Souk's address and the run's token. It gets what it is to do, tells [`JobLine`]s, one JSON object a
//! line, and is answered with a [`JobWord`]. A run that is trained by a worker of this machine takes the same shapes.

use std::collections::BTreeMap;

use rules::{Event, Mills, Product, Role, Scenario};
use serde::{Deserialize, Serialize};

use crate::id::{EpisodeId, ProductId};

/// Where a run is worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunPlace {
    /// By a worker beside the server.
    #[default]
    Here,
    /// By Souk's own trainer as a job on a Ray cluster.
    Ray,
    /// By TRL as a job on a Ray cluster.
    RayTrl,
}

impl RunPlace {
    pub const ALL: [RunPlace; 3] = [RunPlace::Here, RunPlace::Ray, RunPlace::RayTrl];

    pub fn name(self) -> &'static str {
        match self {
            RunPlace::Here => "here",
            RunPlace::Ray => "ray",
            RunPlace::RayTrl => "ray_trl",
        }
    }

    pub fn named(name: &str) -> Option<RunPlace> {
        RunPlace::ALL.into_iter().find(|place| place.name() == name)
    }

    /// As pages say it.
    pub fn title(self) -> &'static str {
        match self {
            RunPlace::Here => "this machine",
            RunPlace::Ray => "the Ray cluster, by Souk's trainer",
            RunPlace::RayTrl => "the Ray cluster, by TRL",
        }
    }
}

/// A product with both limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobProduct {
    pub id: ProductId,
    pub product: Product,
    pub budget: Mills,
    pub cost: Mills,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobFile {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

/// Which exam.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobPlace {
    /// Learnt before it; 0: the base.
    pub iteration: u32,
    /// The side that is measured.
    pub role: Role,
    /// A scripted negotiator in the place of who learns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    pub against: String,
    pub persona: String,
}

/// What a job tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobLine {
    /// Where it is. To be told every few seconds.
    At {
        /// `rollout`, `update`, `evaluation`, `checkpoint`.
        stage: Option<String>,
        left_ms: Option<u64>,
    },
    Iteration(JobIteration),
    Exam(JobExam),
    /// Weights that were kept; their files were put before.
    Checkpoint {
        iteration: u32,
        reward: Option<f64>,
        files: Vec<JobFile>,
    },
    /// For the run's log.
    Log {
        line: String,
    },
    /// It ends: done where no code is given and all iterations are, else as it was asked to.
    End {
        code: Option<String>,
        sentence: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobIteration {
    /// From 1.
    pub number: u32,
    pub took_ms: u64,
    pub metrics: BTreeMap<String, Option<f64>>,
    #[serde(default)]
    pub alarms: Vec<JobAlarm>,
    pub rollouts: Vec<JobRollout>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobAlarm {
    pub code: String,
    pub sentence: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobRollout {
    pub group: u32,
    pub member: u32,
    pub opponent: String,
    #[serde(flatten)]
    pub played: JobPlayed,
    /// Of those who learn.
    pub sides: Vec<JobSide>,
}

/// A negotiation: by its id, where it was played at Souk's environment with the run's token, else whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum JobPlayed {
    Here {
        episode: EpisodeId,
    },
    There {
        product: ProductId,
        #[cfg_attr(feature = "openapi", schema(value_type = Object))]
        scenario: Box<Scenario>,
        events: Vec<Event>,
        /// Whose machinery ended it, and by what.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failing: Option<JobFailing>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobFailing {
    pub role: Role,
    pub code: String,
}

/// One side's rollout with its tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSide {
    pub role: Role,
    /// Absent: the machinery failed.
    pub reward: Option<f64>,
    pub advantage: f64,
    pub truncated: bool,
    /// Tokens as they were read and drawn.
    pub ids: Vec<u32>,
    /// As long: whether the policy drew it.
    pub own: Vec<bool>,
    /// Of own tokens, in their order: natural log-probability at temperature 1.
    pub logp: Vec<f32>,
    /// The same of their entropy; empty where it was not measured.
    #[serde(default)]
    pub entropy: Vec<f32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobExam {
    #[serde(flatten)]
    pub place: JobPlace,
    /// Negotiations per product.
    pub times: u32,
    /// Of one product after the other.
    pub episodes: Vec<JobPlayed>,
}

/// What a job is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum JobWord {
    On,
    /// At the end of the iteration.
    Pause,
    Cancel,
    /// The run is nobody's, or another job's.
    Lost,
}
