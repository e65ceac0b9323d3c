//! What crosses the network: ids, requests, answers, the event envelope, error codes.
//!
//! Serde only, safe for wasm; the server, the page and outside programs share these shapes.

mod bazaar;
mod comparison;
mod counterfactual;
mod dossier;
mod environment;
mod episode;
mod id;
mod job;
mod ladder;
mod live;
mod market;
mod model;
mod problem;
mod reveal;
mod sample;
mod search;
mod suite;
mod training;

pub use bazaar::{
    GoodBook, Happened, MarketAct, MarketActRequest, MarketBooks, MarketClockRequest, MarketFeed,
    MarketHead, MarketJoinRequest, MarketScene, MarketSeatView, MarketStatus, MarketThread,
    NewMarketRequest, OwnStall, SceneBuyer, SceneGood, SceneStall, SeatSale, SeatTalk, SeatTurn,
    SeatWant, SeenStall,
};
pub use comparison::{PairPage, PairQuery, PowerRow};
pub use counterfactual::{Arm, CounterfactualPage, NewCounterfactual};
pub use dossier::{Dossier, Origin, Rating, ScaleAgreement};
pub use environment::{
    EnvAction, EnvError, EnvFrame, EnvLegal, EnvMessage, EnvObservation, EnvReply, EnvReset,
    EnvResult, EnvState,
};
pub use episode::{
    EpisodeHead, EpisodePage, EpisodeQuery, EpisodeStatus, EpisodeSummary, Failure, Fork, Joined,
    MoveAck, MoveRequest, NewEpisode, Pace, PaceCommand, Seat, SeatRequest, Viewer,
};
pub use id::{
    BadId, CheckpointId, CounterfactualId, EpisodeId, IdempotencyKey, LadderId, MarketId,
    NegotiatorName, ParticipantId, ProductId, RunId, StudyId, SuiteId, UserId, VisitorId,
};
pub use job::{
    JobAlarm, JobExam, JobFailing, JobFile, JobIteration, JobLine, JobPlace, JobPlayed, JobProduct,
    JobRollout, JobSide, JobWord, RunPlace,
};
pub use ladder::{Ladder, LadderGroup, LadderPage, LadderStatus, Lead, NewLadder, Placed, Rung};
pub use live::{ClientFrame, Cursor, Envelope, LinkState, ServerFrame};
pub use market::{
    CategoryCount, NegotiatorCard, NegotiatorKind, PricePoint, ProductCard, ProductDetail,
    ProductPage, ProductQuery, ProductSort,
};
pub use model::{
    LoadStage, ModelCall, ModelCard, ModelKind, ModelState, PromptMessage, Sampling, WrittenToken,
};
pub use problem::{Code, Problem};
pub use reveal::{Comparison, ComparisonRow, Reveal, Score, ScoreTerm};
pub use sample::{EpisodePoint, EpisodeSample};
pub use search::{Ending, EpisodeHit, EpisodeHits, EpisodeOrder, EpisodeSearch};
pub use suite::{
    NewSuite, PlanCard, ReportedFigures, SuiteCell, SuiteDifference, SuiteEstimate, SuiteFigures,
    SuiteHead, SuitePage, SuiteSlice,
};
pub use training::{
    Alarm, BeforeAfter, CheckpointCard, Dialogue, GroupCard, Interval, NewRun, Novelty, OwnToken,
    Phase, PhaseSpan, PresetCard, Rollout, RolloutHit, RunCommand, RunEvaluation, RunFailure,
    RunHead, RunLogLine, RunPage, RunReport, RunStatus, Series, TraceToken,
};
