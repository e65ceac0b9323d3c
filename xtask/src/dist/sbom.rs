//! The bill of materials, CycloneDX 1.5: crates of both halves by cargo-cyclonedx, packages of the style sheet by npm, the
//! model, Rust's library.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::licences::IN_THE_STYLE_SHEET;
use super::release::Release;
use crate::process::Run;
use crate::python::SBOM;
use crate::report::Report;
use crate::tools;
use crate::workspace::Workspace;

const FILE: &str = "sbom.cdx.json";
/// By which cargo-cyclonedx's files in the crates' folders are found again.
const DRAFT: &str = "souk-dist-sbom";
const WEIGHTS: &str = "models/demo/model.safetensors";

/// Writes it, and has another program hold it against CycloneDX's schema.
pub fn write(
    workspace: &Workspace,
    report: &Report,
    release: &Release,
    folder: &Path,
) -> Result<()> {
    let tool = tools::CYCLONEDX.ensure(workspace, report)?;
    let program = of_cargo(workspace, &tool, release, "server", &release.target)?;
    let page = of_cargo(workspace, &tool, release, "frontend", "wasm32-unknown-unknown")?;
    let style = of_npm(workspace, release)?;
    let weights = Run::new("sha256sum").arg(folder.join(WEIGHTS)).output()?;
    let weights = weights.split(' ').next().unwrap_or_default();
    let whole = merged(release, &[program, page], &style, weights)?;
    let file = folder.join(FILE);
    fs::write(&file, serde_json::to_string_pretty(&whole)? + "\n")?;
    if let Some(python) = SBOM.interpreter(workspace, report) {
        Run::new(python)
            .arg(workspace.root.join("xtask/tests/sbom/check.py"))
            .arg(&file)
            .quiet()
            .context("the bill of materials is not valid CycloneDX")?;
    }
    Ok(())
}

/// It writes a file beside the manifest of every crate of the workspace; all are taken away again.
fn of_cargo(
    workspace: &Workspace,
    tool: &Path,
    release: &Release,
    package: &str,
    target: &str,
) -> Result<Value> {
    let written = Run::new(tool)
        .args(["cyclonedx", "--format=json", "--spec-version=1.5", "--no-build-deps"])
        .args(["--target", target, "--override-filename", DRAFT, "--manifest-path"])
        .arg(workspace.root.join(package).join("Cargo.toml"))
        .env("SOURCE_DATE_EPOCH", release.epoch.to_string())
        .dir(&workspace.root)
        .quiet();
    let draft = |folder: &Path| folder.join(format!("{DRAFT}.json"));
    let text = fs::read_to_string(draft(&workspace.root.join(package)));
    for member in workspace.members()? {
        // A crate of another target has none.
        let _ = fs::remove_file(draft(&member));
    }
    written?;
    // Paths of this machine say nothing elsewhere.
    let here = format!("path+file://{}/", workspace.root.display());
    Ok(serde_json::from_str(&text?.replace(&here, "souk:"))?)
}

/// Of the lockfile alone. npm tells nothing of a package without a version, so it gets one.
fn of_npm(workspace: &Workspace, release: &Release) -> Result<Value> {
    let place = workspace.notes().join("sbom-npm");
    fs::create_dir_all(&place)?;
    for file in ["package.json", "package-lock.json"] {
        let text = fs::read(workspace.root.join("style").join(file))?;
        let mut whole: Value = serde_json::from_slice(&text)?;
        whole["version"] = json!(release.version);
        if whole["packages"].is_object() {
            whole["packages"][""]["version"] = json!(release.version);
        }
        fs::write(place.join(file), whole.to_string())?;
    }
    let told = Run::new("npm")
        .args(["sbom", "--sbom-format=cyclonedx", "--package-lock-only"])
        .dir(&place)
        .output()?;
    serde_json::from_str(&told).context("npm's bill of materials is not understood")
}

/// Components and dependencies by their references, each once and in order.
#[derive(Debug, Default)]
struct Bill {
    components: BTreeMap<String, Value>,
    dependencies: BTreeMap<String, BTreeSet<String>>,
}

impl Bill {
    fn component(&mut self, component: &Value) -> Result<String> {
        let reference = component["bom-ref"].as_str().context("a component has no bom-ref")?;
        let mut component = component.as_object().cloned().unwrap_or_default();
        component.remove("components");
        if reference.starts_with("souk:") {
            // It would name a folder of this machine.
            component.remove("purl");
        }
        self.components.entry(reference.to_owned()).or_insert(Value::Object(component));
        Ok(reference.to_owned())
    }

    /// All of one half; the reference of its root.
    fn half(&mut self, half: &Value) -> Result<String> {
        for component in list(&half["components"]) {
            self.component(component)?;
        }
        for dependency in list(&half["dependencies"]) {
            let on = list(&dependency["dependsOn"]).filter_map(Value::as_str).map(str::to_owned);
            let of = dependency["ref"].as_str().context("a dependency has no ref")?;
            self.dependencies.entry(of.to_owned()).or_default().extend(on);
        }
        self.component(&half["metadata"]["component"])
    }

    /// npm's, by references that cannot be a crate's. What is a tool was needed to build and is not passed on.
    fn npm(&mut self, told: &Value) -> Result<Vec<String>> {
        let mut shipped = Vec::new();
        for component in list(&told["components"]) {
            let name = component["name"].as_str().unwrap_or_default();
            let is_shipped = IN_THE_STYLE_SHEET.contains(&name);
            let mut component = component.clone();
            let reference = format!("npm:{}", component["bom-ref"].as_str().unwrap_or_default());
            component["bom-ref"] = json!(reference);
            component["scope"] = json!(if is_shipped { "required" } else { "excluded" });
            if is_shipped {
                shipped.push(reference);
            }
            self.component(&component)?;
        }
        ensure!(
            shipped.len() == IN_THE_STYLE_SHEET.len(),
            "npm does not name {IN_THE_STYLE_SHEET:?}"
        );
        Ok(shipped)
    }

    fn whole(self, metadata: Value) -> Value {
        // References to what no component describes would be refused.
        let known: BTreeSet<String> = self.components.keys().cloned().collect();
        let root = metadata["component"]["bom-ref"].as_str().unwrap_or_default().to_owned();
        let dependencies: Vec<Value> = self
            .dependencies
            .iter()
            .filter(|(of, _)| known.contains(*of) || **of == root)
            .map(|(of, on)| {
                let on: Vec<&String> = on.iter().filter(|on| known.contains(*on)).collect();
                json!({ "ref": of, "dependsOn": on })
            })
            .collect();
        json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": metadata,
            "components": self.components.into_values().collect::<Vec<_>>(),
            "dependencies": dependencies,
        })
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn merged(release: &Release, halves: &[Value], style: &Value, weights: &str) -> Result<Value> {
    let mut bill = Bill::default();
    let mut parts: BTreeSet<String> = BTreeSet::new();
    for half in halves {
        parts.insert(bill.half(half)?);
    }
    parts.extend(bill.npm(style)?);
    let apache = json!([{ "license": { "id": "Apache-2.0" } }]);
    let model = json!({
        "bom-ref": "souk:models/demo", "type": "machine-learning-model", "name": "demo",
        "version": release.version, "licenses": apache,
        "description": "A small negotiator from random weights and scripted talks (souk pretrain).",
        "hashes": [{ "alg": "SHA-256", "content": weights }],
    });
    let rust = json!({
        "bom-ref": "rust:std", "type": "library", "name": "std", "version": release.rust,
        "description": "Rust's library, in the program and in the page.",
        "licenses": [{ "expression": "MIT OR Apache-2.0" }],
    });
    parts.insert(bill.component(&model)?);
    parts.insert(bill.component(&rust)?);
    let root = format!("souk@{}", release.version);
    bill.dependencies.insert(root.clone(), parts);
    let first = halves.first().map(|half| &half["metadata"]).context("there are no halves")?;
    let mut metadata = Map::new();
    metadata.insert("timestamp".to_owned(), first["timestamp"].clone());
    metadata.insert("tools".to_owned(), first["tools"].clone());
    let component = json!({
        "bom-ref": root, "type": "application", "name": "souk", "version": release.version,
        "licenses": apache,
        "properties": [
            { "name": "souk:target", "value": release.target },
            { "name": "souk:commit", "value": release.commit },
        ],
    });
    metadata.insert("component".to_owned(), component);
    Ok(bill.whole(Value::Object(metadata)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(root: &str, of: &str, on: &str) -> Value {
        json!({
            "metadata": { "timestamp": "t", "tools": [], "component": {
                "bom-ref": root, "name": root, "purl": "file:///here", "components": [1],
            } },
            "components": [{ "bom-ref": of, "name": of }, { "bom-ref": on, "name": on }],
            "dependencies": [{ "ref": of, "dependsOn": [on, "unheard-of"] }, { "ref": "gone" }],
        })
    }

    #[test]
    fn halves_become_one_bill_without_paths_and_loose_ends() {
        let release = crate::dist::release::sample();
        let halves = [half("souk:server", "a", "b"), half("souk:frontend", "a", "c")];
        let style = json!({ "components": [
            { "bom-ref": "daisyui@5", "name": "daisyui" }, { "bom-ref": "terser@5", "name": "terser" },
            { "bom-ref": "tailwindcss@4", "name": "tailwindcss" },
        ] });
        let whole = merged(&release, &halves, &style, "00").unwrap();
        let names: Vec<&str> =
            list(&whole["components"]).filter_map(|one| one["bom-ref"].as_str()).collect();
        let expected = [
            "a",
            "b",
            "c",
            "npm:daisyui@5",
            "npm:tailwindcss@4",
            "npm:terser@5",
            "rust:std",
            "souk:frontend",
            "souk:models/demo",
            "souk:server",
        ];
        assert_eq!(names, expected);
        let of = |reference: &str| {
            list(&whole["dependencies"]).find(|one| one["ref"] == reference).cloned()
        };
        assert_eq!(of("a").unwrap()["dependsOn"], json!(["b", "c"]));
        assert_eq!(of("gone"), None);
        let root = of("souk@1.2.3").unwrap();
        assert_eq!(list(&root["dependsOn"]).count(), 6, "{root}");
        assert!(!whole.to_string().contains("file:///here"));
        let terser = list(&whole["components"]).find(|one| one["name"] == "terser").unwrap();
        assert_eq!(terser["scope"], "excluded");
        assert!(merged(&release, &halves, &json!({}), "00").is_err());
    }
}
