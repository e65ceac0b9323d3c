//! Files of a backup: copied, hashed, compared, closed to others.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use super::{Filed, Tell};

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Size and hash of what is read, which is passed on.
fn pass(mut from: impl Read, mut to: impl Write) -> io::Result<(u64, String)> {
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        match from.read(&mut piece)? {
            0 => return Ok((bytes, hex::encode(hash.finalize()))),
            n => {
                hash.update(&piece[..n]);
                to.write_all(&piece[..n])?;
                bytes += n as u64;
            }
        }
    }
}

/// A folder with all above it, for its owner alone.
pub fn make_folder(folder: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// A new file for its owner alone.
pub fn make_file(path: &Path) -> Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a new file, to the disk.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = make_file(path)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Writes to the disk what a program wrote into a folder or a file.
pub fn sync(path: &Path) -> Result<()> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .with_context(|| format!("cannot write {} to the disk", path.display()))
}

/// Copies a file to a new one, for its owner alone. `None`: it is not there.
pub fn copy(from: &Path, to: &Path, name: String) -> Result<Option<Filed>> {
    let file = match File::open(from) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", from.display())),
    };
    make_folder(to.parent().context("a file lies in a folder")?)?;
    let out = make_file(to)?;
    let (bytes, sha256) = pass(file, &out)
        .and_then(|passed| out.sync_all().map(|()| passed))
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(Some(Filed { name, bytes, sha256 }))
}

/// A file of a backup as it lies there now.
pub fn look(folder: &Path, name: &str) -> Result<Filed> {
    let path = folder.join(name);
    let file = File::open(&path)
        .with_context(|| format!("the backup names {}, which cannot be read", path.display()))?;
    let (bytes, sha256) =
        pass(file, io::sink()).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Filed { name: name.to_owned(), bytes, sha256 })
}

/// The files of a folder and of those in it, each by its way from there, in the order of their names.
pub fn below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        if entry.file_type()?.is_dir() {
            found.extend(below(&entry.path())?.into_iter().map(|path| name.join(path)));
        } else {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a name from a manifest leads to below the folder that it is joined to.
pub fn stays_below(name: &str) -> bool {
    let mut parts = Path::new(name).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

pub fn changed(path: &Path) -> String {
    format!(
        "{} is not the file that was backed up: its hash is another than in the backup's list. \
         Take another copy of this backup, or an earlier one",
        path.display()
    )
}

/// Compares every file with its hash.
pub fn check(folder: &Path, files: &[Filed], tell: &Tell) -> Result<()> {
    for (n, file) in files.iter().enumerate() {
        tell(format!("hashes: {} of {} files", n, files.len()));
        ensure!(stays_below(&file.name), "the backup names {}, outside of its folder", file.name);
        ensure!(look(folder, &file.name)? == *file, changed(&folder.join(&file.name)));
    }
    Ok(())
}

/// Lines of `sha256sum`.
pub fn sums(files: &[Filed]) -> String {
    files.iter().map(|file| format!("{}  {}\n", file.sha256, file.name)).collect()
}

/// Names with their hashes.
pub fn read_sums(text: &str) -> Result<Vec<(String, String)>> {
    let line = |line: &str| match line.split_once("  ") {
        Some((sha256, name)) => Ok((name.to_owned(), sha256.to_owned())),
        None => bail!("`{line}` is no line with a hash and a name"),
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        let table = [
            ("files/cookie.key", true),
            ("files/runs/a/model-1/model.safetensors", true),
            ("", false),
            ("/etc/passwd", false),
            ("files/../../x", false),
            ("..", false),
        ];
        for (name, expected) in table {
            assert_eq!(stays_below(name), expected, "{name}");
        }
    }

    #[test]
    fn sums_are_read_as_they_are_written() {
        let file = |name: &str| Filed { name: name.to_owned(), bytes: 3, sha256: sha256(b"abc") };
        let files = [file("manifest.json"), file("files/a  b")];
        // `printf abc | sha256sum`
        let first =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  manifest.json\n";
        assert!(sums(&files).starts_with(first));
        let names: Vec<String> =
            read_sums(&sums(&files)).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["manifest.json", "files/a  b"]);
        assert!(read_sums("abc").is_err());
    }
}
