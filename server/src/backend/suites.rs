//! Suites of evaluations, for researchers.

use app::backend::Caller;
use serde_json::json;
use wire::{
    Code, NewSuite, PlanCard, Problem, RunCommand, SuiteEstimate, SuiteHead, SuiteId, SuitePage,
};

use super::account::researcher;
use super::training::sentence;
use super::{Souk, refusal};
use crate::eval::plan::{self, Plan};
use crate::eval::suite::{self, Refused};
use crate::eval::{estimate, show};

/// Suites in the list, at most.
const SUITES: u32 = 200;

/// Problem codes of suites, for `/api/errors`.
pub const CODES: [(&str, u16, &str); 1] = [(
    "suite_settings",
    422,
    "The plan of a suite has an unknown key or name, or a value that cannot be.",
)];

fn refused(error: Refused) -> Problem {
    match error {
        Refused::Store(error) => refusal(error),
        Refused::Other(error) => match error.downcast::<store::StoreError>() {
            Ok(error) => refusal(error),
            Err(error) => named(&error.to_string()),
        },
        Refused::Plan(_) | Refused::Label | Refused::NoProducts => named(&error.to_string()),
    }
}

fn named(text: &str) -> Problem {
    Problem::named(Code::Unprocessable, "suite_settings", sentence(text))
}

impl Souk {
    pub(crate) async fn plans(&self, caller: Caller) -> Result<Vec<PlanCard>, Problem> {
        researcher(caller)?;
        Ok(plan::cards())
    }

    pub(crate) async fn all_suites(&self, caller: Caller) -> Result<Vec<SuiteHead>, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let rows = self.store.suite_list(SUITES).await.map_err(refusal)?;
        Ok(rows.into_iter().map(show::head).collect())
    }

    pub(crate) async fn suite_page(
        &self,
        caller: Caller,
        id: SuiteId,
    ) -> Result<SuitePage, Problem> {
        researcher(caller)?;
        self.health.check()?;
        show::page(&self.store, id).await.map_err(refusal)
    }

    pub(crate) async fn estimate(
        &self,
        caller: Caller,
        new: NewSuite,
    ) -> Result<SuiteEstimate, Problem> {
        researcher(caller)?;
        self.health.check()?;
        let plan = Plan::of(&new.plan, &new.settings).map_err(|why| named(&why.to_string()))?;
        estimate::estimate(&self.store, &self.roster, &plan).await.map_err(refused)
    }

    pub(crate) async fn new_suite(
        &self,
        caller: Caller,
        new: NewSuite,
    ) -> Result<SuiteId, Problem> {
        let user = researcher(caller)?;
        self.health.check()?;
        let command = "from the page";
        let plan = new.plan.clone();
        let id = suite::start(&self.store, &self.roster, Some(user), new, command)
            .await
            .map_err(refused)?;
        self.note(caller, "suite.start", &id.to_string(), json!({ "plan": plan })).await;
        Ok(id)
    }

    pub(crate) async fn ask_suite(
        &self,
        caller: Caller,
        id: SuiteId,
        command: RunCommand,
    ) -> Result<SuiteHead, Problem> {
        researcher(caller)?;
        self.health.check()?;
        self.store.suite_ask(id, command).await.map_err(refusal)?;
        self.note(caller, "suite.command", &id.to_string(), json!({ "command": command })).await;
        let row = self.store.suite_find(id).await.map_err(refusal)?;
        Ok(show::head(row))
    }
}
