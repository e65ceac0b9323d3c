//! Names for the levels of a segment.

use super::{Phase, Settings};

/// Means over a stretch of iterations; `None` where nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Levels {
    /// First-offer ratio.
    pub opening: Option<f64>,
    pub deals: Option<f64>,
    /// Bargained ratio.
    pub ratio: Option<f64>,
}

/// What the segments so far leave for the next one to be compared with.
pub(super) struct Story<'a> {
    settings: &'a Settings,
    start: Levels,
    highest_deals: Option<f64>,
    /// In a deadlock, or on the way back from one.
    stuck: bool,
}

impl Story<'_> {
    pub(super) fn new(settings: &Settings, start: Levels) -> Story<'_> {
        Story { settings, start, highest_deals: start.deals, stuck: false }
    }

    /// The phase of the next segment.
    pub(super) fn next(&mut self, now: Levels) -> Phase {
        let Story { settings, start, .. } = *self;
        let opening = change(now.opening, start.opening);
        let low = opening.is_some_and(|by| by <= -settings.opening_fall);
        let risen = change(now.ratio, start.ratio).is_some_and(|by| by >= settings.ratio_rise);
        let back = share(now.deals, start.deals).is_some_and(|share| share >= settings.recovery);
        // From a rate of 0 there is nothing to collapse.
        let deals = share(now.deals, self.highest_deals);
        let deadlock = low && deals.is_some_and(|share| share < settings.collapse);
        let deals_hold = deals.is_some_and(|share| share >= settings.collapse);

        self.stuck = deadlock || self.stuck && !back;
        self.highest_deals = higher(self.highest_deals, now.deals);
        if deadlock {
            Phase::Deadlock
        } else if back && risen {
            Phase::Persuasion
        } else if low && deals_hold && !self.stuck {
            Phase::Anchoring
        } else if !risen && naive(settings, opening, change(now.deals, start.deals), now.ratio) {
            Phase::Naive
        } else {
            Phase::None
        }
    }
}

fn naive(
    settings: &Settings,
    opening: Option<f64>,
    deals: Option<f64>,
    ratio: Option<f64>,
) -> bool {
    opening.is_some_and(|by| by.abs() < settings.opening_fall)
        && deals.is_some_and(|by| by.abs() <= settings.deal_change)
        && ratio.is_none_or(|ratio| ratio < settings.low_ratio)
}

fn change(now: Option<f64>, then: Option<f64>) -> Option<f64> {
    Some(now? - then?)
}

/// `None` where there is nothing to have a share of.
fn share(now: Option<f64>, then: Option<f64>) -> Option<f64> {
    let then = then.filter(|then| *then > 0.0)?;
    Some(now? / then)
}

fn higher(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    [a, b].into_iter().flatten().reduce(f64::max)
}
