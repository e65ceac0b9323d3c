//! Reads the AmazonHistoryPrice set (Xia et al., Findings of ACL 2024): 18 JSON files, one per
//! category, of products with prices from a public price tracker.
//!
//! The rule, as reported: price = max(highest, list); C = lowest; B = 0.8 x price; codename
//! `{category}_{index+1}`; a description under 5 characters falls back to the features. Souk ships
//! this reader and never the files.
//!
//! All or nothing: one bad record refuses the whole folder, with the file, the record, what is
//! wrong and what to do.

mod error;
mod record;

use std::fs;
use std::path::{Path, PathBuf};

pub use error::{Fault, ImportError};
pub use record::read_category;

use crate::item::{CATEGORIES, Item};
use crate::manifest::{Counts, Manifest, assign_split};

/// The source's name in manifests and in the store.
pub const SOURCE: &str = "amazon-history-price";

/// Seeds the split into training and test products.
pub const SPLIT_SEED: u64 = 20_240_811;

/// What the complete set holds.
pub const COMPLETE: Counts =
    Counts { products: 930, categories: 18, mutual: 886, conflicting: 44, ties: 0 };

/// Of [`COMPLETE`], the products kept for evaluation; the other 802 are trained on.
pub const TEST_PRODUCTS: usize = 128;

/// A category file larger than this is refused unread: the largest of the set has under 1 MB.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Whether a folder must hold the whole set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// All 18 files; the counts must be [`COMPLETE`].
    #[default]
    Complete,
    /// Any of the 18 files. The split keeps the same share for evaluation.
    Partial,
}

/// A read folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// By category in alphabetical order, then in the file's order.
    pub items: Vec<Item>,
    pub counts: Counts,
    pub manifest: Manifest,
}

/// Reads the complete set from its folder, and checks itself against [`COMPLETE`].
pub fn read(dir: &Path) -> Result<Import, ImportError> {
    read_extent(dir, Extent::Complete)
}

/// Reads a folder of the set. Files that do not end in `.json` (the licence) are left alone.
pub fn read_extent(dir: &Path, extent: Extent) -> Result<Import, ImportError> {
    let found = category_files(dir)?;
    if extent == Extent::Complete {
        let is_missing = |c: &&str| !found.iter().any(|(name, _)| name == c);
        let missing: Vec<_> = CATEGORIES.into_iter().filter(is_missing).collect();
        if !missing.is_empty() {
            let missing = missing.iter().map(|c| format!("{c}.json")).collect();
            return Err(ImportError::Incomplete { dir: dir.to_owned(), missing });
        }
    }
    let mut items = Vec::new();
    for (category, path) in &found {
        items.extend(read_category(category, &text_of(path)?)?);
    }
    finish(dir, items, extent)
}

fn finish(dir: &Path, mut items: Vec<Item>, extent: Extent) -> Result<Import, ImportError> {
    let counts = Counts::of(&items);
    if extent == Extent::Complete && counts != COMPLETE {
        return Err(ImportError::SelfCheck {
            dir: dir.to_owned(),
            found: Box::new(counts),
            expected: Box::new(COMPLETE),
        });
    }
    // Of the whole set this is exactly TEST_PRODUCTS; of a part the same share, to the nearest.
    let whole = COMPLETE.products;
    let test = (items.len() * TEST_PRODUCTS + whole / 2) / whole;
    assign_split(&mut items, test, SPLIT_SEED);
    let manifest = Manifest::of(SOURCE, SPLIT_SEED, &items);
    Ok(Import { items, counts, manifest })
}

/// The category files of a folder with their categories, in alphabetical order.
fn category_files(dir: &Path) -> Result<Vec<(String, PathBuf)>, ImportError> {
    let unreadable = |why| ImportError::Folder { dir: dir.to_owned(), why };
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(category) = name.strip_suffix(".json").filter(|_| !name.starts_with('.')) else {
            continue;
        };
        if !CATEGORIES.contains(&category) {
            return Err(ImportError::UnknownCategory { file: name });
        }
        found.push((category.to_owned(), path));
    }
    if found.is_empty() {
        return Err(ImportError::NothingThere { dir: dir.to_owned() });
    }
    found.sort();
    Ok(found)
}

fn text_of(path: &Path) -> Result<String, ImportError> {
    let file = || path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let unreadable = |why| ImportError::File { file: file(), why };
    let bytes = fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(ImportError::TooLarge { file: file(), bytes });
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes)
        .map_err(|e| ImportError::NotUtf8 { file: file(), byte: e.utf8_error().valid_up_to() })
}
