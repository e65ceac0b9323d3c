//! Parts that several pages show.

mod attempt;
mod calls;
mod card;
mod chat;
mod choice;
mod composer;
mod confirm;
mod curve;
mod dynamic;
mod failure;
mod frame;
mod icon;
mod ladder;
mod link_banner;
mod load;
mod model_wait;
mod picture;
mod reveal;
mod run;
mod share;
mod signed_out;
mod summary;
mod trace;

pub use attempt::{Attempt, Refusal};
#[cfg(feature = "ssr")]
pub use calls::CallList;
pub use calls::ModelCalls;
pub use card::ProductGrid;
#[cfg(feature = "ssr")]
pub use chat::Bubble;
pub use chat::ChatLog;
pub use choice::Choice;
pub use composer::Composer;
pub use confirm::{Confirm, ask};
pub use curve::{Curve, Drawing, LineKey};
pub use dynamic::{arriving, dynamic};
pub use failure::{FailureNote, ForkNote};
pub use frame::{Footer, Header};
pub use icon::Icon;
pub use ladder::LadderView;
pub use link_banner::LinkBanner;
pub use load::{Loaded, ProblemView, boundary, lines_skeleton};
pub use model_wait::ModelWait;
pub use picture::Picture;
pub use reveal::RevealPanel;
#[cfg(feature = "ssr")]
pub use reveal::ScoreCard;
pub use run::{Spark, progress, run_badge};
pub use share::CopyLink;
pub use signed_out::SignedOut;
pub use summary::EpisodeList;
#[cfg(feature = "ssr")]
pub use summary::OutcomeBadge;
pub use trace::{Legend, Trace};
