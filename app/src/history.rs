//! A small chart of a public price history.

use rules::Mills;
use wire::PricePoint;

/// The drawing's size in its own units.
pub const WIDTH: i32 = 720;
pub const HEIGHT: i32 = 220;
const MARGIN: i32 = 16;

#[derive(Clone, Debug, PartialEq)]
pub struct HistoryChart {
    /// SVG path data: prices hold until they change, so the line has steps.
    pub line: String,
    pub low: Mills,
    pub high: Mills,
    pub days: i32,
}

/// `None` for fewer than two points.
pub fn chart(points: &[PricePoint]) -> Option<HistoryChart> {
    let (first, last) = (points.first()?, points.last()?);
    let low = points.iter().map(|p| p.price).min()?;
    let high = points.iter().map(|p| p.price).max()?;
    let days = last.day - first.day;
    if points.len() < 2 || days <= 0 {
        return None;
    }
    let spread = (high - low).0.max(1);
    let height = i64::from(HEIGHT - 2 * MARGIN);
    let x = |p: &PricePoint| MARGIN + (WIDTH - 2 * MARGIN) * (p.day - first.day) / days;
    let y = |p: &PricePoint| i64::from(HEIGHT - MARGIN) - (p.price - low).0 * height / spread;
    let mut line = format!("M{} {}", x(first), y(first));
    for point in &points[1..] {
        line.push_str(&format!("H{}V{}", x(point), y(point)));
    }
    Some(HistoryChart { line, low, high, days })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(day: i32, dollars: i64) -> PricePoint {
        PricePoint { day, price: Mills::from_dollars(dollars) }
    }

    #[test]
    fn a_price_holds_until_it_changes() {
        let chart = chart(&[point(-10, 20), point(0, 30)]).expect("two points");
        assert_eq!(chart.line, "M16 204H704V16");
        assert_eq!((chart.low, chart.high), (Mills::from_dollars(20), Mills::from_dollars(30)));
    }

    #[test]
    fn too_little_is_no_chart() {
        assert_eq!(chart(&[]), None);
        assert_eq!(chart(&[point(0, 20)]), None);
        assert_eq!(chart(&[point(0, 20), point(0, 30)]), None);
        assert!(chart(&[point(-1, 20), point(0, 20)]).is_some(), "a flat line");
    }
}
