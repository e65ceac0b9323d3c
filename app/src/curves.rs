//! Curves over the iterations of a run: what is drawn where.

use wire::Series;

use crate::format;
pub use crate::numbers::{number, rounded};

/// The drawing's size in its own units.
pub const WIDTH: f64 = 600.0;
pub const HEIGHT: f64 = 280.0;
/// Where the axes stand.
pub const LEFT: f64 = 66.0;
pub const RIGHT: f64 = WIDTH - 14.0;
pub const TOP: f64 = 14.0;
pub const BOTTOM: f64 = HEIGHT - 34.0;

/// Points of a line at most.
const POINTS: usize = 400;
/// Decades that the logarithmic axis shows at most.
const DECADES: f64 = 12.0;

/// What runs along the horizontal axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Axis {
    #[default]
    Iteration,
    Time,
    Episodes,
}

impl Axis {
    pub const ALL: [Axis; 3] = [Axis::Iteration, Axis::Time, Axis::Episodes];

    /// As in the address.
    pub fn name(self) -> &'static str {
        match self {
            Axis::Iteration => "iteration",
            Axis::Time => "time",
            Axis::Episodes => "episodes",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Axis::Iteration => "Iteration",
            Axis::Time => "Time worked",
            Axis::Episodes => "Episodes",
        }
    }

    /// The place of each iteration of a series.
    fn places(self, series: &Series) -> Vec<f64> {
        match self {
            Axis::Iteration => series.iterations.iter().map(|i| f64::from(*i)).collect(),
            Axis::Time => series.worked_ms.iter().map(|ms| *ms as f64).collect(),
            Axis::Episodes => series.episodes.iter().map(|n| *n as f64).collect(),
        }
    }
}

/// How curves are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub axis: Axis,
    /// The values, by their logarithm.
    pub log: bool,
    /// The weight of what came before, in hundredths, up to 99.
    pub smooth: u8,
}

/// A place on an axis, in the drawing's units.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    pub at: f64,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub name: String,
    pub path: String,
    /// As measured, where `path` is smoothed.
    pub measured: Option<String>,
}

/// What stands at one iteration of the first run.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub at: f64,
    pub height: Option<f64>,
    pub iteration: u32,
    pub value: Option<f64>,
    pub told: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    pub x_ticks: Vec<Tick>,
    pub y_ticks: Vec<Tick>,
    pub lines: Vec<Line>,
    /// One standard deviation around the mean.
    pub band: Option<String>,
    /// From the least to the greatest.
    pub reach: Option<String>,
    pub readings: Vec<Reading>,
    /// Last value and range, in words.
    pub label: String,
    /// Values that a logarithmic axis has no place for.
    pub left_out: usize,
}

/// A run in a drawing.
#[derive(Clone, Copy, Debug)]
pub struct Drawn<'a> {
    pub name: &'a str,
    pub series: &'a Series,
}

/// The curve of one metric; the first run is the one that is read. `None` where it has no value.
pub fn plot(title: &str, key: &str, runs: &[Drawn<'_>], look: Look) -> Option<Plot> {
    let first = runs.first()?;
    let own = column(first.series, key);
    let last = own.iter().rev().find_map(|v| *v)?;
    let spread = spread(first.series, key, &own);
    let all: Vec<Vec<Option<f64>>> = runs.iter().map(|run| column(run.series, key)).collect();
    let values = all.iter().flatten().chain(spread.iter().flat_map(|s| s.iter().flatten()));
    let values: Vec<f64> = values.filter_map(|v| *v).filter(|v| v.is_finite()).collect();
    let positive = values.iter().any(|v| *v > 0.0);
    let log = look.log && positive;
    let (y, marks) = value_axis(&values, log);
    let places: Vec<Vec<f64>> = runs.iter().map(|run| look.axis.places(run.series)).collect();
    let (x, x_marks) = place_axis(&places, look.axis);
    let draw = |at: &[f64], values: &[Option<f64>]| path(&bucket(at, values, POINTS), x, y);
    let lines = runs.iter().zip(&all).zip(&places).map(|((run, values), at)| {
        let measured = draw(at, values);
        let smoothed = (look.smooth > 0).then(|| draw(at, &smooth(values, look.smooth)));
        let (path, measured) = match smoothed {
            Some(path) => (path, Some(measured)),
            None => (measured, None),
        };
        Line { name: run.name.to_owned(), path, measured }
    });
    let around = |low: usize| {
        let spread = spread.as_ref()?;
        area(&places[0], &spread[low], &spread[low + 1], x, y)
    };
    Some(Plot {
        x_ticks: x_marks,
        y_ticks: marks
            .into_iter()
            .filter_map(|v| Some(Tick { at: vertical(y.place(v)?), text: number(v) }))
            .collect(),
        lines: lines.collect(),
        band: around(0),
        reach: around(2),
        readings: readings(first.series, &own, &places[0], look, x, y),
        label: label(title, first.series, &own, last),
        left_out: if log { values.iter().filter(|v| **v <= 0.0).count() } else { 0 },
    })
}

fn column(series: &Series, key: &str) -> Vec<Option<f64>> {
    let finite = |v: &Option<f64>| v.filter(|v| v.is_finite());
    series.columns.get(key).map(|c| c.iter().map(finite).collect()).unwrap_or_default()
}

/// One deviation below and above a mean, then the least and the greatest: the reward alone has them.
fn spread(series: &Series, key: &str, mean: &[Option<f64>]) -> Option<[Vec<Option<f64>>; 4]> {
    if key != "reward" {
        return None;
    }
    let std = column(series, "reward_std");
    let apart = |sign: f64| {
        mean.iter().zip(&std).map(|(m, s)| Some((*m)? + sign * (*s)?)).collect::<Vec<_>>()
    };
    Some([apart(-1.0), apart(1.0), column(series, "reward_min"), column(series, "reward_max")])
}

fn readings(
    series: &Series,
    values: &[Option<f64>],
    places: &[f64],
    look: Look,
    x: Scale,
    y: Scale,
) -> Vec<Reading> {
    let smoothed = smooth(values, look.smooth);
    let rows = series.iterations.iter().zip(values).zip(&smoothed).zip(places);
    rows.filter_map(|(((iteration, value), smoothed), place)| {
        let value_told = value.map_or_else(|| "no value".to_owned(), number);
        let mut told = format!("Iteration {iteration}: {value_told}");
        if let Some(smoothed) = smoothed.filter(|_| look.smooth > 0) {
            told.push_str(&format!(", smoothed {}", number(smoothed)));
        }
        match look.axis {
            Axis::Iteration => {}
            Axis::Time => told.push_str(&format!(", after {}", format::span(*place as u64))),
            Axis::Episodes => told.push_str(&format!(", after {} episodes", *place as u64)),
        }
        let shown = if look.smooth > 0 { *smoothed } else { *value };
        Some(Reading {
            at: horizontal(x.place(*place)?),
            height: shown.and_then(|v| y.place(v)).map(vertical),
            iteration: *iteration,
            value: *value,
            told,
        })
    })
    .collect()
}

fn label(title: &str, series: &Series, values: &[Option<f64>], last: f64) -> String {
    let there = values.iter().filter_map(|v| *v);
    let (low, high) = reach(there);
    let at = values.iter().rposition(Option::is_some).and_then(|at| series.iterations.get(at));
    format!(
        "{title}: {} at iteration {}, between {} and {}",
        number(last),
        at.copied().unwrap_or(0),
        number(low),
        number(high),
    )
}

fn reach(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// Maps a range of values to 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    log: bool,
}

impl Scale {
    /// `None` for what a logarithm is not defined for.
    pub fn place(self, value: f64) -> Option<f64> {
        let on = |v: f64| if self.log { v.log10() } else { v };
        let share = (on(value) - on(self.low)) / (on(self.high) - on(self.low));
        share.is_finite().then_some(share)
    }
}

fn horizontal(share: f64) -> f64 {
    LEFT + share * (RIGHT - LEFT)
}

fn vertical(share: f64) -> f64 {
    BOTTOM - share * (BOTTOM - TOP)
}

fn value_axis(values: &[f64], log: bool) -> (Scale, Vec<f64>) {
    if !log {
        let (low, high) = reach(values.iter().copied());
        let marks = nice_ticks(low, high, 5);
        let (low, high) = (marks[0], marks[marks.len() - 1]);
        return (Scale { low, high, log }, marks);
    }
    let (low, high) = reach(values.iter().copied().filter(|v| *v > 0.0));
    let marks = decades(low, high);
    (Scale { low: marks[0], high: marks[marks.len() - 1], log }, marks)
}

/// Powers of ten around a range, at least two of them.
fn decades(low: f64, high: f64) -> Vec<f64> {
    let last = high.log10().ceil();
    let first = low.log10().floor().max(last - DECADES).min(last - 1.0);
    let step = ((last - first) / 5.0).ceil() as i32;
    let (mut marks, mut at) = (Vec::new(), first as i32);
    while at < last as i32 + step {
        marks.push(10_f64.powi(at));
        at += step;
    }
    marks
}

fn place_axis(places: &[Vec<f64>], axis: Axis) -> (Scale, Vec<Tick>) {
    let (low, high) = reach(places.iter().flatten().copied());
    let (low, high) = if low.is_finite() { (low, high) } else { (0.0, 1.0) };
    let low = if axis == Axis::Iteration { low } else { 0.0 };
    let high = if high > low { high } else { low + 1.0 };
    let scale = Scale { low, high, log: false };
    let (unit, name) = match axis {
        Axis::Time if high < 120e3 => (1e3, " s"),
        Axis::Time if high < 7200e3 => (60e3, " min"),
        Axis::Time => (3600e3, " h"),
        _ => (1.0, ""),
    };
    let marks = nice_ticks(low / unit, high / unit, 5).into_iter().filter_map(|mark| {
        let share = scale.place(mark * unit).filter(|s| (-1e-9..=1.0 + 1e-9).contains(s))?;
        let whole = axis == Axis::Time || mark.fract() == 0.0;
        whole.then(|| Tick { at: horizontal(share), text: format!("{}{name}", number(mark)) })
    });
    (scale, marks.collect())
}

/// Round values that enclose a range, about `about` steps of 1, 2 or 5 times a power of ten. At
/// least two.
pub fn nice_ticks(low: f64, high: f64, about: u32) -> Vec<f64> {
    let (low, high) = if low.is_finite() && high.is_finite() { (low, high) } else { (0.0, 1.0) };
    let (low, high) = if high > low { (low, high) } else { widened(low) };
    let rough = (high - low) / f64::from(about);
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| f * power >= rough * (1.0 - 1e-9));
    let step = factor.unwrap_or(10.0) * power;
    let (first, last) = ((low / step + 1e-9).floor() as i64, (high / step - 1e-9).ceil() as i64);
    (first..=last).map(|n| n as f64 * step).collect()
}

/// A range around one value.
fn widened(value: f64) -> (f64, f64) {
    let by = if value == 0.0 { 1.0 } else { value.abs() * 0.1 };
    (value - by, value + by)
}

/// Exponential moving average, corrected for its start at nothing (Kingma and Ba, 2015, section 3):
/// the first value stands as it is. A missing value stays missing and changes nothing.
pub fn smooth(values: &[Option<f64>], hundredths: u8) -> Vec<Option<f64>> {
    let weight = f64::from(hundredths.min(99)) / 100.0;
    let (mut average, mut seen) = (0.0, 1.0);
    let next = |value: &Option<f64>| {
        value.map(|value| {
            average = weight * average + (1.0 - weight) * value;
            seen *= weight;
            average / (1.0 - seen)
        })
    };
    values.iter().map(next).collect()
}

/// At most `most` points: each stretch keeps its least and its greatest, so that no peak is lost.
pub fn bucket(places: &[f64], values: &[Option<f64>], most: usize) -> Vec<(f64, Option<f64>)> {
    let points: Vec<(f64, Option<f64>)> =
        places.iter().copied().zip(values.iter().copied()).collect();
    if points.len() <= most {
        return points;
    }
    let size = points.len().div_ceil((most / 2).max(1));
    points.chunks(size).flat_map(extremes).collect()
}

/// The least and the greatest of a stretch in their order; one gap where nothing has a value.
fn extremes(stretch: &[(f64, Option<f64>)]) -> Vec<(f64, Option<f64>)> {
    let there = || stretch.iter().enumerate().filter_map(|(at, (_, v))| Some((at, (*v)?)));
    let least = there().min_by(|a, b| a.1.total_cmp(&b.1));
    let greatest = there().max_by(|a, b| a.1.total_cmp(&b.1));
    let (Some((least, _)), Some((greatest, _))) = (least, greatest) else {
        return stretch.first().map(|(place, _)| (*place, None)).into_iter().collect();
    };
    let (one, other) = (least.min(greatest), least.max(greatest));
    if one == other { vec![stretch[one]] } else { vec![stretch[one], stretch[other]] }
}

/// Path data; broken where a value is missing, a dot where one stands alone.
fn path(points: &[(f64, Option<f64>)], x: Scale, y: Scale) -> String {
    let (mut path, mut pen_down) = (String::new(), false);
    for (place, value) in points {
        let Some((at, height)) = x.place(*place).zip(value.and_then(|v| y.place(v))) else {
            pen_down = false;
            continue;
        };
        let start = if pen_down { "L" } else { "M" };
        push_point(&mut path, start, horizontal(at), vertical(height));
        if !pen_down {
            path.push_str("h0");
        }
        pen_down = true;
    }
    path
}

/// The area between two lines, where both have values.
fn area(
    places: &[f64],
    low: &[Option<f64>],
    high: &[Option<f64>],
    x: Scale,
    y: Scale,
) -> Option<String> {
    let both: Vec<(f64, f64, f64)> = places
        .iter()
        .zip(low.iter().zip(high))
        .filter_map(|(place, (low, high))| Some((*place, (*low)?, (*high)?)))
        .collect();
    let at: Vec<f64> = both.iter().map(|p| p.0).collect();
    let edge = |values: Vec<Option<f64>>| bucket(&at, &values, POINTS);
    let above = edge(both.iter().map(|p| Some(p.2)).collect());
    let below = edge(both.iter().map(|p| Some(p.1)).collect());
    let mut path = String::new();
    for (place, value) in above.into_iter().chain(below.into_iter().rev()) {
        // Where a logarithm has no place, the area ends at the axis.
        let (at, height) = (x.place(place)?, y.place(value?).unwrap_or(0.0).max(0.0));
        let start = if path.is_empty() { "M" } else { "L" };
        push_point(&mut path, start, horizontal(at), vertical(height));
    }
    (!path.is_empty()).then(|| path + "Z")
}

/// The path of a few values in a drawing of `width` by `height`, for a list.
pub fn spark(values: &[f64], width: f64, height: f64) -> Option<String> {
    let (low, high) = reach(values.iter().copied());
    let (low, high) = if high > low { (low, high) } else { widened(low) };
    let last = values.len().checked_sub(1).filter(|last| *last > 0)? as f64;
    let mut path = String::new();
    for (at, value) in values.iter().enumerate() {
        let share = (value - low) / (high - low);
        let start = if path.is_empty() { "M" } else { "L" };
        let (x, y) = (2.0 + (width - 4.0) * at as f64 / last, 2.0 + (height - 4.0) * (1.0 - share));
        push_point(&mut path, start, x, y);
    }
    Some(path)
}

/// A coloured stretch below the curves.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    pub at: f64,
    pub width: f64,
}

/// Where iterations `first` to `last` of the first run lie, up to the beginning of what follows.
/// `runs` are all that are drawn, for they share the axis.
pub fn stretch(runs: &[&Series], axis: Axis, first: u32, last: u32) -> Option<Stretch> {
    let own = runs.first().filter(|own| !own.iterations.is_empty())?;
    let places: Vec<Vec<f64>> = runs.iter().map(|run| axis.places(run)).collect();
    let (x, _) = place_axis(&places, axis);
    let at = |from: u32| {
        let index = own.iterations.partition_point(|i| *i < from).min(own.iterations.len() - 1);
        x.place(*places[0].get(index)?).map(horizontal)
    };
    let (from, to) = (at(first)?, at(last.saturating_add(1))?);
    Some(Stretch { at: from, width: (to - from).max(2.0) })
}

/// The iteration closest to a place in the drawing.
pub fn nearest(readings: &[Reading], at: f64) -> Option<usize> {
    let apart = |reading: &Reading| (reading.at - at).abs();
    let places = readings.iter().enumerate();
    places.min_by(|a, b| apart(a.1).total_cmp(&apart(b.1))).map(|(index, _)| index)
}

/// Where a key moves the cursor among `count` iterations; `None`: the key means nothing here.
pub fn moved(cursor: Option<usize>, count: usize, key: &str) -> Option<Option<usize>> {
    let last = count.checked_sub(1)?;
    Some(match key {
        "ArrowLeft" => Some(cursor.map_or(last, |at| at.saturating_sub(1))),
        "ArrowRight" => Some(cursor.map_or(0, |at| (at + 1).min(last))),
        "Home" => Some(0),
        "End" => Some(last),
        "Escape" if cursor.is_some() => None,
        _ => return None,
    })
}

/// Rewards as strokes on a line from the least that a reward can be to the most, 0 in the middle.
pub fn strip(rewards: &[f64], width: f64, height: f64) -> String {
    let most = rewards.iter().fold(1.0_f64, |most, reward| most.max(reward.abs()));
    let mut path = String::new();
    for reward in rewards.iter().filter(|reward| reward.is_finite()) {
        let x = 2.0 + (width - 4.0) * (reward / most + 1.0) / 2.0;
        push_point(&mut path, "M", x, 2.0);
        path.push('V');
        path.push_str(&rounded(height - 2.0));
    }
    path
}

fn push_point(path: &mut String, start: &str, x: f64, y: f64) {
    path.push_str(start);
    path.push_str(&rounded(x));
    path.push(' ');
    path.push_str(&rounded(y));
}

#[cfg(test)]
mod tests;
