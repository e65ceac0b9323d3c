//! Measured numbers as people read them.

/// To a tenth of a unit.
pub fn rounded(value: f64) -> String {
    fixed(value, 1).replace('\u{2212}', "-")
}

/// A number as people read it, to three digits or so: `0.348`, `12.5k`, `3.1e−5`.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return "not a number".to_owned();
    }
    if size > 0.0 && size < 1e-3 {
        let exponent = size.log10().floor();
        return format!("{}e\u{2212}{}", fixed(value / 10_f64.powf(exponent), 1), -exponent as i64);
    }
    let (scale, unit) = match size {
        _ if size >= 1e9 => (1e9, "G"),
        _ if size >= 1e6 => (1e6, "M"),
        _ if size >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let places = match size / scale {
        s if s >= 100.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 1.0 => 2,
        _ => 3,
    };
    format!("{}{unit}", fixed(value / scale, places))
}

/// At most that many decimals, by whole numbers: the code need not carry the printing of floats.
fn fixed(value: f64, places: u32) -> String {
    let one = 10_i64.pow(places);
    let parts = (value * one as f64).round() as i64;
    let sign = if parts < 0 { "\u{2212}" } else { "" };
    let size = parts.abs();
    let (whole, fraction) = (size / one, size % one);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{fraction:0width$}", width = places as usize);
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (0.3481, "0.348"),
            (-0.5, "\u{2212}0.5"),
            (12_500.0, "12.5k"),
            (3.1e-5, "3.1e\u{2212}5"),
            (1_024.0, "1024"),
            (2_000_000.0, "2M"),
            (f64::NAN, "not a number"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(rounded(-0.25), "-0.3");
    }
}
