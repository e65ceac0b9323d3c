//! What samples say: how fast each thing grows under load, and whether rest after it is as rest before it.

use super::sample::{Phase, Sample};
use super::slope::{Slope, median, medians, theil_sen};

/// Of the load's time, what is taken for settling.
const SETTLING: f64 = 0.25;
/// Samples of this many seconds count as one, by their median.
const STRETCH_S: f64 = 60.0;
/// Of each rest the end counts: what was begun before has ended by then.
const AT_REST_S: f64 = 60.0;
const HOUR_S: f64 = 3600.0;

/// How much something may grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A share of its level.
    Share(f64),
    Count(f64),
    /// It is told alone: it grows with what is stored.
    None,
}

/// A column, with its limit for an hour under load and for rest after against rest before.
pub struct Watched {
    pub column: &'static str,
    pub hourly: Limit,
    pub rest: Limit,
}

const fn watched(column: &'static str, hourly: Limit, rest: Limit) -> Watched {
    Watched { column, hourly, rest }
}

/// Open files and sockets of a busy server come and go with what is done at the moment; at rest they are few.
pub const WATCHED: [Watched; 15] = [
    watched("anonymous_kb", Limit::Share(0.02), Limit::Share(0.1)),
    watched("rss_kb", Limit::Share(0.02), Limit::Share(0.1)),
    // Of pages that others share, it falls and rises with these.
    watched("pss_kb", Limit::None, Limit::None),
    watched("threads", Limit::Count(1.0), Limit::Count(0.0)),
    watched("fds", Limit::Count(2.0), Limit::Count(2.0)),
    watched("sockets", Limit::Count(2.0), Limit::Count(2.0)),
    watched("files", Limit::Count(1.0), Limit::Count(0.0)),
    watched("tasks", Limit::Count(2.0), Limit::Count(2.0)),
    watched("worker_anonymous_kb", Limit::Share(0.02), Limit::Share(0.1)),
    watched("worker_threads", Limit::Count(1.0), Limit::Count(0.0)),
    watched("worker_fds", Limit::Count(1.0), Limit::Count(2.0)),
    watched("connections", Limit::Count(1.0), Limit::Count(2.0)),
    watched("postgres_pss_kb", Limit::None, Limit::None),
    watched("database_mb", Limit::None, Limit::None),
    watched("data_mb", Limit::None, Limit::None),
];

/// What was found of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub column: &'static str,
    /// The median of the load after settling.
    pub level: f64,
    /// Per hour, after settling.
    pub slope: Option<Slope>,
    pub rests: Option<(f64, f64)>,
    pub faults: Vec<String>,
}

pub fn judge(samples: &[Sample]) -> Vec<Found> {
    WATCHED.iter().map(|watched| find(watched, samples)).collect()
}

fn find(watched: &Watched, samples: &[Sample]) -> Found {
    let column = watched.column;
    let loaded = settled(&of(samples, column, Phase::Load));
    let level = median(loaded.iter().map(|(_, value)| *value));
    let slope = theil_sen(&medians(&loaded, STRETCH_S)).map(|Slope { estimate, low, high }| {
        Slope { estimate: estimate * HOUR_S, low: low * HOUR_S, high: high * HOUR_S }
    });
    let rest = |phase| {
        let points = of(samples, column, phase);
        let end = points.last()?.0;
        let last = points.iter().filter(|(second, _)| *second > end - AT_REST_S);
        Some(median(last.map(|(_, value)| *value)))
    };
    let rests = rest(Phase::RestBefore).zip(rest(Phase::RestAfter));
    let mut faults = Vec::new();
    if let (Some(slope), Some(most)) = (slope, most(watched.hourly, level))
        && slope.low > 0.0
        && slope.estimate > most
    {
        faults.push(format!(
            "{column} grows by {:.1} an hour, {most:.1} is the limit",
            slope.estimate
        ));
    }
    if let Some((before, after)) = rests
        && let Some(most) = most(watched.rest, before)
        && after - before > most
    {
        faults.push(format!("{column} at rest: {after:.0}, {before:.0} before the load"));
    }
    Found { column, level, slope, rests, faults }
}

fn most(limit: Limit, level: f64) -> Option<f64> {
    match limit {
        Limit::Share(share) => Some(share * level),
        Limit::Count(count) => Some(count),
        Limit::None => None,
    }
}

fn of(samples: &[Sample], column: &str, phase: Phase) -> Vec<(f64, f64)> {
    let samples = samples.iter().filter(|sample| sample.value("phase") == phase.number());
    samples.map(|sample| (sample.second, sample.value(column))).collect()
}

fn settled(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else {
        return Vec::new();
    };
    let from = first + (last - first) * SETTLING;
    points.iter().copied().filter(|(second, _)| *second >= from).collect()
}

impl Found {
    pub fn line(&self) -> String {
        let slope = match self.slope {
            Some(Slope { estimate, low, high }) => {
                format!("{estimate:+.1} an hour [{low:+.1}, {high:+.1}]")
            }
            None => "too few samples for a slope".to_owned(),
        };
        let rests = match self.rests {
            Some((before, after)) => format!("; at rest {before:.0}, then {after:.0}"),
            None => String::new(),
        };
        format!("{:20} {:.0}; {slope}{rests}", self.column, self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::COLUMNS;
    use super::*;

    /// An hour of load between two rests of five minutes, `fds` as given.
    fn samples(fds: impl Fn(Phase, f64) -> f64) -> Vec<Sample> {
        let phases = [(Phase::RestBefore, 300), (Phase::Load, 3600), (Phase::RestAfter, 300)];
        let mut begun = 0.0;
        let mut samples = Vec::new();
        for (phase, seconds) in phases {
            for second in (0..seconds).step_by(10).map(f64::from) {
                let values = COLUMNS.iter().map(|column| match *column {
                    "phase" => phase.number(),
                    "fds" => fds(phase, second),
                    _ => 100.0,
                });
                samples.push(Sample { second: begun + second, values: values.collect() });
            }
            begun += f64::from(seconds);
        }
        samples
    }

    fn faults(samples: &[Sample]) -> Vec<String> {
        judge(samples).into_iter().flat_map(|found| found.faults).collect()
    }

    #[test]
    fn what_is_level_passes_whatever_it_does_at_first() {
        let all = samples(|phase, second| match phase {
            Phase::Load if second < 900.0 => 50.0 + second,
            Phase::Load => 500.0 + (second / 10.0) % 7.0,
            _ => 40.0,
        });
        assert_eq!(faults(&all), Vec::<String>::new());
        let fds = judge(&all).into_iter().find(|found| found.column == "fds").unwrap();
        assert_eq!((fds.level, fds.rests), (503.0, Some((40.0, 40.0))));
    }

    #[test]
    fn what_grows_under_load_is_found() {
        let all = samples(|phase, second| match phase {
            Phase::Load => 100.0 + (second / 600.0).floor(),
            _ => 40.0,
        });
        assert_eq!(faults(&all).len(), 1, "{:?}", faults(&all));
        assert!(faults(&all)[0].starts_with("fds grows by"), "{:?}", faults(&all));
    }

    #[test]
    fn what_is_left_afterwards_is_found() {
        let all = samples(|phase, _| if phase == Phase::RestAfter { 43.0 } else { 40.0 });
        assert_eq!(faults(&all), ["fds at rest: 43, 40 before the load"]);
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        let found = judge(&[]);
        assert!(found.iter().all(|found| found.slope.is_none() && found.faults.is_empty()));
    }
}
