//! Byte-pair merges learnt from words (Sennrich et al., 2016).
//!
//! Ours rather than the tokenizer library's own: that one breaks ties in the order of a hash table whose
//! seed changes from build to build, and a committed model must be the same wherever it is made again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

type Pair = (u32, u32);

/// A vocabulary and its merges, in the order in which they were learnt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Learnt {
    /// Ids are places.
    pub vocab: Vec<String>,
    pub merges: Vec<(String, String)>,
}

/// A word as symbols, with how often it was seen.
struct Word {
    symbols: Vec<u32>,
    count: i64,
}

/// Counts of neighbouring symbols, with the words that hold them.
#[derive(Default)]
struct Counts {
    count: HashMap<Pair, i64>,
    words: HashMap<Pair, BTreeSet<usize>>,
}

impl Counts {
    fn add(&mut self, at: usize, word: &Word, sign: i64) {
        for pair in word.symbols.windows(2).map(|two| (two[0], two[1])) {
            *self.count.entry(pair).or_default() += sign * word.count;
            if sign > 0 {
                self.words.entry(pair).or_default().insert(at);
            }
        }
    }

    /// The most frequent pair that is seen at least twice; of equals the one whose symbols came first.
    fn best(&self) -> Option<Pair> {
        let seen = self.count.iter().filter(|(_, count)| **count >= 2);
        seen.max_by_key(|(pair, count)| (**count, std::cmp::Reverse(**pair))).map(|(pair, _)| *pair)
    }
}

/// Learns merges until the vocabulary, which begins with `first` and then the letters of `alphabet`, has
/// `size` entries or no pair is left that is seen twice. Words hold letters of the alphabet alone.
pub(crate) fn learn(
    words: &BTreeMap<String, u64>,
    first: &[&str],
    alphabet: &BTreeSet<char>,
    size: usize,
) -> Learnt {
    let mut vocab: Vec<String> = first.iter().map(|text| text.to_string()).collect();
    vocab.extend(alphabet.iter().map(char::to_string));
    let letters: HashMap<char, u32> = alphabet.iter().copied().zip(first.len() as u32..).collect();
    let mut words: Vec<Word> = words
        .iter()
        .map(|(word, &count)| Word {
            symbols: word.chars().filter_map(|letter| letters.get(&letter).copied()).collect(),
            count: count as i64,
        })
        .collect();
    let mut counts = Counts::default();
    for (at, word) in words.iter().enumerate() {
        counts.add(at, word, 1);
    }
    let mut merges = Vec::new();
    while vocab.len() < size {
        let Some(pair) = counts.best() else { break };
        let parts = (vocab[pair.0 as usize].clone(), vocab[pair.1 as usize].clone());
        let merged = vocab.len() as u32;
        vocab.push(format!("{}{}", parts.0, parts.1));
        merges.push(parts);
        for at in counts.words.remove(&pair).unwrap_or_default() {
            counts.add(at, &words[at], -1);
            words[at].symbols = merge(&words[at].symbols, pair, merged);
            counts.add(at, &words[at], 1);
        }
        counts.count.remove(&pair);
    }
    Learnt { vocab, merges }
}

/// Puts `merged` in every place of `pair`, from the left.
fn merge(symbols: &[u32], pair: Pair, merged: u32) -> Vec<u32> {
    let mut out = Vec::with_capacity(symbols.len());
    let mut at = 0;
    while at < symbols.len() {
        if at + 1 < symbols.len() && (symbols[at], symbols[at + 1]) == pair {
            out.push(merged);
            at += 2;
        } else {
            out.push(symbols[at]);
            at += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(words: &[(&str, u64)], size: usize) -> Learnt {
        let words: BTreeMap<String, u64> = words.iter().map(|(w, n)| (w.to_string(), *n)).collect();
        learn(&words, &["<x>"], &"abcdelnorstw".chars().collect(), size)
    }

    #[test]
    fn merges_worked_by_hand() {
        // Pairs: lo 7, ow 7, we 2, er 2, ne 1, ... ; l comes before o.
        let learnt = learnt(&[("low", 5), ("lower", 2), ("new", 1)], 99);
        let merges: Vec<_> = learnt.merges.iter().map(|(a, b)| format!("{a} {b}")).collect();
        assert_eq!(merges, ["l o", "lo w", "e r", "low er"]);
        assert_eq!(learnt.vocab[0], "<x>");
        assert_eq!(learnt.vocab[13..], ["lo", "low", "er", "lower"]);
    }

    #[test]
    fn overlaps_merge_from_the_left_and_the_size_ends_it() {
        let learnt = learnt(&[("aaaaa", 3)], 14);
        assert_eq!(learnt.merges, [("a".to_string(), "a".to_string())]);
        assert_eq!(merge(&[1, 1, 1, 1, 1], (1, 1), 9), [9, 9, 1]);
    }
}
