//! `cargo xtask dist`: one folder with everything that Souk is, and an archive of it. What it made is unpacked somewhere else,
//! started as a stranger would start it, and asked; it gets its name only when that went well.

mod ask;
mod folder;
mod licences;
mod needs;
mod release;
mod sbom;
mod trial;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::page;
use crate::report::{Report, clock};
use crate::setup;
use crate::workspace::Workspace;
use release::Release;

/// Where a folder is made; nothing in it is known to work.
const DRAFT: &str = "draft";

#[derive(Debug, Args)]
pub struct Plan {
    /// Where the folder and the archive go; default: `dist` in cargo's target folder.
    #[arg(long)]
    out: Option<PathBuf>,
    /// A `souk` to pack in place of the one that would be built, such as one of another profile; its page is SOUK_SITE.
    #[arg(long)]
    program: Option<PathBuf>,
}

/// What was built: the program, and the folder of its page.
#[derive(Debug)]
struct Built {
    souk: PathBuf,
    site: PathBuf,
}

impl Built {
    fn of(workspace: &Workspace, report: &Report, plan: &Plan) -> Result<Built> {
        if let Some(program) = &plan.program {
            let site = std::env::var_os("SOUK_SITE").map(PathBuf::from);
            let site = site.unwrap_or_else(|| workspace.site());
            return Ok(Built { souk: program.clone(), site });
        }
        setup::machine(workspace, report)?;
        setup::release(workspace, report)?;
        page::build(workspace, report)?;
        Ok(Built { souk: workspace.released("souk"), site: workspace.site() })
    }
}

/// Builds, lays out, packs, tries, and only then names the folder and its archive.
pub fn dist(workspace: &Workspace, report: &Report, plan: &Plan) -> Result<()> {
    let built = Built::of(workspace, report, plan)?;
    let release = Release::of(workspace, &built.souk)?;
    let out = plan.out.clone().unwrap_or_else(|| workspace.target.join("dist"));
    let draft = out.join(DRAFT);
    empty(&draft)?;
    let folder = draft.join(release.name());
    report
        .step("laying out the folder", || folder::lay_out(workspace, &built, &release, &folder))?;
    let parts = licences::collect(workspace, report, &release)?;
    licences::write(workspace, &release, &parts, &folder)?;
    sbom::write(workspace, report, &release, &folder)?;
    let archive = draft.join(format!("{}.tar.gz", release.name()));
    report.step("packing", || {
        folder::seal(&folder)?;
        folder::pack(&release, &folder, &archive)
    })?;
    let told = report
        .step("starting what was packed, and asking it", || trial::run(&release, &archive))
        .with_context(|| format!("what lies in {} is broken", draft.display()))?;
    report.say(&told);
    let (named, packed) = publish(&release, &draft, &out)?;
    let megabytes = fs::metadata(&packed)?.len().div_ceil(1_000_000);
    report.say(&format!(
        "{} and {} ({megabytes} MB) after {}",
        named.display(),
        packed.display(),
        clock(report.elapsed())
    ));
    Ok(())
}

/// Moves folder and archive to their names, in place of earlier ones.
fn publish(release: &Release, draft: &Path, out: &Path) -> Result<(PathBuf, PathBuf)> {
    let name = release.name();
    let (folder, archive) = (out.join(&name), out.join(format!("{name}.tar.gz")));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(draft.join(&name), &folder)?;
    fs::rename(draft.join(format!("{name}.tar.gz")), &archive)?;
    fs::remove_dir_all(draft)?;
    Ok((folder, archive))
}

/// Makes a folder anew.
fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
