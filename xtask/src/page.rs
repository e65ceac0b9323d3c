//! The page's assets: wasm, JavaScript and style sheet, named by content,
//! compressed, listed in a manifest that the server reads.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::build_id::{build_id, hash_bytes, hash_paths};
use crate::node;
use crate::process::Run;
use crate::report::Report;
use crate::stamp::Stamp;
use crate::style;
use crate::workspace::Workspace;

/// What the wasm of Rust's default target uses; wasm-opt refuses what it is not told of.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The level that leaves least under brotli (docs/LAB.md): -Oz and inlining gain only before it.
const WASM_OPT: [&str; 7] = [
    "-Os",
    "--always-inline-max-function-size",
    "0",
    "--flexible-inline-max-function-size",
    "0",
    "--one-caller-inline-max-function-size",
    "0",
];

const COMPRESS: &str = include_str!("compress.mjs");

/// `site/manifest.json`; described in docs/ARCHITECTURE.md under "Assets".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Sources of the page and the server, see `build_id`.
    pub build_id: String,
    /// File names in the site's folder.
    pub js: String,
    pub wasm: String,
    pub css: String,
    pub sizes: Sizes,
}

/// Bytes of each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    pub js: Size,
    pub wasm: Size,
    pub css: Size,
}

impl Sizes {
    /// Bytes of a first load by a browser that takes brotli.
    pub fn brotli(&self) -> u64 {
        self.js.br + self.wasm.br + self.css.br
    }
}

/// Bytes of one file: plain, brotli, gzip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    pub raw: u64,
    pub br: u64,
    pub gz: u64,
}

/// The manifest of the page that was built last.
pub fn read_manifest(workspace: &Workspace) -> Result<Manifest> {
    let file = workspace.site().join("manifest.json");
    let text = fs::read_to_string(&file)
        .with_context(|| format!("no page at {}: run `cargo xtask build`", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not understood", file.display()))
}

/// Builds what is stale and writes the manifest.
pub fn build(workspace: &Workspace, report: &Report) -> Result<Manifest> {
    let _alone = alone(workspace, report)?;
    node::install_packages(workspace, report, "style")?;
    // Before the compiler reads the sources: an edit during the build leaves
    // an older id behind, and the server's check then asks for another run.
    let id = build_id(&workspace.root)?;
    let parts = workspace.notes().join("page");
    fs::create_dir_all(&parts).with_context(|| format!("cannot make {}", parts.display()))?;
    let css = parts.join("souk.css");
    style::compile(workspace, report, &css)?;
    let wasm = compile(workspace, report)?;
    process(workspace, report, &wasm, &parts)?;
    publish(workspace, report, id, &parts)
}

/// Two builds at once would mix their parts: the second waits while this is held.
fn alone(workspace: &Workspace, report: &Report) -> Result<fs::File> {
    let file = workspace.notes().join("page.lock");
    let open = || -> std::io::Result<fs::File> {
        fs::create_dir_all(workspace.notes())?;
        let lock = fs::File::create(&file)?;
        if lock.try_lock().is_err() {
            report.say("another build of the page is under way: waiting for it");
            lock.lock()?;
        }
        Ok(lock)
    };
    open().with_context(|| format!("cannot lock {}", file.display()))
}

/// Cargo's part. Always asked, since cargo knows best what changed.
fn compile(workspace: &Workspace, report: &Report) -> Result<PathBuf> {
    report.step("page: compiling the browser's half", || {
        Run::new("cargo")
            .args(["build", "--package=frontend", "--profile=wasm"])
            .arg("--target=wasm32-unknown-unknown")
            .dir(&workspace.root)
            .show()
            .context("the browser's half does not compile")
    })?;
    Ok(workspace.target.join("wasm32-unknown-unknown/wasm/frontend.wasm"))
}

/// wasm-bindgen, wasm-opt and terser: from cargo's wasm to `souk.js` and `souk.wasm`.
fn process(workspace: &Workspace, report: &Report, wasm: &Path, parts: &Path) -> Result<()> {
    let (js, optimised) = (parts.join("souk.js"), parts.join("souk.wasm"));
    let tools = hash_paths(
        &workspace.root,
        &["style/package-lock.json", "xtask/src/page.rs", "xtask/src/bin", "xtask/Cargo.toml"],
    )?;
    let bytes = fs::read(wasm).with_context(|| format!("cargo left no {}", wasm.display()))?;
    let stamp = Stamp::new(&workspace.notes(), "page", hash_bytes(&bytes) + &tools);
    if stamp.is_fresh(&[&js, &optimised]) {
        return Ok(());
    }
    let bound = parts.join("bound");
    report.step("page: wasm-bindgen", || bind(workspace, wasm, &bound))?;
    report.step("page: wasm-opt", || {
        Run::new(style::program(workspace, "wasm-opt"))
            .args(WASM_OPT)
            .arg("--output")
            .arg(&optimised)
            .args(WASM_FEATURES)
            .arg(bound.join("souk_bg.wasm"))
            .quiet()
    })?;
    report.step("page: terser", || {
        Run::new(style::program(workspace, "terser"))
            .arg(bound.join("souk.js"))
            .args(["--module", "--compress", "--mangle", "--output"])
            .arg(&js)
            .quiet()
    })?;
    stamp.write()
}

fn bind(workspace: &Workspace, wasm: &Path, out: &Path) -> Result<()> {
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("cannot clear {}", out.display()))?;
    }
    Run::new("cargo")
        .args(["run", "--package=xtask", "--features=bindgen", "--bin=bindgen", "--"])
        .arg(wasm)
        .arg(out)
        .dir(&workspace.root)
        .show()?;
    // The page loads one module. A snippet would be imported from a path that nobody serves.
    if out.join("snippets").exists() {
        bail!(
            "a crate of the page brings JavaScript snippets ({}), which the page's single module cannot import",
            out.join("snippets").display()
        );
    }
    Ok(())
}

/// Names the parts by content, compresses them and writes the manifest last,
/// so that a manifest never names a file that is not there.
fn publish(workspace: &Workspace, report: &Report, id: String, parts: &Path) -> Result<Manifest> {
    let site = workspace.site();
    let named = |extension: &str| -> Result<String> {
        let part = parts.join(format!("souk.{extension}"));
        let bytes = fs::read(&part).with_context(|| format!("cannot read {}", part.display()))?;
        Ok(hashed_name(&bytes, extension))
    };
    let (js, wasm, css) = (named("js")?, named("wasm")?, named("css")?);
    let keep = [js.as_str(), wasm.as_str(), css.as_str()];
    let files: Vec<PathBuf> = keep.iter().map(|name| site.join(name)).collect();
    let outputs: Vec<PathBuf> = files.iter().flat_map(|file| variants(file)).collect();
    let stamp = Stamp::new(&workspace.notes(), "site", keep.join(" "));
    let there: Vec<&Path> = outputs.iter().map(PathBuf::as_path).collect();
    if !stamp.is_fresh(&there) {
        report.step("page: compressing", || {
            fs::create_dir_all(&site)?;
            for (file, extension) in files.iter().zip(["js", "wasm", "css"]) {
                fs::copy(parts.join(format!("souk.{extension}")), file)?;
            }
            compress(workspace, &files)?;
            stamp.write()
        })?;
    }
    let manifest = Manifest {
        build_id: id,
        sizes: Sizes {
            js: measure(&files[0])?,
            wasm: measure(&files[1])?,
            css: measure(&files[2])?,
        },
        js,
        wasm,
        css,
    };
    write_manifest(&site, &manifest)?;
    remove_others(&site, &outputs)?;
    Ok(manifest)
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
    let (draft, file) = (site.join("manifest.json.new"), site.join("manifest.json"));
    fs::write(&draft, text + "\n")
        .and_then(|()| fs::rename(&draft, &file))
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Drops what earlier builds left.
fn remove_others(site: &Path, outputs: &[PathBuf]) -> Result<()> {
    for entry in fs::read_dir(site)? {
        let path = entry?.path();
        if !outputs.contains(&path) && !path.ends_with("manifest.json") {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
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
    fn a_first_load_is_the_sum_of_the_brotli_sizes() {
        let size = |br| Size { raw: 1_000, br, gz: 500 };
        let sizes = Sizes { js: size(1), wasm: size(20), css: size(300) };
        assert_eq!(sizes.brotli(), 321);
    }
}
