//! Live events: who follows what, what wakes them, and the sockets.

mod follower;
mod health;
mod hub;
mod notices;
mod socket;

pub use follower::Follower;
pub use health::{Health, watch};
pub use hub::{Beat, Following, Hub, Speech, Utterance};
pub use notices::{look_after, relay};
pub use socket::{Counted, live};
