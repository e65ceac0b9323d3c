//! What an export consists of: tables with their columns and codebook, written and read as Parquet, JSON lines or CSV,
//! and the logs in them held against the rules. Files from elsewhere are read here: whatever they hold, the answer is
//! rows or an error.

mod format;
mod read;
mod table;

pub use format::{Format, Rows};
pub use read::{ReadRows, Row, from_csv, from_jsonl, from_parquet};
pub use table::{Cell, Column, EPISODES, EVENTS, Kind, PRODUCTS, TABLES, Table, codebook};
