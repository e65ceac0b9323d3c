//! Where Souk keeps everything: the only crate with SQL, and the private Postgres that it runs on
//! where no database is given.
//!
//! Functions are named `noun_verb` and are methods of [`Store`]; each is one transaction, most are
//! one statement. What is true about an episode are its events; the row in `episodes` is their
//! summary, written by the same statement ([`Store::episode_play`]).

pub mod cluster;

mod account;
mod annotation;
mod announce;
mod api_key;
mod archive;
mod audit;
mod backup;
mod connection;
mod counterfactual;
mod episode;
mod episode_counts;
mod episode_list;
mod episode_row;
mod episode_sample;
mod episode_search;
mod error;
mod evaluation;
mod export;
mod known;
mod ladder;
mod lease;
mod llm_call;
mod llm_spent;
mod market;
mod notice;
mod pace;
mod play;
mod pool;
mod product;
mod product_list;
mod recompute;
mod secret;
mod study;
mod suite;
mod summary;
mod training;
mod transaction;

pub use account::{NewUser, SessionRow, UserRow};
pub use annotation::ScaleRow;
pub use api_key::{ApiKeyId, ApiKeyRow, NewApiKey};
pub use archive::{Archive, Archived, Partition};
pub use audit::{AuditEntry, AuditRow};
pub use backup::{Backup, BackupError, OpenRun, StoredObject, StoredWeights};
pub use connection::{Store, newest_schema, within};
pub use counterfactual::CounterfactualRow;
pub use episode::{Branch, Created, JoinError, NewEpisodeRow, StudyEpisode};
pub use episode_counts::EpisodeCounts;
pub use episode_list::Listed;
pub use episode_row::{EpisodeRow, Failing, Sitter};
pub use episode_search::Found;
pub use error::StoreError;
pub use evaluation::{
    CallFigures, Evaluated, EvaluationId, EvaluationRow, NewEvaluation, PlayedEpisode,
};
pub use export::{
    Exported, ExportedAnswer, ExportedCall, ExportedEpisode, ExportedEvent, ExportedParticipant,
    ExportedPayment, ExportedProduct, ExportedRating, ExportedRun, ExportedStep, ExportedTag,
    ExportedTalk, ImportedEpisode, Snapshot,
};
pub use ladder::{Cell, LadderRow};
pub use llm_call::{CallOutcome, NewCall};
pub use llm_spent::Spent;
pub use market::{
    Added, Addition, LogRow, MarketClock, MarketRow, MarketSeat, MarketTalk, NewMarket, SeatChange,
    SweepRow,
};
pub use notice::{Listener, Notice};
pub use play::{PlayError, Played};
pub use product::{Imported, NewProduct, ProductRow, Split, picture_path};
pub use recompute::{Difference, Recomputed, Stage, same_reward};
pub use secret::Secret;
pub use study::{
    Codes, Entering, Evidence, NewStudy, NotLetIn, Pair, ParticipantRow, PaymentFile, PaymentLine,
    PaymentRow, StudyRow, TakeError, Taken,
};
pub use suite::{ClaimedSuite, Kept, NewSuiteRow, Pace, SuiteRow};
pub use summary::Scores;
pub use training::{
    Beat, CheckpointRow, ClaimedRun, JOB_TOKEN, JobRow, NewAlarm, NewCheckpoint, NewIteration,
    NewRollout, NewRunEvaluation, NewRunRow, NewSide, Rolled, RolloutRow, RunEnd, RunEvaluationRow,
    RunRow, StepRow,
};
