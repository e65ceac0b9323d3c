//! Phases of a training run: naive, aggressive anchoring, deadlock, persuasion.
//!
//! Change points split the iterations into segments of one level each, then each segment's levels
//! are named beside those of the run's start. A phase that no segment's levels fit did not occur.
//! No randomness: the same points, the same spans.
//!
//! A steady slope comes out as a staircase; steps of one name are one span, so a boundary on a
//! slope is where a step crosses a threshold. Leaves out how sure a boundary's place is.

mod change;
mod label;

use serde::{Deserialize, Serialize};

use change::Series;
use label::{Levels, Story};

/// One training iteration of a buyer. What was not measured, or is not finite, is missing and
/// counts nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// First offer over the own limit B.
    pub first_offer_ratio: Option<f64>,
    /// Share of deals, scenarios with room for one only (C < B).
    pub deal_rate: Option<f64>,
    /// `(B - P) / (B - C)`, deals only.
    pub bargained_ratio: Option<f64>,
}

/// What counts as a change, and how large a change has which name. "The start" is the mean over the
/// first `least_span` iterations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Iterations in a segment at least; 0 counts as 1. Default 4.
    pub least_span: usize,
    /// The price of a change point as a multiple of BIC's. Default 1. More for runs whose noise
    /// carries over from one iteration to the next: the noise is taken as independent.
    pub penalty: f64,
    /// The standard deviation below which differences are not trusted, in units of the ratios.
    /// Keeps a series that hardly ever moves from making a change of every move. Default 0.01.
    pub least_noise: f64,
    /// How far below the start a low first-offer ratio lies, in shares of B. Default 0.15.
    pub opening_fall: f64,
    /// Deals have collapsed below this share of the highest level so far. Default 0.6.
    pub collapse: f64,
    /// Deals are back from this share of the start's rate on. Default 0.9.
    pub recovery: f64,
    /// How far from the start a naive deal rate lies at most. Default 0.2.
    pub deal_change: f64,
    /// How far above the start a persuasive bargained ratio lies. Default 0.2.
    pub ratio_rise: f64,
    /// The bargained ratio that a naive buyer stays below: who starts out with more than half of
    /// the surplus is not naive. Default 0.5.
    pub low_ratio: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            least_span: 4,
            penalty: 1.0,
            least_noise: 0.01,
            opening_fall: 0.15,
            collapse: 0.6,
            recovery: 0.9,
            deal_change: 0.2,
            ratio_rise: 0.2,
            low_ratio: 0.5,
        }
    }
}

/// Where several fit: deadlock before persuasion, then anchoring, then naive. A condition on a
/// missing level does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Opens and deals as at the start, at a low bargained ratio, or with none measured.
    Naive,
    /// Opens low while deals have not collapsed. Straight after a deadlock, only once deals are
    /// back: until then the buyer concedes.
    Anchoring,
    /// Opens low, and deals have collapsed.
    Deadlock,
    /// Deals at the start's rate or nearly, for a bargained ratio well above the start's.
    Persuasion,
    /// None of them.
    None,
}

impl Phase {
    pub const ALL: [Phase; 5] =
        [Phase::Naive, Phase::Anchoring, Phase::Deadlock, Phase::Persuasion, Phase::None];
}

/// Iterations of one phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Span {
    pub phase: Phase,
    /// Place of the first iteration in the run, from 0.
    pub first: usize,
    /// Place of the last one; the span includes it.
    pub last: usize,
    /// How well the levels support a change at `first`, from 0.5 to 1 (see [`detect`]). `None` for
    /// the first span.
    pub confidence: Option<f64>,
}

/// The phases of a run, in order, without gaps: none for no points. Neighbours differ in phase. A
/// run shorter than `least_span` has no start to compare with and is [`Phase::None`].
///
/// Change points minimise the squared distance to the segments' means plus a penalty per change:
/// optimal partitioning (Jackson et al. 2005; Killick, Fearnhead and Eckley 2012 add the pruning
/// that a few hundred points do not need), jointly over the series, each over its noise. The noise
/// is `1.4826 median |d - median d| / sqrt 2` of the first differences `d`, so that neither a slope
/// nor a few jumps count as noise. The penalty is BIC's (Schwarz 1978; Yao 1988), `(series + 1) ln
/// n`: a change adds a mean per series and its own place.
///
/// Confidence is the BIC weight (Kass and Raftery 1995; Wagenmakers 2007) of the two segments at
/// the boundary against one in their place, `1 / (1 + exp(-(drop in cost - penalty) / 2))`: the
/// approximate posterior of a change under even prior odds, with the noise and the place taken as
/// known (a `penalty` other than 1 shifts the odds). Where the best partition has a change, the
/// drop is at least the penalty.
pub fn detect(points: &[Point], settings: &Settings) -> Vec<Span> {
    let series = [
        Series::of(points.iter().map(|p| p.first_offer_ratio)),
        Series::of(points.iter().map(|p| p.deal_rate)),
        Series::of(points.iter().map(|p| p.bargained_ratio)),
    ];
    let least_span = settings.least_span.max(1);
    let penalty = settings.penalty * change::bic(&series);
    let scaled = series.each_ref().map(|series| series.scaled(settings.least_noise));
    let starts = change::partition(&scaled, points.len(), least_span, penalty);

    let levels = |from, to| {
        let [opening, deals, ratio] = series.each_ref().map(|series| series.mean(from, to));
        Levels { opening, deals, ratio }
    };
    let comparable = points.len() >= least_span;
    let start = if comparable { levels(0, least_span) } else { Levels::default() };
    let mut story = Story::new(settings, start);
    let end_of = |at: usize| starts.get(at + 1).copied().unwrap_or(points.len());

    let mut spans: Vec<Span> = Vec::new();
    for (at, &first) in starts.iter().enumerate() {
        let end = end_of(at);
        let phase = story.next(levels(first, end));
        let confidence = at.checked_sub(1).map(|before| {
            let drop = change::drop_in_cost(&scaled, starts[before], first, end);
            1.0 / (1.0 + (-(drop - penalty) / 2.0).exp())
        });
        match spans.last_mut() {
            Some(span) if span.phase == phase => span.last = end - 1,
            _ => spans.push(Span { phase, first, last: end - 1, confidence }),
        }
    }
    spans
}

#[cfg(test)]
mod tests;
