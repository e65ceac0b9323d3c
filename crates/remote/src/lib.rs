//! Language models elsewhere: chats over any OpenAI-compatible endpoint.
//!
//! A [`Remote`] is one endpoint as a [`Definition`] describes it, with its connections, its key and its
//! account of tokens and money. A [`RemoteNegotiator`] plays a side with it.
//!
//! The key comes from an environment variable that the definition names, and goes into the
//! `authorization` header and nowhere else: no log, no error, no `Debug` form holds it, and where an
//! endpoint repeats it, it is blotted out.

mod account;
mod client;
mod definition;
mod dollars;
mod error;
mod key;
mod message;
mod negotiator;
mod reach;
mod retry;
mod stream;

pub use account::Account;
pub use client::{Remote, Status, Trouble};
pub use definition::{Definition, MaxTokensName, Prices, Protocol, Timeouts};
pub use dollars::{BadDollars, Dollars};
pub use error::RemoteError;
pub use negotiator::RemoteNegotiator;
