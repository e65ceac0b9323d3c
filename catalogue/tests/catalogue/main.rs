//! The catalogue and its importer, from outside.

mod import;
mod own;
mod pictures;
