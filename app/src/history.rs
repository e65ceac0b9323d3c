//! A small chart of a public price history.

use rules::Mills;
use wire::PricePoint;

pub const WIDTH: f64 = 360.0;
pub const HEIGHT: f64 = 110.0;
const MARGIN: f64 = 8.0;

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
    let spread = ((high - low).0 as f64).max(1.0);
    let x = |p: &PricePoint| {
        MARGIN + f64::from(p.day - first.day) / f64::from(days) * (WIDTH - 2.0 * MARGIN)
    };
    let y = |p: &PricePoint| {
        HEIGHT - MARGIN - (p.price - low).0 as f64 / spread * (HEIGHT - 2.0 * MARGIN)
    };
    let mut line = format!("M{:.1} {:.1}", x(first), y(first));
    for point in &points[1..] {
        line.push_str(&format!("H{:.1}V{:.1}", x(point), y(point)));
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
        assert_eq!(chart.line, "M8.0 102.0H352.0V8.0");
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
