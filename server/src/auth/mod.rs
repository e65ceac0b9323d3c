//! Who asks: visitors by a signed cookie, researchers by a session, programs by a key.

mod cookies;
mod guard;
mod identity;
mod password;
mod routes;
mod scope;

pub use cookies::open_key;
pub use guard::{harden, same_site};
pub use identity::{Actor, Via, identify};
pub use password::{check_new, hash};
pub use routes::{AUTH_CODES, routes, signed_in_by_session};
pub use scope::Scope;
