//! Questions to language models.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rules::Role;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;
use wire::{EpisodeId, ModelCall, PromptMessage, Sampling, WrittenToken};

use crate::connection::Store;
use crate::error::StoreError;

/// How a call came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// A legal move.
    Ok,
    /// No move.
    Format,
    /// A move that the rules refuse.
    Illegal,
    /// No answer.
    Engine,
    /// Nobody was left to hear it.
    Cancelled,
}

impl CallOutcome {
    pub fn name(self) -> &'static str {
        match self {
            CallOutcome::Ok => "ok",
            CallOutcome::Format => "format",
            CallOutcome::Illegal => "illegal",
            CallOutcome::Engine => "engine",
            CallOutcome::Cancelled => "cancelled",
        }
    }
}

/// A call to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCall {
    /// Chosen by the caller: added twice, a call is kept once.
    pub id: Uuid,
    pub role: Role,
    /// Moves on the table when the model was asked.
    pub turn: u32,
    pub attempt: u32,
    pub model: String,
    pub checkpoint: Option<String>,
    pub prompt: Vec<PromptMessage>,
    pub output: String,
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
    /// What it wrote by tokens, each with its log-probability, where the model tells.
    pub tokens: Vec<(String, f32)>,
    pub queue_ms: u64,
    pub first_token_ms: u64,
    pub total_ms: u64,
    pub sampling: Sampling,
    pub seed: u64,
    pub constrained: bool,
    pub outcome: CallOutcome,
    /// Code and sentence of what was wrong, unless the outcome is `Ok`.
    pub error: Option<(String, String)>,
    pub fallback: bool,
    pub cost_microdollars: Option<i64>,
}

impl Store {
    /// Keeps the calls of one decision, in one statement. Those that were kept before are left as they
    /// are.
    ///
    /// # Errors
    /// Constraints named `llm_call_*`.
    pub async fn llm_calls_add(&self, id: EpisodeId, calls: &[NewCall]) -> Result<(), StoreError> {
        if calls.is_empty() {
            return Ok(());
        }
        let mut connection = self.pool.acquire().await?;
        calls_insert(&mut connection, id, calls).await
    }

    /// What an episode's calls wrote by tokens, as far as models told.
    pub async fn llm_tokens_of(
        &self,
        id: EpisodeId,
    ) -> Result<BTreeMap<Uuid, Vec<WrittenToken>>, StoreError> {
        let rows = sqlx::query!(
            r#"select id, tokens as "tokens!: Json<Vec<(String, f32)>>" from llm_calls
             where episode_id = $1 and tokens is not null"#,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        let written = |tokens: Vec<(String, f32)>| {
            tokens.into_iter().map(|(text, logp)| WrittenToken { text, logp }).collect()
        };
        Ok(rows.into_iter().map(|row| (row.id, written(row.tokens.0))).collect())
    }

    /// The calls of an episode, oldest first. They tell limits and thoughts: mind who reads them.
    pub async fn llm_calls_of(&self, id: EpisodeId) -> Result<Vec<ModelCall>, StoreError> {
        let rows = sqlx::query_as!(
            Columns,
            r#"select id, role, turn, attempt, model, checkpoint,
                 prompt as "prompt: Json<Vec<PromptMessage>>", output, prompt_tokens,
                 completion_tokens, queue_ms, first_token_ms, total_ms,
                 sampling as "sampling: Json<Sampling>", seed, constrained, outcome, error_code,
                 error, fallback, cost_microdollars, at
             from llm_calls where episode_id = $1 order by at, turn, attempt"#,
            id.0
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Columns::call).collect()
    }
}

/// [`Store::llm_calls_add`] within a transaction.
pub(crate) async fn calls_insert(
    connection: &mut PgConnection,
    id: EpisodeId,
    calls: &[NewCall],
) -> Result<(), StoreError> {
    let rows = serde_json::Value::Array(calls.iter().map(row).collect());
    sqlx::query!(
        "insert into llm_calls (
             id, episode_id, role, turn, attempt, model, checkpoint, prompt, output,
             prompt_tokens, completion_tokens, queue_ms, first_token_ms, total_ms, sampling,
             seed, constrained, outcome, error_code, error, fallback, cost_microdollars, tokens
         )
         select c.id, $1, c.role, c.turn, c.attempt, c.model, c.checkpoint, c.prompt, c.output,
             c.prompt_tokens, c.completion_tokens, c.queue_ms, c.first_token_ms, c.total_ms,
             c.sampling, c.seed, c.constrained, c.outcome, c.error_code, c.error, c.fallback,
             c.cost_microdollars, c.tokens
         from jsonb_to_recordset($2) as c (
             id uuid, role text, turn integer, attempt integer, model text, checkpoint text,
             prompt jsonb, output text, prompt_tokens integer, completion_tokens integer,
             queue_ms bigint, first_token_ms bigint, total_ms bigint, sampling jsonb,
             seed bigint, constrained boolean, outcome text, error_code text, error text,
             fallback boolean, cost_microdollars bigint, tokens jsonb
         )
         on conflict on constraint llm_call_pkey do nothing",
        id.0,
        rows
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A call as a record of the insert. PostgreSQL's text cannot hold the character NUL, which a model can
/// write.
fn row(call: &NewCall) -> serde_json::Value {
    let text = |text: &str| text.replace('\0', "\u{fffd}");
    let prompt = call.prompt.iter().map(|message| PromptMessage {
        speaker: message.speaker.clone(),
        text: text(&message.text),
    });
    let tokens: Vec<(String, f32)> =
        call.tokens.iter().map(|(token, logp)| (text(token), *logp)).collect();
    serde_json::json!({
        "id": call.id,
        "role": call.role.name(),
        "turn": call.turn,
        "attempt": call.attempt,
        "model": call.model,
        "checkpoint": call.checkpoint,
        "prompt": prompt.collect::<Vec<_>>(),
        "output": text(&call.output),
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "queue_ms": call.queue_ms,
        "first_token_ms": call.first_token_ms,
        "total_ms": call.total_ms,
        "sampling": call.sampling,
        "seed": call.seed.cast_signed(),
        "constrained": call.constrained,
        "outcome": call.outcome.name(),
        "error_code": call.error.as_ref().map(|(code, _)| code),
        "error": call.error.as_ref().map(|(_, sentence)| text(sentence)),
        "fallback": call.fallback,
        "cost_microdollars": call.cost_microdollars,
        "tokens": Some(tokens).filter(|tokens| !tokens.is_empty()),
    })
}

struct Columns {
    id: Uuid,
    role: String,
    turn: i32,
    attempt: i32,
    model: String,
    checkpoint: Option<String>,
    prompt: Json<Vec<PromptMessage>>,
    output: String,
    prompt_tokens: i32,
    completion_tokens: i32,
    queue_ms: i64,
    first_token_ms: i64,
    total_ms: i64,
    sampling: Json<Sampling>,
    seed: i64,
    constrained: bool,
    outcome: String,
    error_code: Option<String>,
    error: Option<String>,
    fallback: bool,
    cost_microdollars: Option<i64>,
    at: DateTime<Utc>,
}

impl Columns {
    fn call(self) -> Result<ModelCall, StoreError> {
        Ok(ModelCall {
            id: self.id,
            role: role(&self.role)?,
            turn: self.turn.cast_unsigned(),
            attempt: self.attempt.cast_unsigned(),
            model: self.model,
            checkpoint: self.checkpoint,
            prompt: self.prompt.0,
            output: self.output,
            prompt_tokens: self.prompt_tokens.cast_unsigned(),
            completion_tokens: self.completion_tokens.cast_unsigned(),
            queue_ms: self.queue_ms.cast_unsigned(),
            first_token_ms: self.first_token_ms.cast_unsigned(),
            total_ms: self.total_ms.cast_unsigned(),
            sampling: self.sampling.0,
            seed: self.seed.cast_unsigned(),
            constrained: self.constrained,
            outcome: self.outcome,
            error_code: self.error_code,
            error: self.error,
            fallback: self.fallback,
            cost_microdollars: self.cost_microdollars,
            at: self.at.timestamp_millis(),
        })
    }
}

/// The role of a column.
pub(crate) fn role(text: &str) -> Result<Role, StoreError> {
    match text {
        "buyer" => Ok(Role::Buyer),
        "seller" => Ok(Role::Seller),
        other => Err(StoreError::corrupt("role", other)),
    }
}
