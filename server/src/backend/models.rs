//! The language models, for researchers to look after.

use app::backend::Caller;
use rules::Audience;
use serde_json::json;
use wire::{Code, EpisodeId, EpisodeStatus, ModelCall, Problem};

use super::account::researcher;
use super::{Souk, audience, refusal};

impl Souk {
    pub(crate) async fn load(&self, caller: Caller, name: &str) -> Result<(), Problem> {
        researcher(caller)?;
        self.roster.models().load(name)?;
        self.note(caller, "model.load", name, json!({})).await;
        Ok(())
    }

    pub(crate) async fn unload(&self, caller: Caller, name: &str) -> Result<(), Problem> {
        researcher(caller)?;
        self.roster.models().unload(name)?;
        self.note(caller, "model.unload", name, json!({})).await;
        Ok(())
    }

    /// What the models of an episode were asked. It tells limits and thoughts, so that who sits at the
    /// table reads it after the end.
    pub(crate) async fn calls(
        &self,
        caller: Caller,
        id: EpisodeId,
    ) -> Result<Vec<ModelCall>, Problem> {
        researcher(caller)?;
        let row = self.row(caller, id).await?;
        if audience(&row, caller) != Audience::Researcher && row.status != EpisodeStatus::Over {
            return Err(Problem::named(
                Code::Conflict,
                "still_playing",
                "You sit at this table: what its models were asked is shown when it is over.",
            ));
        }
        self.store.llm_calls_of(id).await.map_err(refusal)
    }
}
