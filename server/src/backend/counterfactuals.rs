//! Counterfactuals, for researchers who do not sit at the table.

use app::backend::Caller;
use serde_json::json;
use wire::{
    Code, CounterfactualId, CounterfactualPage, EpisodeId, EpisodeStatus, NewCounterfactual,
    Problem,
};

use super::account::researcher;
use super::training::sentence;
use super::{Souk, refusal};
use crate::eval::counterfactual::{self, Refused};

/// Problem codes of counterfactuals, for `/api/errors`.
pub const CODES: [(&str, u16, &str); 1] =
    [("counterfactual", 422, "What shall be changed cannot be, or nothing is left to play.")];

fn refused(error: Refused) -> Problem {
    match error {
        Refused::Store(error) => refusal(error),
        Refused::Asked(why) => {
            Problem::named(Code::Unprocessable, "counterfactual", sentence(&why))
        }
    }
}

impl Souk {
    pub(crate) async fn what_if(
        &self,
        caller: Caller,
        id: EpisodeId,
        new: NewCounterfactual,
    ) -> Result<CounterfactualId, Problem> {
        let user = researcher(caller)?;
        let row = self.row(caller, id).await?;
        if row.status != EpisodeStatus::Over {
            // What comes of it would tell limits to who sits there.
            let detail = "The negotiation is not over: what if can be asked behind its end.";
            return Err(Problem::named(Code::Conflict, "still_playing", detail));
        }
        let made = counterfactual::create(&self.store, &self.roster, id, new, user).await;
        let made = made.map_err(refused)?;
        counterfactual::begin(&self.store, &self.roster, made).await.map_err(refusal)?;
        let detail = json!({ "episode": id });
        self.note(caller, "counterfactual.create", &made.to_string(), detail).await;
        Ok(made)
    }

    pub(crate) async fn what_if_page(
        &self,
        caller: Caller,
        id: CounterfactualId,
    ) -> Result<CounterfactualPage, Problem> {
        researcher(caller)?;
        self.health.check()?;
        counterfactual::page(&self.store, id).await.map_err(refusal)
    }

    pub(crate) async fn what_if_again(
        &self,
        caller: Caller,
        id: CounterfactualId,
    ) -> Result<(), Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.store.counterfactual_find(id).await.map_err(refusal)?;
        counterfactual::begin(&self.store, &self.roster, id).await.map_err(refusal)
    }
}
