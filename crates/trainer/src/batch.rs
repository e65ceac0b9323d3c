//! What a training step reads and what it is told to optimise.

use std::ops::Range;

pub use crate::kernel::loss::{Scored, Slope};

/// A sequence of tokens, some of which are the model's own: those are predicted and learnt from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    pub ids: Vec<u32>,
    /// As long as `ids`. The first token has nothing before it and is never predicted.
    pub own: Vec<bool>,
}

impl Sequence {
    /// All tokens own.
    pub fn plain(ids: Vec<u32>) -> Sequence {
        Sequence { own: vec![true; ids.len()], ids }
    }

    /// The predicted places, in order.
    pub fn predicted(&self) -> impl Iterator<Item = usize> {
        (1..self.ids.len()).filter(|&t| self.own[t])
    }
}

/// Predicted tokens of a batch: what a mean over it divides by.
pub fn predicted(sequences: &[Sequence]) -> usize {
    sequences.iter().map(|sequence| sequence.predicted().count()).sum()
}

/// A predicted token's place in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    pub sequence: usize,
    pub token: usize,
}

/// What is minimised: a sum over predicted tokens of a function of the token's log-probability and the
/// entropy at its place. Supervised learning and the policy gradients are of this form; a mean is a sum
/// whose terms know the batch's count.
pub trait Objective: Sync {
    fn slope(&self, at: At, scored: Scored) -> Slope;
}

impl<F: Fn(At, Scored) -> Slope + Sync> Objective for F {
    fn slope(&self, at: At, scored: Scored) -> Slope {
        self(at, scored)
    }
}

/// Mean negative log-likelihood over `count` tokens.
#[derive(Clone, Copy, Debug)]
pub struct MeanNll {
    pub count: usize,
}

impl Objective for MeanNll {
    fn slope(&self, _: At, scored: Scored) -> Slope {
        let share = 1.0 / self.count.max(1) as f64;
        Slope { loss: -f64::from(scored.logp) * share, d_logp: -(share as f32), d_entropy: 0.0 }
    }
}

/// What came of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub loss: f64,
    /// For each sequence, its predicted tokens in order.
    pub scores: Vec<Vec<Scored>>,
}

/// Why a batch is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadBatch {
    #[error("sequence {sequence} has {len} tokens, the model's positions end at {most}")]
    TooLong { sequence: usize, len: usize, most: usize },
    #[error("sequence {sequence} has the token {id}, the vocabulary ends at {vocab}")]
    NoSuchToken { sequence: usize, id: u32, vocab: usize },
    #[error("sequence {sequence} marks {own} tokens of {len}")]
    Mask { sequence: usize, own: usize, len: usize },
}

/// Refuses a batch that would read outside the model's tables.
pub fn check(sequences: &[Sequence], vocab: usize, positions: usize) -> Result<(), BadBatch> {
    for (n, sequence) in sequences.iter().enumerate() {
        let len = sequence.ids.len();
        if len > positions {
            return Err(BadBatch::TooLong { sequence: n, len, most: positions });
        }
        if sequence.own.len() != len {
            return Err(BadBatch::Mask { sequence: n, own: sequence.own.len(), len });
        }
        if let Some(&id) = sequence.ids.iter().find(|id| **id as usize >= vocab) {
            return Err(BadBatch::NoSuchToken { sequence: n, id, vocab });
        }
    }
    Ok(())
}

/// Shares sequences out to `shards` by cost, longest first: each goes to the least burdened so far.
pub fn shares(costs: &[u64], shards: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by_key(|&n| (std::cmp::Reverse(costs[n]), n));
    let mut shares = vec![Vec::new(); shards.max(1)];
    let mut burdens = vec![0u64; shards.max(1)];
    for n in order {
        let least =
            (0..burdens.len()).min_by_key(|&s| (burdens[s], s)).expect("at least one shard");
        burdens[least] += costs[n];
        shares[least].push(n);
    }
    shares
}

/// Cuts a run of lengths into pieces of at most `most` in sum (a longer one is a piece of its own).
pub fn pieces(lens: &[usize], most: usize) -> Vec<Range<usize>> {
    let (mut pieces, mut start, mut total) = (Vec::new(), 0, 0);
    for (n, len) in lens.iter().enumerate() {
        if n > start && total + len > most {
            pieces.push(start..n);
            (start, total) = (n, 0);
        }
        total += len;
    }
    if start < lens.len() {
        pieces.push(start..lens.len());
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_even_and_complete() {
        assert_eq!(shares(&[5, 9, 1, 4, 4], 2), [vec![1, 4], vec![0, 3, 2]]);
        assert_eq!(shares(&[3], 3), [vec![0], vec![], vec![]]);
    }

    #[test]
    fn pieces_keep_below_the_limit() {
        assert_eq!(pieces(&[3, 3, 3, 9, 1], 6), [0..2, 2..3, 3..4, 4..5]);
        assert!(pieces(&[], 6).is_empty());
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        let table = [
            (Sequence::plain(vec![1; 9]), BadBatch::TooLong { sequence: 0, len: 9, most: 8 }),
            (Sequence::plain(vec![7]), BadBatch::NoSuchToken { sequence: 0, id: 7, vocab: 7 }),
            (
                Sequence { ids: vec![1, 2], own: vec![true] },
                BadBatch::Mask { sequence: 0, own: 1, len: 2 },
            ),
        ];
        for (sequence, expected) in table {
            assert_eq!(check(&[sequence], 7, 8), Err(expected));
        }
        assert_eq!(check(&[Sequence::plain(vec![6; 8])], 7, 8), Ok(()));
    }
}
