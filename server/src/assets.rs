//! The page's files: found, checked against this program, served.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::{HeaderValue, header};
use serde::Deserialize;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// The sources that this program was built from; the page must be of the same ones.
pub const BUILD_ID: &str = env!("SOUK_BUILD_ID");

/// Names of the page's files, from `manifest.json` beside them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    pub build_id: String,
    pub js: String,
    pub loader: String,
    pub wasm: String,
    pub css: String,
    /// The files of each chunk of the page's code.
    pub chunks: BTreeMap<String, Vec<String>>,
}

/// The page's folder, known to be complete and of this program's sources.
#[derive(Clone, Debug)]
pub struct Site {
    pub folder: PathBuf,
    pub manifest: Manifest,
}

impl Site {
    /// Opens the folder that `configured` names, or the one that lies with the program.
    ///
    /// # Errors
    /// When files are missing or were built from other sources than this program.
    pub fn open(configured: Option<&Path>) -> Result<Site> {
        let folder = match configured {
            Some(folder) => folder.to_path_buf(),
            None => beside_the_program()?,
        };
        let site = Site { manifest: read_manifest(&folder)?, folder };
        site.check(BUILD_ID)?;
        Ok(site)
    }

    /// Whether the files are still there, for readiness.
    pub fn is_complete(&self) -> bool {
        self.missing().is_none()
    }

    fn missing(&self) -> Option<&str> {
        let Manifest { js, loader, wasm, css, chunks, .. } = &self.manifest;
        let mut files = [js, loader, wasm, css].into_iter().chain(chunks.values().flatten());
        files.find(|file| !self.folder.join(file).is_file()).map(String::as_str)
    }

    fn check(&self, build_id: &str) -> Result<()> {
        let folder = self.folder.display();
        if self.manifest.build_id != build_id {
            bail!(
                "The page in {folder} was built from other sources than this program: run `cargo xtask serve`."
            );
        }
        if let Some(file) = self.missing() {
            bail!("The page in {folder} is missing {file}: run `cargo xtask serve`.");
        }
        Ok(())
    }

    /// Serves the files under `/pkg/`: named by content, so they never change.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let files = ServeDir::new(&self.folder).precompressed_br().precompressed_gzip();
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        let cached = SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            move |response: &axum::http::Response<_>| {
                response.status().is_success().then(|| forever.clone())
            },
        );
        let service = tower::ServiceBuilder::new().layer(cached).service(files);
        Router::new().nest_service("/pkg", service)
    }
}

fn beside_the_program() -> Result<PathBuf> {
    let program = std::env::current_exe().context("this program does not know where it lies")?;
    let folder = program.parent().context("a program lies in a folder")?;
    let choices = [folder.join("../site"), folder.join("site")];
    let found = choices.iter().find(|choice| choice.join("manifest.json").is_file());
    match found {
        Some(site) => Ok(site.clone()),
        None => bail!(
            "The page is missing: neither {} nor {} has a manifest.json. Run `cargo xtask serve`, or set SOUK_SITE.",
            choices[0].display(),
            choices[1].display()
        ),
    }
}

fn read_manifest(folder: &Path) -> Result<Manifest> {
    let file = folder.join("manifest.json");
    let text = std::fs::read(&file).with_context(|| {
        format!("The page in {} is missing: run `cargo xtask serve`.", folder.display())
    })?;
    serde_json::from_slice(&text).with_context(|| {
        format!("{} is not a page's manifest: run `cargo xtask serve`.", file.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 5] = ["a.js", "l.js", "a.wasm", "a.css", "t.wasm"];

    fn site(build_id: &str, files: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let manifest = format!(
            r#"{{"build_id":"{build_id}","js":"a.js","loader":"l.js","wasm":"a.wasm","css":"a.css",
            "chunks":{{"talk":["t.wasm"]}},"more":1}}"#
        );
        std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
        for file in files {
            std::fs::write(folder.path().join(file), "x").unwrap();
        }
        let path = folder.path().to_path_buf();
        (folder, path)
    }

    #[test]
    fn a_page_of_other_sources_is_refused() {
        let (_keep, folder) = site("0000000000000000", &ALL);
        let refusal = Site::open(Some(&folder)).unwrap_err().to_string();
        assert!(refusal.contains("other sources"), "{refusal}");
    }

    #[test]
    fn a_missing_file_is_refused_by_name() {
        for missing in ALL {
            let others: Vec<&str> = ALL.into_iter().filter(|file| *file != missing).collect();
            let (_keep, folder) = site(BUILD_ID, &others);
            let refusal = Site::open(Some(&folder)).unwrap_err().to_string();
            assert!(refusal.contains(missing), "{refusal}");
        }
    }

    #[test]
    fn a_complete_page_of_these_sources_is_taken() {
        let (_keep, folder) = site(BUILD_ID, &ALL);
        assert!(Site::open(Some(&folder)).unwrap().is_complete());
    }

    #[test]
    fn a_missing_manifest_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = Site::open(Some(folder.path())).unwrap_err().to_string();
        assert!(refusal.contains("cargo xtask serve"), "{refusal}");
    }
}
