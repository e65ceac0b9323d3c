//! Parts that several pages show.

mod attempt;
mod calls;
mod card;
mod chat;
mod composer;
mod confirm;
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
mod share;
mod summary;

pub use attempt::{Attempt, Refusal};
pub use calls::ModelCalls;
pub use card::ProductGrid;
pub use chat::ChatLog;
pub use composer::Composer;
pub use confirm::{Confirm, ask};
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
pub use share::CopyLink;
pub use summary::EpisodeList;
