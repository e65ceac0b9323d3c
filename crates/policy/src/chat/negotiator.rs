//! A chat model that plays a side.

use async_trait::async_trait;
use rules::syntax::{Context, Syntax};
use rules::{Act, Illegal, MAX_TALK_BYTES, Move, View};
use sha2::{Digest, Sha256};

use super::spoken::spoken;
use super::{Answer, Call, CallOutcome, ChatModel, Piece, Question};
use crate::prompt;
use crate::{Boundary, Fault, Negotiator};

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

type Tell = dyn FnMut(Said) + Send;

/// A move, and the questions that led to it.
#[derive(Clone, Debug)]
pub struct Decision {
    pub mv: Result<Move, Fault>,
    pub calls: Vec<Call>,
    /// Whether no attempt gave a move, so that the model rejects, or leaves where it cannot reject.
    pub fallback: bool,
}

/// A side played by a chat model. It keeps nothing between moves but what [`Self::take_calls`] takes:
/// the same seed, view and settings put the same questions.
pub struct ChatNegotiator<M> {
    model: M,
    seed: u64,
    draw: u64,
    attempts: usize,
    tell: Option<Box<Tell>>,
    calls: Vec<Call>,
}

impl<M: ChatModel> ChatNegotiator<M> {
    /// Takes a seat; `seed` is the episode's.
    pub fn new(model: M, seed: u64) -> ChatNegotiator<M> {
        ChatNegotiator { model, seed, draw: 0, attempts: ATTEMPTS, tell: None, calls: Vec::new() }
    }

    /// Tells the talk as it is generated.
    pub fn telling(mut self, tell: impl FnMut(Said) + Send + 'static) -> ChatNegotiator<M> {
        self.tell = Some(Box::new(tell));
        self
    }

    /// How often the model is asked before the fallback. At least once.
    pub fn attempts(mut self, attempts: usize) -> ChatNegotiator<M> {
        self.attempts = attempts.max(1);
        self
    }

    /// Another draw for the same view, as where the rules refused the first one. 0 is the first.
    pub fn draw(mut self, draw: u64) -> ChatNegotiator<M> {
        self.draw = draw;
        self
    }

    /// The model, to be asked otherwise from now on.
    pub fn model_mut(&mut self) -> &mut M {
        &mut self.model
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
        self.model.fell_back();
        Decision { mv: Ok(fallback(view)), calls, fallback: true }
    }

    async fn attempt(&mut self, view: &View, attempt: usize) -> (Call, Tried) {
        let profile = self.model.profile();
        let messages = profile.style.messages(view, profile.syntax);
        let seed = seed(self.seed, view, self.draw, attempt);
        let mut call = Call::begun(&profile, &messages, seed, attempt);
        let mut listener = Listener {
            tell: self.tell.as_deref_mut(),
            context: Context::of(view),
            syntax: profile.syntax,
            text: String::new(),
            told: String::new(),
        };
        let question = Question { messages, view, seed };
        let answered = self.model.say(question, &mut |piece| listener.hear(piece)).await;
        let tried = match answered {
            Ok(answer) => {
                let tried = judge(&answer.text, view, profile.syntax, &mut call.outcome);
                record(&mut call, answer);
                tried
            }
            Err(failure) => {
                call.output = std::mem::take(&mut listener.text);
                call.cost_microdollars = failure.cost_microdollars;
                let (code, detail) = (failure.code, failure.sentence);
                call.outcome = CallOutcome::Engine { code, detail: detail.clone() };
                Tried::Fault(Fault::new(Boundary::Engine, detail))
            }
        };
        match &tried {
            Tried::Move(mv) => listener.tell_rest(&mv.talk),
            Tried::Nothing | Tried::Fault(_) => listener.withdraw(),
        }
        (call, tried)
    }
}

#[async_trait]
impl<M: ChatModel> Negotiator for ChatNegotiator<M> {
    async fn act(&mut self, view: &View) -> Result<Move, Fault> {
        let decision = self.decide(view).await;
        self.calls.extend(decision.calls);
        decision.mv
    }
}

/// Hears an answer and tells its talk.
struct Listener<'a> {
    tell: Option<&'a mut Tell>,
    context: Context<'a>,
    syntax: Syntax,
    /// What was heard.
    text: String,
    /// What was told.
    told: String,
}

impl Listener<'_> {
    fn hear(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::More(text) => {
                self.text.push_str(text);
                let now = spoken(&self.text, self.syntax, &self.context);
                if let Some(more) = now.strip_prefix(self.told.as_str()) {
                    self.talk(more);
                }
            }
            Piece::Anew => {
                self.text.clear();
                self.withdraw();
            }
        }
    }

    /// Tells what of the talk was held back; all of it anew where it turned out otherwise.
    fn tell_rest(&mut self, talk: &str) {
        if !talk.starts_with(self.told.as_str()) {
            self.withdraw();
        }
        self.talk(&talk[self.told.len()..]);
    }

    fn talk(&mut self, more: &str) {
        if !more.is_empty() {
            self.told.push_str(more);
            self.say(Said::Talk(more.to_owned()));
        }
    }

    fn withdraw(&mut self) {
        if !self.told.is_empty() {
            self.told.clear();
            self.say(Said::Withdrawn);
        }
    }

    fn say(&mut self, said: Said) {
        if let Some(tell) = &mut self.tell {
            tell(said);
        }
    }
}

/// How an attempt came out.
enum Tried {
    Move(Move),
    /// What was written is no legal move: another draw may be one.
    Nothing,
    Fault(Fault),
}

fn record(call: &mut Call, answer: Answer) {
    call.output = answer.text;
    call.prompt_tokens = answer.prompt_tokens;
    call.completion_tokens = answer.completion_tokens;
    call.tokens = answer.tokens;
    call.queue_ms = answer.queue_ms;
    call.first_token_ms = answer.first_token_ms;
    call.total_ms = answer.total_ms;
    call.end = Some(answer.end);
    call.cost_microdollars = answer.cost_microdollars;
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

/// A move that is always legal on one's turn: what a model that wrote none plays.
pub fn fallback(view: &View) -> Move {
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
        let scenario: Scenario = testkit::scenario().build();
        let mut episode = Episode::start(&scenario, Millis(0));
        for (turn, price) in offers.iter().enumerate() {
            let by = if turn % 2 == 0 { Role::Buyer } else { Role::Seller };
            let mv = Move::new("", Act::Offer(price.parse::<Mills>().expect("a price")));
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
