//! The page's code: from cargo's wasm to small files for browsers. `site` publishes them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::build_id::{build_id, hash_bytes, hash_paths};
use crate::node;
use crate::process::Run;
use crate::report::Report;
use crate::site::{self, Manifest};
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

/// The level that leaves least under brotli (docs/LAB.md).
const WASM_OPT: &str = "-O3";

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
    let code = process(workspace, report, &wasm, &parts)?;
    site::publish(workspace, report, id, &code, &css)
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
            .args(["rustc", "--package=frontend", "--profile=wasm"])
            .arg("--target=wasm32-unknown-unknown")
            // Relocations say what uses what: by them the wasm is split.
            .args(["--", "-Clink-arg=--emit-relocs"])
            .dir(&workspace.root)
            .show()
            .context("the browser's half does not compile")
    })?;
    Ok(workspace.target.join("wasm32-unknown-unknown/wasm/frontend.wasm"))
}

/// Splitting, wasm-bindgen, wasm-opt and terser: from cargo's wasm to the folder of the page's code.
fn process(workspace: &Workspace, report: &Report, wasm: &Path, parts: &Path) -> Result<PathBuf> {
    let code = parts.join("code");
    let tools = hash_paths(
        &workspace.root,
        &["style/package-lock.json", "xtask/src/page.rs", "xtask/src/bin", "xtask/Cargo.toml"],
    )?;
    let bytes = fs::read(wasm).with_context(|| format!("cargo left no {}", wasm.display()))?;
    let stamp = Stamp::new(&workspace.notes(), "page", hash_bytes(&bytes) + &tools);
    if stamp.is_fresh(&[&code.join(site::CHUNKS)]) {
        return Ok(code);
    }
    let bound = parts.join("bound");
    report.step("page: splitting, wasm-bindgen", || bind(workspace, wasm, &bound))?;
    clear(&code)?;
    report.step("page: wasm-opt, terser", || {
        for file in site::files_in(&bound)? {
            let (from, to) = (bound.join(&file), code.join(&file));
            match from.extension().and_then(|extension| extension.to_str()) {
                Some("wasm") => optimise(workspace, &from, &to)?,
                Some("js") => minify(workspace, &from, &to)?,
                _ => drop(fs::copy(&from, &to)?),
            }
        }
        Ok(())
    })?;
    stamp.write()?;
    Ok(code)
}

fn optimise(workspace: &Workspace, from: &Path, to: &Path) -> Result<()> {
    Run::new(style::program(workspace, "wasm-opt"))
        .arg(WASM_OPT)
        .arg("--output")
        .arg(to)
        .args(WASM_FEATURES)
        .arg(from)
        .quiet()
}

fn minify(workspace: &Workspace, from: &Path, to: &Path) -> Result<()> {
    Run::new(style::program(workspace, "terser"))
        .arg(from)
        .args(["--module", "--compress", "--mangle", "--output"])
        .arg(to)
        .quiet()
}

fn clear(folder: &Path) -> Result<()> {
    let emptied = match folder.exists() {
        true => fs::remove_dir_all(folder),
        false => Ok(()),
    };
    emptied
        .and_then(|()| fs::create_dir_all(folder))
        .with_context(|| format!("cannot clear {}", folder.display()))
}

fn bind(workspace: &Workspace, wasm: &Path, out: &Path) -> Result<()> {
    clear(out)?;
    Run::new("cargo")
        .args(["run", "--package=xtask", "--features=bindgen", "--bin=bindgen", "--"])
        .arg(wasm)
        .arg(out)
        .dir(&workspace.root)
        .show()?;
    // A snippet would be imported from a path that nobody serves.
    if out.join("snippets").exists() {
        bail!(
            "a crate of the page brings JavaScript snippets ({}), which are not published",
            out.join("snippets").display()
        );
    }
    Ok(())
}
