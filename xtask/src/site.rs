//! The page's files as the server finds them: named by content, compressed, listed in a manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::build_id::{hash_bytes, hash_paths};
use crate::process::Run;
use crate::report::Report;
use crate::stamp::Stamp;
use crate::workspace::Workspace;

const COMPRESS: &str = include_str!("compress.mjs");

const MANIFEST: &str = "manifest.json";

/// Beside the code: which wasm files make up each chunk, without their extension.
pub const CHUNKS: &str = "chunks.json";

/// `site/manifest.json`; described in docs/ARCHITECTURE.md under "Assets".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Sources of the page and the server, see `build_id`.
    pub build_id: String,
    /// Paths in the site's folder.
    pub js: String,
    /// Fetches chunks.
    pub loader: String,
    pub wasm: String,
    pub css: String,
    /// What a page of each chunk needs besides the main wasm.
    pub chunks: BTreeMap<String, Vec<String>>,
    /// Bytes of each file.
    pub sizes: BTreeMap<String, Size>,
}

/// Bytes of one file: plain, brotli, gzip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    pub raw: u64,
    pub br: u64,
    pub gz: u64,
}

impl Manifest {
    /// The page of the folder `code`, whose content `hash` names, and of the style sheet `css`.
    fn new(build_id: String, hash: &str, css: String, chunks: Chunks) -> Manifest {
        let path = |file: &str| format!("{hash}/{file}");
        let files = |files: Vec<String>| files.iter().map(|f| path(&format!("{f}.wasm"))).collect();
        Manifest {
            build_id,
            js: path("souk.js"),
            loader: path("chunks.js"),
            wasm: path("souk_bg.wasm"),
            css,
            chunks: chunks.into_iter().map(|(name, list)| (name, files(list))).collect(),
            sizes: BTreeMap::new(),
        }
    }

    /// All files, each once.
    fn files(&self) -> Vec<&str> {
        let shell = [&self.js, &self.loader, &self.wasm, &self.css];
        let mut files: Vec<&str> =
            shell.into_iter().chain(self.chunks.values().flatten()).map(String::as_str).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Bytes of a first load of a page without a chunk, such as a missing one, by a browser that
    /// takes brotli.
    pub fn brotli(&self) -> u64 {
        [&self.js, &self.loader, &self.wasm, &self.css].into_iter().map(|f| self.br(f)).sum()
    }

    /// The same of a page of a chunk.
    pub fn brotli_with(&self, chunk: &[String]) -> u64 {
        self.brotli() + chunk.iter().map(|file| self.br(file)).sum::<u64>()
    }

    /// Bytes of one of the files under brotli.
    pub fn br(&self, file: &str) -> u64 {
        self.sizes.get(file).map_or(0, |size| size.br)
    }
}

type Chunks = BTreeMap<String, Vec<String>>;

/// The manifest of the page that was built last.
pub fn read_manifest(workspace: &Workspace) -> Result<Manifest> {
    let file = workspace.site().join(MANIFEST);
    let text = fs::read_to_string(&file)
        .with_context(|| format!("no page at {}: run `cargo xtask build`", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not understood", file.display()))
}

/// Names the parts by content, compresses them and writes the manifest last, so that a manifest
/// never names a file that is not there.
///
/// The code keeps its files' names in a folder that all of them name together: they refer to each
/// other, and a chunk fits no main wasm but that of its own build.
pub fn publish(
    workspace: &Workspace,
    report: &Report,
    build_id: String,
    code: &Path,
    css: &Path,
) -> Result<Manifest> {
    let site = workspace.site();
    let style = fs::read(css).with_context(|| format!("cannot read {}", css.display()))?;
    let hash = hash_paths(code, &["."])?;
    let mut manifest =
        Manifest::new(build_id, &hash, hashed_name(&style, "css"), read_chunks(code)?);
    let files: Vec<PathBuf> = manifest.files().into_iter().map(|file| site.join(file)).collect();
    let outputs: Vec<PathBuf> = files.iter().flat_map(|file| variants(file)).collect();
    let there: Vec<&Path> = outputs.iter().map(PathBuf::as_path).collect();
    let stamp = Stamp::new(&workspace.notes(), "site", manifest.files().join(" "));
    if !stamp.is_fresh(&there) {
        report.step("page: compressing", || {
            fs::create_dir_all(site.join(&hash))?;
            for file in manifest.files() {
                let from = file.strip_prefix(&format!("{hash}/")).map(|name| code.join(name));
                fs::copy(from.as_deref().unwrap_or(css), site.join(file))
                    .with_context(|| format!("cannot publish {file}"))?;
            }
            compress(workspace, &files)?;
            stamp.write()
        })?;
    }
    manifest.sizes = manifest
        .files()
        .into_iter()
        .map(|file| Ok((file.to_owned(), measure(&site.join(file))?)))
        .collect::<Result<_>>()?;
    write_manifest(&site, &manifest)?;
    remove_others(&site, &hash, &manifest.css)?;
    Ok(manifest)
}

fn read_chunks(code: &Path) -> Result<Chunks> {
    let text = fs::read_to_string(code.join(CHUNKS)).context("the chunks are not listed")?;
    serde_json::from_str(&text).context("the list of chunks is not understood")
}

/// Names of the files of a folder, in order.
pub fn files_in(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// `souk-<hash>.<extension>`.
fn hashed_name(bytes: &[u8], extension: &str) -> String {
    format!("souk-{}.{extension}", hash_bytes(bytes))
}

/// A file and its compressed forms.
fn variants(file: &Path) -> [PathBuf; 3] {
    let with = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    [file.to_path_buf(), with(".br"), with(".gz")]
}

fn compress(workspace: &Workspace, files: &[PathBuf]) -> Result<()> {
    let script = workspace.notes().join("compress.mjs");
    fs::write(&script, COMPRESS).with_context(|| format!("cannot write {}", script.display()))?;
    Run::new("node").arg(script).args(files).quiet()
}

fn measure(file: &Path) -> Result<Size> {
    let [raw, br, gz] = variants(file).map(|file| {
        fs::metadata(&file)
            .map(|found| found.len())
            .with_context(|| format!("{} is missing", file.display()))
    });
    Ok(Size { raw: raw?, br: br?, gz: gz? })
}

fn write_manifest(site: &Path, manifest: &Manifest) -> Result<()> {
    let text = serde_json::to_string_pretty(manifest).context("a manifest is plain data")?;
    let (draft, file) = (site.join("manifest.json.new"), site.join(MANIFEST));
    fs::write(&draft, text + "\n")
        .and_then(|()| fs::rename(&draft, &file))
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Drops what earlier builds left.
fn remove_others(site: &Path, code: &str, css: &str) -> Result<()> {
    for name in files_in(site)? {
        if name == code || name == MANIFEST || name.starts_with(css) {
            continue;
        }
        let path = site.join(name);
        let removed = match path.is_dir() {
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        };
        removed.with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_contents() {
        assert_eq!(hashed_name(b"", "js"), "souk-cbf29ce484222325.js");
        // The published FNV-1a value of "a".
        assert_eq!(hashed_name(b"a", "css"), "souk-af63dc4c8601ec8c.css");
    }

    #[test]
    fn variants_keep_the_extension() {
        let [plain, br, gz] = variants(Path::new("site/souk-1.js"));
        assert_eq!(plain, Path::new("site/souk-1.js"));
        assert_eq!(br, Path::new("site/souk-1.js.br"));
        assert_eq!(gz, Path::new("site/souk-1.js.gz"));
    }

    #[test]
    fn a_first_load_is_the_shell_and_the_files_of_one_chunk() {
        let list = |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect();
        let chunks = BTreeMap::from([
            ("talk".to_owned(), list(&["chunk_1", "split_talk"])),
            ("desk".to_owned(), list(&["chunk_1", "split_desk"])),
        ]);
        let mut page = Manifest::new("0".to_owned(), "ab", "souk-1.css".to_owned(), chunks);
        assert_eq!(page.chunks["talk"], ["ab/chunk_1.wasm", "ab/split_talk.wasm"]);
        let files = page.files();
        assert_eq!(files.len(), 7, "{files:?}");
        let sizes = (0..).map(|power| Size { raw: 0, br: 10_u64.pow(power), gz: 0 });
        page.sizes = files.into_iter().map(str::to_owned).zip(sizes).collect();
        // In order: chunk_1, chunks.js, souk.js, souk_bg.wasm, split_desk, split_talk, souk-1.css.
        assert_eq!(page.brotli(), 1_001_110);
        assert_eq!(page.brotli_with(&page.chunks["talk"]), 1_101_111);
        assert_eq!(page.brotli_with(&page.chunks["desk"]), 1_011_111);
    }
}
