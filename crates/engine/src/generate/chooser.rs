//! Our sampler inside mistral.rs.
//!
//! mistral.rs 0.8.1 has no seed per request, does not say which tokens it took, streams text with holes
//! and gives logarithms to base 10. But a logits processor sees each step's logits and all tokens so
//! far. So the processor chooses: it hands mistral.rs logits in which one token is above all, of which
//! greedy sampling can take no other.
//!
//! A grammar is followed here as well. Its mask is computed only where a first draw breaks it; then
//! drawing again under the mask with fresh dice gives each allowed token just the probability that a
//! draw under the mask would have given it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use candle_core::{Device, Tensor};
use mistralrs::CustomLogitsProcessor;
use mistralrs::llguidance::Matcher;
use policy::chat::{End, Sampling};
use tokio::sync::mpsc::UnboundedSender;

use super::draw::{Dice, draw, log_sum_exp};
use super::text::Text;
use super::{Piece, Token};
use crate::model::Vocabulary;
use crate::registry::Pace;

/// What a request asks of the sampler.
pub struct Wish {
    pub sampling: Sampling,
    pub seed: u64,
    pub stops: Vec<String>,
    pub grammar: Option<Matcher>,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub text: String,
    pub tokens: Vec<Token>,
    pub end: Option<End>,
    pub first: Option<Instant>,
    pub fault: Option<String>,
}

/// One request's sampler.
pub struct Chooser {
    prompt: usize,
    sampling: Sampling,
    seed: u64,
    vocabulary: Vocabulary,
    pace: Arc<Pace>,
    is_cancelled: AtomicBool,
    /// Set for a drill: the next token is a panic on the engine's thread.
    drill: Arc<AtomicBool>,
    state: Mutex<State>,
}

struct State {
    grammar: Option<Matcher>,
    text: Text,
    /// Gone once the request has ended, so that its reader sees the end.
    pieces: Option<UnboundedSender<Piece>>,
    answer: Answer,
}

impl Chooser {
    pub fn new(
        prompt: usize,
        wish: Wish,
        vocabulary: Vocabulary,
        (pace, drill): (Arc<Pace>, Arc<AtomicBool>),
        pieces: UnboundedSender<Piece>,
    ) -> Chooser {
        let state = State {
            grammar: wish.grammar,
            text: Text::new(wish.stops),
            pieces: Some(pieces),
            answer: Answer::default(),
        };
        Chooser {
            prompt,
            sampling: wish.sampling,
            seed: wish.seed,
            vocabulary,
            pace,
            is_cancelled: AtomicBool::new(false),
            drill,
            state: Mutex::new(state),
        }
    }

    /// Has the request end at its next token.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Closes the stream of pieces and takes the answer.
    pub fn take(&self) -> Answer {
        let mut state = self.state();
        let rest = state.text.finish();
        state.say(rest);
        state.pieces = None;
        let most = self.sampling.max_tokens;
        let mut answer = std::mem::take(&mut state.answer);
        if answer.end.is_none() {
            let is_full = answer.tokens.len() >= most;
            answer.end = Some(if is_full { End::Length } else { End::Cancelled });
        }
        answer
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token that follows `context`.
    fn choose(&self, logits: &[f32], context: &[u32]) -> u32 {
        let mut state = self.state();
        state.answer.first.get_or_insert_with(Instant::now);
        if state.answer.end.is_some() {
            return self.vocabulary.end();
        }
        if self.is_cancelled.load(Ordering::Relaxed) {
            state.answer.end = Some(End::Cancelled);
            return self.vocabulary.end();
        }
        let position = state.answer.tokens.len();
        let last = state.answer.tokens.last().map(|token| token.id);
        if context.len() != self.prompt + position
            || last.is_some_and(|id| context.last() != Some(&id))
        {
            return state.give_up("mistral.rs took another token than the one chosen", self);
        }
        match self.next(&mut state, logits, position) {
            Ok(id) => {
                self.take_token(&mut state, id, logits);
                id
            }
            Err(fault) => state.give_up(&fault, self),
        }
    }

    fn next(&self, state: &mut State, logits: &[f32], position: usize) -> Result<u32, String> {
        const NONE: &str = "the model gave no numbers";
        let mut dice = Dice::new(self.seed, position);
        let first = draw(logits, &self.sampling, &mut dice).ok_or(NONE)?;
        let Some(grammar) = &mut state.grammar else { return Ok(first) };
        let rules = Rules::of(grammar, &self.vocabulary).map_err(|error| error.to_string())?;
        let id = if rules.allows(grammar, first) {
            first
        } else {
            let masked = rules.mask(grammar, logits).map_err(|error| error.to_string())?;
            draw(&masked, &self.sampling, &mut dice).ok_or("the grammar allows no token here")?
        };
        if !self.vocabulary.is_end(id) {
            grammar.consume_token(id).map_err(|error| error.to_string())?;
        }
        Ok(id)
    }

    fn take_token(&self, state: &mut State, id: u32, logits: &[f32]) {
        let logprob = f64::from(logits[id as usize]) - log_sum_exp(logits);
        state.answer.tokens.push(Token { id, logprob: logprob as f32 });
        self.pace.token();
        if self.vocabulary.is_end(id) {
            state.answer.end = Some(End::Eos);
            return;
        }
        let text = state.text.push(self.vocabulary.bytes(id));
        state.say(text);
        if state.text.is_stopped() {
            state.answer.end = Some(End::Stop);
        } else if state.answer.tokens.len() >= self.sampling.max_tokens {
            state.answer.end = Some(End::Length);
        }
    }
}

/// What a grammar allows at one position. The model's own ends are allowed where the grammar is
/// fulfilled: the one end that llguidance knows may not be the model's.
struct Rules<'a> {
    vocabulary: &'a Vocabulary,
    is_stopped: bool,
    may_end: bool,
}

impl<'a> Rules<'a> {
    fn of(
        grammar: &mut Matcher,
        vocabulary: &'a Vocabulary,
    ) -> Result<Rules<'a>, impl std::fmt::Display + use<>> {
        let is_stopped = grammar.is_stopped();
        let may_end = if is_stopped { Ok(true) } else { grammar.is_accepting() };
        may_end.map(|may_end| Rules { vocabulary, is_stopped, may_end })
    }

    fn allows(&self, grammar: &mut Matcher, id: u32) -> bool {
        if self.vocabulary.is_end(id) {
            return self.may_end;
        }
        !self.is_stopped
            && id != self.vocabulary.grammar_end()
            && grammar.validate_tokens(&[id]).is_ok_and(|valid| valid == 1)
    }

    fn mask(
        &self,
        grammar: &mut Matcher,
        logits: &[f32],
    ) -> Result<Vec<f32>, impl std::fmt::Display + use<>> {
        let mask = if self.is_stopped { Ok(None) } else { grammar.compute_mask().map(Some) };
        let grammar_end = self.vocabulary.grammar_end();
        mask.map(|mask| {
            let allowed = |id: u32| match &mask {
                _ if self.vocabulary.is_end(id) => self.may_end,
                Some(mask) => id != grammar_end && mask.is_allowed(id),
                None => false,
            };
            let masked = |(id, logit): (u32, &f32)| {
                if allowed(id) { *logit } else { f32::NEG_INFINITY }
            };
            (0..).zip(logits).map(masked).collect()
        })
    }
}

impl State {
    fn say(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        self.answer.text.push_str(&text);
        if let Some(pieces) = &self.pieces {
            // Nobody may be reading: the answer is kept all the same.
            let _ = pieces.send(Piece { text });
        }
    }

    fn give_up(&mut self, fault: &str, chooser: &Chooser) -> u32 {
        self.answer.fault = Some(fault.to_owned());
        self.answer.end = Some(End::Cancelled);
        chooser.vocabulary.end()
    }
}

impl CustomLogitsProcessor for Chooser {
    fn apply(&self, logits: &Tensor, context: &[u32]) -> candle_core::Result<Tensor> {
        assert!(!self.drill.load(Ordering::Relaxed), "a drill: this engine was told to crash");
        let numbers = logits.to_vec1::<f32>()?;
        let id = self.choose(&numbers, context) as usize;
        // Never an error from here: 0.8.1 would take the step from all who share the batch.
        let mut only = vec![0f32; numbers.len().max(id + 1)];
        only[id] = 1.0;
        let length = only.len();
        Tensor::from_vec(only, length, &Device::Cpu)
    }
}
