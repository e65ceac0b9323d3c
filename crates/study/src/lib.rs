//! Studies with recruited people, as far as they need no IO: what a study is, where a participant stands, who gets
//! which condition, what is paid, what is promised beforehand.

pub mod assignment;
pub mod cells;
pub mod chance;
pub mod definition;
pub mod desk;
pub mod edit;
pub mod evidence;
pub mod manner;
pub mod pay;
pub mod power;
pub mod preregistration;
pub mod progress;
pub mod question;
pub mod results;

pub use assignment::{Dealer, Slot};
pub use definition::{Study, Text};
pub use pay::{Due, due};
pub use progress::{End, Event, Input, Place, Progress, Refused, apply, tick};
pub use question::{Answers, Question};
