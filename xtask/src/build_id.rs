//! One number that says which sources a page or a server was built from.
//!
//! Shared by path with `server/build.rs`, so that it needs the standard
//! library alone. The server refuses a page whose number is not its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the page's code and the server's rendering of it are made from,
/// relative to the checkout. Styles are not among them: the style sheet is
/// named by its content and cannot break a page.
pub const SOURCES: [&str; 9] = [
    "Cargo.lock",
    "app/Cargo.toml",
    "app/src",
    "crates/rules/Cargo.toml",
    "crates/rules/src",
    "crates/wire/Cargo.toml",
    "crates/wire/src",
    "frontend/Cargo.toml",
    "frontend/src",
];

/// The build id of a checkout: 16 hexadecimal digits over [`SOURCES`].
///
/// # Errors
/// When a source cannot be read.
pub fn build_id(root: &Path) -> io::Result<String> {
    hash_paths(root, &SOURCES)
}

/// Hashes names and contents of files and folders below `root`. It guards
/// against mistakes, not against an adversary, so 64 bits of FNV-1a are enough.
///
/// # Errors
/// When a file cannot be read; an absent path counts as empty.
pub fn hash_paths(root: &Path, paths: &[&str]) -> io::Result<String> {
    let mut files = Vec::new();
    for path in paths {
        collect(&root.join(path), &mut files)?;
    }
    files.sort();
    let mut hash = FNV_OFFSET;
    for file in files {
        let name = file.strip_prefix(root).unwrap_or(&file);
        hash = fnv(hash, name.to_string_lossy().as_bytes());
        hash = fnv(hash, &[0]);
        let content = fs::read(&file)?;
        hash = fnv(hash, &content.len().to_le_bytes());
        hash = fnv(hash, &content);
    }
    Ok(format!("{hash:016x}"))
}

/// The hash of one text, in the same form as [`hash_paths`].
pub fn hash_bytes(bytes: &[u8]) -> String {
    format!("{:016x}", fnv(FNV_OFFSET, bytes))
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(mut hash: u64, bytes: &[u8]) -> u64 {
    for byte in bytes {
        hash ^= u64::from(*byte);
        hash = hash.wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), into)?;
        }
    } else if path.is_file() {
        into.push(path.to_path_buf());
    }
    Ok(())
}
