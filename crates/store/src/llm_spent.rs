//! What models have cost.

use crate::connection::Store;
use crate::error::StoreError;

/// The calls of one model, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub calls: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub cost_microdollars: u64,
}

impl Store {
    /// What a model's calls have taken since the first one.
    pub async fn llm_calls_spent(&self, model: &str) -> Result<Spent, StoreError> {
        let row = sqlx::query!(
            r#"select count(*) as "calls!",
                 coalesce(sum(prompt_tokens), 0)::bigint as "prompt!",
                 coalesce(sum(completion_tokens), 0)::bigint as "completion!",
                 coalesce(sum(cost_microdollars), 0)::bigint as "cost!"
             from llm_calls where model = $1"#,
            model
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Spent {
            calls: row.calls.cast_unsigned(),
            prompt_tokens: row.prompt.cast_unsigned(),
            completion_tokens: row.completion.cast_unsigned(),
            cost_microdollars: row.cost.cast_unsigned(),
        })
    }
}
