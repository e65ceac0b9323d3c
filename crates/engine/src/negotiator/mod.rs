//! A model that plays a side.

mod call;
mod spoken;

use async_trait::async_trait;
use policy::prompt::{self, Style};
use policy::{Boundary, Fault, Negotiator};
use rules::syntax::{Context, Syntax};
use rules::{Act, Illegal, MAX_TALK_BYTES, Move, View};
use sha2::{Digest, Sha256};

pub use call::{Call, CallOutcome, PromptMessage};

use crate::definition::{Definition, Sampling};
use crate::error::EngineError;
use crate::generate::{Completion, Generation, Prompt, Request};
use crate::registry::Registry;
use spoken::spoken;

/// How often a model is asked for one move.
const ATTEMPTS: usize = 3;

/// What is told while a move is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// More of the talk. The act stays hidden until it is known to be legal.
    Talk(String),
    /// The move came to nothing: all talk since the last such word, or since the beginning, was never
    /// said.
    Withdrawn,
}

/// A move, and the questions that led to it.
#[derive(Clone, Debug)]
pub struct Decision {
    pub mv: Result<Move, Fault>,
    pub calls: Vec<Call>,
    /// Whether no attempt gave a move, so that the model rejects, or leaves where it cannot reject.
    pub fallback: bool,
}

/// A side played by a model of the registry. It keeps nothing between moves but what [`Self::take_calls`]
/// takes: the same seed, view and settings give the same move.
pub struct ModelNegotiator {
    registry: Registry,
    definition: Definition,
    style: &'static Style,
    seed: u64,
    draw: u64,
    attempts: usize,
    tell: Option<Box<dyn FnMut(Said) + Send>>,
    calls: Vec<Call>,
}

impl ModelNegotiator {
    /// Takes a seat with a model; `seed` is the episode's. The model is loaded when it is first asked.
    pub fn new(registry: Registry, model: &str, seed: u64) -> Result<ModelNegotiator, EngineError> {
        let definition = registry.known(model)?;
        let style =
            Style::named(&definition.style).expect("definitions are checked when they are added");
        Ok(ModelNegotiator {
            registry,
            definition,
            style,
            seed,
            draw: 0,
            attempts: ATTEMPTS,
            tell: None,
            calls: Vec::new(),
        })
    }

    /// Tells the talk as it is generated.
    pub fn telling(mut self, tell: impl FnMut(Said) + Send + 'static) -> ModelNegotiator {
        self.tell = Some(Box::new(tell));
        self
    }

    /// How often the model is asked before the fallback. At least once.
    pub fn attempts(mut self, attempts: usize) -> ModelNegotiator {
        self.attempts = attempts.max(1);
        self
    }

    /// Samples otherwise than the definition says.
    pub fn sampling(mut self, sampling: Sampling) -> ModelNegotiator {
        self.definition.sampling = sampling;
        self
    }

    /// Holds the moves to a grammar, or does not, whatever the definition says.
    pub fn constrained(mut self, constrained: bool) -> ModelNegotiator {
        self.definition.constrained = constrained;
        self
    }

    /// Another draw for the same view, as where the rules refused the first one. 0 is the first.
    pub fn draw(mut self, draw: u64) -> ModelNegotiator {
        self.draw = draw;
        self
    }

    /// The calls of the moves that were made through [`Negotiator::act`] since they were last taken.
    pub fn take_calls(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.calls)
    }

    /// Makes a move. To drop the future is to stop the model.
    pub async fn decide(&mut self, view: &View) -> Decision {
        let mut calls = Vec::new();
        for attempt in 0..self.attempts {
            let (call, tried) = self.attempt(view, attempt).await;
            calls.push(call);
            match tried {
                Tried::Move(mv) => return Decision { mv: Ok(mv), calls, fallback: false },
                Tried::Fault(fault) => return Decision { mv: Err(fault), calls, fallback: false },
                Tried::Nothing => {}
            }
        }
        let mv = fallback(view);
        let model = &self.definition.name;
        tracing::warn!(model, attempts = self.attempts, act = ?mv.act, "no move of a model was one");
        Decision { mv: Ok(mv), calls, fallback: true }
    }

    async fn attempt(&mut self, view: &View, attempt: usize) -> (Call, Tried) {
        let syntax = self.definition.syntax;
        let messages = self.style.messages(view, syntax);
        let seed = seed(self.seed, view, self.draw, attempt);
        let mut call = Call {
            model: self.definition.name.clone(),
            prompt: messages
                .iter()
                .map(|message| PromptMessage {
                    speaker: message.speaker.name().to_owned(),
                    text: message.text.clone(),
                })
                .collect(),
            output: String::new(),
            prompt_tokens: 0,
            completion_tokens: 0,
            queue_ms: 0,
            first_token_ms: 0,
            total_ms: 0,
            sampling: self.definition.sampling,
            constrained: self.definition.constrained,
            seed,
            attempt,
            end: None,
            outcome: CallOutcome::Ok,
        };
        let request = Request {
            prompt: Prompt::Chat(messages),
            sampling: self.definition.sampling,
            stop: Vec::new(),
            seed,
            grammar: self.definition.constrained.then(|| prompt::grammar(view, syntax)),
        };
        let mut told = String::new();
        let answered = match self.registry.generate(&self.definition.name, request).await {
            Ok(generation) => self.listen(generation, view, &mut told, &mut call).await,
            Err(error) => Err(error),
        };
        let tried = match answered {
            Ok(completion) => {
                record(&mut call, &completion);
                judge(&completion.text, view, syntax, &mut call.outcome)
            }
            Err(error) => {
                let (code, detail) = (error.code().to_owned(), error.to_string());
                call.outcome = CallOutcome::Engine { code, detail: detail.clone() };
                Tried::Fault(Fault::new(Boundary::Engine, detail))
            }
        };
        match &tried {
            Tried::Move(mv) => self.tell_rest(&mv.talk, &told),
            Tried::Nothing | Tried::Fault(_) if !told.is_empty() => self.say(Said::Withdrawn),
            Tried::Nothing | Tried::Fault(_) => {}
        }
        (call, tried)
    }

    /// Reads an answer to its end and tells its talk.
    async fn listen(
        &mut self,
        mut generation: Generation,
        view: &View,
        told: &mut String,
        call: &mut Call,
    ) -> Result<Completion, EngineError> {
        let context = Context::of(view);
        while let Some(piece) = generation.next().await {
            call.output.push_str(&piece.text);
            let now = spoken(&call.output, self.definition.syntax, &context);
            if let Some(more) = now.strip_prefix(told.as_str()).filter(|more| !more.is_empty()) {
                let more = more.to_owned();
                told.push_str(&more);
                self.say(Said::Talk(more));
            }
        }
        generation.finish().await
    }

    /// Tells what of the talk was held back; all of it anew where it turned out otherwise.
    fn tell_rest(&mut self, talk: &str, told: &str) {
        let rest = match talk.strip_prefix(told) {
            Some(rest) => rest,
            None => {
                self.say(Said::Withdrawn);
                talk
            }
        };
        if !rest.is_empty() {
            self.say(Said::Talk(rest.to_owned()));
        }
    }

    fn say(&mut self, said: Said) {
        if let Some(tell) = &mut self.tell {
            tell(said);
        }
    }
}

#[async_trait]
impl Negotiator for ModelNegotiator {
    async fn act(&mut self, view: &View) -> Result<Move, Fault> {
        let decision = self.decide(view).await;
        self.calls.extend(decision.calls);
        decision.mv
    }
}

/// How an attempt came out.
enum Tried {
    Move(Move),
    /// What was written is no legal move: another draw may be one.
    Nothing,
    Fault(Fault),
}

fn record(call: &mut Call, completion: &Completion) {
    call.output.clone_from(&completion.text);
    call.prompt_tokens = completion.prompt_tokens;
    call.completion_tokens = completion.tokens.len();
    call.queue_ms = completion.timing.queue_ms;
    call.first_token_ms = completion.timing.first_token_ms;
    call.total_ms = completion.timing.total_ms;
    call.end = Some(completion.end);
}

/// Reads a message and holds it against the rules. The own limit is the environment's affair, not ours.
fn judge(text: &str, view: &View, syntax: Syntax, outcome: &mut CallOutcome) -> Tried {
    match prompt::read(text, view, syntax) {
        Ok(mv) => match refusal(&mv, view) {
            None => Tried::Move(mv),
            Some(why) => {
                let (code, detail) = (why.code().to_owned(), why.to_string());
                *outcome = CallOutcome::Illegal { code, detail };
                Tried::Nothing
            }
        },
        Err(error) => {
            let (code, detail) = (error.code().to_owned(), error.to_string());
            *outcome = CallOutcome::Format { code, detail };
            Tried::Nothing
        }
    }
}

/// Why the rules would refuse a move, by what its side sees.
fn refusal(mv: &Move, view: &View) -> Option<Illegal> {
    let too_long = |text: &str| text.len() > MAX_TALK_BYTES;
    if too_long(&mv.talk) || mv.thought.as_deref().is_some_and(too_long) {
        return Some(Illegal::TooLong);
    }
    match mv.act {
        Act::Offer(price) if !price.is_price() => Some(Illegal::BadPrice),
        act if view.legal().allows(act) => None,
        Act::Offer(_) => Some(Illegal::Over),
        Act::Quit => Some(Illegal::FirstMove),
        Act::Reject => Some(Illegal::NothingToReject),
        Act::Talk => Some(Illegal::TalkAlone),
        Act::Accept(named) => Some(match view.legal().accept {
            Some(standing) => Illegal::OfferChanged { standing, named },
            None => Illegal::NothingToAccept,
        }),
    }
}

/// A move that is always legal on one's turn.
fn fallback(view: &View) -> Move {
    Move::new("", if view.legal().reject { Act::Reject } else { Act::Quit })
}

/// A seed for each attempt at each move of each side of an episode.
fn seed(episode: u64, view: &View, draw: u64, attempt: usize) -> u64 {
    let mut hash = Sha256::new();
    hash.update(b"model's move");
    hash.update(view.role.name());
    for number in [episode, view.table.turns.len() as u64, draw, attempt as u64] {
        hash.update(number.to_le_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    u64::from_le_bytes(*digest.first_chunk().expect("SHA-256 has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::{Episode, Millis, Mills, Role, Scenario};

    fn view(role: Role, offers: &[&str]) -> View {
        let scenario: Scenario = testkit::build::scenario().build();
        let mut episode = Episode::start(&scenario, Millis(0));
        for (turn, price) in offers.iter().enumerate() {
            let by = if turn % 2 == 0 { Role::Buyer } else { Role::Seller };
            let mv = Move::new("", Act::Offer(price.parse().expect("a price")));
            let events = rules::apply(&episode, by, mv, Millis(1)).expect("it is legal");
            episode.absorb_all(&events);
        }
        episode.view(role)
    }

    #[test]
    fn a_message_is_a_legal_move_or_says_why_not() {
        let opening = view(Role::Buyer, &[]);
        let second = view(Role::Seller, &["20"]);
        let table = [
            (&opening, "Talk: Hi\nAction: [BUY] $30 (1x home-kitchen_1)", ("ok", "")),
            (&opening, "Talk: Hi\nAction: [BUY] $41 (1x home-kitchen_1)", ("ok", "")),
            (&opening, "Talk: Hi", ("format", "no_action")),
            (&opening, "Action: [QUIT]", ("illegal", "first_move_must_be_offer_or_reject")),
            (&opening, "Action: [DEAL] $30 (1x home-kitchen_1)", ("illegal", "nothing_to_accept")),
            (&opening, "Action: [TALK]", ("illegal", "talk_alone")),
            (&second, "Action: [DEAL] $20 (1x home-kitchen_1)<|im_end|>", ("ok", "")),
            (&second, "Action: [DEAL] $21 (1x home-kitchen_1)", ("format", "other_price")),
        ];
        for (view, text, expected) in table {
            let mut outcome = CallOutcome::Ok;
            let tried = judge(text, view, Syntax::Lines, &mut outcome);
            assert_eq!(matches!(tried, Tried::Move(_)), expected.0 == "ok", "{text}");
            let said = match &outcome {
                CallOutcome::Ok => ("ok", ""),
                CallOutcome::Format { code, .. } => ("format", code.as_str()),
                CallOutcome::Illegal { code, .. } => ("illegal", code.as_str()),
                CallOutcome::Engine { code, .. } => ("engine", code.as_str()),
            };
            assert_eq!(said, expected, "{text}");
        }
        let long = format!("Talk: {}\nAction: [REJECT]", "x".repeat(MAX_TALK_BYTES + 1));
        let mut outcome = CallOutcome::Ok;
        judge(&long, &opening, Syntax::Lines, &mut outcome);
        assert!(matches!(outcome, CallOutcome::Illegal { code, .. } if code == "talk_too_long"));
    }

    #[test]
    fn the_fallback_is_legal() {
        for view in [view(Role::Buyer, &[]), view(Role::Seller, &["20"])] {
            assert!(view.legal().allows(fallback(&view).act));
        }
    }

    #[test]
    fn each_attempt_has_a_seed_of_its_own() {
        let opening = view(Role::Buyer, &[]);
        let later = view(Role::Buyer, &["20", "40"]);
        let seeds = [
            seed(1, &opening, 0, 0),
            seed(1, &opening, 0, 1),
            seed(1, &opening, 1, 0),
            seed(2, &opening, 0, 0),
            seed(1, &later, 0, 0),
            seed(1, &View { role: Role::Seller, limit: Mills(1), ..opening.clone() }, 0, 0),
        ];
        let mut distinct = seeds.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), seeds.len());
        assert_eq!(seed(1, &opening, 0, 0), seeds[0]);
    }
}
