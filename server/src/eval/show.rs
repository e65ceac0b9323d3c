//! Suites as pages, programs and the command see them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use rules::metrics::{Clustering, Facts, Metric, Observation, Slice, estimate as measure, slices};
use rules::reward::RewardSpec;
use rules::statistics::{Bootstrap, Paired, Sums, contrast, holm};
use rules::{Episode, Role};
use store::{EvaluationId, Store, StoreError, SuiteRow};
use wire::{
    Interval, NegotiatorName, ReportedFigures, SuiteCell, SuiteDifference, SuiteEstimate,
    SuiteFigures, SuiteHead, SuiteId, SuitePage, SuiteSlice,
};

use super::plan::{Plan, Sides};
use super::suite::Stored;
use super::{Evaluation, Settings};
use crate::clock::now_ms;
use crate::commands::spoken;

/// Figures of a cell, in the order of the table.
pub const SHOWN: [(&str, Metric); 10] = [
    ("reward", Metric::Reward),
    ("deal_rate", Metric::DealRate),
    ("bargained_ratio", Metric::BargainedRatio),
    ("surplus_efficiency", Metric::SurplusEfficiency),
    ("feasible_agreement", Metric::FeasibleAgreement),
    ("infeasible_agreement", Metric::InfeasibleAgreement),
    ("walk_away_correctness", Metric::WalkAwayCorrectness),
    ("first_offer_ratio", Metric::FirstOfferRatio),
    ("overshoot_rate", Metric::OvershootRate),
    ("format_validity", Metric::FormatValidity),
];

pub fn head(row: SuiteRow) -> SuiteHead {
    SuiteHead {
        id: row.id,
        label: row.label,
        plan: row.plan,
        status: row.status,
        asked: row.asked,
        measured: row.measured,
        against: row.against,
        done: row.done,
        of: row.planned,
        failed: row.failed,
        left_ms: row.left_ms,
        failure: row.failure,
        attended: row.attended,
        created_at: row.created_ms,
        ended_at: row.ended_ms,
    }
}

/// What a side of a pair came to.
struct Measured {
    role: Role,
    negotiator: String,
    against: String,
    persona: String,
    evaluation: EvaluationId,
    of: u32,
    seen: Vec<Observation>,
}

/// While a suite goes on its figures may be so old, in milliseconds: measuring takes a while, and many may look.
const FRESH_MS: i64 = 15_000;

/// A suite's page, also while it goes on: from the episodes that are there.
pub async fn page(store: &Store, id: SuiteId) -> Result<SuitePage, StoreError> {
    let row = store.suite_find(id).await?;
    let corrupt =
        |why: serde_json::Error| StoreError::Corrupt { what: "suite", why: why.to_string() };
    let stored: Stored = serde_json::from_value(row.settings.clone()).map_err(corrupt)?;
    let plan = stored.plan;
    let kept = row.kept.as_ref().filter(|kept| {
        let recent = now_ms() - kept.at_ms < FRESH_MS;
        kept.done == row.done || (recent && !row.status.is_over())
    });
    // What another version kept is measured anew.
    let kept = kept.and_then(|kept| serde_json::from_value(kept.figures.clone()).ok());
    let figures = match kept {
        Some(figures) => figures,
        None => {
            let figures = figures(store, id, &plan).await?;
            let value = serde_json::to_value(&figures).map_err(corrupt)?;
            store.suite_keep(id, row.done, &value).await?;
            figures
        }
    };
    Ok(SuitePage {
        command: command(&row),
        code_version: row.code_version.clone(),
        settings: toml::to_string(&plan).unwrap_or_default(),
        seed: plan.seed,
        products: u32::try_from(stored.products.len()).unwrap_or(u32::MAX),
        cells: figures.cells,
        differences: figures.differences,
        reported: plan.reported.into_iter().map(reported).collect(),
        head: head(row),
    })
}

/// Measures the episodes that are there.
async fn figures(store: &Store, id: SuiteId, plan: &Plan) -> Result<SuiteFigures, StoreError> {
    let mut sides = Vec::new();
    for id in store.suite_evaluations(id).await? {
        sides.extend(measured(store, plan, id).await?);
    }
    sides.sort_by(|a, b| {
        let place = |one: &Measured| (one.role == Role::Seller, one.negotiator.clone());
        place(a).cmp(&place(b))
    });
    let bootstrap = Bootstrap::seeded(plan.seed);
    // Resampling is work for a thread of its own.
    let measured = tokio::task::spawn_blocking(move || SuiteFigures {
        cells: sides.iter().map(|side| cell(side, &bootstrap)).collect(),
        differences: differences(&sides, &bootstrap),
    });
    let broke_off = |_| StoreError::Corrupt { what: "suite", why: "it broke off".to_owned() };
    measured.await.map_err(broke_off)
}

fn reported(of: super::plan::Reported) -> ReportedFigures {
    ReportedFigures { who: of.who, source: of.source, figures: of.figures }
}

/// What would do it again.
fn command(row: &SuiteRow) -> String {
    let quoted = row.overlay.trim().replace('\'', "'\\''");
    let set = if quoted.is_empty() { String::new() } else { format!(" --set '{quoted}'") };
    format!("souk eval --plan {}{set}", row.plan)
}

async fn measured(
    store: &Store,
    plan: &Plan,
    id: EvaluationId,
) -> Result<Vec<Measured>, StoreError> {
    let evaluation = Evaluation::find(store, id)
        .await
        .map_err(|why| StoreError::Corrupt { what: "evaluation", why: format!("{why:#}") })?;
    let Settings { buyer, seller, persona, persona_of, .. } = &evaluation.settings;
    let roles: &[Role] = match plan.round_robin {
        true => &Role::BOTH,
        false => &[persona_of.other()],
    };
    debug_assert!(plan.round_robin || plan.role == Sides::Both || roles.len() == 1);
    let markers = policy::markers();
    let mut seen = Vec::new();
    for stored in store.evaluation_episodes(id).await? {
        let episode = Episode::replay(&stored.events)
            .map_err(|why| StoreError::Corrupt { what: "episode", why: why.to_string() })?;
        let facts = Facts::of(&episode, &RewardSpec::PAPER, &markers);
        if facts.is_scored() {
            seen.push(Observation { facts, product: stored.product.0, participant: None });
        }
    }
    let side = |role: &Role| {
        let (negotiator, against) = match role {
            Role::Buyer => (buyer, seller),
            Role::Seller => (seller, buyer),
        };
        Measured {
            role: *role,
            negotiator: negotiator.clone(),
            against: against.clone(),
            persona: persona.clone(),
            evaluation: id,
            of: evaluation.settings.planned(),
            seen: seen.clone(),
        }
    };
    Ok(roles.iter().map(side).collect())
}

fn cell(side: &Measured, bootstrap: &Bootstrap) -> SuiteCell {
    let figures = SHOWN.map(|(name, metric)| {
        let of = measure(metric, &side.seen, side.role, Clustering::Product, bootstrap);
        let (low, high) = of.interval.map(|ends| (ends.low, ends.high)).unzip();
        (name.to_owned(), Interval { value: of.value, low, high })
    });
    SuiteCell {
        evaluation: side.evaluation.0,
        role: side.role,
        negotiator: NegotiatorName(side.negotiator.clone()),
        against: NegotiatorName(side.against.clone()),
        persona: side.persona.clone(),
        done: u32::try_from(side.seen.len()).unwrap_or(u32::MAX),
        of: side.of,
        figures: figures.into(),
        slices: parts(side, bootstrap),
    }
}

/// The reward by interests and price.
fn parts(side: &Measured, bootstrap: &Bootstrap) -> Vec<SuiteSlice> {
    let rows = slices(Metric::Reward, &side.seen, side.role, Clustering::Product, bootstrap);
    let named = rows.into_iter().filter_map(|row| {
        let name = match row.slice {
            Slice::All => return None,
            Slice::Mutual => "mutual".to_owned(),
            Slice::Conflicting => "conflicting".to_owned(),
            Slice::PriceQuintile(fifth) => format!("price_{fifth}"),
        };
        let (low, high) = row.estimate.interval.map(|ends| (ends.low, ends.high)).unzip();
        let reward = Interval { value: row.estimate.value, low, high };
        (row.estimate.n > 0).then_some(SuiteSlice { name, reward, n: row.estimate.n })
    });
    named.collect()
}

/// Every two of one role, over the opponents that both met: the sums of a product are over all of them.
fn differences(sides: &[Measured], bootstrap: &Bootstrap) -> Vec<SuiteDifference> {
    type Met<'a> = BTreeMap<(&'a str, &'a str), &'a [Observation]>;
    let mut all = Vec::new();
    for role in Role::BOTH {
        let mut met: BTreeMap<&str, Met> = BTreeMap::new();
        for side in sides.iter().filter(|side| side.role == role) {
            let met = met.entry(&side.negotiator).or_default();
            met.insert((&side.against, &side.persona), &side.seen);
        }
        let negotiators: Vec<(&&str, &Met)> = met.iter().collect();
        for (at, (one, met_one)) in negotiators.iter().enumerate() {
            for (other, met_other) in &negotiators[at + 1..] {
                let mut products: BTreeMap<&str, Paired> = BTreeMap::new();
                for (opponent, seen) in met_one.iter() {
                    let Some(theirs) = met_other.get(opponent) else { continue };
                    for (of, is_first) in [(*seen, true), (*theirs, false)] {
                        for o in of {
                            let pair = products.entry(&o.product).or_default();
                            let sums = Metric::Reward.sums(&o.facts, role);
                            if is_first { pair.a += sums } else { pair.b += sums }
                        }
                    }
                }
                let pairs: Vec<Paired> = products.into_values().collect();
                let Some(seen) = contrast(&pairs, Sums::mean, bootstrap) else { continue };
                let (better, worse, sign) =
                    if seen.value >= 0.0 { (one, other, 1.0) } else { (other, one, -1.0) };
                let ends = seen.interval.map(|ends| match sign {
                    1.0 => (ends.low, ends.high),
                    _ => (-ends.high, -ends.low),
                });
                let (low, high) = ends.unzip();
                all.push(SuiteDifference {
                    role,
                    better: NegotiatorName((**better).to_owned()),
                    worse: NegotiatorName((**worse).to_owned()),
                    reward: Interval { value: Some(sign * seen.value), low, high },
                    p: seen.p,
                    p_adjusted: 1.0,
                    products: seen.clusters,
                });
            }
        }
    }
    let adjusted = holm(&all.iter().map(|one| one.p).collect::<Vec<_>>());
    all.iter_mut().zip(adjusted).for_each(|(one, p)| one.p_adjusted = p);
    all
}

/// An estimate as comments behind a plan.
pub fn estimate(told: &SuiteEstimate) -> String {
    let mut text = format!("\n# {} pairs, {} episodes", told.cells, told.episodes);
    if let Some(ms) = told.ms {
        let spoken = spoken(Duration::from_millis(ms));
        let _ = write!(text, ", about {spoken}");
    }
    if told.micro_dollars > 0 {
        let _ = write!(text, ", about ${:.2}", told.micro_dollars as f64 / 1e6);
    }
    let guessed: Vec<&str> = told.guessed.iter().map(|name| name.0.as_str()).collect();
    if !guessed.is_empty() {
        let _ = write!(text, " (a guess: {} never answered here)", guessed.join(", "));
    }
    text + "\n"
}

/// A suite's figures for a terminal.
pub fn table(page: &SuitePage) -> String {
    let mut text = format!(
        "{}: {} of {} episodes count, {} attempts failed; intervals of 95%, clustered by product\n",
        page.head.label, page.head.done, page.head.of, page.head.failed
    );
    for role in Role::BOTH {
        let cells: Vec<&SuiteCell> = page.cells.iter().filter(|cell| cell.role == role).collect();
        if cells.is_empty() {
            continue;
        }
        let _ = write!(text, "\n{:<20} {:<30}", role.name(), "against");
        for (name, _) in SHOWN.iter().take(6) {
            let _ = write!(text, " {name:<24}");
        }
        for cell in cells {
            let against = format!("{} ({})", cell.against.0, cell.persona);
            let _ = write!(text, "\n{:<20} {against:<30}", cell.negotiator.0);
            for (name, _) in SHOWN.iter().take(6) {
                let _ = write!(
                    text,
                    " {:<24}",
                    cell.figures.get(*name).map_or_else(String::new, shown)
                );
            }
        }
        text.push('\n');
    }
    for reported in &page.reported {
        let figures: Vec<String> =
            reported.figures.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let _ = writeln!(
            text,
            "\nreported ({}), {}: {}",
            reported.source,
            reported.who,
            figures.join(", ")
        );
    }
    for one in &page.differences {
        let _ = writeln!(
            text,
            "{} ({}) earns {} more than {}, p = {:.4}, {:.4} among {} comparisons",
            one.better.0,
            one.role.name(),
            shown(&one.reward),
            one.worse.0,
            one.p,
            one.p_adjusted,
            page.differences.len()
        );
    }
    text
}

fn shown(Interval { value, low, high }: &Interval) -> String {
    match (value, low, high) {
        (Some(value), Some(low), Some(high)) => format!("{value:.3} [{low:.3}, {high:.3}]"),
        (Some(value), ..) => format!("{value:.3}"),
        (None, ..) => "-".to_owned(),
    }
}
