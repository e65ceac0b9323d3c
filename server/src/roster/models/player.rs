//! One model at the table.

use std::time::Duration;

use async_trait::async_trait;
use engine::{Call, Definition, ModelNegotiator, Registry};
use policy::prompt::Style;
use policy::{Boundary, Fault};
use rules::{Role, View};
use store::{CallOutcome, NewCall};
use uuid::Uuid;
use wire::{NegotiatorCard, NegotiatorKind, NegotiatorName, PromptMessage, Sampling};

use super::super::{Answer, Breakdown, DEMO, Hear, Question, Said, Thinker};

pub struct ModelPlayer {
    pub registry: Registry,
    pub definition: Definition,
    pub is_guarded: bool,
}

#[async_trait]
impl Thinker for ModelPlayer {
    fn card(&self) -> NegotiatorCard {
        let summary = match self.definition.name.as_str() {
            DEMO => "A small language model that came with Souk and runs on this server.",
            _ => "A language model that runs on this server.",
        };
        NegotiatorCard {
            name: NegotiatorName(self.definition.name.clone()),
            title: self.definition.shown().to_owned(),
            summary: summary.to_owned(),
            kind: NegotiatorKind::Model,
            roles: Role::BOTH.to_vec(),
        }
    }

    fn is_guarded(&self) -> bool {
        self.is_guarded
    }

    fn warm(&self) {
        let (registry, name) = (self.registry.clone(), self.definition.name.clone());
        tokio::spawn(async move {
            if let Err(error) = registry.load(&name).await {
                tracing::warn!(model = name, %error, "a model that was asked for is not loaded");
            }
        });
    }

    async fn think(&self, question: &Question, mut hear: Hear) -> Answer {
        let Question { view, seed, draw } = question;
        let negotiator = ModelNegotiator::new(self.registry.clone(), &self.definition.name, *seed);
        let mut negotiator = match negotiator {
            Ok(negotiator) => negotiator.draw(*draw).telling(move |said| {
                hear(match said {
                    engine::Said::Talk(more) => Said::Talk(more),
                    engine::Said::Withdrawn => Said::Withdrawn,
                });
            }),
            Err(error) => {
                let fault = Fault::new(Boundary::Engine, error.to_string());
                let mv = Err(Breakdown { code: error.code().to_owned(), fault });
                return Answer { mv, calls: Vec::new() };
            }
        };
        let decision = negotiator.decide(view).await;
        let mut calls: Vec<NewCall> =
            decision.calls.into_iter().map(|call| new_call(call, view)).collect();
        if let Some(last) = calls.last_mut() {
            last.fallback = decision.fallback;
        }
        let mv = decision.mv.map_err(|fault| Breakdown { code: code_of(&calls), fault });
        Answer { mv, calls }
    }

    fn unfinished(&self, question: &Question, heard: String, after: Duration) -> NewCall {
        let definition = &self.definition;
        let style = Style::named(&definition.style).expect("definitions are checked when added");
        let prompt = style.messages(&question.view, definition.syntax);
        let prompt = prompt.into_iter().map(|message| PromptMessage {
            speaker: message.speaker.name().to_owned(),
            text: message.text,
        });
        NewCall {
            id: Uuid::now_v7(),
            role: question.view.role,
            turn: turn(&question.view),
            attempt: 0,
            model: definition.name.clone(),
            checkpoint: None,
            prompt: prompt.collect(),
            output: heard,
            prompt_tokens: 0,
            completion_tokens: 0,
            queue_ms: 0,
            first_token_ms: 0,
            total_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
            sampling: sampling(&definition.sampling),
            seed: question.seed,
            constrained: definition.constrained,
            outcome: CallOutcome::Cancelled,
            error: Some(("nobody_there".to_owned(), "Nobody was left to hear it.".to_owned())),
            fallback: false,
            cost_microdollars: None,
        }
    }
}

fn turn(view: &View) -> u32 {
    u32::try_from(view.table.turns.len()).expect("an episode has far fewer moves")
}

fn new_call(call: Call, view: &View) -> NewCall {
    let (outcome, error) = match call.outcome {
        engine::CallOutcome::Ok => (CallOutcome::Ok, None),
        engine::CallOutcome::Format { code, detail } => (CallOutcome::Format, Some((code, detail))),
        engine::CallOutcome::Illegal { code, detail } => {
            (CallOutcome::Illegal, Some((code, detail)))
        }
        engine::CallOutcome::Engine { code, detail } => (CallOutcome::Engine, Some((code, detail))),
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
        queue_ms: call.queue_ms,
        first_token_ms: call.first_token_ms,
        total_ms: call.total_ms,
        sampling: sampling(&call.sampling),
        seed: call.seed,
        constrained: call.constrained,
        outcome,
        error,
        fallback: false,
        cost_microdollars: None,
    }
}

fn sampling(sampling: &engine::Sampling) -> Sampling {
    Sampling {
        temperature: sampling.temperature,
        top_k: sampling.top_k.map(count),
        top_p: sampling.top_p,
        max_tokens: count(sampling.max_tokens),
    }
}

/// Counts of tokens are far below the bound.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The engine's own code of what failed.
fn code_of(calls: &[NewCall]) -> String {
    let error = calls.last().and_then(|call| call.error.as_ref());
    error.map_or_else(|| "generation_failed".to_owned(), |(code, _)| code.clone())
}
