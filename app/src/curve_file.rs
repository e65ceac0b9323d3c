//! A curve as a file: its values, or the drawing without the page's style sheet.

use std::fmt::Write;

use wire::Series;

use crate::curves::{BOTTOM, HEIGHT, LEFT, Plot, RIGHT, TOP, WIDTH, rounded};

/// The values as measured, each metric of `keys` a column.
pub fn csv(series: &Series, keys: &[&str]) -> String {
    let keys: Vec<&&str> = keys.iter().filter(|key| series.columns.contains_key(**key)).collect();
    let mut text = String::from("iteration,worked_ms,episodes");
    for key in &keys {
        text.push(',');
        text.push_str(key);
    }
    for (at, iteration) in series.iterations.iter().enumerate() {
        let worked = series.worked_ms.get(at).copied().unwrap_or(0);
        let episodes = series.episodes.get(at).copied().unwrap_or(0);
        push(&mut text, format_args!("\n{iteration},{worked},{episodes}"));
        for key in &keys {
            match series.columns[**key].get(at).copied().flatten() {
                Some(value) => push(&mut text, format_args!(",{value}")),
                None => text.push(','),
            }
        }
    }
    text.push('\n');
    text
}

/// Dark ink on white: for a paper.
const INK: &str = "#1f2340";
const LINES: [&str; 5] = ["#2f3f8f", "#a3492a", "#1d6b52", "#8a6100", "#6b2f7a"];
pub const DASHES: [&str; 5] = ["", "8 4", "2 4", "10 3 2 3", "5 5"];
const FONT: &str = "font-family=\"sans-serif\" font-size=\"16\"";

/// A whole SVG file.
pub fn svg(title: &str, axis: &str, plot: &Plot) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\"><title>{name}</title><rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/><g fill=\"{INK}\" {FONT}><text x=\"{LEFT}\" y=\"{y}\">{name}</text><g transform=\"translate(0 {HEAD})\">",
        height = HEIGHT + HEAD + legend_height(plot),
        name = escaped(title),
        y = HEAD - 6.0,
    );
    for tick in &plot.y_ticks {
        let (at, text) = (rounded(tick.at), escaped(&tick.text));
        push(
            &mut out,
            format_args!(
                "<path d=\"M{LEFT} {at}H{RIGHT}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{at}\" dy=\".35em\" text-anchor=\"end\">{text}</text>",
                LEFT - 8.0
            ),
        );
    }
    for tick in &plot.x_ticks {
        push(
            &mut out,
            format_args!(
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                rounded(tick.at),
                BOTTOM + 20.0,
                escaped(&tick.text)
            ),
        );
    }
    for (shape, opacity) in [(&plot.reach, "0.12"), (&plot.band, "0.22")] {
        if let Some(shape) = shape {
            push(
                &mut out,
                format_args!("<path d=\"{shape}\" fill=\"{}\" opacity=\"{opacity}\"/>", LINES[0]),
            );
        }
    }
    push(
        &mut out,
        format_args!("<path d=\"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}\" fill=\"none\" stroke=\"{INK}\"/>"),
    );
    for (at, line) in plot.lines.iter().enumerate().rev() {
        let (colour, dashes) = (LINES[at % LINES.len()], DASHES[at % DASHES.len()]);
        if let Some(measured) = &line.measured {
            push(
                &mut out,
                format_args!(
                    "<path d=\"{measured}\" fill=\"none\" stroke=\"{colour}\" opacity=\"0.35\"/>"
                ),
            );
        }
        push(
            &mut out,
            format_args!(
                "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-linecap=\"round\" stroke-dasharray=\"{dashes}\"/>",
                line.path
            ),
        );
    }
    push(
        &mut out,
        format_args!(
            "<text x=\"{RIGHT}\" y=\"{}\" text-anchor=\"end\" font-size=\"13\">{}</text>",
            TOP - 2.0,
            escaped(axis)
        ),
    );
    if legend_height(plot) > 0.0 {
        for (at, line) in plot.lines.iter().enumerate() {
            let y = HEIGHT + 20.0 * at as f64 + 10.0;
            push(
                &mut out,
                format_args!(
                    "<path d=\"M{LEFT} {y}h30\" stroke=\"{}\" stroke-width=\"2\" stroke-dasharray=\"{}\"/><text x=\"{}\" y=\"{y}\" dy=\".35em\">{}</text>",
                    LINES[at % LINES.len()],
                    DASHES[at % DASHES.len()],
                    LEFT + 38.0,
                    escaped(&line.name)
                ),
            );
        }
    }
    out.push_str("</g></g></svg>");
    out
}

/// Room for the title.
const HEAD: f64 = 28.0;

fn legend_height(plot: &Plot) -> f64 {
    if plot.lines.len() > 1 { 20.0 * plot.lines.len() as f64 + 6.0 } else { 0.0 }
}

/// The size of [`svg`]'s drawing.
pub fn size(plot: &Plot) -> (f64, f64) {
    (WIDTH, HEIGHT + HEAD + legend_height(plot))
}

fn push(out: &mut String, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).expect("writing to a string cannot fail");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curves::{Drawn, Look, plot};
    use std::collections::BTreeMap;

    fn series() -> Series {
        Series {
            iterations: vec![1, 2],
            worked_ms: vec![900, 1_800],
            episodes: vec![64, 128],
            columns: BTreeMap::from([
                ("kl".to_owned(), vec![Some(0.5), None]),
                ("rounds".to_owned(), vec![Some(3.0), Some(4.0)]),
            ]),
        }
    }

    #[test]
    fn a_missing_value_is_an_empty_field() {
        assert_eq!(
            csv(&series(), &["kl", "absent"]),
            "iteration,worked_ms,episodes,kl\n1,900,64,0.5\n2,1800,128,\n"
        );
    }

    #[test]
    fn a_drawing_stands_alone() {
        let series = series();
        let runs = ["a<b", "c"].map(|name| Drawn { name, series: &series });
        let plot = plot("Rounds", "rounds", &runs, Look::default()).expect("values");
        let svg = svg("Rounds", "Iteration", &plot);
        assert!(svg.starts_with("<svg xmlns") && svg.ends_with("</svg>"));
        assert!(svg.contains("a&lt;b") && !svg.contains("class=") && !svg.contains("style="));
        assert!(svg.contains(&plot.lines[0].path));
        assert_eq!(size(&plot).1, HEIGHT + 28.0 + 46.0);
    }
}
