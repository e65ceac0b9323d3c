//! Which words a seller at a stall understands.

use std::sync::LazyLock;

use super::lexicon::LEXICON;
use super::words::{is_number, is_slip};

/// The words by their first letters, in order. Where they come from: `words/README.md`.
static ENGLISH: LazyLock<[Vec<&'static str>; 26]> = LazyLock::new(|| {
    let mut words = std::array::from_fn(|_| Vec::new());
    let texts = [include_str!("../../words/english.txt"), include_str!("../../words/typed.txt")];
    for word in texts.into_iter().flat_map(str::split_whitespace) {
        let place = place(word).expect("the lists are tested");
        words[place].push(word);
    }
    words.iter_mut().for_each(|words: &mut Vec<_>| words.sort_unstable());
    words
});

/// Of so many words of a clause one may be unknown: a name, a word of another language, a bad slip.
const ONE_IN: usize = 4;
/// Words of this many letters and more may have one slip.
const FORGIVEN_FROM: usize = 5;

/// Whether a clause says something: most of its words are words.
pub fn is_understood(clause: &[String]) -> bool {
    let unknown = clause.iter().filter(|word| !is_word(word)).count();
    unknown * ONE_IN <= clause.len()
}

fn is_word(word: &str) -> bool {
    // "seller's" and "kettles" come without an apostrophe, and the list without plurals.
    let known = |word: &str| is_listed(word) || word.strip_suffix('s').is_some_and(is_listed);
    is_number(word) || known(word) || LEXICON.has(word) || is_slip_of_a_word(word)
}

fn is_listed(word: &str) -> bool {
    place(word).is_some_and(|at| ENGLISH[at].binary_search(&word).is_ok())
}

fn is_slip_of_a_word(word: &str) -> bool {
    let Some(at) = place(word).filter(|_| word.len() >= FORGIVEN_FROM) else { return false };
    ENGLISH[at].iter().any(|listed| listed.len() >= FORGIVEN_FROM && is_slip(listed, word))
}

fn place(word: &str) -> Option<usize> {
    let letter = word.bytes().next().filter(u8::is_ascii_lowercase)?;
    Some(usize::from(letter - b'a'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::words::Words;

    fn understood(talk: &str) -> bool {
        is_understood(Words::of(talk).as_slice())
    }

    #[test]
    fn english_as_people_type_it_is_understood() {
        let typed = [
            "its cheaper elswhere",
            "theres a scrach on the lid",
            "Saw it on eBay for 40 bucks",
            "ur price is waaay too high",
            "I've got the seller's other kettles",
            "thx, gonna think abt it",
            "the Cuisinart costs less at Macys nearby",
            "I'd take it todayyyy",
            "$45.50",
            "",
        ];
        for talk in typed {
            assert!(understood(talk), "{talk}");
        }
    }

    #[test]
    fn a_salad_of_letters_is_not() {
        let broken = [
            "cket like it",
            "versionranank you",
            "sn uch elsewhere scuff qu",
            "ellss ooch tonit",
            "дешевле в другом магазине",
        ];
        for talk in broken {
            assert!(!understood(talk), "{talk}");
        }
    }
}
