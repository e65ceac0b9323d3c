//! Parts that several pages show.

mod attempt;
mod card;
mod chat;
mod composer;
mod confirm;
mod dynamic;
mod frame;
mod icon;
mod ladder;
mod link_banner;
mod load;
mod picture;
mod reveal;
mod share;
mod summary;

pub use attempt::{Attempt, Refusal};
pub use card::ProductGrid;
pub use chat::ChatLog;
pub use composer::Composer;
pub use confirm::{Confirm, ask};
pub use dynamic::{arriving, dynamic};
pub use frame::{Footer, Header};
pub use icon::Icon;
pub use ladder::LadderView;
pub use link_banner::LinkBanner;
pub use load::{Loaded, ProblemView, boundary, lines_skeleton};
pub use picture::Picture;
pub use reveal::RevealPanel;
pub use share::CopyLink;
pub use summary::EpisodeList;
