//! Suites that nobody plays: one that is done and one that goes on, with figures by plain formulas.

use rules::Role;
use uuid::Uuid;
use wire::{
    Code, Interval, NegotiatorName, NewSuite, PlanCard, Problem, ReportedFigures, RunStatus,
    SuiteCell, SuiteDifference, SuiteEstimate, SuiteHead, SuiteId, SuitePage, SuiteSlice,
};

use super::NOW_MS;

pub const MEASURED: SuiteId = SuiteId(Uuid::from_u128(0x201));
pub const MEASURING: SuiteId = SuiteId(Uuid::from_u128(0x202));

const NEGOTIATORS: [&str; 2] = ["demo", "linear"];
const OPPONENTS: [(&str, &str); 2] = [("persuadable", "neutral"), ("regulated", "insulting")];
/// Episodes of a pair.
const EACH: u32 = 64;

pub fn plans() -> Vec<PlanCard> {
    let card = |name: &str, summary: &str| PlanCard {
        name: name.into(),
        summary: summary.into(),
        text: format!("# {summary}\nproducts = 16\n"),
    };
    vec![card("paper-table-1", "Neutral sellers."), card("custom", "A small one.")]
}

pub fn heads() -> Vec<SuiteHead> {
    let head = |id, label: &str, status, done| SuiteHead {
        id,
        label: label.into(),
        plan: "custom".into(),
        status,
        asked: None,
        measured: NEGOTIATORS.join(", "),
        against: "persuadable, regulated".into(),
        done,
        of: 4 * EACH,
        failed: 0,
        left_ms: (status == RunStatus::Running).then_some(90_000),
        failure: None,
        attended: true,
        created_at: NOW_MS,
        ended_at: (status == RunStatus::Done).then_some(NOW_MS),
    };
    vec![
        head(MEASURING, "Still playing", RunStatus::Running, EACH),
        head(MEASURED, "Base against rules", RunStatus::Done, 4 * EACH),
    ]
}

pub fn page(id: SuiteId) -> Result<SuitePage, Problem> {
    let head = heads().into_iter().find(|head| head.id == id);
    let head = head.ok_or_else(|| Problem::new(Code::NotFound, "There is no such suite."))?;
    let pairs = NEGOTIATORS.iter().flat_map(|one| OPPONENTS.map(|other| (*one, other)));
    let cells = pairs.enumerate().map(|(at, (one, (against, persona)))| {
        let done = head.done.saturating_sub(at as u32 * EACH).min(EACH);
        let value = Some(0.2 - 0.15 * at as f64).filter(|_| done > 0);
        let around = |by: f64| value.map(|value| value + by);
        let figure = Interval { value, low: around(-0.05), high: around(0.05) };
        SuiteCell {
            evaluation: Uuid::from_u128(0x300 + at as u128),
            role: Role::Buyer,
            negotiator: NegotiatorName(one.into()),
            against: NegotiatorName(against.into()),
            persona: persona.into(),
            done,
            of: EACH,
            figures: [("reward".to_owned(), figure), ("deal_rate".to_owned(), figure)].into(),
            slices: vec![SuiteSlice { name: "price_1".into(), reward: figure, n: 12 }],
        }
    });
    Ok(SuitePage {
        settings: "products = 16\n".into(),
        command: "souk eval --plan custom".into(),
        code_version: "0.1.0+test".into(),
        seed: 1,
        products: 16,
        cells: cells.collect(),
        differences: vec![SuiteDifference {
            role: Role::Buyer,
            better: NegotiatorName("demo".into()),
            worse: NegotiatorName("linear".into()),
            reward: Interval { value: Some(0.3), low: Some(0.2), high: Some(0.4) },
            p: 0.001,
            p_adjusted: 0.001,
            products: 16,
        }],
        reported: vec![ReportedFigures {
            who: "somebody's model".into(),
            source: "a paper".into(),
            figures: [("reward".to_owned(), 0.7664)].into(),
        }],
        head,
    })
}

pub fn estimate() -> SuiteEstimate {
    SuiteEstimate {
        cells: 4,
        episodes: 4 * EACH,
        ms: Some(120_000),
        micro_dollars: 0,
        guessed: vec![NegotiatorName("demo".into())],
    }
}

pub fn start(new: &NewSuite) -> Result<SuiteId, Problem> {
    if new.settings.contains("nemo") {
        let detail = "There is no negotiator `nemo`.";
        return Err(Problem::named(Code::Unprocessable, "suite_settings", detail));
    }
    Ok(MEASURING)
}
