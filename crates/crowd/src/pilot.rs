//! Programs of a pilot: a study is made, launched as a pilot, and programs are sent through it until
//! that is enough. They run in the server that was asked, and end with it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use study::Study;
use study::definition::{Condition, Exclusions, Opponent};
use tokio::time::interval;

use crate::browser::Web;
use crate::figures::Figures;
use crate::play::told_to_end;

/// The study that comes with Souk; what a trial needs otherwise is laid over it.
const FILE: &str = include_str!("../../study/studies/base-vs-trained.toml");

#[derive(Clone, Args)]
pub struct Pilot {
    /// Where Souk answers.
    #[arg(long, default_value = "http://127.0.0.1:3030")]
    address: String,
    /// A researcher's address and password.
    #[arg(long)]
    email: String,
    #[arg(long)]
    password: String,
    /// The study's name in addresses.
    #[arg(long, default_value = "crowd")]
    slug: String,
    /// Programs that are let in at once.
    #[arg(long, default_value_t = 8)]
    bots: u32,
    /// Seconds until the next ones.
    #[arg(long, default_value_t = 30)]
    every_s: u64,
}

/// Prints `open` once the pilot is. Ends at SIGTERM or Ctrl-C.
pub async fn pilot(args: Pilot) -> Result<bool> {
    let web = Web::new(&args.address, Arc::new(Figures::default()))?;
    let mut ada = web.visitor().await?;
    let signed = [("email", args.email.as_str()), ("password", args.password.as_str())];
    ada.form("/auth/sign-in", &signed).await?;
    let home = ada.form("/research/studies", &[("slug", &args.slug), ("from", "")]).await?;
    let study = trial(FILE)?.write();
    let kept = ada.form(&format!("{home}/file"), &[("file", &study), ("note", "a trial")]).await?;
    anyhow::ensure!(!kept.contains("refused"), "the study's file was refused: {kept}");
    let act = format!("{home}/do");
    let launched = ada.form(&act, &[("do", "pilot")]).await?;
    anyhow::ensure!(!launched.contains("refused"), "the pilot was refused: {launched}");
    println!("open");
    let (bots, mut ticks) = (args.bots.to_string(), interval(Duration::from_secs(args.every_s)));
    let send = async {
        loop {
            ticks.tick().await;
            if let Err(why) = ada.form(&act, &[("do", "bots"), ("text", &bots)]).await {
                eprintln!("crowd: no programs were let in: {why:#}");
            }
        }
    };
    tokio::select! {
        told = told_to_end() => told?,
        () = send => {}
    }
    Ok(true)
}

/// Against a script, against the demo model, and between people; with the shortest times, so that
/// whoever is stranded is over soon.
fn trial(file: &str) -> Result<Study> {
    let mut study = Study::read(file).map_err(anyhow::Error::msg)?;
    study.languages.truncate(1);
    study.negotiations = 1;
    let first = study.conditions.first().context("it has conditions")?.clone();
    let condition =
        |name: &str, opponent| Condition { name: name.to_owned(), opponent, ..first.clone() };
    study.conditions = vec![
        condition("script", Opponent::Negotiator("linear".to_owned())),
        condition("model", Opponent::Negotiator("demo".to_owned())),
        condition("people", Opponent::Person { stand_in: Some("conceder".to_owned()) }),
    ];
    study.conditions[2].role = None;
    study.limits.page = 1;
    study.limits.negotiation = 3;
    study.limits.wait = 1;
    study.limits.away = 1;
    study.recruitment.completers = 5_000;
    study.promise.exclusions = Exclusions::default();
    study.pay.most = 6_000 * study.most_of_each();
    Ok(study)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trial_has_no_flaws() {
        let study = trial(FILE).unwrap();
        let flaws = study.flaws(&["linear", "demo", "conceder"], &["neutral"]);
        assert_eq!(flaws, Vec::new());
        assert_eq!(Study::read(&study.write()).as_ref(), Ok(&study));
    }
}
