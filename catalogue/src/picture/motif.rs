//! Small scenes for covers: books, films, records, games, boxes. Each fills a 100 x 100 square.

use super::palette::Rgb;

const MOTIFS: [&str; 16] = [
    // A sun over hills.
    r#"<circle cx="50" cy="44" r="20" fill="{a}"/><path d="M0 66q26-24 52-4t48-8v46H0z" fill="{d}"/><path d="M0 84q34-20 62-4t38-6v26H0z" fill="{k}"/>"#,
    // Peaks.
    r#"<circle cx="74" cy="24" r="10" fill="{a}"/><path d="M0 100l34-62 24 40 14-22 28 44z" fill="{d}"/><path d="M34 38l-11 20 10-5 6 8 7-5z" fill="{l}"/>"#,
    // Moon and stars.
    r#"<path d="M62 18a30 30 0 1 0 20 46a26 26 0 0 1-20-46z" fill="{a}"/><g fill="{l}"><circle cx="22" cy="22" r="3"/><circle cx="80" cy="20" r="2.4"/><circle cx="86" cy="84" r="3"/><circle cx="14" cy="70" r="2"/></g>"#,
    // Waves.
    r#"<circle cx="68" cy="30" r="14" fill="{a}"/><path d="M0 58q12-14 25 0t25 0 25 0 25 0v42H0z" fill="{l}"/><path d="M0 74q12-14 25 0t25 0 25 0 25 0v26H0z" fill="{d}"/>"#,
    // A leaf.
    r#"<path d="M50 92C14 74 18 30 50 8c32 22 36 66 0 84z" fill="{a}"/><path d="M50 20v72M50 48L34 38M50 62l18-12M50 74L32 62" fill="none" stroke="{d}" stroke-width="4" stroke-linecap="round"/>"#,
    // A city at night.
    r#"<circle cx="24" cy="22" r="9" fill="{a}"/><path d="M4 100V56h18V40h20v60zM46 100V30h18v70zM68 100V52h26v48z" fill="{k}"/><path d="M28 50h6v6h-6zM50 40h6v6h-6zM50 56h6v6h-6zM76 62h6v6h-6zM10 66h6v6h-6zM76 78h6v6h-6z" fill="{a}"/>"#,
    // A rocket.
    r#"<path d="M50 6q22 22 14 62H36Q28 28 50 6z" fill="{l}"/><circle cx="50" cy="38" r="8" fill="{a}"/><path d="M36 52L22 76l16-6zM64 52l14 24-16-6zM42 72h16l-8 22z" fill="{a}"/>"#,
    // A key.
    r#"<circle cx="50" cy="28" r="18" fill="none" stroke="{a}" stroke-width="9"/><path d="M50 46v46M50 74h16M50 88h12" stroke="{a}" stroke-width="9" stroke-linecap="round"/>"#,
    // A bird in flight.
    r#"<path d="M6 46q24-24 44 4q18-34 44-20q-24 4-30 34q-6 16-24 18q4-10-2-18q-14-20-32-18z" fill="{a}"/><circle cx="80" cy="78" r="8" fill="{d}"/>"#,
    // A house.
    r#"<path d="M50 16L12 50h10v38h56V50h10z" fill="{l}"/><path d="M50 16L12 50h76z" fill="{a}"/><path d="M42 62h16v26H42z" fill="{d}"/>"#,
    // Concentric circles.
    r#"<circle cx="50" cy="50" r="42" fill="{d}"/><circle cx="50" cy="50" r="30" fill="{a}"/><circle cx="50" cy="50" r="18" fill="{l}"/><circle cx="50" cy="50" r="7" fill="{d}"/>"#,
    // A flower.
    r#"<g fill="{a}"><circle cx="50" cy="22" r="14"/><circle cx="72" cy="38" r="14"/><circle cx="64" cy="62" r="14"/><circle cx="36" cy="62" r="14"/><circle cx="28" cy="38" r="14"/></g><circle cx="50" cy="45" r="12" fill="{d}"/><path d="M50 74v24" stroke="{l}" stroke-width="5"/>"#,
    // A sailing boat.
    r#"<path d="M48 10v52H18zM54 20v42h26z" fill="{l}"/><path d="M12 68h76q-8 18-22 18H32Q18 86 12 68z" fill="{a}"/>"#,
    // Triangles.
    r#"<path d="M0 100L34 30l34 70z" fill="{a}"/><path d="M32 100l34-70 34 70z" fill="{d}"/><path d="M32 100l17-35 19 35z" fill="{l}"/>"#,
    // An eye-catching bolt.
    r#"<circle cx="50" cy="50" r="40" fill="{d}"/><path d="M58 12L26 56h20l-6 34 34-46H52z" fill="{a}"/>"#,
    // A winding road.
    r#"<path d="M40 100q-8-26 14-36t-4-26q-8-8 6-22h8q-10 14-2 22 26 20 0 34-14 10 0 28z" fill="{l}"/><circle cx="20" cy="26" r="12" fill="{a}"/><path d="M76 52l12 26H64zM14 50l12 26H2z" fill="{d}"/>"#,
];

/// The motif for a roll, painted for a ground of the main colour.
pub(super) fn draw(roll: u64, main: Rgb, accent: Rgb) -> String {
    let ink = main.darker().darker().darker();
    MOTIFS[(roll % MOTIFS.len() as u64) as usize]
        .replace("{a}", &accent.to_string())
        .replace("{d}", &main.darker().to_string())
        .replace("{l}", &main.lighter().lighter().to_string())
        .replace("{k}", &ink.to_string())
}
