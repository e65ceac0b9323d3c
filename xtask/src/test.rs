//! `cargo xtask test`: every check, each with its time, and one line at the end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::browser;
use crate::process::Run;
use crate::python::{ENVIRONMENTS, TRL};
use crate::report::{Report, clock};
use crate::setup;
use crate::site::{self, Manifest};
use crate::sqlx_prepare;
use crate::tools;
use crate::workspace::Workspace;

/// Bytes of wasm, JavaScript and style sheet that a first load may cost under brotli.
const FIRST_LOAD_LIMIT: u64 = 350_000;

const WASM_TARGET: &str = "--target=wasm32-unknown-unknown";

/// The checks in the order in which they run: cheap ones first, and each after
/// what it reuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Format,
    Setup,
    Build,
    Clippy,
    Tests,
    Wasm,
    Sqlx,
    Unused,
    Licences,
    Browser,
    RayTrl,
}

const ALL: [Step; 10] = [
    Step::Format,
    Step::Setup,
    Step::Build,
    Step::Clippy,
    Step::Tests,
    Step::Wasm,
    Step::Sqlx,
    Step::Unused,
    Step::Licences,
    Step::Browser,
];

/// Run where they are named alone.
const ON_DEMAND: [Step; 1] = [Step::RayTrl];

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Setup => "setup",
            Self::Build => "build",
            Self::Clippy => "clippy",
            Self::Tests => "tests",
            Self::Wasm => "wasm",
            Self::Sqlx => "sqlx",
            Self::Unused => "unused",
            Self::Licences => "licences",
            Self::Browser => "browser",
            Self::RayTrl => "ray-trl",
        }
    }

    /// Nothing after it can work when it fails.
    fn is_foundation(self) -> bool {
        matches!(self, Self::Setup | Self::Build)
    }

    fn run(self, workspace: &Workspace, report: &Report, plan: &Plan) -> Result<()> {
        match self {
            Self::Format => format(workspace),
            Self::Setup => setup::machine(workspace, report),
            Self::Build => setup::build(workspace, report).map(drop),
            Self::Clippy => clippy(workspace),
            Self::Tests => tests(workspace, report, &plan.crates),
            Self::Wasm => wasm(workspace, report),
            Self::Sqlx => sqlx_prepare::check(workspace, report),
            Self::Unused => tools::unused(workspace, report),
            Self::Licences => tools::licences(workspace, report),
            Self::Browser => browser::test(workspace, report),
            Self::RayTrl => ray_trl(workspace, report),
        }
    }
}

/// Which steps run, and of which crates the tests are.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    steps: Vec<Step>,
    /// Empty for all of them.
    crates: Vec<String>,
}

/// Reads step names and crate names; no name is everything.
fn plan(names: &[String], crates: &[String]) -> Result<Plan> {
    let mut steps = Vec::new();
    let mut chosen = Vec::new();
    for name in names {
        let known = ALL.into_iter().chain(ON_DEMAND);
        if let Some(step) = known.clone().find(|step| step.name() == name) {
            steps.push(step);
        } else if crates.contains(name) {
            chosen.push(name.clone());
        } else {
            let known: Vec<&str> = known.map(Step::name).collect();
            bail!(
                "`{name}` is neither a step ({}) nor a crate ({})",
                known.join(", "),
                crates.join(", ")
            );
        }
    }
    if !chosen.is_empty() {
        steps.push(Step::Tests);
    }
    let ordered = ALL.into_iter().filter(|step| names.is_empty() || steps.contains(step));
    let ordered = ordered.chain(ON_DEMAND.into_iter().filter(|step| steps.contains(step)));
    Ok(Plan { steps: ordered.collect(), crates: chosen })
}

/// Runs the steps; the error names all that failed and what to do about each.
pub fn test(workspace: &Workspace, report: &Report, names: &[String]) -> Result<()> {
    let plan = plan(names, &workspace.tested_crates())?;
    let mut failures = Vec::new();
    let mut times = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let title = format!("{} ({} of {})", step.name(), index + 1, plan.steps.len());
        let before = Instant::now();
        let result = report.step(&title, || step.run(workspace, report, &plan));
        times.push((step.name(), before.elapsed()));
        if let Err(error) = result {
            report.say(&format!("{}: {error:#}", step.name()));
            failures.push(step.name());
            if step.is_foundation() {
                break;
            }
        }
    }
    report.say(&summary(&times));
    if failures.is_empty() {
        report.say(&format!("PASSED: {} steps in {}", times.len(), clock(report.elapsed())));
        return Ok(());
    }
    bail!("{}", verdict(&failures, plan.steps.len() - times.len()))
}

fn summary(times: &[(&str, Duration)]) -> String {
    let parts: Vec<String> =
        times.iter().map(|(name, time)| format!("{name} {}", clock(*time))).collect();
    format!("times: {}", parts.join(", "))
}

/// The closing line of a failed run.
fn verdict(failures: &[&str], not_run: usize) -> String {
    let skipped = match not_run {
        0 => String::new(),
        count => format!(" ({count} further steps were not run)"),
    };
    format!(
        "{} did not pass{skipped}; the reasons are above. After a change, `cargo xtask test {}` repeats just that",
        failures.join(", "),
        failures.join(" ")
    )
}

fn cargo(workspace: &Workspace) -> Run {
    Run::new("cargo").dir(&workspace.root)
}

fn format(workspace: &Workspace) -> Result<()> {
    let clean = cargo(workspace).args(["fmt", "--all", "--check"]).quiet();
    clean.map_err(|error| error.context("run `cargo fmt --all`"))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    cargo(workspace)
        .args(["clippy", "--workspace", "--exclude=frontend", "--all-targets", "--keep-going"])
        .args(["--", "-Dwarnings"])
        .show()?;
    // The browser's half has features and a target of its own; under the page's
    // profile it finds the macros compiled already.
    cargo(workspace)
        .args(["clippy", "--package=frontend", "--profile=wasm", WASM_TARGET])
        .args(["--", "-Dwarnings"])
        .show()
}

fn tests(workspace: &Workspace, report: &Report, crates: &[String]) -> Result<()> {
    let is_server_among = crates.is_empty() || crates.iter().any(|name| name == "server");
    let environments = ENVIRONMENTS.iter().filter(|_| is_server_among);
    let cargo = environments.fold(cargo(workspace), |cargo, environment| {
        match environment.interpreter(workspace, report) {
            Some(python) => cargo.env(environment.variable, python),
            None => cargo,
        }
    });
    if crates.is_empty() {
        return cargo.args(["test", "--workspace", "--exclude=frontend", "--no-fail-fast"]).show();
    }
    crates.iter().fold(cargo.arg("test"), |run, name| run.arg(format!("--package={name}"))).show()
}

/// TRL as a job of a real Ray head, against a real Souk.
fn ray_trl(workspace: &Workspace, report: &Report) -> Result<()> {
    let environments = ENVIRONMENTS.iter().filter(|one| one.variable == "RAY_PYTHON").chain([&TRL]);
    let mut cargo = cargo(workspace);
    for environment in environments {
        let Some(python) = environment.interpreter(workspace, report) else {
            bail!("its packages cannot be had");
        };
        cargo = cargo.env(environment.variable, python);
    }
    cargo
        .args(["test", "--workspace", "--exclude=frontend", "--test=it"])
        .args(["--", "ray::trl", "--nocapture"])
        .show()
}

/// The crates that run in a browser, or will, and the weight of the page.
fn wasm(workspace: &Workspace, report: &Report) -> Result<()> {
    cargo(workspace)
        .args(["check", "--package=rules", "--package=wire", "--package=policy"])
        .args(["--profile=wasm", WASM_TARGET])
        .show()?;
    // What stands between cargo's wasm and the page; compiled already.
    cargo(workspace)
        .args(["test", "--package=xtask", "--features=bindgen", "--bin=bindgen", "--quiet"])
        .quiet()?;
    let manifest = site::read_manifest(workspace)?;
    report.say(&weights(&manifest));
    let heaviest = manifest.chunks.values().map(|chunk| manifest.brotli_with(chunk)).max();
    let weight = heaviest.unwrap_or(0).max(manifest.brotli());
    if weight > FIRST_LOAD_LIMIT {
        bail!(
            "a page's first load is {weight} bytes, more than {FIRST_LOAD_LIMIT}: make it smaller, or move pages to another chunk"
        );
    }
    Ok(())
}

/// What a first load costs without a chunk and on the pages of each.
fn weights(page: &Manifest) -> String {
    let mut lines = vec![format!(
        "first load under brotli: {} bytes (wasm {}, js {}, css {}) of {FIRST_LOAD_LIMIT} allowed",
        page.brotli(),
        page.br(&page.wasm),
        page.br(&page.js) + page.br(&page.loader),
        page.br(&page.css),
    )];
    for (name, files) in &page.chunks {
        let sizes: Vec<String> = files
            .iter()
            .map(|file| format!("{} {}", file.rsplit('/').next().unwrap_or(file), page.br(file)))
            .collect();
        let (total, own) = (page.brotli_with(files), sizes.join(", "));
        lines.push(format!("with the chunk {name}: {total} ({own})"));
    }
    lines.join("\n         ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn planned(text: &str) -> Result<Plan> {
        plan(&names(text), &names("rules store"))
    }

    #[test]
    fn no_name_is_everything_in_order() {
        let plan = planned("").unwrap();
        assert_eq!(plan.steps, ALL);
        assert!(plan.crates.is_empty());
    }

    #[test]
    fn steps_keep_their_order_whatever_the_order_asked() {
        let plan = planned("browser ray-trl format browser").unwrap();
        assert_eq!(plan.steps, [Step::Format, Step::Browser, Step::RayTrl]);
    }

    #[test]
    fn crates_narrow_the_tests() {
        let plan = planned("store rules sqlx").unwrap();
        assert_eq!(plan.steps, [Step::Tests, Step::Sqlx]);
        assert_eq!(plan.crates, ["store", "rules"]);
    }

    #[test]
    fn an_unknown_name_says_what_is_known() {
        let error = planned("rulse").expect_err("no such step").to_string();
        assert!(error.starts_with("`rulse` is neither a step (format, setup,"), "{error}");
        assert!(error.ends_with("nor a crate (rules, store)"), "{error}");
    }

    #[test]
    fn the_verdict_tells_how_to_repeat() {
        let text = verdict(&["clippy", "tests"], 0);
        assert!(text.contains("`cargo xtask test clippy tests`"), "{text}");
        assert!(verdict(&["build"], 7).contains("(7 further steps were not run)"));
    }
}
