//! Training runs: the queue, and what is kept of each run.

mod checkpoint;
mod evaluation;
mod iteration;
mod job;
mod queue;
mod rollout;

pub use checkpoint::{CheckpointRow, NewCheckpoint};
pub use evaluation::{NewRunEvaluation, RunEvaluationRow};
pub use iteration::{NewAlarm, NewIteration, StepRow};
pub use job::{JOB_TOKEN, JobRow};
pub use queue::{Beat, ClaimedRun, NewRunRow, RunEnd, RunRow};
pub(crate) use queue::{asked, status};
pub use rollout::{NewRollout, NewSide, Rolled, RolloutRow};
