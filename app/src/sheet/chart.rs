//! Drawings of the sheets, each as a part of a page and as a file of its own, with a table behind.

use std::fmt::Write;

use crate::curves::nice_ticks;
use crate::numbers::number;

pub const WIDTH: f64 = 720.0;
pub const HEIGHT: f64 = 340.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 700.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 280.0;

/// What something is drawn as. Sides differ by shape as well as by colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Buyer,
    Seller,
    BuyerLine,
    SellerLine,
    BuyerBand,
    SellerBand,
    Whisker,
    Grid,
    Axis,
    Text,
}

impl Part {
    /// By the page's style sheet, in light and dark.
    fn class(self) -> &'static str {
        match self {
            Part::Buyer => "mark-buyer",
            Part::Seller => "mark-seller",
            Part::BuyerLine => "line-buyer",
            Part::SellerLine => "line-seller",
            Part::BuyerBand => "band-buyer",
            Part::SellerBand => "band-seller",
            Part::Whisker => "whisker",
            Part::Grid => "grid-line",
            Part::Axis => "axis-line",
            Part::Text => "axis",
        }
    }

    /// Dark ink on white, for a file.
    fn ink(self) -> &'static str {
        match self {
            Part::Buyer => "fill=\"#2f3f8f\"",
            Part::Seller => "fill=\"#a3492a\"",
            Part::BuyerLine => "fill=\"none\" stroke=\"#2f3f8f\" stroke-width=\"3\"",
            Part::SellerLine => "fill=\"none\" stroke=\"#a3492a\" stroke-width=\"3\"",
            Part::BuyerBand => "fill=\"#2f3f8f\" opacity=\"0.18\"",
            Part::SellerBand => "fill=\"#a3492a\" opacity=\"0.18\"",
            Part::Whisker => "stroke=\"#6b7080\" stroke-width=\"3\"",
            Part::Grid => "stroke=\"#ddd\"",
            Part::Axis => "fill=\"none\" stroke=\"#1f2340\"",
            Part::Text => "fill=\"#1f2340\" font-family=\"sans-serif\" font-size=\"16\"",
        }
    }
}

/// Where a value lies on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    ticks: Vec<f64>,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Scale {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let ticks = nice_ticks(low, high, 6);
        let low = ticks.first().copied().unwrap_or(0.0);
        let high = ticks.last().copied().unwrap_or(1.0);
        Scale { low, high, from, to, ticks }
    }

    pub fn first(&self) -> f64 {
        self.low
    }

    pub fn last(&self) -> f64 {
        self.high
    }

    pub fn place(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        self.from + (self.to - self.from) * share.clamp(0.0, 1.0)
    }
}

/// A drawing with its axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Of its file, too.
    pub name: &'static str,
    pub title: &'static str,
    pub x_title: &'static str,
    pub y_title: &'static str,
    pub x: Scale,
    pub y: Scale,
    /// Names in place of numbers along the vertical axis, with their places.
    names: Vec<(f64, String)>,
    shapes: Vec<(Part, String, Option<String>)>,
    /// The numbers behind it: heads, then rows.
    pub heads: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

impl Chart {
    pub fn new(
        name: &'static str,
        title: &'static str,
        (x_title, y_title): (&'static str, &'static str),
        xs: impl Iterator<Item = f64>,
        ys: impl Iterator<Item = f64>,
    ) -> Chart {
        Chart {
            name,
            title,
            x_title,
            y_title,
            x: Scale::over(xs, LEFT, RIGHT),
            y: Scale::over(ys, BOTTOM, TOP),
            names: Vec::new(),
            shapes: Vec::new(),
            heads: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// A name beside a place of the vertical axis.
    pub fn name_at(&mut self, y: f64, name: String) {
        self.names.push((y, name));
    }

    /// A point of the buyer is a circle, one of the seller a diamond.
    pub fn point(&mut self, part: Part, x: f64, y: f64, radius: f64, told: Option<String>) {
        let (x, y) = (self.x.place(x), self.y.place(y));
        let shape = match part {
            Part::Seller => {
                let r = radius * 1.25;
                format!(
                    "<path {{}} d=\"M{x:.1} {:.1}l{r:.1} {r:.1}-{r:.1} {r:.1}-{r:.1}-{r:.1}z\"",
                    y - r
                )
            }
            _ => format!("<circle {{}} cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\""),
        };
        self.shapes.push((part, shape, told));
    }

    pub fn line(&mut self, part: Part, points: impl Iterator<Item = (f64, f64)>) {
        let mut path = String::new();
        for (x, y) in points {
            let letter = if path.is_empty() { 'M' } else { 'L' };
            let (x, y) = (self.x.place(x), self.y.place(y));
            write!(path, "{letter}{x:.1} {y:.1}").expect("a string takes any text");
        }
        self.shapes.push((part, format!("<path {{}} d=\"{path}\""), None));
    }

    /// Between two lines over the same places: x, low, high.
    pub fn band(&mut self, part: Part, points: &[(f64, f64, f64)]) {
        let mut path = String::new();
        let there = points.iter().map(|(x, _, high)| (*x, *high));
        let back = points.iter().rev().map(|(x, low, _)| (*x, *low));
        for (x, y) in there.chain(back) {
            let letter = if path.is_empty() { 'M' } else { 'L' };
            let (x, y) = (self.x.place(x), self.y.place(y));
            write!(path, "{letter}{x:.1} {y:.1}").expect("a string takes any text");
        }
        self.shapes.push((part, format!("<path {{}} d=\"{path}z\""), None));
    }

    /// A bar from the horizontal axis up.
    pub fn bar(&mut self, part: Part, from: f64, to: f64, height: f64, told: String) {
        let (left, right) = (self.x.place(from), self.x.place(to));
        let top = self.y.place(height);
        let shape = format!(
            "<rect {{}} x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"",
            left + 0.5,
            (right - left - 1.0).max(0.5),
            (BOTTOM - top).max(0.0)
        );
        self.shapes.push((part, shape, Some(told)));
    }

    /// A level line from one place to another.
    pub fn span(&mut self, part: Part, y: f64, from: f64, to: f64) {
        let (y, from, to) = (self.y.place(y), self.x.place(from), self.x.place(to));
        self.shapes.push((part, format!("<path {{}} d=\"M{from:.1} {y:.1}H{to:.1}\""), None));
    }

    fn draw(&self, paint: impl Fn(Part) -> String) -> String {
        let mut out = String::new();
        let text = paint(Part::Text);
        for tick in &self.x.ticks {
            let x = self.x.place(*tick);
            push(
                &mut out,
                format_args!("<path {} d=\"M{x:.1} {TOP}V{BOTTOM}\"/>", paint(Part::Grid)),
            );
            push(
                &mut out,
                format_args!(
                    "<text {text} x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    BOTTOM + 22.0,
                    number(*tick)
                ),
            );
        }
        if self.names.is_empty() {
            for tick in &self.y.ticks {
                let y = self.y.place(*tick);
                push(
                    &mut out,
                    format_args!("<path {} d=\"M{LEFT} {y:.1}H{RIGHT}\"/>", paint(Part::Grid)),
                );
                push(
                    &mut out,
                    format_args!(
                        "<text {text} x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                        LEFT - 8.0,
                        y + 5.0,
                        number(*tick)
                    ),
                );
            }
        }
        for (place, name) in &self.names {
            let y = self.y.place(*place);
            push(
                &mut out,
                format_args!(
                    "<text {text} x=\"{}\" y=\"{:.1}\" text-anchor=\"start\">{}</text>",
                    LEFT + 6.0,
                    y - 6.0,
                    escaped(name)
                ),
            );
        }
        push(
            &mut out,
            format_args!("<path {} d=\"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}\"/>", paint(Part::Axis)),
        );
        for (part, shape, told) in &self.shapes {
            let shape = shape.replacen("{}", &paint(*part), 1);
            match told {
                Some(told) => {
                    let name = shape.split([' ', '<']).nth(1).unwrap_or("path");
                    push(
                        &mut out,
                        format_args!("{shape}><title>{}</title></{name}>", escaped(told)),
                    );
                }
                None => push(&mut out, format_args!("{shape}/>")),
            }
        }
        push(
            &mut out,
            format_args!(
                "<text {text} x=\"{RIGHT}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                BOTTOM + 46.0,
                escaped(self.x_title)
            ),
        );
        out
    }

    /// As a part of a page.
    pub fn inline(&self) -> String {
        let body = self.draw(|part| format!("class=\"{}\"", part.class()));
        let label = escaped(self.title);
        format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" class=\"w-full\" role=\"img\" aria-label=\"{label}; the table has the numbers\">{body}</svg>"
        )
    }

    /// A whole SVG file.
    pub fn svg(&self) -> String {
        let body = self.draw(|part| part.ink().to_owned());
        let (title, y) = (escaped(self.title), escaped(self.y_title));
        let text = Part::Text.ink();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\"><title>{title}</title><rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/><text {text} x=\"8\" y=\"22\">{title}: {y}</text><g transform=\"translate(0 {HEAD})\">{body}</g></svg>",
            height = HEIGHT + HEAD,
        )
    }

    /// The numbers behind it.
    pub fn csv(&self) -> String {
        let mut text = String::new();
        let heads = self.heads.iter().map(|head| (*head).to_owned()).collect();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let fields: Vec<String> = row.iter().map(|field| quoted(field)).collect();
            text.push_str(&fields.join(","));
            text.push('\n');
        }
        text
    }
}

/// Room for the title of a file.
const HEAD: f64 = 30.0;
/// The size of [`Chart::svg`]'s drawing.
pub const FILE_SIZE: (f64, f64) = (WIDTH, HEIGHT + HEAD);

fn push(out: &mut String, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).expect("a string takes any text");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        let mut chart = Chart::new(
            "test",
            "A <test>",
            ("Rounds", "Price"),
            [0.0, 6.0].into_iter(),
            [0.0, 1.0].into_iter(),
        );
        chart.point(Part::Seller, 3.0, 0.5, 6.0, Some("a & b".into()));
        chart.line(Part::BuyerLine, [(0.0, 0.0), (6.0, 1.0)].into_iter());
        chart.bar(Part::Buyer, 1.0, 2.0, 0.5, "half".into());
        chart.heads = vec!["name", "value"];
        chart.rows = vec![vec!["a, b".into(), "1".into()]];
        chart
    }

    #[test]
    fn a_page_has_classes_and_a_file_has_colours() {
        let (page, file) = (chart().inline(), chart().svg());
        assert!(page.contains("class=\"mark-seller\"") && !page.contains("#a3492a"));
        assert!(file.contains("#a3492a") && !file.contains("class="));
        for drawn in [&page, &file] {
            assert!(drawn.contains("<title>a &amp; b</title></path>"), "{drawn}");
            assert!(drawn.contains("<title>half</title></rect>"), "{drawn}");
            assert!(drawn.contains("M76.0 280.0L700.0 16.0"), "{drawn}");
            assert!(!drawn.contains("style="), "the page's policy forbids it");
        }
    }

    #[test]
    fn the_numbers_are_a_table_of_commas() {
        assert_eq!(chart().csv(), "name,value\n\"a, b\",1\n");
    }
}
