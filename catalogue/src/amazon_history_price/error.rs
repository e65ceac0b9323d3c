//! What can be wrong with the files, said so that a person can put it right.

use std::io;
use std::path::PathBuf;

use rules::{BadPrice, Mills};

use crate::manifest::Counts;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the folder {} cannot be read ({why}): give the folder that holds the 18 JSON files", dir.display())]
    Folder { dir: PathBuf, why: io::Error },
    #[error("{} holds no category files such as books.json: give the folder that holds the 18 JSON files", dir.display())]
    NothingThere { dir: PathBuf },
    #[error(
        "{} holds only a part of the set, {} is missing: get the whole set, or import what is there with --partial",
        dir.display(), missing.join(", ")
    )]
    Incomplete { dir: PathBuf, missing: Vec<String> },
    #[error("{file} is not one of the set's 18 categories: move it out of the folder")]
    UnknownCategory { file: String },
    #[error("{file} cannot be read ({why}): check its permissions")]
    File { file: String, why: io::Error },
    #[error("{file} has {bytes} bytes, far more than the set's: get the file again")]
    TooLarge { file: String, bytes: u64 },
    #[error("{file} is not UTF-8 text from byte {byte} on: get the file again")]
    NotUtf8 { file: String, byte: usize },
    #[error(
        "{file} breaks off or is not JSON in record {record} (line {line}, column {column}: {what}): get the file again"
    )]
    Syntax { file: String, record: usize, line: usize, column: usize, what: String },
    #[error("{file}, record {record} ({title}): {fault}")]
    Record { file: String, record: usize, title: String, fault: Fault },
    #[error(
        "{} reads as {found}, but the set has {expected}: the files were changed; get them again, or import them as they are with --partial",
        dir.display()
    )]
    SelfCheck { dir: PathBuf, found: Box<Counts>, expected: Box<Counts> },
}

/// What is wrong with one record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("a record must be an object with fields, but this is {found}; correct or remove it")]
    NotAnObject { found: &'static str },
    #[error("the field \"{field}\" is missing; add it or remove the record")]
    Missing { field: &'static str },
    #[error(
        "the field \"{field}\" must be text, but is {found}; put it in quotes or remove the record"
    )]
    NotText { field: &'static str, found: &'static str },
    #[error("the field \"{field}\" is empty; fill it in or remove the record")]
    Empty { field: &'static str },
    #[error("the field \"{field}\" holds the character U+0000, which cannot be stored; remove it")]
    NulCharacter { field: &'static str },
    #[error(
        "the field \"{field}\" is \"{text}\", not a price ({why}); write it such as \"$1,234.56\""
    )]
    Price { field: &'static str, text: String, why: BadPrice },
    #[error("the field \"{field}\" is \"{text}\", not a date; write it such as \"Nov 16, 2023\"")]
    Date { field: &'static str, text: String },
    #[error("the lowest price {lowest} is above the highest {highest}; correct the two prices")]
    LowestAboveHighest { lowest: Mills, highest: Mills },
    #[error("its category is \"{found}\", but the file's is \"{file}\"; move it to its own file")]
    WrongCategory { found: String, file: String },
    #[error("record {first} has the same title; remove one of the two")]
    Duplicate { first: usize },
}
