//! The licences of everything that is passed on: by cargo-about of crates, of npm's packages from their folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::folder::files_below;
use super::release::Release;
use crate::build_id::hash_paths;
use crate::process::Run;
use crate::report::Report;
use crate::stamp::Stamp;
use crate::tools;
use crate::workspace::Workspace;

/// Packages of npm of which the style sheet holds parts. All others there are tools.
pub const IN_THE_STYLE_SHEET: [&str; 2] = ["daisyui", "tailwindcss"];

const FILE: &str = "THIRD-PARTY-LICENCES.txt";
/// As the compiler brings it, for Rust's library is in the program and in the page.
const OF_RUST: &str = "THIRD-PARTY-LICENCES-RUST.html";

/// What cargo-about tells of one half.
#[derive(Debug, Deserialize)]
pub struct Found {
    licenses: Vec<Licence>,
    crates: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Licence {
    text: String,
    used_by: Vec<User>,
}

#[derive(Debug, Deserialize)]
struct User {
    #[serde(rename = "crate")]
    package: Package,
}

#[derive(Debug, Deserialize)]
struct Listed {
    package: Package,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    /// `None`: of this workspace.
    source: Option<String>,
    license: Option<String>,
    manifest_path: PathBuf,
}

impl Package {
    fn is_of_others(&self) -> bool {
        self.source.is_some()
    }

    fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

/// Asks cargo-about for the program's crates and the page's. It takes minutes, and is asked again when a dependency changed.
pub fn collect(workspace: &Workspace, report: &Report, release: &Release) -> Result<Vec<Found>> {
    let about = tools::ABOUT.ensure(workspace, report)?;
    let notes = workspace.notes().join("licences");
    fs::create_dir_all(&notes)?;
    let halves = [("server", release.target.as_str()), ("frontend", "wasm32-unknown-unknown")];
    let files = halves.map(|(package, _)| notes.join(format!("{package}.json")));
    let stamp = Stamp::new(&notes, "collected", inputs(workspace)?);
    if !stamp.is_fresh(&[&files[0], &files[1]]) {
        report.step("reading licences", || {
            let deny = fs::read_to_string(workspace.root.join("deny.toml"))?;
            let settings = notes.join("about.toml");
            fs::write(&settings, accepted(&deny)?)?;
            for ((package, target), file) in halves.into_iter().zip(&files) {
                Run::new(&about)
                    .args(["about", "generate", "--locked", "--fail", "--format", "json"])
                    .args(["--target", target])
                    .arg("--config")
                    .arg(&settings)
                    .arg("--manifest-path")
                    .arg(workspace.root.join(package).join("Cargo.toml"))
                    .arg("--output-file")
                    .arg(file)
                    .dir(&workspace.root)
                    .quiet()?;
            }
            stamp.write()
        })?;
    }
    let read = |file: &PathBuf| Ok(serde_json::from_slice(&fs::read(file)?)?);
    files.iter().map(read).collect::<Result<_>>().context("cargo-about is not understood")
}

fn inputs(workspace: &Workspace) -> Result<String> {
    let mut paths = vec!["Cargo.toml".to_owned(), "Cargo.lock".to_owned(), "deny.toml".to_owned()];
    for member in workspace.members()? {
        let manifest = member.strip_prefix(&workspace.root)?.join("Cargo.toml");
        paths.push(manifest.to_string_lossy().into_owned());
    }
    paths.push("xtask/src/dist/licences.rs".to_owned());
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    Ok(hash_paths(&workspace.root, &paths)?)
}

/// cargo-about's settings: what `deny.toml` allows, so that there is one list.
fn accepted(deny: &str) -> Result<String> {
    let allowed = between(deny, "\nallow = [", "]").context("deny.toml has no list `allow`")?;
    let exceptions = between(deny, "\nexceptions = [", "\n]").unwrap_or_default();
    let mut settings = format!(
        "ignore-build-dependencies = true\nignore-dev-dependencies = true\nmax-depth = 1\naccepted = [{allowed}]\n"
    );
    for line in exceptions.lines() {
        let name = between(line, "crate = \"", "\"");
        let allowed = between(line, "allow = [", "]");
        if let (Some(name), Some(allowed)) = (name, allowed) {
            writeln!(settings, "[{name}]\naccepted = [{allowed}]")?;
        }
    }
    Ok(settings)
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let start = text.find(from)? + from.len();
    let length = text[start..].find(to)?;
    Some(&text[start..start + length])
}

/// Writes both files.
pub fn write(
    workspace: &Workspace,
    release: &Release,
    halves: &[Found],
    folder: &Path,
) -> Result<()> {
    let mut all = Texts::default();
    for half in halves {
        all.add(half)?;
    }
    for name in IN_THE_STYLE_SHEET {
        let package = workspace.root.join("style/node_modules").join(name);
        all.add_npm(&package)?;
    }
    fs::write(folder.join(FILE), all.tell(release))?;
    let root = Run::new("rustc").args(["--print", "sysroot"]).output()?;
    let of_rust = Path::new(root.trim()).join("share/doc/rust/COPYRIGHT-library.html");
    fs::copy(&of_rust, folder.join(OF_RUST)).with_context(|| {
        format!("{} is missing, which comes with rustup's compilers", of_rust.display())
    })?;
    Ok(())
}

/// Who is passed on, and every text once with those that it is of.
#[derive(Debug, Default)]
struct Texts {
    packages: BTreeSet<(String, String)>,
    texts: BTreeMap<String, BTreeSet<String>>,
}

impl Texts {
    fn add(&mut self, half: &Found) -> Result<()> {
        for licence in &half.licenses {
            let users = licence.used_by.iter().map(|user| &user.package);
            for package in users.filter(|package| package.is_of_others()) {
                self.text(&licence.text, package.title());
            }
        }
        let packages = half.crates.iter().map(|listed| &listed.package);
        for package in packages.filter(|package| package.is_of_others()) {
            let licence = package.license.clone().unwrap_or_else(|| "see below".to_owned());
            self.packages.insert((package.title(), licence));
            let home = package.manifest_path.parent().context("a crate lies in a folder")?;
            for file in files_below(home)?.into_iter().filter(|file| speaks_of_rights(file)) {
                let text = fs::read(home.join(&file))?;
                let title = format!("{}, {}", package.title(), file.display());
                self.text(&String::from_utf8_lossy(&text), title);
            }
        }
        Ok(())
    }

    fn add_npm(&mut self, folder: &Path) -> Result<()> {
        #[derive(Deserialize)]
        struct Npm {
            name: String,
            version: String,
            license: String,
        }
        let manifest = fs::read(folder.join("package.json"))?;
        let Npm { name, version, license } = serde_json::from_slice(&manifest)?;
        let title = format!("{name} {version} (npm)");
        let text = fs::read_to_string(folder.join("LICENSE"))
            .with_context(|| format!("{name} has no file LICENSE"))?;
        self.packages.insert((title.clone(), license));
        self.text(&text, title);
        Ok(())
    }

    fn text(&mut self, text: &str, of: String) {
        let text = text.replace("\r\n", "\n").trim_matches('\n').trim_end().to_owned();
        self.texts.entry(text).or_default().insert(of);
    }

    fn tell(&self, release: &Release) -> String {
        let mut told = format!(
            "Souk {} is under the Apache License 2.0 (LICENSE). Its program, page and style sheet hold software of others: {}\n\
             packages, listed here, then the text of each licence with those that it is of. Where a package can be had under\n\
             one of several licences, it is passed on under the one whose text is here. Rust's own library: {OF_RUST}.\n\n",
            release.version,
            self.packages.len(),
        );
        for (title, licence) in &self.packages {
            told += &format!("{title}: {licence}\n");
        }
        // What most are under comes last: it is the longest list of names.
        let mut texts: Vec<_> = self.texts.iter().collect();
        texts.sort_by_key(|(text, of)| (of.len(), *text));
        for (text, of) in texts {
            let names: Vec<&str> = of.iter().map(String::as_str).collect();
            told += &format!("\n{}\n{}\n\n{text}\n", "=".repeat(100), names.join("; "));
        }
        told
    }
}

/// What cargo-about does not look for: notices, and licences of code that a crate took in. Not of what is for tests alone.
fn speaks_of_rights(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let stem = name.split(['.', '-', '_']).next().unwrap_or_default();
    let parents = file.parent().map(|parent| parent.to_string_lossy().to_lowercase());
    let parents = parents.unwrap_or_default();
    let is_code = [".rs", ".c", ".h", ".py", ".go", ".toml", ".json"];
    if parents.split('/').any(|part| part.contains("test") || part.contains("bench"))
        || is_code.iter().any(|extension| name.ends_with(extension))
    {
        return false;
    }
    match stem {
        "notice" | "copyright" | "copying" => true,
        "license" | "licence" => !parents.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_denies_list_allows_is_accepted() {
        let deny = "[licenses]\nallow = [\n    \"MIT\",\n    \"ISC\", # why\n]\nexceptions = [\n    \
                    { crate = \"symphonia\", allow = [\"MPL-2.0\"] },\n]\n";
        let settings = accepted(deny).unwrap();
        assert!(
            settings.contains("accepted = [\n    \"MIT\",\n    \"ISC\", # why\n]"),
            "{settings}"
        );
        assert!(settings.ends_with("[symphonia]\naccepted = [\"MPL-2.0\"]\n"), "{settings}");
        assert!(accepted("[licenses]\n").is_err());
    }

    #[test]
    fn notices_and_taken_in_code_are_found() {
        let yes = [
            "NOTICE",
            "COPYRIGHT.txt",
            "oniguruma/COPYING",
            "third_party/fiat/LICENSE",
            "LICENSES/LICENSE-MIT",
        ];
        let no = [
            "LICENSE",
            "src/license.rs",
            "test_data/LICENSE",
            "README.md",
            "tests/COPYRIGHT",
            "src/notice.rs",
        ];
        for file in yes {
            assert!(speaks_of_rights(Path::new(file)), "{file}");
        }
        for file in no {
            assert!(!speaks_of_rights(Path::new(file)), "{file}");
        }
    }

    #[test]
    fn a_text_stands_once_with_all_that_it_is_of() {
        let mut all = Texts::default();
        all.text("Permission\r\nis granted\n", "b 1".to_owned());
        all.text("\nPermission\nis granted", "a 2".to_owned());
        all.text("Others", "c 3".to_owned());
        assert_eq!(all.texts.len(), 2);
        let told = all.tell(&crate::dist::release::sample());
        assert!(told.ends_with("a 2; b 1\n\nPermission\nis granted\n"), "{told}");
    }
}
