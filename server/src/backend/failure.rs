//! How the machinery failed, in words for everybody, and how to go on.

use app::backend::Caller;
use rules::{Event, Move, PerRole, Role};
use store::{Branch, EpisodeRow, Failing, Sitter};
use wire::{Code, Envelope, EpisodeId, Failure, Fork, IdempotencyKey, NegotiatorName, Problem};

use super::play::seat_of;
use super::start::Order;
use super::{Souk, refusal};

/// Who takes a seat whose negotiator failed.
const STAND_INS: PerRole<&str> = PerRole { buyer: "boulware", seller: "persuadable" };
/// More events than the longest episode has.
const ALL: i64 = 10_000;

/// What a failure's code means. Nothing internal.
pub fn sentence(code: &str) -> &'static str {
    match code {
        "engine_died" => "The language model stopped working in the middle of its answer.",
        "model_unloaded" => "The language model was unloaded while it was answering.",
        "missing_file"
        | "unreadable_file"
        | "bad_config"
        | "unsupported_architecture"
        | "bad_gguf"
        | "bad_adapter"
        | "bad_template"
        | "load_failed"
        | "bad_definition"
        | "bad_models_file" => "The language model could not be loaded.",
        "over_budget" => "There was not enough memory for the language model.",
        "no_device" => "This machine does not have what the language model runs on.",
        "hub_unreachable" => "The language model could not be fetched.",
        "prompt_too_long" => "The talk grew longer than the language model can read.",
        "no_key" | "key_refused" | "no_credit" | "budget_spent" => {
            "The language model's account does not allow it to answer."
        }
        "rate_limited" | "unreachable" | "timed_out" | "stream_cut" | "server_error"
        | "request_refused" | "not_openai" => "The language model elsewhere did not answer.",
        "unknown_model" | "model_unknown" | "negotiator_unknown" => {
            "This negotiator is no longer on this server."
        }
        _ => "The negotiator failed.",
    }
}

/// An episode's failure as a reader is told of it. `own`: the seat of the reader.
pub fn failure(failing: Failing, own: Option<Role>) -> Failure {
    let stand_in = own == Some(failing.role.other());
    let offer = if stand_in { " You can go on with a scripted stand-in, or leave it." } else { "" };
    let sentence = format!("{} The negotiation is not scored.{offer}", sentence(&failing.code));
    Failure { role: failing.role, code: failing.code, sentence, stand_in }
}

/// The moves of an episode, with the thoughts that belong to them, and the number of the last event
/// before its end.
fn branch(id: EpisodeId, events: &[Envelope]) -> Branch {
    let mut moves = Vec::new();
    let mut thought = None;
    let mut seq = 0;
    for envelope in events {
        match &envelope.event {
            Event::Thought { text, .. } => thought = Some(text.clone()),
            Event::Moved { by, talk, act } => {
                moves.push((*by, Move { thought: thought.take(), talk: talk.clone(), act: *act }));
            }
            Event::Ended { .. } => break,
            _ => {}
        }
        seq = envelope.seq;
    }
    Branch { from: Fork { episode: id, seq }, moves }
}

impl Souk {
    /// Goes on with a failed episode: a new one that begins with its moves.
    pub(crate) async fn go_on(
        &self,
        caller: Caller,
        id: EpisodeId,
        key: IdempotencyKey,
    ) -> Result<EpisodeId, Problem> {
        let old = self.row(caller, id).await?;
        let own = seat_of(&old, caller)?;
        let Some(failing) = old.failing.as_ref().filter(|failing| failing.role != own) else {
            return Err(Problem::named(
                Code::Conflict,
                "nothing_failed",
                "A stand-in is for a negotiation in which the other side failed.",
            ));
        };
        let events = self.store.events_after(id, 0, ALL).await.map_err(refusal)?;
        let order = Order {
            branch: Some(branch(id, &events)),
            seats: with_stand_in(&old, failing.role),
            product: old.product,
            scenario: old.scenario,
            pace: None,
            key,
        };
        self.open(caller, order).await
    }
}

fn with_stand_in(row: &EpisodeRow, role: Role) -> PerRole<Sitter> {
    let name = *STAND_INS.get(role);
    let title = policy::find(name).map_or(name, |entry| entry.title).to_owned();
    let mut seats = row.seats.clone();
    *seats.get_mut(role) = Sitter::Negotiator { name: NegotiatorName(name.to_owned()), title };
    seats
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::{Act, Mills, Outcome};

    #[test]
    fn stand_ins_play_their_side() {
        for role in Role::BOTH {
            assert!(policy::find(STAND_INS.get(role)).is_some_and(|entry| entry.plays(role)));
        }
    }

    #[test]
    fn only_the_other_side_may_go_on() {
        let failing = || Failing { role: Role::Seller, code: "engine_died".to_owned() };
        let table = [(Some(Role::Buyer), true), (Some(Role::Seller), false), (None, false)];
        for (own, expected) in table {
            let failure = failure(failing(), own);
            assert_eq!(failure.stand_in, expected);
            assert_eq!(failure.sentence.contains("stand-in"), expected);
            assert!(failure.sentence.contains("stopped working"));
        }
    }

    #[test]
    fn a_branch_has_the_moves_with_their_thoughts_and_not_the_end() {
        let offer = Act::Offer(Mills::from_dollars(20));
        let events = [
            Event::Moved { by: Role::Buyer, talk: "Hi".to_owned(), act: offer },
            Event::Redacted { by: Role::Seller, talk: "cost".to_owned() },
            Event::Thought { by: Role::Seller, text: "hm".to_owned() },
            Event::Moved { by: Role::Seller, talk: "No".to_owned(), act: Act::Reject },
            Event::Ended { outcome: Outcome::EngineFailure },
            Event::Revealed { budget: Mills(1), cost: Mills(1) },
        ];
        let id = EpisodeId::fresh();
        let envelopes: Vec<_> = (5..)
            .zip(events)
            .map(|(seq, event)| Envelope { episode: id, seq, at: 0, event })
            .collect();
        let branch = branch(id, &envelopes);
        assert_eq!(branch.from, Fork { episode: id, seq: 8 });
        let expected = [
            (Role::Buyer, Move::new("Hi", offer)),
            (Role::Seller, Move::new("No", Act::Reject).thinking("hm")),
        ];
        assert_eq!(branch.moves, expected);
    }
}
