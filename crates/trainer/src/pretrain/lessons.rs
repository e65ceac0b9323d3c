//! Lessons as the trainer reads them.

use std::ops::Range;

use policy::corpus::{Deal, Lesson, lesson};
use rules::Role;

use super::Recipe;
use crate::batch::{self, Sequence};
use crate::tokens::{Tokens, TokensError};

/// Encoded lessons.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    pub sequences: Vec<Sequence>,
    /// Lessons that were too long.
    pub left_out: usize,
}

impl Examples {
    pub fn lengths(&self) -> Vec<usize> {
        self.sequences.iter().map(|sequence| sequence.ids.len()).collect()
    }

    pub fn tokens(&self) -> usize {
        self.sequences.iter().map(|sequence| sequence.ids.len()).sum()
    }

    pub fn own_tokens(&self) -> usize {
        batch::predicted(&self.sequences)
    }
}

/// The lesson of a number: sides by turns, products in an order that has nothing to do with sides.
pub(super) fn numbered(recipe: &Recipe, deals: &[Deal], number: u64) -> Lesson {
    let seed = recipe.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number);
    let role = Role::BOTH[(number % 2) as usize];
    let place = (number / 2) as usize % deals.len();
    lesson(seed, role, &deals[place])
}

/// The tokenizer that the first lessons give.
pub(super) fn vocabulary(recipe: &Recipe, deals: &[Deal]) -> Result<Tokens, TokensError> {
    let texts = (0..recipe.vocabulary_lessons)
        .flat_map(|number| numbered(recipe, deals, number).messages)
        .map(|message| message.text);
    Tokens::train(texts, recipe.vocabulary)
}

/// Lessons of a range of numbers, encoded.
pub fn examples(tokens: &Tokens, recipe: &Recipe, deals: &[Deal], numbers: Range<u64>) -> Examples {
    let mut examples = Examples::default();
    for number in numbers {
        let sequence = tokens.chat(&numbered(recipe, deals, number).messages);
        if sequence.ids.len() > recipe.longest {
            examples.left_out += 1;
        } else {
            examples.sequences.push(sequence);
        }
    }
    examples
}
