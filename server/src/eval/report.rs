//! The row of all metrics, from the stored episodes.

use std::fmt::{self, Display, Formatter};

use anyhow::{Context, Result};
use rules::metrics::{
    Clustering, Estimate, Facts, Metric, Observation, Row, Slice, report as rows,
};
use rules::reward::RewardSpec;
use rules::statistics::Bootstrap;
use rules::{Episode, Role};
use serde::Serialize;
use store::{CallFigures, EvaluationId, Store};

use super::{Evaluation, Settings};

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub evaluation: EvaluationId,
    pub command: String,
    pub settings: Settings,
    pub code_version: String,
    pub planned: u32,
    /// Episodes that count.
    pub finished: usize,
    /// Attempts that the machinery failed; in no figure.
    pub failed: usize,
    pub sides: Vec<Side>,
    /// Questions to language models.
    pub calls: Vec<CallFigures>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    pub role: Role,
    pub negotiator: String,
    /// Every metric on every slice.
    pub rows: Vec<Row>,
}

/// Reads an evaluation's episodes and measures them from the given sides. Intervals of 95%, clustered by
/// product.
pub async fn report(store: &Store, id: EvaluationId, roles: &[Role]) -> Result<Report> {
    let row = store.evaluation_find(id).await?;
    let Evaluation { settings, .. } = Evaluation::find(store, id).await?;
    let markers = policy::markers();
    let mut observations = Vec::new();
    for stored in store.evaluation_episodes(id).await? {
        let episode = Episode::replay(&stored.events).context("an episode cannot be read")?;
        observations.push(Observation {
            facts: Facts::of(&episode, &RewardSpec::PAPER, &markers),
            product: stored.product.0,
            participant: None,
        });
    }
    let finished = observations.iter().filter(|seen| seen.facts.is_scored()).count();
    let bootstrap = Bootstrap::seeded(settings.seed);
    let side = |role: &Role| Side {
        role: *role,
        negotiator: settings.name(*role).to_owned(),
        rows: rows(&observations, *role, Clustering::Product, &bootstrap),
    };
    Ok(Report {
        evaluation: id,
        command: row.command,
        code_version: row.code_version,
        planned: row.planned,
        finished,
        failed: observations.len() - finished,
        sides: roles.iter().map(side).collect(),
        calls: store.evaluation_calls(id).await?,
        settings,
    })
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let Settings { buyer, seller, persona, products, rollouts, seed, .. } = &self.settings;
        writeln!(
            f,
            "{buyer} buys from {seller} ({persona}, regulated): {} products x {rollouts}, seed {seed}; \
             {} of {} episodes count, {} attempts failed",
            products.len(),
            self.finished,
            self.planned,
            self.failed
        )?;
        writeln!(f, "evaluation {}; intervals of 95%, clustered by product", self.evaluation)?;
        for side in &self.sides {
            writeln!(f, "\n{}", side)?;
        }
        for calls in &self.calls {
            writeln!(f, "\n{}", Calls(calls))?;
        }
        Ok(())
    }
}

impl Display for Side {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let title = format!("{} ({})", self.role.name(), self.negotiator);
        write!(f, "{title:<32}")?;
        for column in ["all", "MI: B > C", "CI: B < C"] {
            write!(f, " {column:<31}")?;
        }
        for metric in Metric::ALL {
            write!(f, "\n{:<32}", name(metric))?;
            for slice in [Slice::All, Slice::Mutual, Slice::Conflicting] {
                let row = self.rows.iter().find(|row| row.metric == metric && row.slice == slice);
                write!(f, " {:<31}", row.map_or(String::new(), |row| shown(&row.estimate)))?;
            }
        }
        Ok(())
    }
}

/// As it is called in JSON.
fn name(metric: Metric) -> String {
    let name = serde_json::to_value(metric).ok();
    name.as_ref().and_then(|name| name.as_str()).unwrap_or("?").to_owned()
}

fn shown(Estimate { value, interval, n, .. }: &Estimate) -> String {
    match (value, interval) {
        (Some(value), Some(ends)) => {
            format!("{value:.3} [{:.3}, {:.3}] {n}", ends.low, ends.high)
        }
        (Some(value), None) => format!("{value:.3} {n}"),
        (None, _) => "-".to_owned(),
    }
}

struct Calls<'a>(&'a CallFigures);

impl Display for Calls<'_> {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let calls = self.0;
        let share = calls.at_first as f64 / calls.moves.max(1) as f64;
        write!(
            f,
            "the {}'s model: {} moves, {share:.4} of them legal at the first try, {} by the fallback; {} \
             tokens; {:.0} ms to the first token, {:.0} ms to the last, at the median",
            calls.role.name(),
            calls.moves,
            calls.fallbacks,
            calls.completion_tokens,
            calls.first_token_ms,
            calls.total_ms
        )
    }
}
