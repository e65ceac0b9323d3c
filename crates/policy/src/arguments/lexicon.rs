//! Patterns over words, and the lexicon of them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::words::{STOP, is_number, is_slip};

pub static LEXICON: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(include_str!("../../words/arguments.txt")));

/// The longest gap that `~` bridges, in words.
const GAP: usize = 3;
/// How many words before a match a negation is looked for in.
const NEGATION_REACH: usize = 3;
/// Words of this many letters and more may have one slip.
const FORGIVEN_FROM: usize = 6;

const NEGATIONS: [&str; 19] = [
    "no", "not", "never", "without", "dont", "doesnt", "isnt", "arent", "wasnt", "cant", "cannot",
    "wont", "couldnt", "wouldnt", "zero", "havent", "hasnt", "didnt", "neither",
];

pub struct Lexicon {
    /// Patterns by topic.
    topics: HashMap<&'static str, Topic>,
    /// The words of all patterns.
    words: ByPlace<Form>,
}

/// By the first letter, so that a word is held against few: each letter, and whatever is no letter of
/// English.
type ByPlace<T> = [Vec<T>; 27];

/// Patterns by what they begin with. A pattern may be in several places.
struct Topic(ByPlace<Pattern>);

type Pattern = Vec<Element>;

#[derive(Clone)]
enum Element {
    /// One of several words, each a whole word or a stem.
    Word(Vec<Form>),
    Number,
    Gap,
}

#[derive(Clone)]
struct Form {
    letters: &'static str,
    is_stem: bool,
}

impl Lexicon {
    /// Lines of `topic: pattern`; empty lines and lines from `#` are passed over.
    fn read(text: &'static str) -> Lexicon {
        let mut topics: HashMap<&'static str, Topic> = HashMap::new();
        let mut words = std::array::from_fn(|_| Vec::new());
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let (topic, pattern) = line.split_once(": ").expect("the lexicon is tested");
            let empty = || Topic(std::array::from_fn(|_| Vec::new()));
            let pattern = read_pattern(pattern);
            for form in pattern.iter().flat_map(Element::forms) {
                words[place(form.letters)].push(form.clone());
            }
            topics.entry(topic).or_insert_with(empty).add(pattern);
        }
        Lexicon { topics, words }
    }

    /// Where in the words a pattern of the topic begins, and is not negated where that is heeded.
    pub fn find(&self, topic: &str, words: &[String], heeds_negation: bool) -> Option<usize> {
        let topic = self.topics.get(topic)?;
        (0..words.len()).find(|&at| {
            topic.0[place(&words[at])].iter().any(|pattern| matches(pattern, &words[at..]))
                && !(heeds_negation && is_negated(&words[..at]))
        })
    }

    /// Whether a word is in a pattern of any topic.
    pub fn has(&self, word: &str) -> bool {
        self.words[place(word)].iter().any(|form| form.fits(word))
    }
}

impl Topic {
    fn add(&mut self, pattern: Pattern) {
        let first = pattern.first().map_or(&[][..], Element::forms);
        let mut places: Vec<usize> = first.iter().map(|form| place(form.letters)).collect();
        if places.is_empty() {
            places.push(OTHER);
        }
        places.sort_unstable();
        places.dedup();
        places.into_iter().for_each(|at| self.0[at].push(pattern.clone()));
    }
}

const OTHER: usize = 26;

fn place(word: &str) -> usize {
    match word.bytes().next() {
        Some(letter @ b'a'..=b'z') => usize::from(letter - b'a'),
        _ => OTHER,
    }
}

fn read_pattern(pattern: &'static str) -> Pattern {
    pattern
        .split_whitespace()
        .map(|element| match element {
            "#" => Element::Number,
            "~" => Element::Gap,
            words => {
                Element::Word(words.trim_matches(['(', ')']).split('|').map(Form::read).collect())
            }
        })
        .collect()
}

impl Element {
    fn forms(&self) -> &[Form] {
        match self {
            Element::Word(forms) => forms,
            Element::Number | Element::Gap => &[],
        }
    }
}

impl Form {
    fn read(form: &'static str) -> Form {
        match form.strip_suffix('*') {
            Some(letters) => Form { letters, is_stem: true },
            None => Form { letters: form, is_stem: false },
        }
    }

    fn fits(&self, word: &str) -> bool {
        let letters = self.letters;
        if letters.as_bytes().first() != word.as_bytes().first() {
            return false;
        }
        if self.is_stem && word.starts_with(letters) || word == letters {
            return true;
        }
        letters.len() >= FORGIVEN_FROM
            && if self.is_stem { is_slip_of_stem(letters, word) } else { is_slip(letters, word) }
    }
}

/// Whether the word's beginning is one slip away from the stem.
fn is_slip_of_stem(stem: &str, word: &str) -> bool {
    (stem.len() - 1..=stem.len() + 1)
        .filter_map(|len| word.get(..len))
        .any(|beginning| is_slip(stem, beginning))
}

fn matches(pattern: &[Element], words: &[String]) -> bool {
    let Some((element, rest)) = pattern.split_first() else { return true };
    match element {
        Element::Gap => (0..=GAP.min(words.len()))
            .take_while(|gap| *gap == 0 || words[gap - 1] != STOP)
            .any(|gap| matches(rest, &words[gap..])),
        Element::Number => {
            words.first().is_some_and(|word| is_number(word)) && matches(rest, &words[1..])
        }
        Element::Word(forms) => {
            words.first().is_some_and(|word| forms.iter().any(|form| form.fits(word)))
                && matches(rest, &words[1..])
        }
    }
}

fn is_negated(before: &[String]) -> bool {
    before
        .iter()
        .rev()
        .take_while(|word| *word != STOP)
        .take(NEGATION_REACH)
        .any(|word| NEGATIONS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Argument;
    use crate::arguments::words::Words;

    #[test]
    fn every_topic_has_patterns() {
        let topics = Argument::ALL.map(Argument::name).into_iter().chain(["insult", "polite"]);
        for topic in topics {
            let patterns = LEXICON.topics.get(topic).map_or(0, |t| t.0.iter().map(Vec::len).sum());
            assert!(patterns >= 4, "{topic}");
        }
        assert_eq!(LEXICON.topics.len(), 8, "a topic that nobody asks for");
    }

    /// A blank ends an element, so alternatives are single words.
    #[test]
    fn alternatives_hold_no_blanks() {
        let text = include_str!("../../words/arguments.txt");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            for element in line.split_whitespace() {
                let is_whole = element.starts_with('(') == element.ends_with(')');
                assert!(is_whole, "{line}");
            }
        }
    }

    #[test]
    fn a_gap_does_not_cross_a_stop() {
        let pattern = read_pattern("saw ~ less");
        let words = |talk| Words::of(talk);
        assert!(matches(&pattern, words("saw it there for less").as_slice()));
        assert!(!matches(&pattern, words("saw it. less").as_slice()));
        assert!(!matches(&pattern, words("saw a b c d less").as_slice()));
    }
}
