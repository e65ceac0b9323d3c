//! Puts a drawing into its scene: ground, shape on the wall, shadow, object, pattern.

use super::drawings;
use super::motif;
use super::palette::{self, Ground, Rgb};

/// What a picture is of.
pub struct Subject<'a> {
    /// The codename: prefix of the picture's ids.
    pub id: &'a str,
    pub title: &'a str,
    /// The name of a drawing (see [`super::drawing_names`]); an unknown one is drawn as a parcel.
    pub drawing: &'a str,
    /// A colour's name from the listing; `None` or an unknown name: one by the seed.
    pub colour: Option<String>,
    pub seed: u64,
}

/// The whole SVG document, 320 x 240, under 6 kB.
pub fn draw(subject: &Subject<'_>) -> String {
    let mut rolls = Rolls(subject.seed);
    let drawing = drawings::find(subject.drawing);
    let named = subject.colour.as_deref().and_then(palette::named);
    let main = named.unwrap_or_else(|| palette::free(rolls.next()));
    let accent = palette::accent(main, rolls.next());
    let ground = palette::ground(main, rolls.next());
    let pattern = rolls.next();
    let paint = Paint {
        main,
        accent,
        texture: format!("url(#{}-t)", subject.id),
        motif: motif::draw(rolls.next(), main, accent),
    };
    let mut svg = String::with_capacity(4096);
    svg.push_str(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240" role="img"><title>"#,
    );
    push_escaped(&mut svg, subject.title);
    svg.push_str("</title><defs>");
    svg.push_str(&pattern_of(subject.id, pattern, &paint));
    svg.push_str("</defs>");
    svg.push_str(&backdrop(&ground, rolls.next()));
    if drawing.shadow > 0 {
        svg.push_str(&format!(
            r##"<ellipse cx="160" cy="200" rx="{}" ry="7" fill="#5a3420" opacity=".2"/>"##,
            drawing.shadow
        ));
    }
    if drawing.may_flip && rolls.next().is_multiple_of(2) {
        svg.push_str(r#"<g transform="matrix(-1 0 0 1 320 0)">"#);
    } else {
        svg.push_str("<g>");
    }
    push_painted(&mut svg, drawing.svg, &paint);
    svg.push_str("</g></svg>");
    svg
}

/// Numbers from a seed, one after the other (splitmix64).
struct Rolls(u64);

impl Rolls {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// What a drawing's placeholders stand for.
struct Paint {
    main: Rgb,
    accent: Rgb,
    texture: String,
    motif: String,
}

impl Paint {
    /// `{m}` main, `{d}` its shade, `{l}` its light, `{k}` near black in its tone, `{a}` accent,
    /// `{b}` the accent's shade, `{t}` main with a pattern, `{M}` a motif in a 100 x 100 square.
    fn of(&self, placeholder: u8) -> String {
        const INK: Rgb = Rgb(0x36, 0x2b, 0x33);
        match placeholder {
            b'm' => self.main.to_string(),
            b'd' => self.main.darker().to_string(),
            b'l' => self.main.lighter().to_string(),
            b'k' => INK.mix(self.main, 12).to_string(),
            b'a' => self.accent.to_string(),
            b'b' => self.accent.darker().to_string(),
            b't' => self.texture.clone(),
            b'M' => self.motif.clone(),
            _ => String::new(),
        }
    }
}

fn push_painted(svg: &mut String, drawing: &str, paint: &Paint) {
    let mut rest = drawing;
    while let Some(start) = rest.find('{') {
        svg.push_str(&rest[..start]);
        svg.push_str(&paint.of(rest.as_bytes()[start + 1]));
        rest = &rest[start + 3..];
    }
    svg.push_str(rest);
}

/// The pattern that textured parts are filled with: plain for some, so that a set is not all stripes.
fn pattern_of(id: &str, roll: u64, paint: &Paint) -> String {
    let (main, light, dark, accent) =
        (paint.main, paint.main.lighter(), paint.main.darker(), paint.accent);
    let soft = main.mix(light, 55);
    let (size, turn, marks) = match roll % 9 {
        0 | 1 => (20, 0, String::new()),
        2 => (16, 45, format!(r#"<path d="M0 0h7v16h-7z" fill="{soft}"/>"#)),
        3 => (
            18,
            0,
            format!(
                r#"<circle cx="5" cy="5" r="2.6" fill="{accent}"/><circle cx="14" cy="14" r="2.6" fill="{soft}"/>"#
            ),
        ),
        4 => (22, 0, format!(r#"<path d="M0 0h11v22h-11z" fill="{soft}"/>"#)),
        5 => (24, 0, format!(r#"<path d="M0 0h12v12h-12zM12 12h12v12h-12z" fill="{soft}"/>"#)),
        6 => (
            20,
            0,
            format!(
                r#"<path d="M0 7q5-6 10 0t10 0M0 17q5-6 10 0t10 0" fill="none" stroke="{accent}" stroke-width="2.4"/>"#
            ),
        ),
        7 => (
            24,
            30,
            format!(
                r#"<path d="M4 12q4-8 8 0q-4 8-8 0z" fill="{dark}"/><path d="M16 24q4-8 8 0M16 0q4 8 8 0" fill="{accent}"/>"#
            ),
        ),
        _ => {
            (18, 0, format!(r#"<path d="M0 3h18M0 12h18" stroke="{accent}" stroke-width="2.2"/>"#))
        }
    };
    format!(
        r#"<pattern id="{id}-t" width="{size}" height="{size}" patternUnits="userSpaceOnUse" patternTransform="rotate({turn})"><path d="M0 0h{size}v{size}h-{size}z" fill="{main}"/>{marks}</pattern>"#
    )
}

/// Wall, one of several shapes on it, and the floor.
fn backdrop(ground: &Ground, roll: u64) -> String {
    let Ground { wall, shape, floor } = ground;
    let light = wall.lighter();
    let on_wall = match roll % 6 {
        0 => format!(r#"<circle cx="160" cy="112" r="96" fill="{shape}"/>"#),
        1 => format!(r#"<path d="M68 190V112a92 92 0 0 1 184 0v78z" fill="{shape}"/>"#),
        2 => format!(
            r#"<path d="M58 60c34-46 92-34 132-28s92 34 84 92-30 72-118 70S22 108 58 60z" fill="{shape}"/>"#
        ),
        3 => format!(
            r#"<circle cx="208" cy="92" r="74" fill="{shape}"/><circle cx="92" cy="138" r="46" fill="{shape}" opacity=".6"/>"#
        ),
        4 => format!(
            r#"<path d="M0 132q80-64 160-24t160-28v120H0z" fill="{shape}"/><circle cx="254" cy="50" r="24" fill="{light}"/>"#
        ),
        _ => format!(r#"<rect x="60" y="30" width="200" height="164" rx="26" fill="{shape}"/>"#),
    };
    let dots = match roll / 6 % 3 {
        0 => format!(
            r#"<g fill="{light}"><circle cx="30" cy="36" r="5"/><circle cx="296" cy="40" r="6"/><circle cx="20" cy="62" r="3"/></g>"#
        ),
        1 => format!(
            r#"<path d="M14 40q8-8 16 0t16 0M276 34q7-7 14 0t14 0" fill="none" stroke="{light}" stroke-width="5" stroke-linecap="round"/>"#
        ),
        _ => String::new(),
    };
    format!(
        r#"<path d="M0 0h320v240H0z" fill="{wall}"/>{on_wall}{dots}<path d="M0 188h320v52H0z" fill="{floor}"/><path d="M0 188h320v5H0z" fill="{light}" opacity=".5"/>"#
    )
}

fn push_escaped(svg: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => svg.push_str("&lt;"),
            '>' => svg.push_str("&gt;"),
            '&' => svg.push_str("&amp;"),
            '"' => svg.push_str("&quot;"),
            // XML 1.0 allows no other control characters.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => svg.push(' '),
            c => svg.push(c),
        }
    }
}
