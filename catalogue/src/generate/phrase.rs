//! Filling a template's slots: `{colour}`, `{size:2}` (the second of `27-inch|27`), `{colour:lower}`,
//! `{colour:a}` (with its article), `{colour:A}` (with a capital article), `{colour:Cap}`.

/// The values drawn for one product, by slot name.
pub(super) type Values<'a> = Vec<(&'a str, String)>;

/// The text of a template. A slot that has no value is a mistake in the data.
pub(super) fn fill(template: &str, values: &Values<'_>) -> String {
    let mut out = String::with_capacity(template.len() + 48);
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        let end = start + rest[start..].find('}').expect("a template closes its slots");
        out.push_str(&slot(&rest[start + 1..end], values));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

/// The text of a template that starts a sentence or a line: its first letter is a capital.
pub(super) fn fill_sentence(template: &str, values: &Values<'_>) -> String {
    capital(&fill(template, values))
}

/// The text of a title's template, in title case: `{colour:Cap}` is as good as `{colour}` there.
pub(super) fn fill_title(template: &str, values: &Values<'_>) -> String {
    let plain = template.replace(":Cap}", "}").replace(":2cap}", ":2}");
    let words: Vec<String> = fill(&plain, values).split(' ').map(title_word).collect();
    capital(&words.join(" "))
}

/// Words and units that stay small inside a title.
const SMALL: [&str; 33] = [
    "a", "an", "and", "around", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the",
    "to", "up", "with", "x", "ft", "sq", "lb", "oz", "fl", "mm", "cm", "g", "kg", "in-lb", "mg",
    "40x", "h", "per", "de",
];

fn title_word(word: &str) -> String {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let starts_small = bare.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit());
    if !starts_small || SMALL.contains(&bare) {
        return word.to_owned();
    }
    let parts: Vec<String> = word
        .split('-')
        .map(|part| if SMALL.contains(&part) { part.to_owned() } else { capital(part) })
        .collect();
    parts.join("-")
}

fn slot(name: &str, values: &Values<'_>) -> String {
    let (name, form) = name.split_once(':').unwrap_or((name, ""));
    let value = values
        .iter()
        .find(|(slot, _)| *slot == name)
        .map(|(_, value)| value.as_str())
        .unwrap_or_else(|| panic!("a template names the slot {name}, which its kind lacks"));
    let mut variants = value.split('|');
    let first = variants.next().unwrap_or_default();
    match form {
        "" => first.to_owned(),
        "2" => variants.next().unwrap_or(first).to_owned(),
        "3" => variants.nth(1).unwrap_or(first).to_owned(),
        "lower" => first.to_lowercase(),
        "Cap" => capital(first),
        "a" => format!("{} {first}", article(first)),
        "A" => capital(&format!("{} {first}", article(first))),
        "2cap" => capital(variants.next().unwrap_or(first)),
        "2a" => {
            let second = variants.next().unwrap_or(first);
            format!("{} {second}", article(second))
        }
        "2A" => {
            let second = variants.next().unwrap_or(first);
            capital(&format!("{} {second}", article(second)))
        }
        "lowera" => {
            let lower = first.to_lowercase();
            format!("{} {lower}", article(&lower))
        }
        other => panic!("a template asks for the form {other}, which does not exist"),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

/// `a` or `an`, by the sound that a word starts with.
pub(crate) fn article(word: &str) -> &'static str {
    let lower = word.to_lowercase();
    let starts = |all: &[&str]| all.iter().any(|s| lower.starts_with(s));
    let number: String = lower.chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
    if !number.is_empty() {
        let eighteen_like = matches!(number.as_str(), "11" | "18") || number.starts_with('8');
        return if eighteen_like { "an" } else { "a" };
    }
    if starts(&["hour", "honest", "heir"]) {
        return "an";
    }
    if starts(&["usb", "uni", "use", "usu", "eu", "one", "ukulele", "uhd", "u-"]) {
        return if starts(&["unin", "unim"]) { "an" } else { "a" };
    }
    // Letters that are spelt out and start with a vowel sound.
    let spelt = ["LED", "LCD", "HD", "FM", "SD", "SPF", "MP3", "HDR", "RGB", "SLR", "X-"];
    if spelt.iter().any(|s| word.starts_with(s)) {
        return "an";
    }
    if starts(&["a", "e", "i", "o", "u"]) { "an" } else { "a" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_slots_in_every_form() {
        let values = vec![("size", "27-inch|27".to_owned()), ("colour", "Oat White".to_owned())];
        let cases = [
            ("{size} in {colour}", "27-inch in Oat White"),
            ("{size:2} x {colour:lower}", "27 x oat white"),
            ("{colour:a}, {colour:A}", "an Oat White, An Oat White"),
            ("plain", "plain"),
        ];
        for (template, expected) in cases {
            assert_eq!(fill(template, &values), expected);
        }
    }

    #[test]
    fn titles_are_in_title_case() {
        let values = vec![("kind", "travel-system|8 fl oz".to_owned())];
        let title = fill_title(
            "{kind:Cap} for 2 to 4 players, 14-inch, 3-in-1, {kind:2} (Blu-ray)",
            &values,
        );
        assert_eq!(title, "Travel-System for 2 to 4 Players, 14-Inch, 3-in-1, 8 fl oz (Blu-ray)");
    }

    #[test]
    fn articles_go_by_sound() {
        for word in ["oak", "8-piece", "11-inch", "18-volt", "80-page", "hour", "LED", "umbrella"] {
            assert_eq!(article(word), "an", "{word}");
        }
        for word in ["book", "USB-C cable", "12-inch", "universal", "one-piece", "1,800"] {
            assert_eq!(article(word), "a", "{word}");
        }
    }
}
