//! What a chat model decided, as the driver takes it.

use std::time::Duration;

use policy::chat::{Call, CallOutcome as Outcome, Decision, Said as Spoken, Sampling as Drawing};
use policy::prompt::Style;
use rules::View;
use rules::syntax::Syntax;
use store::{CallOutcome, NewCall};
use uuid::Uuid;
use wire::{PromptMessage, Sampling};

use super::super::{Answer, Breakdown, Hear, Question, Said};

/// A decision with its calls as they are stored; the last one is marked where its move is the fallback.
pub fn answer(decision: Decision, view: &View) -> Answer {
    let mut calls: Vec<NewCall> =
        decision.calls.into_iter().map(|call| new_call(call, view)).collect();
    if let Some(last) = calls.last_mut() {
        last.fallback = decision.fallback;
    }
    let mv = decision.mv.map_err(|fault| Breakdown { code: code_of(&calls), fault });
    Answer { mv, calls }
}

/// Passes on what is said.
pub fn tell(mut hear: Hear) -> impl FnMut(Spoken) + Send {
    move |said| {
        hear(match said {
            Spoken::Talk(more) => Said::Talk(more),
            Spoken::Withdrawn => Said::Withdrawn,
        });
    }
}

/// How a model is asked.
pub struct Manner<'a> {
    pub model: &'a str,
    pub style: &'a str,
    pub syntax: Syntax,
    pub sampling: &'a Drawing,
    pub constrained: bool,
}

/// The record of a question that was dropped before its answer.
pub fn unfinished(
    manner: &Manner<'_>,
    question: &Question,
    heard: String,
    after: Duration,
) -> NewCall {
    let style = Style::named(manner.style).expect("definitions are checked when they are added");
    let prompt = style.messages(&question.view, manner.syntax).into_iter();
    let prompt = prompt.map(|message| PromptMessage {
        speaker: message.speaker.name().to_owned(),
        text: message.text,
    });
    NewCall {
        id: Uuid::now_v7(),
        role: question.view.role,
        turn: turn(&question.view),
        attempt: 0,
        model: manner.model.to_owned(),
        checkpoint: None,
        prompt: prompt.collect(),
        output: heard,
        prompt_tokens: 0,
        completion_tokens: 0,
        tokens: Vec::new(),
        queue_ms: 0,
        first_token_ms: 0,
        total_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
        sampling: sampling(manner.sampling),
        seed: question.seed,
        constrained: manner.constrained,
        outcome: CallOutcome::Cancelled,
        error: Some(("nobody_there".to_owned(), "Nobody was left to hear it.".to_owned())),
        fallback: false,
        cost_microdollars: None,
    }
}

fn turn(view: &View) -> u32 {
    u32::try_from(view.table.turns.len()).expect("an episode has far fewer moves")
}

fn new_call(call: Call, view: &View) -> NewCall {
    let (outcome, error) = match call.outcome {
        Outcome::Ok => (CallOutcome::Ok, None),
        Outcome::Format { code, detail } => (CallOutcome::Format, Some((code, detail))),
        Outcome::Illegal { code, detail } => (CallOutcome::Illegal, Some((code, detail))),
        Outcome::Engine { code, detail } => (CallOutcome::Engine, Some((code, detail))),
    };
    let prompt = call.prompt.into_iter();
    NewCall {
        id: Uuid::now_v7(),
        role: view.role,
        turn: turn(view),
        attempt: count(call.attempt),
        model: call.model,
        checkpoint: None,
        prompt: prompt.map(|m| PromptMessage { speaker: m.speaker, text: m.text }).collect(),
        output: call.output,
        prompt_tokens: count(call.prompt_tokens),
        completion_tokens: count(call.completion_tokens),
        tokens: call.tokens,
        queue_ms: call.queue_ms,
        first_token_ms: call.first_token_ms,
        total_ms: call.total_ms,
        sampling: sampling(&call.sampling),
        seed: call.seed,
        constrained: call.constrained,
        outcome,
        error,
        fallback: false,
        cost_microdollars: call
            .cost_microdollars
            .map(|cost| i64::try_from(cost).unwrap_or(i64::MAX)),
    }
}

fn sampling(drawing: &Drawing) -> Sampling {
    Sampling {
        temperature: drawing.temperature,
        top_k: drawing.top_k.map(count),
        top_p: drawing.top_p,
        max_tokens: count(drawing.max_tokens),
    }
}

/// Counts of tokens are far below the bound.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The code of what failed.
fn code_of(calls: &[NewCall]) -> String {
    let error = calls.last().and_then(|call| call.error.as_ref());
    error.map_or_else(|| "generation_failed".to_owned(), |(code, _)| code.clone())
}
