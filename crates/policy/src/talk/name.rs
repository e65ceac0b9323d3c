//! What people call a product whose title is a paragraph.

use std::cell::RefCell;

use rules::Product;

/// A product's names in talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// For the first mention, e.g. `Graco 4-in-1 Car Seat`.
    pub long: String,
    /// Whether `long` is a work's title, which takes no article.
    pub is_title: bool,
    /// From then on, e.g. `car seat`.
    pub short: String,
    /// A property, e.g. `3 piece collapsible design`; `None` where the listing has no short one.
    pub feature: Option<String>,
}

/// The longest first mention, in words.
const LONG_WORDS: usize = 6;

/// A natural noun phrase from a marketplace title: what stands before the first comma, bracket, dash
/// or preposition, and the last two words of that.
pub fn short_name(product: &Product) -> Name {
    let head = head(&product.title);
    let work = work_noun(&product.category);
    let long = head.split_whitespace().take(LONG_WORDS).collect::<Vec<_>>().join(" ");
    let short = match work {
        Some(noun) => noun.to_string(),
        None => short_noun(head).unwrap_or_else(|| "item".to_string()),
    };
    let long = if long.is_empty() { short.clone() } else { long };
    Name { long, is_title: work.is_some(), short, feature: feature(product) }
}

/// Runs `f` with the product's name. A thread keeps the last one that it worked out, because
/// consecutive messages are mostly about the same product.
pub fn with_name<R>(product: &Product, f: impl FnOnce(&Name) -> R) -> R {
    thread_local! {
        static LAST: RefCell<Option<Known>> = const { RefCell::new(None) };
    }
    LAST.with_borrow_mut(|last| {
        last.take_if(|known| !known.is_of(product));
        f(&last.get_or_insert_with(|| Known::of(product)).name)
    })
}

/// A name with all that it is made from.
struct Known {
    category: String,
    title: String,
    features: Vec<String>,
    name: Name,
}

impl Known {
    fn of(product: &Product) -> Known {
        Known {
            category: product.category.clone(),
            title: product.title.clone(),
            features: product.features.clone(),
            name: short_name(product),
        }
    }

    fn is_of(&self, product: &Product) -> bool {
        self.title == product.title
            && self.category == product.category
            && self.features == product.features
    }
}

/// What one calls a thing that has a title of its own.
fn work_noun(category: &str) -> Option<&'static str> {
    Some(match category {
        "books" => "book",
        "movies-tv" => "movie",
        "music" => "album",
        "video-games" => "game",
        "software" => "software",
        _ => return None,
    })
}

/// The part of a title that names the thing: up to the first stop, dash or preposition.
fn head(title: &str) -> &str {
    let ends = |(at, c): (usize, char)| match c {
        ',' | '(' | '[' | '|' | ';' | '/' => true,
        ':' => title[at..].starts_with(": "),
        ' ' => is_break(title[at + 1..].split(' ').next().unwrap_or_default()),
        _ => false,
    };
    // A stop among the first letters belongs to the name.
    let end = title.char_indices().find(|(at, c)| *at > 3 && ends((*at, *c)));
    title[..end.map_or(title.len(), |(at, _)| at)].trim().trim_end_matches(['.', ':', '-', '!'])
}

/// Whether what follows this word describes the thing rather than names it.
fn is_break(word: &str) -> bool {
    matches!(word, "-" | "–" | "—" | "with" | "for" | "by" | "in" | "from")
        || word.starts_with("w/")
}

fn short_noun(head: &str) -> Option<String> {
    let words: Vec<&str> = head.split_whitespace().take(12).collect();
    let end = words.iter().rposition(|word| is_naming(word))?;
    let from = words[..end].iter().rposition(|word| !is_naming(word)).map_or(0, |at| at + 1);
    // A brand is hardly ever among the last two words of three.
    let from = from.max((end + 1).saturating_sub(2));
    Some(words[from..=end].iter().map(|word| lower(word)).collect::<Vec<_>>().join(" "))
}

/// Whether a word can be part of a thing's name, as opposed to a size, a colour or a model number.
fn is_naming(word: &str) -> bool {
    const NOT: [&str; 20] = [
        "black", "white", "red", "blue", "green", "grey", "gray", "pink", "large", "small",
        "medium", "pack", "count", "inch", "edition", "size", "new", "&", "and", "of",
    ];
    let is_plain = word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\''));
    is_plain && word.len() > 1 && !NOT.iter().any(|not| word.eq_ignore_ascii_case(not))
}

/// Lower case, unless the word is an abbreviation.
fn lower(word: &str) -> String {
    let is_abbreviation = word.len() <= 4 && word.chars().all(char::is_uppercase);
    if is_abbreviation { word.to_string() } else { word.to_lowercase() }
}

fn feature(product: &Product) -> Option<String> {
    product.features.iter().flat_map(|text| text.lines()).find_map(snippet)
}

/// The start of a feature up to its first stop, where that is a short phrase without a verb.
fn snippet(line: &str) -> Option<String> {
    const VERBS: [&str; 19] = [
        "is", "are", "has", "have", "get", "with", "for", "your", "you", "this", "enjoy", "make",
        "makes", "can", "will", "be", "the", "a", "to",
    ];
    let end = line.find([':', ',', '.', ';', '(', '—', '–', '!']).unwrap_or(line.len());
    if end > 48 {
        return None;
    }
    let words: Vec<&str> = line[..end].split_whitespace().collect();
    let is_phrase = (2..=5).contains(&words.len())
        && words.iter().all(|w| w.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        && !words.iter().any(|w| VERBS.iter().any(|verb| w.eq_ignore_ascii_case(verb)));
    is_phrase.then(|| words.iter().map(|word| lower(word)).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::Mills;

    fn named(category: &str, title: &str, features: &[&str]) -> Name {
        short_name(&Product {
            codename: format!("{category}_1"),
            category: category.into(),
            title: title.into(),
            description: String::new(),
            features: features.iter().map(|f| f.to_string()).collect(),
            list_price: Mills(1_000),
        })
    }

    #[test]
    fn marketplace_titles_become_noun_phrases() {
        let table = [
            ("Hearthline Enamel Kettle, 1.5 L", "Hearthline Enamel Kettle", "enamel kettle"),
            (
                "Evenflo Pivot Xplore Stroller Wagon (Black)",
                "Evenflo Pivot Xplore Stroller Wagon",
                "stroller wagon",
            ),
            (
                "Western Digital SN770 Gaming SSD - Gen4",
                "Western Digital SN770 Gaming SSD",
                "gaming SSD",
            ),
            ("Snow Shovel for Car and Camping", "Snow Shovel", "snow shovel"),
            ("Kettle", "Kettle", "kettle"),
            ("(2) 100x", "(2) 100x", "item"),
            ("", "item", "item"),
        ];
        for (title, long, short) in table {
            let name = named("home-kitchen", title, &[]);
            assert_eq!((name.long.as_str(), name.short.as_str()), (long, short), "{title}");
        }
    }

    #[test]
    fn a_work_is_called_by_its_title_then_by_its_kind() {
        let name = named("books", "Superman (2016-2018): The Rebirth", &[]);
        assert_eq!((name.long.as_str(), name.short.as_str()), ("Superman", "book"));
        assert!(name.is_title);
    }

    #[test]
    fn a_feature_is_a_short_phrase() {
        let feature = |text: &str| named("tools", "Shovel", &[text]).feature;
        assert_eq!(
            feature("3 PIECE COLLAPSIBLE DESIGN: Breaks down"),
            Some("3 piece collapsible design".into())
        );
        assert_eq!(feature("Enjoy superb return on your investment"), None);
        assert_eq!(feature("Polyester"), None);
    }
}
