//! Language models that are not there.

use app::backend::Caller;
use rules::Role;
use uuid::Uuid;
use wire::{Code, LoadStage, ModelCall, ModelCard, ModelKind, ModelState, Problem};

use super::NOW_MS;

/// A model in each state.
pub fn models(in_full: bool) -> Vec<ModelCard> {
    let absent = |name: &str, title: &str, kind| ModelCard {
        name: name.into(),
        title: title.into(),
        kind,
        state: ModelState::Absent,
        stage: None,
        elapsed_ms: None,
        expected_ms: None,
        sentence: None,
        memory_bytes: 0,
        tokens_per_second: None,
        queued: 0,
        in_flight: 0,
        requests: 0,
        tokens: 0,
        longest_wait_ms: 0,
    };
    let why = if in_full {
        "/models/lost/config.json is missing: put the file there"
    } else {
        "The language model could not be loaded."
    };
    vec![
        ModelCard {
            state: ModelState::Ready,
            elapsed_ms: Some(1_430),
            memory_bytes: 18_400_000,
            tokens_per_second: Some(412.5),
            queued: 3,
            in_flight: 4,
            requests: 1_204,
            tokens: 61_880,
            longest_wait_ms: 2_310,
            ..absent("demo", "Demo model", ModelKind::Folder)
        },
        ModelCard {
            state: ModelState::Loading,
            stage: Some(LoadStage::Reading),
            elapsed_ms: Some(21_000),
            expected_ms: Some(48_000),
            memory_bytes: 4_100_000_000,
            ..absent("large", "Large model", ModelKind::Hub)
        },
        absent("quantised", "Quantised model", ModelKind::Gguf),
        ModelCard {
            state: ModelState::Failed,
            sentence: Some(why.into()),
            requests: 2,
            ..absent("lost", "Lost model", ModelKind::Folder)
        },
    ]
}

pub fn known_model(caller: Caller, name: &str) -> Result<ModelCard, Problem> {
    if caller.researcher.is_none() {
        return Err(Problem::new(Code::Unauthorized, "Sign in as a researcher first."));
    }
    let card = models(true).into_iter().find(|card| card.name == name);
    card.ok_or_else(|| Problem::named(Code::NotFound, "model_unknown", "There is no such model."))
}

/// A call that went well, of the move at `turn`.
pub fn call(turn: u32, role: Role, talk: &str) -> ModelCall {
    let message = |speaker: &str, text: &str| wire::PromptMessage {
        speaker: speaker.into(),
        text: text.into(),
    };
    ModelCall {
        id: Uuid::from_u128(u128::from(turn) + 1),
        role,
        turn,
        attempt: 0,
        model: "demo".into(),
        checkpoint: None,
        prompt: vec![
            message("system", "You are the seller. Earn much, never below your limit."),
            message("user", "home-kitchen_1: a kettle. List $104."),
        ],
        output: format!("Thought: wait.\nTalk: {talk}\nAction: [REJECT]"),
        prompt_tokens: 148,
        completion_tokens: 41,
        queue_ms: 12,
        first_token_ms: 74,
        total_ms: 391,
        sampling: wire::Sampling { temperature: 0.8, top_k: None, top_p: None, max_tokens: 120 },
        seed: 7,
        constrained: true,
        outcome: "ok".into(),
        error_code: None,
        error: None,
        fallback: false,
        cost_microdollars: None,
        at: NOW_MS,
    }
}
