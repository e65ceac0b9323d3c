//! A model's files, looked at before mistral.rs reads them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{config, merge};
use crate::error::{EngineError, brief};

/// A folder in the hub's layout that has all that is needed.
#[derive(Debug)]
pub struct Folder {
    pub path: PathBuf,
    config: Map<String, Value>,
    pub weights: Vec<PathBuf>,
}

impl Folder {
    /// Looks at a folder: each file that is needed is there and is what it should be.
    pub fn inspect(path: &Path) -> Result<Folder, EngineError> {
        if !path.is_dir() {
            return Err(EngineError::MissingFile { path: path.to_owned() });
        }
        let config_path = path.join("config.json");
        let config = config::read(&config_path, &read_text(&config_path)?)?;
        let weights = weight_files(path)?;
        needed(&path.join("tokenizer.json"))?;
        Ok(Folder { path: path.to_owned(), config, weights })
    }

    /// How many numbers the weights are.
    pub fn parameters(&self) -> Result<u64, EngineError> {
        self.weights.iter().map(|path| parameters(path)).sum()
    }

    /// A folder that mistral.rs can load: this one, or a copy in `cache` with a repaired config and
    /// the adapter merged. Files that do not change are links. The folder itself is never written.
    pub fn prepared(&self, adapter: Option<&Path>, cache: &Path) -> Result<PathBuf, EngineError> {
        let repaired = config::repaired(&self.config);
        if repaired.is_none() && adapter.is_none() {
            return Ok(self.path.clone());
        }
        let ready = cache.join(self.fingerprint(adapter)?);
        if ready.is_dir() {
            return Ok(ready);
        }
        let unreadable = |error| unreadable(cache, error);
        std::fs::create_dir_all(cache).map_err(unreadable)?;
        // Written beside and renamed, so that a half-written folder is never found.
        let draft = cache.join(format!(".draft-{}-{}", std::process::id(), thread_number()));
        let _ = std::fs::remove_dir_all(&draft);
        std::fs::create_dir(&draft).map_err(unreadable)?;
        let written = self.write_into(&draft, repaired.as_ref(), adapter);
        let written = written.and_then(|()| match std::fs::rename(&draft, &ready) {
            Err(_) if ready.is_dir() => Ok(()),
            result => result.map_err(unreadable),
        });
        let _ = std::fs::remove_dir_all(&draft);
        written.map(|()| ready)
    }

    fn write_into(
        &self,
        draft: &Path,
        repaired: Option<&Map<String, Value>>,
        adapter: Option<&Path>,
    ) -> Result<(), EngineError> {
        let merged = match adapter {
            Some(adapter) => merge::merge(adapter, &self.weights, draft)?,
            None => Vec::new(),
        };
        for entry in std::fs::read_dir(&self.path).map_err(|error| unreadable(&self.path, error))? {
            let entry = entry.map_err(|error| unreadable(&self.path, error))?;
            let name = entry.file_name();
            let is_ours = name == "config.json" && repaired.is_some() || merged.contains(&name);
            if !is_ours && entry.path().is_file() {
                link(&entry.path(), &draft.join(&name))?;
            }
        }
        if let Some(config) = repaired {
            let path = draft.join("config.json");
            let text = serde_json::to_string_pretty(config).expect("a JSON object serialises");
            std::fs::write(&path, text).map_err(|error| unreadable(&path, error))?;
        }
        Ok(())
    }

    /// Changes when a file of the model or of the adapter does.
    fn fingerprint(&self, adapter: Option<&Path>) -> Result<String, EngineError> {
        let mut hash = Sha256::new();
        for folder in [Some(self.path.as_path()), adapter].into_iter().flatten() {
            let folder = folder.canonicalize().map_err(|error| missing_or(folder, error))?;
            hash.update(folder.as_os_str().as_encoded_bytes());
            for line in listing(&folder)? {
                hash.update(line);
            }
        }
        let digest: [u8; 32] = hash.finalize().into();
        Ok(digest[..12].iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Name, length and time of each file, sorted.
fn listing(folder: &Path) -> Result<Vec<String>, EngineError> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    let mut lines: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let about = std::fs::metadata(entry.path()).ok()?;
            let at = about.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some(format!("{:?} {} {}\n", entry.file_name(), about.len(), at.as_nanos()))
        })
        .collect();
    lines.sort();
    Ok(lines)
}

fn thread_number() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> Result<(), EngineError> {
    let from = from.canonicalize().map_err(|error| unreadable(from, error))?;
    std::os::unix::fs::symlink(&from, to).map_err(|error| unreadable(to, error))
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) -> Result<(), EngineError> {
    std::fs::copy(from, to).map(|_| ()).map_err(|error| unreadable(to, error))
}

/// `model.safetensors`, or all that the index names.
fn weight_files(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let index = folder.join("model.safetensors.index.json");
    if !index.is_file() {
        let whole = folder.join("model.safetensors");
        return needed(&whole).map(|()| vec![whole]);
    }
    let bad = |detail: String| EngineError::Unreadable { path: index.clone(), detail };
    let value: Value = serde_json::from_str(&read_text(&index)?).map_err(|e| bad(e.to_string()))?;
    let map = value["weight_map"].as_object();
    let map = map.ok_or_else(|| bad("`weight_map` is missing".to_owned()))?;
    let mut names: Vec<&str> = map.values().filter_map(Value::as_str).collect();
    names.sort_unstable();
    names.dedup();
    if let Some(name) = names.iter().find(|name| !is_weights_name(name)) {
        return Err(bad(format!("`{name}` is no name of a safetensors file in this folder")));
    }
    let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    paths.iter().try_for_each(|path| needed(path))?;
    Ok(paths)
}

/// An index is as foreign as the weights: it names files of its own folder, and of this kind alone.
fn is_weights_name(name: &str) -> bool {
    let plain = Path::new(name).file_name().is_some_and(|plain| plain == name);
    plain && !name.starts_with('.') && name.ends_with(".safetensors")
}

/// The longest header of a safetensors file, in bytes, as the format's own reader has it.
const LONGEST_HEADER: u64 = 100_000_000;

/// Counts the numbers of a safetensors file by its header, and checks that the data is all there.
fn parameters(path: &Path) -> Result<u64, EngineError> {
    let bad =
        |detail: &str| EngineError::Unreadable { path: path.to_owned(), detail: detail.into() };
    let mut file = File::open(path).map_err(|error| missing_or(path, error))?;
    let length = file.metadata().map_err(|error| unreadable(path, error))?.len();
    let mut size = [0; 8];
    file.read_exact(&mut size).map_err(|_| bad("it is shorter than a header"))?;
    let size = u64::from_le_bytes(size);
    if size > length.saturating_sub(8) {
        return Err(bad("it is not a safetensors file, or its header is cut off"));
    }
    if size > LONGEST_HEADER {
        return Err(bad("its header is too long"));
    }
    let mut header = vec![0; usize::try_from(size).map_err(|_| bad("its header is too long"))?];
    file.read_exact(&mut header).map_err(|error| unreadable(path, error))?;
    let header: Map<String, Value> =
        serde_json::from_slice(&header).map_err(|_| bad("its header is not JSON"))?;
    let tensors = header.iter().filter(|(name, _)| *name != "__metadata__");
    let mut count = 0;
    for (name, tensor) in tensors {
        let shape = tensor["shape"].as_array().ok_or_else(|| bad("a tensor has no shape"))?;
        let end = tensor["data_offsets"][1].as_u64();
        if end.is_none_or(|end| end > length - 8 - size) {
            return Err(bad(&format!("it ends before the data of `{name}`")));
        }
        count += shape.iter().filter_map(Value::as_u64).product::<u64>();
    }
    Ok(count)
}

/// The size of a GGUF file that begins as one.
pub fn gguf_bytes(path: &Path) -> Result<u64, EngineError> {
    let mut file = File::open(path).map_err(|error| missing_or(path, error))?;
    let mut magic = [0; 4];
    if file.read_exact(&mut magic).is_err() || magic != *b"GGUF" {
        let detail = "it does not begin with GGUF".to_owned();
        return Err(EngineError::BadGguf { path: path.to_owned(), detail });
    }
    file.metadata().map(|about| about.len()).map_err(|error| unreadable(path, error))
}

/// The newest snapshot of a hub's model in the hub's own cache.
pub fn hub_snapshot(id: &str, revision: Option<&str>) -> Option<PathBuf> {
    let cache = mistralrs::core::hf_hub_cache_dir()?;
    let model = cache.join(format!("models--{}", id.replace('/', "--")));
    let commit = std::fs::read_to_string(model.join("refs").join(revision.unwrap_or("main"))).ok();
    let commit = commit.or_else(|| revision.map(str::to_owned))?;
    let snapshot = model.join("snapshots").join(commit.trim());
    snapshot.join("config.json").is_file().then_some(snapshot)
}

/// Memory that a new process could use, in bytes. `None` where the system does not say.
pub fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

fn read_text(path: &Path) -> Result<String, EngineError> {
    std::fs::read_to_string(path).map_err(|error| missing_or(path, error))
}

fn needed(path: &Path) -> Result<(), EngineError> {
    if path.is_file() { Ok(()) } else { Err(EngineError::MissingFile { path: path.to_owned() }) }
}

fn missing_or(path: &Path, error: std::io::Error) -> EngineError {
    match error.kind() {
        std::io::ErrorKind::NotFound => EngineError::MissingFile { path: path.to_owned() },
        _ => unreadable(path, error),
    }
}

pub(super) fn unreadable(path: &Path, error: impl ToString) -> EngineError {
    EngineError::Unreadable { path: path.to_owned(), detail: brief(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_names_safetensors_of_its_own_folder() {
        let folder = std::env::temp_dir().join(format!("souk-index-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("a.safetensors"), b"").expect("a file");
        std::fs::write(folder.join("a.bin"), b"").expect("a file");
        for (name, taken) in [
            ("a.safetensors", true),
            ("../a.safetensors", false),
            ("./a.safetensors", false),
            ("/etc/a.safetensors", false),
            ("x/../a.safetensors", false),
            ("a.bin", false),
            ("..", false),
            ("", false),
        ] {
            let index = serde_json::json!({ "weight_map": { "w": name } }).to_string();
            std::fs::write(folder.join("model.safetensors.index.json"), index).expect("a file");
            assert_eq!(weight_files(&folder).is_ok(), taken, "{name}");
        }
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }

    #[test]
    fn a_header_that_says_it_is_endless_is_not_read() {
        let path = std::env::temp_dir().join(format!("souk-header-{}", std::process::id()));
        let file = File::create(&path).expect("a file");
        // Nothing of it takes room on the disk.
        file.set_len(1 << 34).expect("a file with holes");
        std::os::unix::fs::FileExt::write_at(&file, &(1u64 << 33).to_le_bytes(), 0).expect("bytes");
        let refused = parameters(&path).expect_err("too long").to_string();
        std::fs::remove_file(&path).expect("it is ours");
        assert!(refused.contains("header is too long"), "{refused}");
    }
}
