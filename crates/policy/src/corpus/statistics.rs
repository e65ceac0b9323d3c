//! Figures of a model's writing, over moves.

use std::collections::HashSet;

use rules::syntax::FormatError;
use rules::{Move, View};

use super::consistent;

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub of: usize,
    pub n: usize,
}

impl Share {
    fn over(judged: impl Iterator<Item = bool>) -> Share {
        judged.fold(Share::default(), |share, is_so| Share {
            of: share.of + usize::from(is_so),
            n: share.n + 1,
        })
    }

    /// Between 0 and 1; `None` where there is nothing to count.
    pub fn value(self) -> Option<f64> {
        (self.n > 0).then(|| self.of as f64 / self.n as f64)
    }
}

/// Share of messages that could be read as a move ([`crate::prompt::read`]).
pub fn valid_share<'a>(read: impl IntoIterator<Item = &'a Result<Move, FormatError>>) -> Share {
    Share::over(read.into_iter().map(Result::is_ok))
}

/// Share of moves that are [`consistent`] with what their side saw.
pub fn consistent_share<'a>(moves: impl IntoIterator<Item = (&'a View, &'a Move)>) -> Share {
    Share::over(moves.into_iter().map(|(view, mv)| consistent(view, mv).is_ok()))
}

/// Distinct-2 (Li et al., 2016): different pairs of neighbouring words over all such pairs, in lower
/// case, amounts taken as one word each so that prices do not count as variety. It falls with the
/// amount of text: compare equal amounts. `None` where no text has two words.
pub fn distinct_2<'a>(talks: impl IntoIterator<Item = &'a str>) -> Option<f64> {
    let mut seen = HashSet::new();
    let mut pairs = 0usize;
    for talk in talks {
        let words: Vec<String> = talk.split_whitespace().map(plain).collect();
        for pair in words.windows(2) {
            pairs += 1;
            seen.insert((pair[0].clone(), pair[1].clone()));
        }
    }
    (pairs > 0).then(|| seen.len() as f64 / pairs as f64)
}

fn plain(word: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '$').to_lowercase();
    if word.contains(|c: char| c.is_ascii_digit()) { "#".to_owned() } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_2_by_hand() {
        // a-b, b-a, a-b: two different of three.
        assert_eq!(distinct_2(["a b a b"]), Some(2.0 / 3.0));
        assert_eq!(distinct_2(["I say $4.", "I say $5!"]), Some(2.0 / 4.0));
        assert_eq!(distinct_2(["one", ""]), None);
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!(Share::default().value(), None);
        assert_eq!(Share::over([true, false, true, true].into_iter()).value(), Some(0.75));
    }
}
