//! The rules as a whole: tables of plays, and properties of every play.

mod plays;
mod properties;
mod surface;
mod transitions;
