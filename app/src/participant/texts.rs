//! What participants read besides the study's own words, by language.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const FILES: [(&str, &str); 2] =
    [("en", include_str!("texts/en.toml")), ("de", include_str!("texts/de.toml"))];

static ALL: LazyLock<BTreeMap<&'static str, Texts>> = LazyLock::new(|| {
    FILES
        .into_iter()
        .map(|(language, file)| {
            let texts = toml::from_str(file).expect("translation files are tested");
            (language, Texts(texts))
        })
        .collect()
});

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts(BTreeMap<String, String>);

impl Texts {
    /// # Panics
    /// For a key that no file has: a slip in the program.
    pub fn say(&self, key: &str) -> &str {
        self.0.get(key).unwrap_or_else(|| panic!("there is no text `{key}`"))
    }

    /// With `{name}` replaced.
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        values.iter().fold(self.say(key).to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
    }
}

/// Those of a language; English where there are none.
pub fn texts(language: &str) -> &'static Texts {
    ALL.get(language).unwrap_or_else(|| &ALL["en"])
}

/// Languages that there are texts in.
pub fn languages() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().map(|(language, _)| language)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn places(text: &str) -> BTreeSet<String> {
        text.split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(n, _)| n.to_owned())
            .collect()
    }

    #[test]
    fn every_language_has_the_same_texts_with_the_same_places() {
        let english = &ALL["en"];
        for language in languages() {
            let other = &ALL[language];
            let keys = |texts: &Texts| texts.0.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(other), keys(english), "{language}");
            for (key, text) in &other.0 {
                assert_eq!(places(text), places(english.say(key)), "{language}: {key}");
                assert!(!text.trim().is_empty(), "{language}: {key}");
            }
        }
        for end in study::End::ALL {
            english.say(&format!("end_{}", end.name()));
        }
    }

    #[test]
    fn values_are_put_in_their_places() {
        let texts = texts("de");
        assert_eq!(texts.with("act_offer", &[("price", "$3")]), "bietet $3");
        assert_eq!(super::texts("xx"), super::texts("en"));
    }
}
