//! What a model's tokens are: bytes, ends, and grammars over them.

use std::sync::Arc;

use mistralrs::llguidance::api::TopLevelGrammar;
use mistralrs::llguidance::toktrie::TokTrie;
use mistralrs::llguidance::{Matcher, ParserFactory};

use crate::error::{EngineError, brief};

/// The tokens of a loaded model.
#[derive(Clone)]
pub struct Vocabulary {
    factory: Arc<ParserFactory>,
    ends: Vec<u32>,
}

impl Vocabulary {
    /// `None` where no token ends an answer: such a model cannot be stopped.
    pub fn new(factory: Arc<ParserFactory>, ends: Vec<u32>) -> Option<Vocabulary> {
        (!ends.is_empty()).then_some(Vocabulary { factory, ends })
    }

    pub fn size(&self) -> usize {
        self.factory.tok_env().tok_trie().vocab_size()
    }

    /// Whether a token ends an answer.
    pub fn is_end(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// A token that ends an answer.
    pub fn end(&self) -> u32 {
        self.ends[0]
    }

    /// The token that llguidance takes for an end.
    pub fn grammar_end(&self) -> u32 {
        self.factory.tok_env().tok_trie().eos_token()
    }

    /// What a token adds to the text: part of a character, or nothing where it is a special token.
    pub fn bytes(&self, id: u32) -> &[u8] {
        let trie = self.factory.tok_env().tok_trie();
        if (id as usize) >= trie.vocab_size() {
            return &[];
        }
        match trie.token(id) {
            // Alone it is a byte of a byte-level vocabulary.
            [TokTrie::SPECIAL_TOKEN_MARKER, _, ..] => &[],
            bytes => bytes,
        }
    }

    /// Begins to follow a Lark grammar.
    pub fn grammar(&self, lark: &str) -> Result<Matcher, EngineError> {
        let parser = self.factory.create_parser(TopLevelGrammar::from_lark(lark.to_owned()));
        parser
            .map(|parser| Matcher::new(Ok(parser)))
            .map_err(|error| EngineError::BadGrammar { detail: brief(error) })
    }
}
